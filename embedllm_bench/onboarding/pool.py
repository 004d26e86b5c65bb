"""The pool model: what M known models' outcomes say of one more, before it is asked anything and after.

A new model's outcomes are y = mean + factors @ z + noise with z ~ N(0, I): probabilistic principal components of
models (Tipping and Bishop 1999, J. R. Stat. Soc. B 61), but for the variances along the components. Those, and the
noise, are what models left out of the components are seen to have (an empirical-Bayes prior): the known models' own
variances hold their noise too, and would promise too much. The last factor is the same at all questions: by so much
models left out are better or worse everywhere than their components tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.errors import DataError
from embedllm_bench.onboarding.folds import family_folds, random_folds
from embedllm_bench.onboarding.place import Place, Probe, asked_alike, solve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from embedllm_bench.arrays import BoolArray, FloatArray, IndexArray
    from embedllm_bench.matrix import CorrectnessMatrix

FEWEST_MODELS = 3
MOST_FACTORS = 64  #: beyond these known models hardly differ
SMALLEST_VARIANCE = 1e-6  #: of a coordinate; a shorter direction is rounding
LEAST_NOISE = 0.01  #: variance of an outcome that all known models agree on
NOISE_WEIGHT = 8.0  #: models that the shared noise level counts as, beside a question's own
SWEEPS = 20  #: of the additive fit that stands in for what a known model was not asked


@dataclass(frozen=True, eq=False)
class Components:
    """Factors as mixtures of some known models: at outcomes (n, K) of these, factors = (outcomes - mean) @ mixtures.

    One more is the same everywhere, where models are seen to differ so.
    """

    models: IndexArray  #: (K,) which of the pool's
    others: IndexArray  #: the pool's models left out of them
    mixtures: FloatArray  #: (K, R)
    everywhere: float = 0.0  #: standard deviation of what a model has at all questions alike

    def at(self, outcomes: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean (n,) and factors (n, R) where all M models have these outcomes (M, n), or forecasts of them."""
        mean, factors = self.mixed(outcomes)
        if not self.everywhere:
            return mean, factors
        return mean, np.concatenate([factors, np.full((len(mean), 1), self.everywhere)], axis=1)

    def mixed(self, outcomes: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The same without the factor that is the same everywhere."""
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
    factors: FloatArray  #: (Q, R), of which the last may be the same everywhere
    noise: FloatArray  #: (Q,) variance of a model's share correct around mean + factors @ z
    whole: Components  #: of all known models
    folds: tuple[Components, ...]  #: each without a part of the models
    noise_without: tuple[FloatArray, ...]  #: for each fold the noise (Q,) that its models have no part in
    units: int  #: the known models that are independent of one another: all, or as many as there are families
    asked: BoolArray  #: (M, Q) which of the outcomes are the models' own

    @classmethod
    def fit(cls, matrix: CorrectnessMatrix, families: Sequence[object] | None = None) -> PoolModel:
        """Learn from known models.

        For a new model of a family that none of them is of, ``families`` (M,) are theirs: then whole families at a time
        are left out to see how well such a model is forecast.

        Raises:
            DataError: there are fewer than three.
        """
        count = len(matrix.models)
        if count < FEWEST_MODELS:
            raise DataError(
                f"{count} known models are too few to place another among; at least {FEWEST_MODELS} are needed."
            )
        outcomes, asked = _filled(matrix), np.asarray(matrix.attempts > 0)
        fold = random_folds(count) if families is None else family_folds(families)
        parts = [_components(outcomes, np.asarray(fold != f)) for f in range(fold.max() + 1)]
        seen = [_left_out(outcomes, part) for part in parts]
        squares = _column_means([coordinates**2 for coordinates, _ in seen])
        residual = np.zeros_like(outcomes)
        for part, (_, rest) in zip(parts, seen, strict=True):
            residual[part.others] = rest
        # the components took a part of the noise
        taken = sum(part.mixtures.shape[1] * len(part.others) for part in parts) / count
        lost = 1 - taken / max(outcomes.shape[1], 1)
        level = float((residual[asked] ** 2).mean()) / max(lost, 0.1)
        variances = _decreasing(squares - level)
        square = np.where(asked, residual**2, 0).sum(0)
        noise = _noise(outcomes.mean(0), square, asked.sum(0), level)
        noise_without = _noise_without(outcomes, asked, fold)
        everywhere = _everywhere(residual, asked, level)
        whole = _scaled(_components(outcomes, np.ones(count, dtype=bool)), variances, everywhere)
        _, factors = whole.at(outcomes)
        units = count if families is None else len(set(families))
        folds = tuple(_scaled(part, variances, everywhere) for part in parts)
        return cls(outcomes, outcomes.mean(0), factors, noise, whole, folds, noise_without, units, asked)

    @cached_property
    def told_alike(self) -> tuple[tuple[tuple[IndexArray, BoolArray | None], ...], ...]:
        """For each fold the models left out that were asked the same questions.

        Their places among ``others``, and the questions (Q,); None is all.
        """
        return tuple(tuple(_rows_alike(self.asked[part.others])) for part in self.folds)

    def place(self, probe: Probe, prior: Place | None = None) -> Place:
        """Where a model with these outcomes is; where it has none the prior, N(0, I) if no other is given."""
        return self.places([probe], None if prior is None else [prior])[0]

    def places(self, probes: Sequence[Probe], priors: Sequence[Place] | None = None) -> list[Place]:
        """Where each of several models is; those that were asked the same are solved for at once."""
        found: dict[int, Place] = {}
        for numbers in asked_alike(probes):
            at = probes[numbers[0]].asked
            deviations = np.stack([probes[number].share for number in numbers]) - self.mean[at]
            believed = None if priors is None else [priors[number] for number in numbers]
            solved = solve(self.factors[at], self.noise[at], deviations, believed)
            found |= zip(numbers, solved, strict=True)
        return [found[number] for number in range(len(probes))]

    def forecast(self, place: Place) -> FloatArray:
        """P(correct) (Q,) at the pool's questions."""
        return np.clip(self.mean + self.factors @ place.mean, 0.0, 1.0)


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


def _rows_alike(asked: BoolArray) -> Iterator[tuple[IndexArray, BoolArray | None]]:
    """Which rows (L, Q) are the same, and what they are; None is all True."""
    alike: dict[bytes, list[int]] = {}
    for at, row in enumerate(asked):
        alike.setdefault(np.packbits(row).tobytes(), []).append(at)
    for rows in alike.values():
        first = asked[rows[0]]
        yield np.array(rows, dtype=np.int64), None if first.all() else first


def _components(outcomes: FloatArray, kept: BoolArray) -> Components:
    """Orthonormal principal directions over the questions, each as a mixture of the models kept."""
    models, others = np.flatnonzero(kept), np.flatnonzero(~kept)
    centered = outcomes[models] - outcomes[models].mean(0)
    values, vectors = _largest(centered @ centered.T, min(len(models) - 1, MOST_FACTORS))
    usable = values > 1e-9 * max(float(values.max(initial=0)), 1e-9)
    return Components(models, others, vectors[:, usable] / np.sqrt(values[usable]))


def _largest(square: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """The largest eigenvalues (count,) of a symmetric matrix (M, M), falling, with their vectors (M, count)."""
    from scipy.linalg import eigh  # several times faster than numpy's where few of many are wanted

    if not count:
        return np.zeros(0), np.zeros((len(square), 0))
    last = len(square) - 1
    values, vectors = eigh(square, subset_by_index=(last - count + 1, last))
    return values[::-1], vectors[:, ::-1]


def _left_out(outcomes: FloatArray, part: Components) -> tuple[FloatArray, FloatArray]:
    """Coordinates (L, R) of the models left out, and what these leave of their outcomes (L, Q)."""
    mean, directions = part.at(outcomes)
    deviations = outcomes[part.others] - mean
    coordinates = deviations @ directions
    return coordinates, deviations - coordinates @ directions.T


def _column_means(blocks: list[FloatArray]) -> FloatArray:
    """Over the rows of blocks (L, R), each column over the blocks that have it."""
    width = max(block.shape[1] for block in blocks)
    total, rows = np.zeros(width), np.zeros(width)
    for block in blocks:
        total[: block.shape[1]] += block.sum(0)
        rows[: block.shape[1]] += len(block)
    return np.asarray(total / rows)


def _decreasing(variances: FloatArray) -> FloatArray:
    """The closest sequence that never rises, without what is not above zero."""
    from sklearn.isotonic import isotonic_regression

    if not len(variances):  # known models that answer all alike
        return variances
    smooth: FloatArray = np.asarray(isotonic_regression(variances, increasing=False))
    return smooth[smooth > SMALLEST_VARIANCE]


def _everywhere(residual: FloatArray, asked: BoolArray, level: float) -> float:
    """The standard deviation of models' mean residuals (M, Q), beyond what noise of this level makes of them."""
    times = np.maximum(asked.sum(1), 1)
    means = np.where(asked, residual, 0).sum(1) / times
    variance = float((means**2 - level / times).mean())
    return variance**0.5 if variance > SMALLEST_VARIANCE else 0.0


def _scaled(part: Components, variances: FloatArray, everywhere: float) -> Components:
    width = min(len(variances), part.mixtures.shape[1])
    mixtures = part.mixtures[:, :width] * np.sqrt(variances[:width])
    return Components(part.models, part.others, mixtures, everywhere)


def _noise_without(outcomes: FloatArray, asked: BoolArray, fold: IndexArray) -> tuple[FloatArray, ...]:
    """For each fold the noise (Q,) of the others around components that lack the fold's models as well as their own.

    Components with the fold's models would know where these models answer as others do. Questions chosen for little
    noise would then be the easy ones for the very models that are to tell how good the choice is.
    """
    count = int(fold.max()) + 1
    squares = np.zeros((count, outcomes.shape[1]))
    for one in range(count):
        for other in range(one):
            part = _components(outcomes, (fold != one) & (fold != other))
            _, rest = _left_out(outcomes, part)
            square = np.where(asked[part.others], rest**2, 0)
            for without, left in ((one, other), (other, one)):
                squares[without] += square[fold[part.others] == left].sum(0)
    found = []
    for without, square in enumerate(squares):
        kept = fold != without
        times = asked[kept].sum(0)
        level = float(square.sum()) / max(int(times.sum()), 1)
        found.append(_noise(outcomes[kept].mean(0), square, times, level))
    return tuple(found)


def _noise(mean: FloatArray, square: FloatArray, times: IndexArray, level: float) -> FloatArray:
    """A question's own residual variance, by the squares of so many residuals, drawn to what its mean lets expect."""
    spread = mean * (1 - mean)
    expected = level * spread / max(float(spread.mean()), 1e-12) + LEAST_NOISE
    noise: FloatArray = (square + NOISE_WEIGHT * expected) / (times + NOISE_WEIGHT)
    return np.maximum(noise, LEAST_NOISE)
