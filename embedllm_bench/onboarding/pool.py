"""The pool model: what M known models' outcomes say of one more, before it is asked anything and after.

A new model's outcomes are y = mean + factors @ z + noise with z ~ N(0, I): probabilistic principal components of
models (Tipping and Bishop 1999, J. R. Stat. Soc. B 61), but for the variances along the components. Those, and the
noise, are what models left out of the components are seen to have (an empirical-Bayes prior): the known models' own
variances hold their noise too, and would promise too much.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.errors import DataError

if TYPE_CHECKING:
    from embedllm_bench.arrays import BoolArray, CountArray, FloatArray, IndexArray
    from embedllm_bench.matrix import CorrectnessMatrix

FEWEST_MODELS = 3
MOST_FACTORS = 64  #: beyond these known models hardly differ
FOLDS = 10  #: of models, to see how well those left out are forecast
SMALLEST_VARIANCE = 1e-6  #: of a coordinate; a shorter direction is rounding
LEAST_NOISE = 0.01  #: variance of an outcome that all known models agree on
NOISE_WEIGHT = 8.0  #: models that the shared noise level counts as, beside a question's own
SWEEPS = 20  #: of the additive fit that stands in for what a known model was not asked


@dataclass(frozen=True, eq=False)
class Place:
    """Where a model is believed to be: z ~ N(mean, covariance) in the pool's R coordinates."""

    mean: FloatArray  #: (R,)
    covariance: FloatArray  #: (R, R)


@dataclass(frozen=True, eq=False)
class Probe:
    """A model's outcomes at n of a pool's questions."""

    asked: IndexArray  #: (n,) positions
    share: FloatArray  #: (n,) of its attempts that were correct
    attempts: FloatArray  #: (n,) at least 1

    @classmethod
    def of(cls, correct: CountArray, attempts: CountArray) -> Probe:
        """The probe that counts (Q,) over all questions are; where there is no attempt it was not asked."""
        asked = np.flatnonzero(attempts)
        return cls(asked, correct[asked] / attempts[asked], attempts[asked].astype(np.float64))


@dataclass(frozen=True, eq=False)
class Components:
    """Factors as mixtures of some known models: at outcomes (n, K) of these, factors = (outcomes - mean) @ mixtures."""

    models: IndexArray  #: (K,) which of the pool's
    others: IndexArray  #: the pool's models left out of them
    mixtures: FloatArray  #: (K, R)

    def at(self, outcomes: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean (n,) and factors (n, R) where all M models have these outcomes (M, n), or forecasts of them."""
        known = outcomes[self.models]
        mean = known.mean(0)
        return mean, (known - mean).T @ self.mixtures


@dataclass(frozen=True, eq=False)
class PoolModel:
    """What is believed of a new model at Q questions that M known models were asked."""

    outcomes: (
        FloatArray  #: (M, Q) shares correct of the known models; where one was not asked, an additive fit
    )
    mean: FloatArray  #: (Q,)
    factors: FloatArray  #: (Q, R)
    noise: FloatArray  #: (Q,) variance of a single outcome around mean + factors @ z
    whole: Components  #: of all known models
    folds: tuple[Components, ...]  #: each without a part of the models
    noise_without: tuple[FloatArray, ...]  #: for each fold the noise (Q,) as it is without its models

    @classmethod
    def fit(cls, matrix: CorrectnessMatrix) -> PoolModel:
        """Learn from known models.

        Raises:
            DataError: there are fewer than three.
        """
        count = len(matrix.models)
        if count < FEWEST_MODELS:
            raise DataError(
                f"{count} known models are too few to place another among; at least {FEWEST_MODELS} are needed."
            )
        outcomes, asked = _filled(matrix), np.asarray(matrix.attempts > 0)
        # a fixed seed: the folds are part of the estimator, and the same data give the same one
        fold = np.random.default_rng(0).permutation(count) % min(FOLDS, count)
        parts = [_components(outcomes, np.asarray(fold != f)) for f in range(fold.max() + 1)]
        seen = [_left_out(outcomes, part) for part in parts]
        squares = _column_means([coordinates**2 for coordinates, _ in seen])
        residual = np.zeros_like(outcomes)
        for part, (_, rest) in zip(parts, seen, strict=True):
            residual[part.others] = rest
        lost = 1 - min(part.mixtures.shape[1] for part in parts) / max(outcomes.shape[1], 1)
        level = float((residual[asked] ** 2).mean()) / max(
            lost, 0.1
        )  # the components took a part of the noise
        variances = _decreasing(squares - level)
        noise = _noise(outcomes, residual, asked, level)
        noise_without = tuple(
            _noise(outcomes[part.models], residual[part.models], asked[part.models], level) for part in parts
        )
        whole = _scaled(_components(outcomes, np.ones(count, dtype=bool)), variances)
        _, factors = whole.at(outcomes)
        folds = tuple(_scaled(part, variances) for part in parts)
        return cls(outcomes, outcomes.mean(0), factors, noise, whole, folds, noise_without)

    def place(self, probe: Probe) -> Place:
        """Where a model with these outcomes is; the prior, N(0, I), where it has none."""
        at = probe.asked
        return solve(self.factors[at], self.noise[at] / probe.attempts, (probe.share - self.mean[at])[None])[
            0
        ]

    def forecast(self, place: Place) -> FloatArray:
        """P(correct) (Q,) at the pool's questions."""
        return np.clip(self.mean + self.factors @ place.mean, 0.0, 1.0)


def solve(factors: FloatArray, noise: FloatArray, deviations: FloatArray) -> list[Place]:
    """The places of L models with deviations (L, n) from the mean, all asked the same n questions."""
    weighted = factors / noise[:, None]  # (n, R)
    covariance = np.linalg.inv(np.eye(factors.shape[1]) + factors.T @ weighted).astype(np.float64)
    means: FloatArray = deviations @ weighted @ covariance  # (L, R)
    return [Place(mean, covariance) for mean in means]


def _filled(matrix: CorrectnessMatrix) -> FloatArray:
    """Shares correct (M, Q); a cell without an attempt is what its model and its question have elsewhere, added."""
    attempts = matrix.attempts
    asked = attempts > 0
    share: FloatArray = np.zeros(attempts.shape)
    np.divide(matrix.correct, attempts, out=share, where=asked)
    if asked.all():
        return share
    model, question = np.zeros((len(share), 1)), np.zeros((1, share.shape[1]))
    center = share.sum() / max(asked.sum(), 1)
    for _ in range(SWEEPS):
        # one more pseudo-observation without effect: a question asked of nobody else stays at the center
        question = (np.where(asked, share - center - model, 0)).sum(0, keepdims=True) / (asked.sum(0) + 1)
        model = (np.where(asked, share - center - question, 0)).sum(1, keepdims=True) / (
            asked.sum(1, keepdims=True) + 1
        )
    return np.where(asked, share, np.clip(center + model + question, 0, 1))


def _components(outcomes: FloatArray, kept: BoolArray) -> Components:
    """Orthonormal principal directions over the questions, each as a mixture of the models kept."""
    models, others = np.flatnonzero(kept), np.flatnonzero(~kept)
    centered = outcomes[models] - outcomes[models].mean(0)
    values, vectors = np.linalg.eigh(centered @ centered.T)
    values, vectors = values[::-1][: len(models) - 1], vectors[:, ::-1][:, : len(models) - 1]
    values, vectors = values[:MOST_FACTORS], vectors[:, :MOST_FACTORS]
    usable = values > 1e-9 * max(float(values.max(initial=0)), 1e-9)
    return Components(models, others, vectors[:, usable] / np.sqrt(values[usable]))


def _left_out(outcomes: FloatArray, part: Components) -> tuple[FloatArray, FloatArray]:
    """Coordinates (L, R) of the models left out, and what these leave of their outcomes (L, Q)."""
    mean, directions = part.at(outcomes)
    deviations = outcomes[part.others] - mean
    coordinates = deviations @ directions
    return coordinates, deviations - coordinates @ directions.T


def _column_means(blocks: list[FloatArray]) -> FloatArray:
    """Over the rows of blocks whose widths may differ by a few; as wide as the narrowest."""
    width = min(block.shape[1] for block in blocks)
    return np.asarray(np.concatenate([block[:, :width] for block in blocks]).mean(0))


def _decreasing(variances: FloatArray) -> FloatArray:
    """The closest sequence that never rises, without what is not above zero."""
    from sklearn.isotonic import isotonic_regression

    if not len(variances):  # known models that answer all alike
        return variances
    smooth: FloatArray = np.asarray(isotonic_regression(variances, increasing=False))
    return smooth[smooth > SMALLEST_VARIANCE]


def _scaled(part: Components, variances: FloatArray) -> Components:
    width = min(len(variances), part.mixtures.shape[1])
    return Components(part.models, part.others, part.mixtures[:, :width] * np.sqrt(variances[:width]))


def _noise(outcomes: FloatArray, residual: FloatArray, asked: BoolArray, level: float) -> FloatArray:
    """A question's own residual variance, drawn to what its mean lets expect."""
    mean = outcomes.mean(0)
    spread = mean * (1 - mean)
    expected = level * spread / max(float(spread.mean()), 1e-12) + LEAST_NOISE
    own = np.where(asked, residual**2, 0).sum(0)
    noise: FloatArray = (own + NOISE_WEIGHT * expected) / (asked.sum(0) + NOISE_WEIGHT)
    return np.maximum(noise, LEAST_NOISE)
