"""Matrix factorisation with a cold start: factors from outcomes alone, and a map from text to question factor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from embedllm_bench.errors import UsageError
from embedllm_bench.methods.base import Method
from embedllm_bench.methods.reference import ModelMean

if TYPE_CHECKING:
    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.matrix import CorrectnessMatrix, Questions

MAP_PENALTIES = tuple(10.0**e for e in (-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3))
SMALLEST_P = 0.01  # a linear forecast may leave [0, 1]; this is where it is held
CHUNK = 2048


@dataclass
class MatrixFactorization(Method):
    """P(correct) = mean_m + c_q + u_m . v_q, fitted by alternating least squares on observed cells.

    Koren, Bell and Volinsky (2009), "Matrix factorization techniques for recommender systems",
    equations 2 to 5, with every attempt a rating. A new question has no factors, so (c_q, v_q) is
    forecast from its sentence vector by ridge regression, whose penalty is chosen on validation.
    """

    name: ClassVar[str] = "mf"
    summary: ClassVar[str] = "matrix factorisation, question factors forecast from the text"

    dimension: int = 16
    penalty: float = 10.0
    sweeps: int = 10

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        """Alternate between question and model factors, then learn the map."""
        if self.dimension < 1 or self.penalty <= 0 or self.sweeps < 1:
            raise UsageError("mf needs dimension >= 1, penalty > 0 and sweeps >= 1.")
        self.means_ = ModelMean().fit(train).means_
        generator = np.random.default_rng(self.seed)
        models = generator.normal(scale=0.1, size=(len(train.models), self.dimension)).astype(np.float32)
        for _ in range(self.sweeps):
            questions = self._question_factors(train, models)
            models = self._model_factors(train, questions)
        # One more half step, so that the question factors answer to the models' last ones.
        questions = self._question_factors(train, models)
        self.factors_ = models
        self._fit_map(train.questions.embeddings, questions, validation)
        return self

    def predict_proba(self, questions: Questions) -> Float32Array:
        """Map the questions' vectors to factors, then one product."""
        return self._forecast(self.map_, questions.embeddings)

    def embeddings(self) -> Float32Array:
        """The models' factors (M, dimension)."""
        return self.factors_

    def _forecast(self, mapping: Float32Array, vectors: Float32Array) -> Float32Array:
        factors = self.map_offset_ + (vectors - self.map_center_) @ mapping  # (Q, 1 + K)
        p = self.means_[:, None] + _with_ones(self.factors_) @ factors.T
        clipped: Float32Array = np.clip(p, SMALLEST_P, 1 - SMALLEST_P)
        return clipped

    def _question_factors(self, train: CorrectnessMatrix, models: Float32Array) -> Float32Array:
        """(c_q, v_q) (Q, 1 + K), each the ridge solution over the models asked."""
        known = _with_ones(models)  # (M, 1 + K)
        parts = []
        for start in range(0, len(train.questions), CHUNK):
            columns = slice(start, start + CHUNK)
            attempts = train.attempts[:, columns].T.astype(np.float32)
            residual = train.correct[:, columns].T.astype(np.float32) - attempts * self.means_
            parts.append(_solve(known, attempts, residual, self.penalty))
        return np.concatenate(parts)

    def _model_factors(self, train: CorrectnessMatrix, questions: Float32Array) -> Float32Array:
        """u_m (M, K), each the ridge solution over the questions asked, given means and c_q."""
        parts = []
        for start in range(0, len(train.models), CHUNK):
            rows = slice(start, start + CHUNK)
            attempts = train.attempts[rows].astype(np.float32)
            residual = train.correct[rows].astype(np.float32) - attempts * (
                self.means_[rows, None] + questions[:, 0]
            )
            parts.append(_solve(questions[:, 1:], attempts, residual, self.penalty))
        return np.concatenate(parts)

    def _fit_map(
        self, vectors: Float32Array, factors: Float32Array, validation: CorrectnessMatrix | None
    ) -> None:
        """Ridge regression of factors (Q, 1 + K) on vectors (Q, D); one eigendecomposition for all penalties."""
        self.map_center_, self.map_offset_ = vectors.mean(0), factors.mean(0)
        centered = (vectors - self.map_center_).astype(np.float64)
        values, basis = np.linalg.eigh(centered.T @ centered)
        target = basis.T @ (centered.T @ (factors - self.map_offset_))  # (D, 1 + K)
        maps = [
            (basis @ (target / (np.maximum(values, 0) + penalty)[:, None])).astype(np.float32)
            for penalty in MAP_PENALTIES
        ]
        if validation is None or not len(validation.questions):
            self.map_ = maps[MAP_PENALTIES.index(1.0)]
            return
        losses = [
            _log_loss(self._forecast(mapping, validation.questions.embeddings), validation)
            for mapping in maps
        ]
        self.map_ = maps[int(np.argmin(losses))]


def _with_ones(factors: Float32Array) -> Float32Array:
    return np.concatenate([np.ones((len(factors), 1), dtype=np.float32), factors], axis=1)


def _solve(known: Float32Array, weight: Float32Array, target: Float32Array, penalty: float) -> Float32Array:
    """Ridge solutions (N, K) of N least squares on the same regressors (G, K), weighted by ``weight`` (N, G).

    ``target`` (N, G) is already multiplied by the weights, so that an unobserved cell is 0 on both sides.
    """
    size = known.shape[1]
    outer = (known[:, :, None] * known[:, None, :]).reshape(len(known), -1)  # (G, K * K)
    gram = (weight @ outer).reshape(-1, size, size) + penalty * np.eye(size, dtype=np.float32)
    solution: Float32Array = np.linalg.solve(gram, (target @ known)[:, :, None])[:, :, 0]
    return solution


def _log_loss(p: Float32Array, matrix: CorrectnessMatrix) -> float:
    return -float((matrix.correct * np.log(p) + matrix.wrong * np.log(1 - p)).sum())
