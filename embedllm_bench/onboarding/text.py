"""From question vectors to the pool's outcomes, so that a placed model can be forecast where no model was asked.

Ridge regression on the features of a Gaussian kernel (Williams and Seeger 2001, "Using the Nystroem method to speed
up kernel machines"), one for all models: the pool's mean and the models' deviations from it have a penalty each, the
one with the smallest leave-one-out error.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from embedllm_bench.arrays import Float32Array, FloatArray
    from embedllm_bench.onboarding.pool import Components, PoolModel

LANDMARKS = 1500
PENALTIES = tuple(10.0**e for e in (-1, -0.5, 0, 0.5, 1, 1.5, 2, 3))
CLOSE = 1e-6  #: of the largest; smaller eigenvalues are rounding


@dataclass(frozen=True, eq=False)
class TextFeatures:
    """What is made of question vectors alone, for any pool of the same Q questions."""

    landmarks: FloatArray  #: (L, D) unit vectors
    width: float
    root: FloatArray  #: (L, P) from kernel values to centred features
    center: FloatArray  #: (P,)
    basis: FloatArray  #: (P, P) principal directions of the features
    rotated: FloatArray  #: (Q, P) features along them
    values: FloatArray  #: (P,)

    @classmethod
    def of(cls, vectors: Float32Array) -> TextFeatures:
        """Of questions of vectors (Q, D)."""
        unit = _unit(vectors)
        chosen = np.random.default_rng(0).permutation(len(unit))[:LANDMARKS]
        landmarks = unit[chosen]
        gram = landmarks @ landmarks.T
        width = 2.0 / max(float(np.median(2 - 2 * gram)), 1e-3)
        values, basis = np.linalg.eigh(_kernel(gram, width))
        kept = values > CLOSE * values[-1]
        root = basis[:, kept] / np.sqrt(values[kept])
        features = _kernel(unit @ landmarks.T, width) @ root  # (Q, P)
        center = features.mean(0)
        features -= center
        values, basis = np.linalg.eigh(features.T @ features)
        return cls(landmarks, width, root, center, basis, features @ basis, np.maximum(values, 0))

    def at(self, vectors: Float32Array) -> FloatArray:
        """Centred features (T, P) of other questions."""
        return np.asarray(_kernel(_unit(vectors) @ self.landmarks.T, self.width) @ self.root - self.center)

    def best(self, outcomes: FloatArray, seen_as: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Weights (P, K) and leave-one-out forecasts (Q, K) of outcomes (Q, K), judged after ``seen_as`` (K, R)."""
        center = outcomes.mean(0)
        products = self.rotated.T @ (outcomes - center)
        judged, smallest, kept = (outcomes - center) @ seen_as, np.inf, PENALTIES[0]
        for penalty, leverage in self.leverages.items():
            shrunk = products / (self.values + penalty)[:, None]
            errors = (judged - self.rotated @ (shrunk @ seen_as)) / (1 - leverage)
            if (loss := float((errors**2).sum())) < smallest:
                smallest, kept = loss, penalty
        weights = products / (self.values + kept)[:, None]
        residual = outcomes - center - self.rotated @ weights
        return weights, outcomes - residual / (1 - self.leverages[kept])

    @cached_property
    def leverages(self) -> dict[float, FloatArray]:
        """By penalty (Q, 1), the mean's share in it; a hair under 1."""
        square = self.rotated**2
        return {
            penalty: np.minimum((square @ (1 / (self.values + penalty)))[:, None] + 1 / len(square), 0.999)
            for penalty in PENALTIES
        }


@dataclass(frozen=True, eq=False)
class TextMap:
    """Forecasts of the known models' outcomes from question vectors."""

    features: TextFeatures
    weights: FloatArray  #: (P, M)
    offset: FloatArray  #: (M,)
    left_out: FloatArray  #: (M, Q) forecasts at the pool's questions, each without that question
    folds: tuple[Components, ...]  #: the pool's

    @cached_property
    def without_each_fold(self) -> tuple[tuple[FloatArray, FloatArray], ...]:
        """Mean (Q,) and factors (Q, R) that are forecast so, for each of the pool's folds."""
        return tuple(part.at(self.left_out) for part in self.folds)

    @classmethod
    def fit(cls, pool: PoolModel, features: TextFeatures) -> TextMap:
        """Learn from the pool's outcomes at its questions, which these features are of."""
        mean, offset = pool.mean[:, None], pool.outcomes.mean(1)
        deviations = pool.outcomes.T - mean  # (Q, M)
        of_mean, mean_out = features.best(mean, np.ones((1, 1)))
        of_models, models_out = features.best(deviations, pool.whole.mixtures)
        weights = features.basis @ (of_mean + of_models)
        return cls(features, weights, offset, (mean_out + models_out).T, pool.folds)

    def forecast(self, vectors: Float32Array) -> FloatArray:
        """The known models' outcomes (M, T) at questions of vectors (T, D); not held within [0, 1]."""
        return np.asarray((self.features.at(vectors) @ self.weights + self.offset).T)


def _kernel(products: FloatArray, width: float) -> FloatArray:
    """exp(-width |x - y|^2) of unit vectors with these inner products."""
    return np.exp(-width * np.maximum(2 - 2 * products, 0))


def _unit(vectors: Float32Array) -> FloatArray:
    wide = vectors.astype(np.float64)
    return np.asarray(wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-12))
