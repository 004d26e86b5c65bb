"""Where a new model stands among the known ones: a mixture of them, found from the few outcomes it has.

The vectors of the known models give a Gaussian prior (their mean, and their principal directions, each as
long as they spread along it), and the new model's vector is the most probable one under prior and outcomes.
Without outcomes it is the mean of the known vectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from embedllm_bench.arrays import CountArray, Float32Array, FloatArray

MOST_DIRECTIONS = 32  #: beyond these known models hardly differ, and a solution takes longer
SMALLEST_SPREAD = 1e-6  #: of the largest; shorter directions are rounding
LARGEST_VARIANCE = 0.25  #: of an outcome that is 0 or 1
ITERATIONS, LONGEST_STEP, SMALLEST_STEP = 50, 3.0, 1e-6
LEAST_WEIGHT, MOST_WEIGHT = 1.0, 100.0  #: of the known models' mean, in attempts


@dataclass(frozen=True, eq=False)
class Belief:
    """What is believed of a place before any outcome, in R coordinates of variance 1: where, and how surely."""

    mean: FloatArray  #: (R,)
    variance: FloatArray  #: (R,) at most 1


@dataclass(frozen=True, eq=False)
class Prior:
    """What the M known models' vectors (M, K) say of one more.

    A place is given by z (R,), standard normal under the prior: the mean of the known vectors and z @ mixtures of them.
    """

    mixtures: FloatArray  #: (R, M): each principal direction as a mixture of the known vectors; they sum to 0

    @property
    def coordinates(self) -> FloatArray:
        """The known models' own places (M, R), of mean 0 and variance 1."""
        return np.asarray(self.mixtures.T * self.mixtures.shape[1])

    @classmethod
    def of(cls, vectors: Float32Array) -> Prior:
        """The prior of vectors (M, K)."""
        known = vectors.astype(np.float64)
        left, spread, _ = np.linalg.svd(known - known.mean(0), full_matrices=False)
        most = min(MOST_DIRECTIONS, len(known) - 1)
        kept = np.flatnonzero(spread[:most] > SMALLEST_SPREAD * max(spread.max(initial=0), 1e-30))
        return cls(left[:, kept].T / len(known) ** 0.5)

    def mixture(self, z: FloatArray) -> Float32Array:
        """The place ``z`` as weights (M,) of the known models; they sum to 1."""
        weights = 1 / self.mixtures.shape[1] + z @ self.mixtures
        mixture: Float32Array = weights.astype(np.float32)
        return mixture

    def mixture_by_logits(
        self, known: Float32Array, correct: CountArray, attempts: CountArray
    ) -> Float32Array:
        """The mixture (M,) for a model with these counts (Q,), where logits are linear in a model's vector.

        ``known`` (Q, M) are the known models' logits: those of a mixture of the models are the same mixture of them.
        """
        columns = known.astype(np.float64) @ self.mixtures.T  # (Q, R)
        return self.mixture(self.by_logistic(columns, known.mean(1, dtype=np.float64), correct, attempts))

    def by_least_squares(
        self, columns: FloatArray, offset: FloatArray, correct: CountArray, attempts: CountArray
    ) -> FloatArray:
        """The place z where P(correct) = offset (Q,) + columns (Q, R) @ z."""
        residual = correct - attempts * offset
        gram = columns.T @ (attempts[:, None] * columns) / LARGEST_VARIANCE + np.eye(columns.shape[1])
        return np.linalg.solve(gram, columns.T @ residual / LARGEST_VARIANCE).astype(np.float64)

    def by_logistic(
        self,
        columns: FloatArray,
        offset: FloatArray,
        correct: CountArray,
        attempts: CountArray,
        belief: Belief | None = None,
    ) -> FloatArray:
        """The place z where logit P(correct) = offset (Q,) + columns (Q, R) @ z, by Newton's method.

        What is believed without outcomes is the prior's own, or a ``belief``.
        """
        width = columns.shape[1]
        center, precision = np.zeros(width), np.ones(width)
        if belief is not None:
            center, precision = belief.mean, 1 / belief.variance
        z = center.copy()
        for _ in range(ITERATIONS):
            p = 0.5 * (1 + np.tanh((offset + columns @ z) / 2))
            gradient = columns.T @ (correct - attempts * p) - precision * (z - center)
            curvature = columns.T @ ((attempts * p * (1 - p))[:, None] * columns) + np.diag(precision)
            step = np.linalg.solve(curvature, gradient)
            length = float(np.linalg.norm(step))
            z += step * min(1.0, LONGEST_STEP / max(length, SMALLEST_STEP))
            if length < SMALLEST_STEP:
                break
        return z


def shrunken_mean(means: Float32Array, correct: CountArray, attempts: CountArray) -> float:
    """A new model's share correct, drawn to the known models' mean as strongly as these are alike.

    The Beta prior of the means' own mean and variance, its weight held between 1 and 100 attempts.
    """
    center, variance = float(means.mean()), float(means.var())
    weight = center * (1 - center) / max(variance, 1e-12) - 1
    weight = min(max(weight, LEAST_WEIGHT), MOST_WEIGHT)
    return (float(correct.sum()) + weight * center) / (float(attempts.sum()) + weight)
