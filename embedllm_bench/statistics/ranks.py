"""Which of K methods are better than which, and the ranks that leaves open.

All pairs are tested at once, paired over units, against the bootstrap distribution of the largest studentised
difference (max-T), step by step (Romano & Wolf 2005, Econometrica 73(4), algorithm 4.1): unlike Holm on
p-values from B replicates, whose smallest is 1 / (B + 1), it does not run out of resolution with many pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.statistics.intervals import Contrast, Interval, bounds

if TYPE_CHECKING:
    from embedllm_bench.arrays import BoolArray, FloatArray, IndexArray
    from embedllm_bench.statistics.bootstrap import BootstrapResult


@dataclass(frozen=True, eq=False)
class Ranking:
    """Rank k runs from ``first[k]`` to ``last[k]``, 1 is best."""

    better: BoolArray  #: (K, K) is a significantly better than b?
    statistic: FloatArray  #: (K, K) studentised difference of a and b, positive where a looks better
    critical: (
        float  #: what the largest |statistic| of pairs not found different had to exceed; NaN if none left
    )

    @property
    def first(self) -> IndexArray:
        """(K,) 1 + number of methods significantly better."""
        return np.asarray(1 + self.better.sum(axis=0), dtype=np.int64)

    @property
    def last(self) -> IndexArray:
        """(K,) K - number of methods significantly worse."""
        return np.asarray(len(self.better) - self.better.sum(axis=1), dtype=np.int64)


def rank(result: BootstrapResult, level: float = 0.95) -> Ranking:
    """Test all pairs; with probability ``level`` no pair equal in truth is called different.

    Methods identical on these units are tied, and an undefined method is tied with everybody.
    """
    k = len(result.values)
    sign = 1.0 if result.scale.higher_is_better else -1.0
    statistic = np.zeros((k, k))
    pairs: list[tuple[int, int]] = []
    deviations: list[FloatArray] = []
    for a in range(k):
        for b in range(a + 1, k):
            contrast = Contrast.of_difference(result, a, b, level)
            if not (np.isfinite(contrast.value) and contrast.whole_variance > 0):
                continue
            statistic[a, b] = sign * contrast.value / contrast.error
            statistic[b, a] = -statistic[a, b]
            pairs.append((a, b))
            # an undefined replicate counts as an extreme one: beyond 5 % of them nothing can be called better
            deviations.append(np.nan_to_num(np.abs(contrast.deviations), nan=np.inf))
    better, critical = np.zeros((k, k), dtype=bool), float("nan")
    if pairs:
        observed = np.array([abs(statistic[pair]) for pair in pairs])
        found, critical = step_down(observed, np.column_stack(deviations), level)
        for index in np.flatnonzero(found):
            a, b = pairs[index]
            better[(a, b) if statistic[a, b] > 0 else (b, a)] = True
    return Ranking(better, statistic, critical)


def rank_ranges(result: BootstrapResult, level: float = 0.95) -> list[Interval]:
    """Each method's best and worst rank that the tests of all pairs leave open."""
    ranking = rank(result, level)
    return [Interval(float(a), float(b)) for a, b in zip(ranking.first, ranking.last, strict=True)]


def difference(result: BootstrapResult, a: int, b: int, level: float = 0.95) -> Interval:
    """The interval of value ``a`` minus value ``b``, for one pair of methods named beforehand."""
    scale, width = result.scale, result.scale.high - result.scale.low
    contrast, units = Contrast.of_difference(result, a, b, level), int(min(result.informative[[a, b]]))
    return bounds(contrast, -width, width, units, level, proportion=scale.proportion)


def step_down(observed: FloatArray, replicates: FloatArray, level: float) -> tuple[BoolArray, float]:
    """Which |statistics| (P,) exceed the ``level`` quantile of the largest (B, P) of those not yet found."""
    found = np.zeros(len(observed), dtype=bool)
    while not found.all():
        critical = float(np.quantile(replicates[:, ~found].max(axis=1), level, method="higher"))
        new = ~found & (observed > critical)
        if not new.any():
            return found, critical
        found |= new
    return found, float("nan")
