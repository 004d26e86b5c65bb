"""The paper's probe: can a linear regression read off the vectors how good a model is on a benchmark they never saw?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.analysis.base import Analysis
from embedllm_bench.errors import DataError, UsageError
from embedllm_bench.methods.base import vectors
from embedllm_bench.splits import benchmark_splits
from embedllm_bench.tasks.benchmark_prediction import accuracies
from embedllm_bench.tasks.probe import probe

if TYPE_CHECKING:
    from embedllm_bench.analysis.base import Cell, Subject

COLUMNS = {
    "significant": "probe_ridge_significant",
    "significant, minimum norm": "probe_minimum_norm_significant",
    "significant, random vectors": "probe_random_significant",
    "R2": "probe_ridge_r2",
    "R2, minimum norm": "probe_minimum_norm_r2",
    "R2, random vectors": "probe_random_r2",
}


def probing(subject: Subject) -> Analysis:
    """Each benchmark held out in turn: the shares of 100 divisions of the models, and R2.

    Raises:
        UsageError: the method learns no vectors.
        DataError: there is one benchmark, or there are too few models.
    """
    rows: list[tuple[Cell, ...]] = []
    often = 0
    for name, split in benchmark_splits(subject.matrix.questions, subject.seed).items():
        fitted = subject.fitted(subject.matrix.take(split.train), subject.matrix.take(split.validation))
        learned = vectors(fitted, len(subject.matrix.models))
        if learned is None:
            raise UsageError(
                f"{subject.method.name} learns no model vectors; analyze one that does, such as embedllm."
            )
        result = probe(learned, accuracies(subject.matrix.take(split.test)), subject.seed)
        if result is None:
            raise DataError(
                f"{len(subject.matrix.models)} models are too few to divide for a probe; 10 are needed."
            )
        values = [round(result.values[key], 3) for key in COLUMNS.values()]
        rows.append((name, *values))
        often += values[0] > 0.5
    return Analysis(
        "probe",
        ("benchmark held out", *COLUMNS),
        tuple(rows),
        f"On {often} of {len(rows)} benchmarks Kendall's tau is significant in most divisions of the models.",
        subject.facts(),
    )
