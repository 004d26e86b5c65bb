"""A logistic regression per model on the questions' vectors, each pulled towards what all models share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from embedllm_bench.methods.base import Method
from scipy.optimize import minimize
from scipy.special import expit

if TYPE_CHECKING:
    from embedllm_bench.arrays import Float32Array, FloatArray
    from embedllm_bench.matrix import CorrectnessMatrix, Questions


@dataclass
class PooledLogistic(Method):
    """logit P(m, q) = b + a_m + (w + w_m) . x_q, where ``shrinkage`` holds w and every w_m near 0."""

    name: ClassVar[str] = "pooled-logistic"
    summary: ClassVar[str] = "a logistic regression per model, pulled towards what all models share"

    shrinkage: float = 10.0

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:  # noqa: ARG002 - the base class's signature
        """A convex problem with one minimum, so that no seed matters; cells not asked add nothing to it."""
        vectors = train.questions.embeddings.astype(np.float64)
        self.centre_ = vectors.mean(0)
        self.scale_ = np.sqrt(((vectors - self.centre_) ** 2).sum(1).mean()) or 1.0
        inputs, shape = self._inputs(train.questions), (len(train.models) + 1, vectors.shape[1] + 1)
        penalty = np.full(shape, self.shrinkage)
        penalty[:, 0] = 0.1  # abilities are known better than directions

        def objective(flat: FloatArray) -> tuple[float, FloatArray]:
            weights = flat.reshape(shape)  # (M + 1, 1 + D), the last row shared
            logits = weights[:-1] @ inputs + weights[-1] @ inputs
            loss = (train.attempts * np.logaddexp(0, logits) - train.correct * logits).sum()
            slope = (train.attempts * expit(logits) - train.correct) @ inputs.T
            gradient = np.vstack([slope, slope.sum(0)]) + penalty * weights
            return float(loss + (penalty * weights**2).sum() / 2), gradient.ravel()

        solved = minimize(objective, np.zeros(penalty.size), jac=True, method="L-BFGS-B")
        self.weights_ = solved.x.reshape(shape)
        return self

    def predict_proba(self, questions: Questions) -> Float32Array:
        """Every model's own part and the shared one."""
        logits = (self.weights_[:-1] + self.weights_[-1]) @ self._inputs(questions)
        return np.asarray(expit(logits), dtype=np.float32)

    def embeddings(self) -> Float32Array:
        """What a model has of its own: its ability, and in which direction it is better than that."""
        return self.weights_[:-1].astype(np.float32)

    def _inputs(self, questions: Questions) -> FloatArray:
        inputs = (questions.embeddings - self.centre_) / self.scale_  # (Q, D)
        return np.vstack([np.ones(len(inputs)), inputs.T])
