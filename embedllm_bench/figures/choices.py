"""Where routers send questions, and what methods foretell for benchmarks held out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.figure_data import Predicted, Routed
from embedllm_bench.figures.curves import DIGITS
from embedllm_bench.tasks.benchmark_prediction import predictions
from embedllm_bench.tasks.routing import Candidates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedllm_bench.arrays import FloatArray
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.splits import Split
    from embedllm_bench.tasks.base import Fitted, Run


def routed(matrix: CorrectnessMatrix, runs: Sequence[Run], methods: Sequence[str]) -> tuple[Routed, ...]:
    """The share of the test questions that goes to each model, all runs together."""
    found = []
    candidates = [Candidates.of(matrix, run.test) for run in runs]
    for name in methods:
        if not runs or any(name not in run.forecasts for run in runs):
            continue
        counts = np.zeros(len(matrix.models), dtype=np.int64)
        for run, there in zip(runs, candidates, strict=True):
            choice = there.choose(run.preferences.get(name, run.forecasts[name]))
            counts += np.bincount(choice[there.asked.any(0)], minlength=len(counts))
        used = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
        shares = np.round(counts[used] / max(counts.sum(), 1), DIGITS)
        found.append(Routed(name, tuple(used.tolist()), tuple(shares.tolist())))
    return tuple(found)


def predicted(
    matrix: CorrectnessMatrix, fitted: Sequence[Fitted], splits: Mapping[int, Mapping[str, Split]]
) -> tuple[Predicted, ...]:
    """Every method's forecast for every benchmark, the mean over seeds."""
    if not splits:
        return ()
    return tuple(
        Predicted(name, place, gaps(row))
        for name, by_seed in predictions(matrix, fitted, splits).items()
        for place, row in enumerate(np.mean(list(by_seed.values()), axis=0))
    )


def gaps(values: FloatArray) -> tuple[float | None, ...]:
    """Rounded, None where not finite."""
    return tuple(None if np.isnan(value) else round(float(value), DIGITS) for value in values)
