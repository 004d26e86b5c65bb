"""Correctness forecasting: will this model answer this new question correctly?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.statistics import forecasting as metrics
from embedllm_bench.statistics.auroc import auroc
from embedllm_bench.tasks.base import Scope, averaged, common_units, ranked, scored

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.results import Score
    from embedllm_bench.statistics.forecasting import GradedForecast
    from embedllm_bench.statistics.functionals import Functional
    from embedllm_bench.tasks.base import Run

NAME = "forecasting"
PRIMARY = "accuracy"
DIFFICULTY_ORACLE = "difficulty-oracle"
SKILL_REFERENCE = "benchmark-mean"
CELL_METRICS: dict[str, Callable[[GradedForecast], Functional]] = {
    "accuracy": metrics.accuracy,
    "auroc": auroc,
    "brier": metrics.brier,
    "log_loss": metrics.log_loss,
    "ece": metrics.ece,
}
ORACLE_STEPS = 50


def score_runs(
    matrix: CorrectnessMatrix,
    runs: Sequence[Run],
    scope: Scope,
    competitors: Sequence[str],
    simple: Sequence[str],
    replicates: int,
) -> list[Score]:
    """Every metric of every row on these runs; ranks and leads by accuracy over all questions."""
    units = common_units(matrix, runs)
    names = [name for name in runs[0].forecasts if all(name in run.forecasts for run in runs)]
    graded: dict[str, list[GradedForecast]] = {name: [] for name in names}
    for run, own in zip(runs, units, strict=True):
        correct, attempts = matrix.correct[:, run.test], matrix.attempts[:, run.test]
        for name in names:
            graded[name].append(metrics.GradedForecast.of(run.forecasts[name], correct, attempts, own))
    scores: list[Score] = []
    strata = units[0].strata
    chosen = dict(CELL_METRICS)
    if scope.benchmark is None:
        chosen["macro_accuracy"] = metrics.macro_accuracy
    for metric, function in chosen.items():
        functionals = averaged({name: [function(g) for g in graded[name]] for name in names})
        scores += scored(scope, metric, functionals, strata, replicates)
        if metric == PRIMARY and scope.benchmark is None:
            scores += ranked(scope, functionals, strata, competitors, simple, replicates)
    if SKILL_REFERENCE in names and scope.benchmark is None:
        skills = averaged(
            {
                name: [
                    metrics.brier_skill(g, run.forecasts[SKILL_REFERENCE])
                    for g, run in zip(graded[name], runs, strict=True)
                ]
                for name in names
                if name != SKILL_REFERENCE
            }
        )
        scores += scored(scope, "brier_skill", skills, strata, replicates)
    return scores


def difficulty_oracle(train: CorrectnessMatrix, test: CorrectnessMatrix) -> Float32Array:
    """P(correct) (M, T) = sigmoid(ability_m + ease_q) with each test question's ease read off its outcomes.

    Abilities are the logits of the training means; ease makes the expected number of correct answers
    equal the observed one (Rasch 1960). It says how far a perfect guess of difficulty alone would get.
    """
    correct = train.correct.sum(1, dtype=np.int64) + 0.5
    ability = np.log(correct / (train.attempts.sum(1, dtype=np.int64) + 1 - correct))[:, None]  # (M, 1)
    attempts = test.attempts.astype(np.float64)
    asked = attempts.sum(0)
    # half an attempt either way keeps the ease of a question all or none answered finite
    target = (test.correct.sum(0, dtype=np.int64) + 0.01 * np.minimum(asked, 1)) / np.maximum(asked, 1) * 0.98
    low, high = np.full(len(asked), -30.0), np.full(len(asked), 30.0)
    for _ in range(ORACLE_STEPS):  # bisection: the expected share rises with the ease
        ease = (low + high) / 2
        expected = (attempts / (1 + np.exp(-(ability + ease)))).sum(0) / np.maximum(asked, 1)
        low, high = np.where(expected < target, ease, low), np.where(expected < target, high, ease)
    p: Float32Array = (1 / (1 + np.exp(-(ability + (low + high) / 2)))).astype(np.float32)
    return p
