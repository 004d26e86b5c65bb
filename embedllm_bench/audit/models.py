"""Models that answer always alike, or as another one does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.audit.finding import finding

if TYPE_CHECKING:
    from embedllm_bench.arrays import FloatArray
    from embedllm_bench.audit.finding import Finding
    from embedllm_bench.matrix import CorrectnessMatrix

FEWEST_QUESTIONS = 50  #: asked of a model, or of both of a pair, before it is judged
TWINS = 0.95  #: Cohen's kappa between two rows from which they are taken for one model under two names
FEW = 0.1  #: share of all questions below which a model was asked few


def constant_models(matrix: CorrectnessMatrix) -> list[Finding]:
    """Models that are right on all their questions, or on none: more likely a broken run than a model."""
    n = matrix.observed.sum(1)
    right = (matrix.correct > 0).sum(1)
    constant = np.flatnonzero((n >= FEWEST_QUESTIONS) & ((right == 0) | (matrix.wrong.sum(1) == 0)))
    examples = [f"{matrix.models[m]}: {right[m]} of {n[m]} right" for m in constant]
    return finding("model always right or always wrong", len(n), examples, models=constant)


def hardly_asked_models(matrix: CorrectnessMatrix) -> list[Finding]:
    """Models that were asked less than a tenth of the questions."""
    share = matrix.observed.mean(1)
    few = np.flatnonzero(share < FEW)
    examples = [f"{matrix.models[m]}: {share[m]:.1%} of the questions" for m in few]
    return finding("model asked few questions", len(share), examples, models=few)


def twin_models(matrix: CorrectnessMatrix) -> list[Finding]:
    """Pairs whose rows hardly differ, beyond what two models of their accuracies would by chance."""
    kappa, shared = pairwise_kappa(matrix)
    first, second = np.nonzero(np.triu((shared >= FEWEST_QUESTIONS) & (kappa >= TWINS), k=1))
    order = np.argsort(-kappa[first, second], kind="stable")
    examples = [
        f"{matrix.models[a]} and {matrix.models[b]}: kappa {kappa[a, b]:.3f} on {shared[a, b]:.0f} questions"
        for a, b in zip(first[order], second[order], strict=True)
    ]
    pairs = len(matrix.models) * (len(matrix.models) - 1) // 2
    return finding("pair of nearly identical models", pairs, examples, models=np.unique(second))


def pairwise_kappa(matrix: CorrectnessMatrix) -> tuple[FloatArray, FloatArray]:
    """Cohen's kappa (M, M) between the labels of two models, and the questions (M, M) both were asked.

    Kappa is agreement beyond what the two accuracies give by chance (Cohen 1960); 0 where chance agrees always.
    """
    right = (matrix.correct > matrix.wrong).astype(np.float32)
    wrong = (matrix.observed & (matrix.correct <= matrix.wrong)).astype(np.float32)
    both_right = (right @ right.T).astype(np.float64)
    both_wrong = (wrong @ wrong.T).astype(np.float64)
    only_first = (right @ wrong.T).astype(np.float64)  # the first right, the second wrong
    n = both_right + both_wrong + only_first + only_first.T
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = (both_right + both_wrong) / n
        first, second = (both_right + only_first) / n, (both_right + only_first.T) / n
        expected = first * second + (1 - first) * (1 - second)
        kappa = (observed - expected) / (1 - expected)
    return np.nan_to_num(kappa, nan=0.0, posinf=0.0, neginf=0.0), n
