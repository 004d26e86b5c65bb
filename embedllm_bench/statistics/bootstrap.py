"""The studentised bootstrap over units, for one method and for differences of any two on the same units.

Efron & Tibshirani 1993, An Introduction to the Bootstrap, 12.5 (bootstrap-t); the variance of every replicate
comes by linearisation from the influences, so it costs one product and no second bootstrap.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.errors import DataError
from embedllm_bench.statistics.units import collapse_single

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from embedllm_bench.arrays import FloatArray, IndexArray
    from embedllm_bench.statistics.functionals import Functional, Scale

CHUNK_NUMBERS = 2_000_000  #: of the (B, G) arrays, for each functional


@dataclass(frozen=True)
class Interval:
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class BootstrapResult:
    """K functionals on G units, observed and in B replicates that are the same for all of them."""

    values: FloatArray  #: (K,)
    covariance: FloatArray  #: (K, K) of the estimates
    replicate_values: FloatArray  #: (B, K)
    replicate_covariance: FloatArray  #: (B, K, K)
    scales: tuple[Scale, ...]
    units: int


def bootstrap(
    functionals: Sequence[Functional], strata: IndexArray, replicates: int = 2000, seed: int = 0
) -> BootstrapResult:
    """Resample units (G,) within ``strata`` (G,), the same draws for every functional."""
    if not functionals or any(len(functional.informative) != len(strata) for functional in functionals):
        raise DataError("A bootstrap needs metrics over the units it resamples.")
    codes = collapse_single(strata)
    values, covariance = _evaluate(functionals, np.ones((1, len(strata))), codes)
    rows = max(1, CHUNK_NUMBERS // max(len(strata), 1))
    parts = [_evaluate(functionals, weights, codes) for weights in _draws(codes, replicates, seed, rows)]
    return BootstrapResult(
        values[0],
        covariance[0],
        np.concatenate([part[0] for part in parts]),
        np.concatenate([part[1] for part in parts]),
        tuple(functional.scale for functional in functionals),
        len(strata),
    )


def interval(result: BootstrapResult, k: int, level: float = 0.95) -> Interval:
    """Studentised interval of functional ``k``, within the values its metric can take.

    Variances of proportions get a floor of a quarter over the squared number of units, that of one
    half-right pseudo-unit: without it a replicate in which all answers are right would pass for certain.
    Where all observed ones are alike, the interval is Wilson's (1927) for that many units. One 0/1 answer
    a question, 300 simulated data sets each, coverage of 95 % intervals before the Wilson case, which
    adds the 21 % and 40 % of data sets of 30 questions at .95 and .97 that are all right:

        questions   .5     .8     .95    .97
        30          .973   .973   .723   .617
        100         .947   .940   .943   .953
        1,000       .930   .957   .963   .953
    """
    scale = result.scales[k]
    value, variance = float(result.values[k]), float(result.covariance[k, k])
    if scale.proportion and variance < 1e-15:
        bounds = _wilson(value, result.units, level)
    else:
        floor = 0.25 / max(result.units, 1) ** 2 if scale.proportion else 0.0
        replicates = result.replicate_covariance[:, k, k] + floor
        bounds = studentised(value, variance + floor, result.replicate_values[:, k], replicates, level)
    return Interval(max(bounds.low, scale.low), min(bounds.high, scale.high))


def _wilson(share: float, n: int, level: float) -> Interval:
    """Score interval of a share of ``n`` (Wilson 1927, JASA 22, 209-212)."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5
    return Interval(centre - half, centre + half)


def studentised(
    value: float, variance: float, replicate_values: FloatArray, replicate_variances: FloatArray, level: float
) -> Interval:
    """Value - t se for the quantiles of the replicates' t = (value* - value) / se*."""
    if not (np.isfinite(value) and np.isfinite(variance)):
        return Interval(float("nan"), float("nan"))
    t = standardised(replicate_values - value, replicate_variances)
    t = t[np.isfinite(t)]
    if not len(t):
        return Interval(float("nan"), float("nan"))
    upper, lower = np.quantile(t, [(1 + level) / 2, (1 - level) / 2])
    error = float(np.sqrt(max(variance, 0.0)))
    return Interval(value - float(upper) * error, value - float(lower) * error)


def standardised(differences: FloatArray, variances: FloatArray) -> FloatArray:
    """Differences / root of variances; 0 where both vanish, NaN where only the variance does."""
    with np.errstate(divide="ignore", invalid="ignore"):
        t = differences / np.sqrt(np.maximum(variances, 0.0))
    t[np.isinf(t)] = np.nan
    t[np.isclose(differences, 0.0, atol=1e-12)] = 0.0
    return t


def _draws(codes: IndexArray, replicates: int, seed: int, rows: int) -> Iterator[FloatArray]:
    """Multinomial counts (rows, G), every stratum keeping its size."""
    generator = np.random.default_rng([seed, 3])
    members = [np.flatnonzero(codes == code) for code in np.unique(codes)]
    for start in range(0, replicates, rows):
        count = min(rows, replicates - start)
        weights = np.zeros((count, len(codes)))
        for stratum in members:
            size = len(stratum)
            drawn = generator.integers(0, size, size=(count, size)) + np.arange(count)[:, None] * size
            weights[:, stratum] = np.bincount(drawn.ravel(), minlength=count * size).reshape(count, size)
        yield weights


def _evaluate(
    functionals: Sequence[Functional], weights: FloatArray, codes: IndexArray
) -> tuple[FloatArray, FloatArray]:
    """Values (B, K) and the covariance (B, K, K) of the estimates under each weighting."""
    evaluations = [functional.evaluate(weights) for functional in functionals]
    values = np.column_stack([value for value, _ in evaluations])
    influences = np.stack([influence for _, influence in evaluations], axis=1)  # (B, K, G)
    sizes = np.bincount(codes).astype(np.float64)
    scaled = influences * np.sqrt(weights * (sizes / np.maximum(sizes - 1, 1))[codes])[:, None, :]
    covariance = scaled @ scaled.transpose(0, 2, 1)  # (B, K, K)
    for code, size in enumerate(sizes):
        inside = codes == code
        total = (influences[:, :, inside] * weights[:, None, inside]).sum(axis=2)  # (B, K)
        covariance -= total[:, :, None] * total[:, None, :] / max(size - 1, 1)
    return values, covariance
