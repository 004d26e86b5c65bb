"""Intervals from a bootstrap, by three rules chosen by simulation (tests/statistics/test_intervals.py).

* A share of 0/1 outcomes, one a question (routing): Wilson's interval with the linearised variance. Replicates
  of 30 answers of which 29 are right take a handful of values, and some have no variance at all; bootstrap-t
  with a variance floor covered between .77 and .998 there, whatever the floor.
* The difference of two such shares: Bonett & Price's. Too wide where few questions are decided differently.
* Everything else: bootstrap-t, with one pseudo-observation's variance in the data and in every replicate, so
  that a replicate of equal units has a finite deviation. It is a tenth of the largest squared influence of an
  observed unit, and vanishes as the questions become many.

Coverage of nominal 95 %, 400 to 1,000 runs each (standard error .007 to .011), 500 or 600 replicates:

    true accuracy               .5    .8   .95   .97
    routing, 30 questions     .963  .961  .939  .944
      100                     .940  .941  .960  .966
      1,000                   .953  .950  .960  .943
      30, five benchmarks     .946  .983  .940  .930
      100, 30 % repeats       .943  .955  .947  .952

Forecasts of 50 models, 70 % of cells filled, answers hanging together within a question; 500 runs:

    accuracy, questions    accuracy  Brier  log-loss  AUROC
    .70    30 / 100 / 300  .960 .954 .944  .952 .952 .940  .946 .954 .928  .954 .938 .936
    .82    30 / 100 / 300  .932 .958 .938  .944 .948 .946  .940 .940 .950  .934 .954 .952
    .90    30 / 100 / 300  .928 .950 .958  .938 .958 .960  .938 .952 .954  .918 .942 .948
    .97    30 / 100 / 300  .926 .920 .944  .940 .940 .950  .962 .952 .940  .906 .930 .940

At .97 few hard questions carry most of the variance: accuracy and AUROC fall short up to about 100 questions, and
with 100 models at 30 questions reach .894 and .876.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.errors import DataError

if TYPE_CHECKING:
    from embedllm_bench.arrays import FloatArray
    from embedllm_bench.statistics.bootstrap import BootstrapResult
    from embedllm_bench.statistics.seeds import Between

#: Variance of the pseudo-observation, in squares of the largest influence of an observed unit.
PSEUDO_OBSERVATION = 0.1
#: Variances below this share of the methods' own are rounding: the two are identical on these units.
ROUNDING = 1e-12
#: More undefined replicates than this make an interval undefined.
UNDEFINED_SHARE = 0.1


@dataclass(frozen=True)
class Interval:
    """NaN at both ends where the value is undefined or nothing is known about its variance."""

    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Contrast:
    """One number with its replicates: a method's value or the difference of two."""

    value: float
    variance: float
    replicate_values: FloatArray  #: (B,)
    replicate_variance: FloatArray  #: (B,)
    pseudo_variance: float
    between: Between  #: what the draw of seeds adds
    level: float

    @classmethod
    def of_method(cls, result: BootstrapResult, k: int, level: float) -> Contrast:
        variance = max(float(result.covariance[k, k]), 0.0)
        return cls(
            float(result.values[k]),
            variance,
            result.replicate_values[:, k],
            np.maximum(result.replicate_covariance[:, k, k], 0.0),
            PSEUDO_OBSERVATION * float(result.extreme[k, k]) ** 2,
            result.seeds.of(np.eye(len(result.values))[k]),
            level,
        )

    @classmethod
    def of_difference(cls, result: BootstrapResult, a: int, b: int, level: float) -> Contrast:
        """Value of ``a`` minus value of ``b``."""
        own = result.covariance[a, a] + result.covariance[b, b]
        floor = ROUNDING * float(own)
        variance = _difference_variance(result.covariance[None], a, b, floor)
        return cls(
            float(result.values[a] - result.values[b]),
            float(variance[0]),
            result.replicate_values[:, a] - result.replicate_values[:, b],
            _difference_variance(result.replicate_covariance, a, b, floor),
            PSEUDO_OBSERVATION * float(result.extreme[a, b]) ** 2,
            result.seeds.of(np.eye(len(result.values))[a] - np.eye(len(result.values))[b]),
            level,
        )

    @property
    def deviations(self) -> FloatArray:
        """Studentised deviations of the replicates from the value (B,), NaN where undefined."""
        scale = np.sqrt(self.replicate_variance + self.pseudo_variance)
        return np.asarray((self.replicate_values - self.value) / scale)

    @property
    def error(self) -> float:
        """The standard error the deviations are to be multiplied with."""
        return math.sqrt(self.variance + self.pseudo_variance + self.between.variance) * self._widening

    @property
    def whole_variance(self) -> float:
        """That of questions and seeds."""
        return (self.variance + self.between.variance) * self._widening**2

    @property
    def _widening(self) -> float:
        return self.between.widening(self.variance, self.level)


def bounds(
    contrast: Contrast, low: float, high: float, units: int, level: float, *, proportion: bool
) -> Interval:
    """The interval of a number between ``low`` and ``high`` that ``units`` units can move."""
    if not math.isfinite(contrast.value) or units == 0:
        return Interval(math.nan, math.nan)
    if proportion and low >= 0 and not math.isfinite(contrast.variance):  # of one unit in all
        found = wilson(contrast.value, 0.0, units, level)
    elif not math.isfinite(contrast.variance):
        return Interval(math.nan, math.nan)
    elif not proportion:
        found = studentised(contrast, level, high - low, units)
    elif low < 0:
        found = paired_share(contrast.value, contrast.whole_variance, units, level)
    else:
        found = wilson(contrast.value, contrast.whole_variance, units, level)
    return Interval(float(np.clip(found.low, low, high)), float(np.clip(found.high, low, high)))


def wilson(value: float, variance: float, units: int, level: float = 0.95) -> Interval:
    """Wilson's (1927) score interval for a share, with the number of questions its variance is worth.

    A share of n independent outcomes has the variance value * (1 - value) / (n - 1); clusters and strata give
    another, and with it another n (Dean & Pagano 2015). Without any variance n is the number of units.
    """
    spread = value * (1 - value)
    n = spread / variance + 1 if variance > ROUNDING * spread and spread > 0 else float(units)
    z2 = _normal_quantile(level) ** 2
    centre = (value + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (max(spread, 0.0) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return Interval(centre - half, centre + half)


def paired_share(value: float, variance: float, units: int, level: float = 0.95) -> Interval:
    """Bonett & Price's (2012) interval for a difference of shares of the same questions.

    Two pseudo-units are added, one won by each side, so that questions on which both sides always agreed do not
    pass for proof that they always will. Wide where few questions are decided differently.
    """
    centre = units * value / (units + 2)
    squares = variance * units * (units - 1)
    squares += units * (value - centre) ** 2 + (1 - centre) ** 2 + (1 + centre) ** 2
    half = _normal_quantile(level) * math.sqrt(squares) / (units + 2)
    return Interval(centre - half, centre + half)


def studentised(contrast: Contrast, level: float, width: float, units: int) -> Interval:
    """Bootstrap-t (Efron & Tibshirani 1993, 12.5) with a pseudo-observation in every variance."""
    if contrast.error == 0:
        # All units alike: what one more at the far end of the range could do, as in Wilson's interval.
        half = _normal_quantile(level) ** 2 * width / units if math.isfinite(width) else math.nan
        return Interval(contrast.value - half, contrast.value + half)
    deviations = contrast.deviations
    defined = deviations[np.isfinite(deviations)]
    if len(defined) < (1 - UNDEFINED_SHARE) * len(deviations):
        return Interval(math.nan, math.nan)
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(
        contrast.value - float(high) * contrast.error, contrast.value - float(low) * contrast.error
    )


def _difference_variance(covariance: FloatArray, a: int, b: int, floor: float) -> FloatArray:
    """(B,) from covariances (B, K, K); what is only rounding becomes 0."""
    variance = covariance[:, a, a] + covariance[:, b, b] - 2 * covariance[:, a, b]
    return np.where(variance < floor, 0.0, variance)


def _normal_quantile(level: float) -> float:
    if not 0 < level < 1:
        raise DataError(f"A confidence level lies between 0 and 1, {level} does not.")
    return NormalDist().inv_cdf((1 + level) / 2)
