"""Which benchmark helps which: what is lost on each when one is left out of training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.analysis.base import Analysis
from embedllm_bench.analysis.measuring import Measured
from embedllm_bench.errors import DataError

if TYPE_CHECKING:
    from embedllm_bench.analysis.base import Cell, Subject

EVERYTHING = "nothing"


def benchmarks(subject: Subject) -> Analysis:
    """Accuracy on each benchmark's test questions with everything, less that without one benchmark's training part.

    Positive: leaving it out hurts, so it helps. The diagonal is what is lost without a benchmark's own questions,
    transfer to a new domain.

    Raises:
        DataError: there is one benchmark.
    """
    names, _ = subject.matrix.questions.benchmark_codes
    if len(names) < 2:
        raise DataError("Leaving a benchmark out needs at least two; the data has one.")
    train, validation = subject.train, subject.validation
    forecasts = {EVERYTHING: subject.fitted(train, validation).predict_proba(subject.test.questions)}
    for name in names:
        left = [
            np.array([i for i, b in enumerate(part.questions.benchmarks) if b != name])
            for part in (train, validation)
        ]
        fitted = subject.fitted(train.take(left[0]), validation.take(left[1]))
        forecasts[name] = fitted.predict_proba(subject.test.questions)
    rows: list[tuple[Cell, ...]] = []
    helped: dict[tuple[str, str], float] = {}
    for tested in names:
        at = np.array([i for i, b in enumerate(subject.test.questions.benchmarks) if b == tested])
        measured = Measured.of({name: p[:, at] for name, p in forecasts.items()}, subject.test.take(at))
        gaps = {name: measured.gap(EVERYTHING, name) for name in names}
        rows.append((tested, measured.value(EVERYTHING, "accuracy"), *gaps.values()))
        helped |= {(name, tested): gap.value or 0.0 for name, gap in gaps.items() if name != tested}
    (giver, taker), most = max(helped.items(), key=lambda item: item[1])
    return Analysis(
        "benchmarks",
        ("tested on", "accuracy", *(f"without {name}" for name in names)),
        tuple(rows),
        f"Of two different ones, {giver} helps {taker} most: without it accuracy falls by {most:.3f}.",
        subject.facts(),
    )
