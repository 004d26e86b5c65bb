"""Accuracy and speed side by side: what a better forecast costs in vector size, fitting and deciding."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

from embedllm_bench.analysis.base import Analysis
from embedllm_bench.analysis.measuring import METRICS, Measured
from embedllm_bench.errors import UsageError
from embedllm_bench.methods.base import vectors
from embedllm_bench.router import Router

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.analysis.base import Cell, Subject

ONE_BY_ONE = 200  #: questions routed one at a time
REPEATS = 5


def latency(subjects: Sequence[Subject]) -> Analysis:
    """Several methods on one split; decisions are from the question's vector alone, without the encoder.

    Raises:
        UsageError: no method is given.
    """
    if not subjects:
        raise UsageError("There is no method to measure; name one with --method.")
    first = subjects[0]
    forecasts = {}
    facts: dict[str, tuple[Cell, ...]] = {}
    for subject in subjects:
        name = subject.method.name
        start = time.perf_counter()
        method = subject.fitted(subject.train, subject.validation)
        fit = time.perf_counter() - start
        forecasts[name] = method.predict_proba(subject.test.questions)
        learned = vectors(method, len(subject.matrix.models))
        size = None if learned is None else learned.shape[1]
        if subject.method.reads_labels or subject.method.reads_texts:
            facts[name] = (size, round(fit, 2), None, None)
            continue
        router = Router.of(method, subject.matrix.models)
        facts[name] = (size, round(fit, 2), *_speeds(router, subject))
    measured = Measured.of(forecasts, first.test)
    best = max(forecasts, key=lambda name: measured.value(name, "accuracy").value or 0.0)
    return Analysis(
        "latency",
        (
            "method",
            *METRICS,
            "numbers a model",
            "fit s",
            "us a decision, one at a time",
            "decisions/s in batches",
        ),
        tuple((name, *measured.row(name), *facts[name]) for name in forecasts),
        f"{best} is the most accurate ({measured.value(best, 'accuracy')}), {_pace(facts[best][2])}.",
        first.facts(),
    )


def _pace(microseconds: Cell) -> str:
    if microseconds is None:
        return "and decides from more than a question's vector"
    return f"a decision takes it {microseconds} us"


def _speeds(router: Router, subject: Subject) -> tuple[float, int]:
    """Median microseconds of single decisions, and the best rate of a batch of the test questions."""
    questions = subject.test.questions.embeddings
    single = []
    for vector in questions[:ONE_BY_ONE]:
        start = time.perf_counter()
        router.choose(vector)
        single.append(time.perf_counter() - start)
    batches = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        router.choose_many(questions)
        batches.append(time.perf_counter() - start)
    return round(1e6 * statistics.median(single), 1), round(len(questions) / min(batches))
