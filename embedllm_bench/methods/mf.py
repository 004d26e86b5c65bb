"""Matrix factorisation with a cold start: factors from outcomes alone, and a map from text to question factor."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from embedllm_bench.errors import UsageError
from embedllm_bench.methods.adding import Prior
from embedllm_bench.methods.base import LinearScores, Method
from embedllm_bench.methods.geometry import score_geometry
from embedllm_bench.methods.progress import steps
from embedllm_bench.methods.reference import ModelMean
from embedllm_bench.methods.saving import read_fitted, write_fitted
from embedllm_bench.methods.validation import usable

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.arrays import CountArray, Float32Array
    from embedllm_bench.matrix import CorrectnessMatrix, Questions

MAP_PENALTIES = tuple(10.0**e for e in (-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3))
SMALLEST_P = 0.01  # a linear forecast may leave [0, 1]; this is where it is held
CHUNK = 2048
LEARNED = ("means", "factors", "map", "map_center", "map_offset", "vectors")


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
        for _ in steps(range(self.sweeps), "mf sweep"):
            questions = self._question_factors(train, models)
            models = self._model_factors(train, questions)
        # One more half step, so that the question factors answer to the models' last ones.
        questions = self._question_factors(train, models)
        self.factors_ = models
        root = score_geometry(_with_ones(questions[:, 1:]))  # (1 + K, 1 + K)
        self.vectors_: Float32Array = np.column_stack([self.means_, models]).astype(np.float32) @ root
        self._fit_map(train.questions.embeddings, questions, validation)
        return self

    def predict_proba(self, questions: Questions) -> Float32Array:
        """Map the questions' vectors to factors, then one product."""
        return self._forecast(self.map_, questions.embeddings)

    def embeddings(self) -> Float32Array:
        """The models' means and factors (M, 1 + dimension), scaled so that distance is a difference of forecasts.

        See :mod:`embedllm_bench.methods.geometry`.
        """
        return self.vectors_

    def linear_scores(self) -> LinearScores:
        """The forecasts before they are held within the probabilities."""
        known = _with_ones(self.factors_)  # (M, 1 + K)
        weight = known @ self.map_.T  # (M, D)
        constant = self.means_ + known @ self.map_offset_ - weight @ self.map_center_
        return LinearScores(weight.astype(np.float32), constant.astype(np.float32))

    def add_model(self, questions: Questions, correct: CountArray, attempts: CountArray) -> Self:
        """A mean and factors by regularised least squares, all else as it was."""
        asked = slice(None) if attempts.all() else attempts > 0  # no copy where all were asked
        factors = self._mapped(self.map_, questions.embeddings[asked])  # (Q, 1 + K)
        prior = Prior.of(self.vectors_)
        places = np.column_stack([self.means_, self.factors_])  # (M, 1 + K)
        known = _with_ones(factors[:, 1:]) @ places.T  # (Q, M): what each known model adds to c_q
        z = prior.by_least_squares(
            known @ prior.mixtures.T, factors[:, 0] + known.mean(1), correct[asked], attempts[asked]
        )
        mixture = prior.mixture(z)
        added = copy.copy(self)
        added.means_ = np.append(self.means_, mixture @ self.means_)
        added.factors_ = np.concatenate([self.factors_, [mixture @ self.factors_]])
        added.vectors_ = np.concatenate([self.vectors_, [mixture @ self.vectors_]])
        return added

    def save(self, folder: Path) -> None:
        """Means, factors, the map and the vectors."""
        write_fitted(self, folder, {name: getattr(self, f"{name}_") for name in LEARNED})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What :meth:`save` wrote."""
        saved = read_fitted(cls, folder)
        for name in LEARNED:
            setattr(saved.method, f"{name}_", saved.arrays[name])
        return saved.method

    def _mapped(self, mapping: Float32Array, vectors: Float32Array) -> Float32Array:
        """Factors (c_q, v_q) (Q, 1 + K) of questions with these vectors."""
        factors: Float32Array = self.map_offset_ + (vectors - self.map_center_) @ mapping
        return factors

    def _forecast(self, mapping: Float32Array, vectors: Float32Array) -> Float32Array:
        factors = self._mapped(mapping, vectors)  # (Q, 1 + K)
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
        chooser = usable(validation)
        if chooser is None:
            self.map_ = maps[MAP_PENALTIES.index(1.0)]
            return
        losses = [
            _log_loss(self._forecast(mapping, chooser.questions.embeddings), chooser) for mapping in maps
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
