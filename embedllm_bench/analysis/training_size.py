"""How much data does it take? Learning curves over training questions, models and benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from embedllm_bench.analysis.base import Analysis
from embedllm_bench.analysis.measuring import METRICS, Measured
from embedllm_bench.errors import DataError
from embedllm_bench.splits import training_subset

if TYPE_CHECKING:
    from embedllm_bench.analysis.base import Subject
    from embedllm_bench.arrays import Float32Array, IndexArray
    from embedllm_bench.matrix import CorrectnessMatrix

Axis = Literal["questions", "models", "benchmarks"]
AXES: tuple[Axis, ...] = ("questions", "models", "benchmarks")
SMALLEST = {"questions": 32, "models": 2, "benchmarks": 1}


def training_size(subject: Subject, axis: Axis = "questions") -> Analysis:
    """The method on ever larger nested parts of the training data, always on the same test cells.

    Sizes double. Over models, the test cells are those of the smallest part's models, who are in all parts; over
    benchmarks, those of all benchmarks, so that what is not trained on is new to the method.

    Raises:
        DataError: there is too little for two sizes.
    """
    total = {
        "questions": len(subject.split.train),
        "models": len(subject.matrix.models),
        "benchmarks": len(subject.matrix.questions.benchmark_codes[0]),
    }[axis]
    sizes = _doubling(SMALLEST[axis], total)
    if len(sizes) < 2:
        raise DataError(f"{total} {axis} are too few for a curve; it starts at {SMALLEST[axis]}.")
    order = np.random.default_rng([subject.seed, 5]).permutation(total)
    kept = np.arange(len(subject.matrix.models)) if axis != "models" else np.sort(order[: sizes[0]])
    forecasts = {str(size): _forecast(subject, axis, order[:size], kept) for size in sizes}
    measured = Measured.of(forecasts, subject.test.take_models(kept))
    first, gap = measured.smallest_as_good()
    return Analysis(
        "training-size",
        (f"training {axis}", *METRICS),
        tuple((int(size), *measured.row(size)) for size in forecasts),
        f"{int(first):,} {axis} are the smallest training set within a point of the best accuracy ({gap} from it).",
        subject.facts(),
    )


def _doubling(smallest: int, total: int) -> list[int]:
    sizes = []
    size = smallest
    while size < total:
        sizes.append(size)
        size *= 2
    return [*sizes, total]


def _forecast(subject: Subject, axis: Axis, members: IndexArray, kept: IndexArray) -> Float32Array:
    """P(correct) of the models ``kept`` at the test questions, learned from these members of the axis."""
    train, validation = subject.train, subject.validation
    models = np.arange(len(train.models))
    if axis == "questions":
        train = subject.matrix.take(training_subset(subject.matrix.questions, subject.split, members).train)
    elif axis == "models":
        models = np.sort(members)
        train, validation = train.take_models(models), validation.take_models(models)
    else:
        names = {subject.matrix.questions.benchmark_codes[0][member] for member in members}
        train, validation = _of_benchmarks(train, names), _of_benchmarks(validation, names)
    p = subject.fitted(train, validation).predict_proba(subject.test.questions)
    at: IndexArray = np.searchsorted(models, kept)
    return p[at]


def _of_benchmarks(matrix: CorrectnessMatrix, names: set[str]) -> CorrectnessMatrix:
    return matrix.take(
        np.array([i for i, b in enumerate(matrix.questions.benchmarks) if b in names], dtype=np.int64)
    )
