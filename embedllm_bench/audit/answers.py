"""Questions, benchmarks and attempts that tell little or nothing about the models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import chi2

from embedllm_bench.audit.finding import finding, shown

if TYPE_CHECKING:
    from embedllm_bench.audit.finding import Finding
    from embedllm_bench.matrix import CorrectnessMatrix

FEWEST_MODELS = 5  #: that a question was asked, for its being constant to say something
FEWEST_QUESTIONS = 20  #: of a benchmark, or of a model, for its being constant to say something
ALIKE = 0.01  #: p of the test that all models are equally good on a benchmark, above which it may be so
CEILING = 0.95  #: mean accuracy on a benchmark from which it is near its ceiling


def constant_questions(matrix: CorrectnessMatrix) -> list[Finding]:
    """Questions that every model, or none, answers."""
    asked = matrix.observed.sum(0)
    found = []
    for kind, right in (("question that no model answers", 0), ("question that every model answers", 1)):
        others = matrix.wrong if right else matrix.correct
        constant = np.flatnonzero((asked >= FEWEST_MODELS) & (others.sum(0) == 0))
        examples = [f"{_name(matrix, q)}, {asked[q]} models" for q in constant.tolist()]
        found += finding(kind, int((asked >= FEWEST_MODELS).sum()), examples, questions=constant)
    return found


def dull_benchmarks(matrix: CorrectnessMatrix) -> list[Finding]:
    """Benchmarks near their ceiling, and those on which the models may all be equally good."""
    names, codes = matrix.questions.benchmark_codes
    alike, ceiling, alike_questions, ceiling_questions = [], [], [], []
    for code, name in enumerate(names):
        questions = np.flatnonzero(codes == code)
        part = matrix.take(questions)
        n, right = part.observed.sum(1), (part.correct > part.wrong).sum(1)
        n, right = n[n >= FEWEST_QUESTIONS], right[n >= FEWEST_QUESTIONS]
        if len(n) < 2:
            continue
        mean, shares = right.sum() / n.sum(), right / n
        text = f"{name}: {len(n)} models from {shares.min():.3f} to {shares.max():.3f}"
        if mean >= CEILING:
            ceiling.append(text)
            ceiling_questions += questions.tolist()
        if 0 < mean < 1:
            statistic = float(((right - n * mean) ** 2 / (n * mean * (1 - mean))).sum())
            p = float(chi2.sf(statistic, len(n) - 1))
        else:
            p = 1.0
        if p > ALIKE:
            alike.append(f"{text} (p {p:.2f})")
            alike_questions += questions.tolist()
    return [
        *finding("benchmark near its ceiling", len(names), ceiling, questions=ceiling_questions),
        *finding("benchmark on which models may be equal", len(names), alike, questions=alike_questions),
    ]


def narrow_benchmarks(matrix: CorrectnessMatrix) -> list[Finding]:
    """Benchmarks that fewer than half of the models were asked, by half of their questions or more."""
    names, codes = matrix.questions.benchmark_codes
    examples, questions = [], []
    for code, name in enumerate(names):
        of = np.flatnonzero(codes == code)
        models = int((matrix.observed[:, of].mean(1) >= 0.5).sum())
        if 2 * models < len(matrix.models):
            examples.append(f"{name}: {models} of {len(matrix.models)} models")
            questions += of.tolist()
    return finding("benchmark asked of few models", len(names), examples, questions=questions)


def disagreeing_attempts(raw: CorrectnessMatrix) -> list[Finding]:
    """Cells whose attempts were right and wrong; ``raw`` counts every attempt."""
    repeated = raw.attempts > 1
    mixed = repeated & (raw.correct > 0) & (raw.wrong > 0)
    model, question = np.nonzero(mixed)
    examples = [
        f"{raw.models[m]} on {_name(raw, q)}: {raw.correct[m, q]} of {raw.attempts[m, q]} right"
        for m, q in zip(model[:5], question[:5], strict=True)
    ]
    return finding(
        "cell whose attempts disagree",
        int(repeated.sum()),
        examples,
        count=len(model),
        questions=np.unique(question),
    )


def _name(matrix: CorrectnessMatrix, question: int) -> str:
    asked = matrix.questions
    return f"{asked.benchmarks[question]} {asked.ids[question]} ({shown(asked.texts[question])})"
