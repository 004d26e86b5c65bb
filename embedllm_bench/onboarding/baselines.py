"""The plain ways to read a model's accuracy off a few of its outcomes, which the pool model has to beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from embedllm_bench.arrays import FloatArray, IndexArray
    from embedllm_bench.onboarding.place import Probe
    from embedllm_bench.onboarding.pool import PoolModel

PENALTIES = tuple(10.0**e for e in (-1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3))


def plain_mean(pool: PoolModel, probe: Probe) -> float:
    """The mean of the outcomes; without one, that of the known models."""
    return (
        float(np.average(probe.share, weights=probe.attempts))
        if len(probe.asked)
        else float(pool.mean.mean())
    )


def benchmark_means(pool: PoolModel, probe: Probe, weights: FloatArray) -> FloatArray:
    """The mean of the outcomes on each benchmark (B,), of all where it has none.

    The last row of the weights (B, Q) is over all questions: it gets the benchmarks' means in their proportions.
    """
    plain = plain_mean(pool, probe)
    means = []
    for row in weights[:-1]:
        on = row[probe.asked] > 0
        means.append(np.average(probe.share[on], weights=probe.attempts[on]) if on.any() else plain)
    proportion = np.array([weights[-1][row > 0].sum() for row in weights[:-1]])
    return np.append(means, proportion @ np.array(means) / max(proportion.sum(), 1e-12))


@dataclass(frozen=True, eq=False)
class Ridge:
    """Ridge regression of the known models' accuracies on their outcomes at the questions asked."""

    asked: IndexArray  #: (n,)
    center: FloatArray  #: (n,) mean outcomes of the known models
    mean: FloatArray  #: (B,) mean accuracies
    slopes: FloatArray  #: (n, B)

    @classmethod
    def fit(cls, pool: PoolModel, asked: IndexArray, weights: FloatArray) -> Self:
        """For accuracies with weights (B, Q), all with one penalty: that of the smallest leave-one-out error."""
        known = pool.outcomes @ weights.T  # (M, B)
        mean, center = known.mean(0), pool.outcomes[:, asked].mean(0)
        inputs = pool.outcomes[:, asked] - center  # (M, n)
        values, basis = np.linalg.eigh(inputs @ inputs.T)
        rotated = basis.T @ (known - mean)
        smallest, dual = np.inf, np.zeros_like(known)
        for penalty in PENALTIES:
            shrunk = basis / (np.maximum(values, 0) + penalty)  # (M, M) = basis / (values + penalty)
            solution = shrunk @ rotated  # (M, B)
            errors = solution / (shrunk * basis).sum(1)[:, None]  # leave-one-out residuals of kernel ridge
            if (loss := float((errors**2).sum())) < smallest:
                smallest, dual = loss, solution
        return cls(asked, center, mean, inputs.T @ dual)

    def estimate(self, probe: Probe) -> FloatArray:
        """Accuracies (B,) of a model that was asked these questions; one it has no outcome of tells nothing."""
        share = dict(zip(probe.asked.tolist(), probe.share.tolist(), strict=True))
        deviations = np.array(
            [share.get(q, c) - c for q, c in zip(self.asked.tolist(), self.center.tolist(), strict=True)]
        )
        return np.asarray(self.mean + deviations @ self.slopes)
