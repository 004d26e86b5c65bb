"""One bootstrap for every metric: values of K functionals on the same replicates, with their covariances.

Units are drawn with replacement within strata, since the number of questions of each benchmark is fixed by the
split. In every replicate the K x K covariance of the values is had by linearisation,

    sum_s n_s / (n_s - 1) * [sum_g w_g L_g L_g' - (sum_g w_g L_g)(sum_g w_g L_g)' / n_s],

with influences L (G, K), weights w and n_s units in stratum s, so that intervals of one method and of the
difference of any two are studentised from one pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.errors import DataError
from embedllm_bench.statistics.intervals import Contrast, Interval, bounds
from embedllm_bench.statistics.seeds import SeedEffect, seed_effect
from embedllm_bench.statistics.units import collapse_single

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from embedllm_bench.arrays import FloatArray, IndexArray
    from embedllm_bench.statistics.functionals import Functional, Scale

REPLICATES = 2000
#: Bytes of weights and influences held at a time.
WORKING_MEMORY = 48_000_000


@dataclass(frozen=True, eq=False)
class BootstrapResult:
    """K methods measured by one metric on the same units, observed and in B replicates."""

    values: FloatArray  #: (K,)
    covariance: FloatArray  #: (K, K)
    replicate_values: FloatArray  #: (B, K)
    replicate_covariance: FloatArray  #: (B, K, K)
    seeds: SeedEffect  #: what the draw of seeds adds to ``covariance``, where the values are means over some
    extreme: FloatArray  #: (K, K) largest |influence| of a unit on k (diagonal), on the difference of k and l
    informative: IndexArray  #: (K,) units that can move the value
    scale: Scale


def bootstrap(
    functionals: Sequence[Functional], strata: IndexArray, replicates: int = REPLICATES, seed: int = 0
) -> BootstrapResult:
    """Evaluate functionals of one kind on the data and on ``replicates`` resamples of the units.

    Args:
        functionals: K metrics of one scale over the same G units.
        strata: (G,) the stratum of each unit; lone units are put together, see ``collapse_single``.
        replicates: B.
        seed: Equal seeds draw equal replicates for equal strata, whatever is measured on them.
    """
    if len({functional.scale for functional in functionals}) != 1:
        raise DataError(
            "One bootstrap compares metrics of one kind; give at least one, and all of one scale."
        )
    if any(len(functional.informative) != len(strata) for functional in functionals):
        raise DataError(f"Every metric must be over the {len(strata)} units the strata name.")
    design = _Design.of(strata)
    observed, covariance, influences = _evaluate(functionals, np.ones((1, len(strata))), design)
    values, covariances = [], []
    block = max(1, min(replicates, int(WORKING_MEMORY / (8 * len(strata) * (2 * len(functionals) + 4)))))
    for weights in design.draw(replicates, block, seed):
        value, replicate_covariance, _ = _evaluate(functionals, weights, design)
        values.append(value)
        covariances.append(replicate_covariance)
    return BootstrapResult(
        values=observed[0],
        covariance=covariance[0],
        replicate_values=np.concatenate(values),
        replicate_covariance=np.concatenate(covariances),
        seeds=seed_effect(functionals, len(strata), design.covariance),
        extreme=_extremes(influences[0]),
        informative=np.array([int(functional.informative.sum()) for functional in functionals]),
        scale=functionals[0].scale,
    )


def interval(result: BootstrapResult, k: int, level: float = 0.95) -> Interval:
    """The interval of method ``k``, within the metric's range; how it is made says ``intervals``."""
    scale = result.scale
    contrast, units = Contrast.of_method(result, k, level), int(result.informative[k])
    return bounds(contrast, scale.low, scale.high, units, level, proportion=scale.proportion)


@dataclass(frozen=True, eq=False)
class _Design:
    """How units fall into strata, prepared for drawing and for variances."""

    start: IndexArray  #: (G,) for the units in order of stratum: where their stratum begins
    size: IndexArray  #: (G,) and how many units it has
    order: IndexArray  #: (G,) units by stratum
    factor: FloatArray  #: (G,) n_s / (n_s - 1) of each unit's stratum
    sums: FloatArray  #: (G, S) 1 / sqrt(n_s - 1) where the unit is in the stratum

    @classmethod
    def of(cls, strata: IndexArray) -> _Design:
        codes = collapse_single(strata)
        sizes = np.bincount(codes)
        freedom = np.where(sizes > 1, sizes - 1.0, np.nan)  # one unit in all: no variance can be had
        order = np.argsort(codes, kind="stable")
        starts = np.cumsum(sizes) - sizes
        sums = (codes[:, None] == np.arange(len(sizes))) / np.sqrt(freedom)
        return cls(starts[codes[order]], sizes[codes[order]], order, (sizes / freedom)[codes], sums)

    def covariance(self, influences: FloatArray) -> FloatArray:
        """(K, K) of values whose influences are (K, G), when every unit is drawn once."""
        covariance: FloatArray = self.covariances(influences[None], np.ones((1, influences.shape[1])))[0]
        return covariance

    def covariances(self, influences: FloatArray, weights: FloatArray) -> FloatArray:
        """(B, K, K) from influences (B, K, G) in replicates of these weights (B, G)."""
        rows, methods, units = influences.shape
        weighted = influences * weights[:, None, :]
        totals = (weighted.reshape(-1, units) @ self.sums).reshape(rows, methods, -1)  # (B, K, S)
        weighted *= self.factor
        found: FloatArray = weighted @ influences.transpose(0, 2, 1) - totals @ totals.transpose(0, 2, 1)
        return found

    def draw(self, replicates: int, block: int, seed: int) -> Iterator[FloatArray]:
        """Multinomial weights (<= block, G) per stratum; the stream does not depend on ``block``."""
        random = np.random.default_rng(seed)
        units = len(self.order)
        for first in range(0, replicates, block):
            rows = min(block, replicates - first)
            drawn = (self.start + random.random((rows, units)) * self.size).astype(np.int64)
            drawn = np.minimum(drawn, self.start + self.size - 1)  # the sum may round up to the next stratum
            drawn += np.arange(rows)[:, None] * units
            counts = np.bincount(drawn.ravel(), minlength=rows * units).reshape(rows, units)
            weights = np.empty((rows, units))
            weights[:, self.order] = counts
            yield weights


def _evaluate(
    functionals: Sequence[Functional], weights: FloatArray, design: _Design
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Values (B, K), covariances (B, K, K) and influences (B, K, G)."""
    rows, units = weights.shape
    values = np.empty((rows, len(functionals)))
    influences = np.empty((rows, len(functionals), units))
    for k, functional in enumerate(functionals):
        values[:, k], influences[:, k] = functional.evaluate(weights)
    influences[~np.isfinite(values)] = np.nan  # undefined values have undefined variances, not infinite ones
    return values, design.covariances(influences, weights), influences


def _extremes(influences: FloatArray) -> FloatArray:
    """(K, K) from influences (K, G)."""
    extremes = np.array([np.abs(influences - row).max(axis=1) for row in influences])
    np.fill_diagonal(extremes, np.abs(influences).max(axis=1))
    return extremes
