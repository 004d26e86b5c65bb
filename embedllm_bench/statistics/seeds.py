"""How much values of methods vary from seed to seed, beyond what other test questions would change.

With S seeds a method's value is the mean of S runs. The bootstrap over questions holds the runs fixed, so an interval
from it alone is about these S fits. Runs also differ by the method's randomness and by what it was trained on: the
analysis of variance of a random effect (Searle, Casella & McCulloch 1992, Variance Components, ch. 3) takes from the
sample covariance of the runs the part that questions explain, which is had by linearisation, and what is left,
divided by S, belongs in the variance of the mean. One seed says nothing about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm, t

from embedllm_bench.statistics.functionals import MeanOfSeeds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from embedllm_bench.arrays import FloatArray
    from embedllm_bench.statistics.functionals import Functional

ROUNDING = 1e-12  #: of the methods' own variances: the two are identical


@dataclass(frozen=True)
class Between:
    """What the draw of S seeds adds to the variance of one number, a mean over them."""

    variance: float = 0.0
    observed: float = 0.0  #: the variance of the mean as the runs alone show it, questions' part included
    seeds: int = 1

    def widening(self, among_questions: float, level: float) -> float:
        """By what to multiply the standard error, since S runs say little of their spread.

        The quotient of Student's and the normal quantile, with Satterthwaite's degrees of freedom.
        """
        if self.variance <= 0:
            return 1.0
        freedom = (among_questions + self.variance) ** 2 / (self.observed**2 / (self.seeds - 1))
        return float(t.ppf((1 + level) / 2, freedom) / norm.ppf((1 + level) / 2))


@dataclass(frozen=True, eq=False)
class SeedEffect:
    """What S seeds add to the covariance of K mean values; one seed adds nothing, as it says nothing."""

    covariance: FloatArray  #: (K, K), not clipped: a contrast's variance may come out below 0
    observed: FloatArray  #: (K, K) of the mean of S runs as the runs alone show it
    seeds: int

    def of(self, contrast: FloatArray) -> Between:
        """For the number that weights (K,) of the methods make: a method, or the difference of two."""
        variance, observed = (float(contrast @ c @ contrast) for c in (self.covariance, self.observed))
        rounding = ROUNDING * float(np.abs(contrast) @ self.observed.diagonal())
        return Between(variance, observed, self.seeds) if variance > rounding else Between()


def seed_effect(
    functionals: Sequence[Functional], units: int, covariance: Callable[[FloatArray], FloatArray]
) -> SeedEffect:
    """From K means of equally many runs over G units; none where they are no such means.

    ``covariance`` (K, K) is that of values whose influences (K, G) it is given, over the draw of units.
    """
    counts = {len(f.parts) if isinstance(f, MeanOfSeeds) else 1 for f in functionals}
    (seeds,) = counts if len(counts) == 1 else (1,)
    if seeds < 2:
        nothing = np.zeros((len(functionals), len(functionals)))
        return SeedEffect(nothing, nothing, 1)
    ones = np.ones((1, units))
    runs = [[part.evaluate(ones) for part in f.parts] for f in functionals if isinstance(f, MeanOfSeeds)]
    values = np.array([[value[0] for value, _ in row] for row in runs])  # (K, S)
    influences = np.array([[influence[0] for _, influence in row] for row in runs])  # (K, S, G)
    values -= values.mean(axis=1, keepdims=True)
    influences -= influences.mean(axis=1, keepdims=True)
    observed = values @ values.T / (seeds - 1) / seeds
    by_questions = sum(covariance(influences[:, s]) for s in range(seeds)) / (seeds - 1) / seeds
    defined = np.isfinite(observed - by_questions)
    return SeedEffect(
        np.where(defined, observed - by_questions, 0.0), np.where(defined, observed, 0.0), seeds
    )
