"""Who is better than whom: all pairs at once, so that looking at many methods makes no winner by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.statistics.bootstrap import Interval, standardised, studentised

if TYPE_CHECKING:
    from embedllm_bench.arrays import BoolArray
    from embedllm_bench.statistics.bootstrap import BootstrapResult

LEVEL = 0.05


@dataclass(frozen=True)
class RankRange:
    """The places a method can have: 1 + number significantly better to K - number significantly worse."""

    low: int
    high: int


def rank_ranges(result: BootstrapResult) -> tuple[RankRange, ...]:
    """A range for each of the K functionals of ``result``; higher or lower is better as their scale says."""
    sign = 1.0 if result.scales[0].higher_is_better else -1.0
    better = significantly_better(result, sign)
    count = len(result.values)
    return tuple(
        RankRange(1 + int(better[:, k].sum()), count - int(better[k, :].sum())) for k in range(count)
    )


def significantly_better(result: BootstrapResult, sign: float = 1.0) -> BoolArray:
    """[i, j] (K, K): is i better than j, with 5 % chance of any false verdict among all pairs?

    Single-step studentised max-T (Romano & Wolf 2005, Econometrica 73(4), eq. 3.8 ff.): the critical value
    is the 95 % quantile over replicates of the largest |t*| of any pair. Unlike Holm's smallest p-values
    its resolution does not run out with many pairs. An undefined value is neither better nor worse.
    """
    count = len(result.values)
    rows, columns = np.triu_indices(count, k=1)
    better = np.zeros((count, count), dtype=bool)
    if not len(rows):
        return better
    observed = result.values[rows] - result.values[columns]
    variance = _variances(result.covariance[None], rows, columns)[0]
    t = standardised(observed, variance)
    replicates = standardised(
        result.replicate_values[:, rows] - result.replicate_values[:, columns] - observed,
        _variances(result.replicate_covariance, rows, columns),
    )
    known = np.isfinite(t)
    largest = np.abs(np.where(np.isfinite(replicates), replicates, 0.0))[:, known].max(axis=1, initial=0.0)
    critical = np.quantile(largest, 1 - LEVEL)
    for i, j, value, decided in zip(rows, columns, sign * t, known, strict=True):
        if decided and abs(value) > critical:
            better[(i, j) if value > 0 else (j, i)] = True
    return better


def difference(result: BootstrapResult, a: int, b: int, level: float = 0.95) -> Interval:
    """Studentised interval of value a minus value b, paired over units, for one pair chosen beforehand."""
    rows, columns = np.array([a]), np.array([b])
    return studentised(
        float(result.values[a] - result.values[b]),
        float(_variances(result.covariance[None], rows, columns)[0, 0]),
        result.replicate_values[:, a] - result.replicate_values[:, b],
        _variances(result.replicate_covariance, rows, columns)[:, 0],
        level,
    )


def _variances(
    covariance: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    rows: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    columns: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Var(a) + Var(b) - 2 Cov(a, b) of pairs, from (B, K, K) to (B, pairs)."""
    variances = covariance[:, rows, rows] + covariance[:, columns, columns] - 2 * covariance[:, rows, columns]
    return np.asarray(variances)
