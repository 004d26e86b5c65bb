"""A new model's accuracy on benchmarks it was asked a few questions of, with an interval that known models vouch for.

The interval's width is the pool model's standard deviation times how far off it was, after the same questions, for
known models that were left out of it. So what the model does not know of itself (outcomes that hang together beyond
its factors) is paid for where it matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.onboarding.place import Place, Probe, asked_alike, by_covariance, solve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from embedllm_bench.arrays import FloatArray, IndexArray
    from embedllm_bench.onboarding.pool import Components, PoolModel
    from embedllm_bench.onboarding.text import TextMap

LEVEL = 0.9
TINY = 1e-9  #: variance of what is known exactly


@dataclass(frozen=True, eq=False)
class Estimates:
    """Accuracies of N models (N, B) with their 90 % intervals."""

    value: FloatArray
    low: FloatArray
    high: FloatArray

    @property
    def half_width(self) -> FloatArray:
        """Half of how wide each interval is (N, B)."""
        return np.asarray((self.high - self.low) / 2)


@dataclass(frozen=True, eq=False)
class Unseen:
    """B sets of questions that no model answered, with B sets of answered ones that are like them."""

    guessed: FloatArray  #: (B, M) mean forecast of the known models from the texts
    size: FloatArray  #: (B,) how many questions
    alike: FloatArray  #: (B, Q) weights over the pool's questions; of the same benchmark where it has some
    alike_size: FloatArray  #: (B,)

    @classmethod
    def of(cls, forecasts: FloatArray, weights: FloatArray, alike: FloatArray) -> Unseen:
        """Of forecasts (M, T) from texts, weights (B, T) and weights (B, Q), where none fits 0."""
        whole = np.full_like(alike, 1 / max(alike.shape[1], 1))
        filled = np.where(alike.any(1, keepdims=True), alike, whole)
        return cls(weights @ forecasts.T, _sizes(weights), filled, _sizes(filled))


def targets(benchmark: IndexArray, count: int) -> FloatArray:
    """Weights (count + 1, Q) of the mean over each benchmark's questions (codes (Q,)), and over all of them."""
    member = benchmark == np.arange(count)[:, None]
    rows = np.concatenate([member, np.ones((1, len(benchmark)), dtype=bool)]).astype(np.float64)
    return np.asarray(rows / np.maximum(rows.sum(1, keepdims=True), 1))


@dataclass(frozen=True, eq=False)
class Target:
    """B means over questions the known models answered, whose outcomes for a new model are sought."""

    pool: PoolModel
    weights: FloatArray  #: (B, Q)
    known: FloatArray  #: (B, M) the known models' accuracies
    chance: FloatArray  #: (B,) variance of the accuracies by the questions' noise alone

    @classmethod
    def of(cls, pool: PoolModel, weights: FloatArray) -> Target:
        return cls(pool, weights, weights @ pool.outcomes.T, weights**2 @ pool.noise)

    def after(self, part: Components, asked: IndexArray) -> After:
        """What can be read off components, which need not be of all models, once these questions are asked."""
        chosen = self.weights[:, asked]  # (B, n)
        over, factors = part.at(self.known.T)  # (B,), (B, R)
        _, own = part.at(self.pool.outcomes[:, asked])
        chance = np.maximum(self.chance - chosen**2 @ self.pool.noise[asked], 0)
        return After(chosen, over, factors - chosen @ own, chance)


@dataclass(frozen=True, eq=False)
class After:
    """A target once n questions are asked: what they are in it, and what is left open."""

    chosen: FloatArray  #: (B, n) weights of the questions asked
    over: FloatArray  #: (B,) mean accuracies of the known models
    unasked: FloatArray  #: (B, R) factors of the questions not asked
    chance: FloatArray  #: (B,) variance by their noise

    def read(self, places: Sequence[Place], deviations: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Accuracies and standard deviations (N, B) of models with these deviations (N, n) from the mean."""
        variance = _spread(self.unasked, places) + self.chance + TINY
        value = self.over + deviations @ self.chosen.T + _means(places) @ self.unasked.T
        return value, np.sqrt(variance)


@dataclass(frozen=True, eq=False)
class Missed:
    """Root mean square of errors for known models that were left out."""

    all: FloatArray  #: (B,)
    without: FloatArray  #: (F, B) of the models outside each fold

    @classmethod
    def of(cls, errors: Sequence[FloatArray]) -> Missed:
        """Of each fold's errors (L, B)."""
        others = [np.concatenate([*errors[:at], *errors[at + 1 :]]) for at in range(len(errors))]
        without = np.stack([_root_mean_square(error) for error in others])
        return cls(_root_mean_square(np.concatenate(errors)), without)


@dataclass(frozen=True, eq=False)
class AnsweredEstimator:
    """Accuracy on questions the known models answered; what was asked counts as it came out."""

    target: Target
    asked: IndexArray  #: (n,)
    after: After
    scale: FloatArray  #: (B,) how many standard deviations it was off for known models left out
    missed: Missed  #: how far off it was for these

    @classmethod
    def of(
        cls,
        target: Target,
        asked: IndexArray,
        without: Sequence[IndexArray] | None = None,
        priors: Sequence[Sequence[Place]] | None = None,
    ) -> AnsweredEstimator:
        """For models that are asked these questions.

        ``without`` are for each of the pool's folds as many questions, chosen without its models; ``priors`` what
        was believed of each of these before.
        """
        errors, deviations = [], []
        for fold in _folds(target.pool, asked, without, priors):
            value, deviation = target.after(fold.part, fold.asked).read(fold.places, fold.deviations)
            errors.append(target.known[:, fold.models].T - value)  # (L, B)
            deviations.append(deviation)
        scale = _root_mean_square(np.concatenate(errors) / np.concatenate(deviations))
        return cls(target, asked, target.after(target.pool.whole, asked), scale, Missed.of(errors))

    def estimate(self, probes: Sequence[Probe], places: Sequence[Place]) -> Estimates:
        """Of models that were asked these questions, or most of them, and are placed by that."""
        pool = self.target.pool
        value, deviation = np.zeros((2, len(probes), len(self.scale)))
        for alike in asked_alike(probes):
            asked = probes[alike[0]].asked
            same = np.array_equal(asked, self.asked)
            after = self.after if same else self.target.after(pool.whole, asked)
            deviations = np.stack([probes[at].share for at in alike]) - pool.mean[asked]
            value[alike], deviation[alike] = after.read([places[at] for at in alike], deviations)
        return _interval(value, deviation * self.scale, pool.units)


@dataclass(frozen=True, eq=False)
class UnseenEstimator:
    """Accuracy on questions that no model answered, from their texts."""

    pool: PoolModel
    sets: Unseen
    square: FloatArray  #: (B,) mean squared error of a single outcome's forecast
    beyond: FloatArray  #: (B,) variance of a set's accuracy that neither place nor chance explains
    missed: Missed  #: how far off it was for known models left out, on the alike

    @classmethod
    def of(
        cls,
        pool: PoolModel,
        text: TextMap,
        asked: IndexArray,
        sets: Unseen,
        without: Sequence[IndexArray] | None = None,
        priors: Sequence[Sequence[Place]] | None = None,
    ) -> UnseenEstimator:
        """For models that are asked these questions; ``without`` and ``priors`` as for answered questions."""
        known, guessed = sets.alike @ pool.outcomes.T, sets.alike @ text.left_out.T  # (B, M)
        errors, beyond, squares = [], [], []
        folds = zip(_folds(pool, asked, without, priors), text.without_each_fold, strict=True)
        for fold, (mean, directions) in folds:
            over, factors = fold.part.at(guessed.T)
            means = _means(fold.places)  # (L, R)
            missed = pool.outcomes[fold.models] - mean - means @ directions.T  # (L, Q)
            square = missed**2 @ sets.alike.T  # (L, B)
            error = known[:, fold.models].T - over - means @ factors.T
            errors.append(error)
            squares.append(square)
            beyond.append(error**2 - _spread(factors, fold.places) - square / sets.alike_size)
        square, more = np.concatenate(squares).mean(0), np.concatenate(beyond).mean(0)
        return cls(pool, sets, square, np.maximum(more, 0), Missed.of(errors))

    def estimate(self, places: Sequence[Place]) -> Estimates:
        """Of models that are placed by their answers to these questions."""
        mean, factors = self.pool.whole.at(self.sets.guessed.T)
        variance = _spread(factors, places) + self.beyond + self.square / np.maximum(self.sets.size, 1)
        return _interval(mean + _means(places) @ factors.T, np.sqrt(variance), self.pool.units)


@dataclass(frozen=True, eq=False)
class _Fold:
    """Some known models, placed by components they are no part of."""

    part: Components
    asked: IndexArray  #: (n,)
    models: list[int]
    places: list[Place]
    deviations: FloatArray  #: (L, n)


def _folds(
    pool: PoolModel,
    asked: IndexArray,
    without: Sequence[IndexArray] | None,
    priors: Sequence[Sequence[Place]] | None,
) -> Iterator[_Fold]:
    probes = without or [asked] * len(pool.folds)
    believed: Sequence[Sequence[Place] | None] = priors or [None] * len(pool.folds)
    for part, noise, questions, prior in zip(pool.folds, pool.noise_without, probes, believed, strict=True):
        mean, factors = part.at(pool.outcomes[:, questions])
        deviations = pool.outcomes[np.ix_(part.others, questions)] - mean
        places = solve(factors, noise[questions], deviations, prior)
        yield _Fold(part, questions, part.others.tolist(), places, deviations)


def _means(places: Sequence[Place]) -> FloatArray:
    """The places' (N, R)."""
    return np.stack([place.mean for place in places])


def _spread(factors: FloatArray, places: Sequence[Place]) -> FloatArray:
    """The variance (N, B) that places leave along factors (B, R)."""
    found = np.zeros((len(places), len(factors)))
    for alike in by_covariance(places):
        found[alike] = ((factors @ places[alike[0]].covariance) * factors).sum(1)
    return found


def quantile(units: int) -> float:
    """How many standard deviations an interval is wide either side, where so many independent models vouch for it."""
    from scipy.stats import t

    return float(t.ppf(0.5 + LEVEL / 2, units - 1))


def _interval(value: FloatArray, deviation: FloatArray, units: int) -> Estimates:
    half = quantile(units) * deviation
    return Estimates(np.clip(value, 0, 1), np.clip(value - half, 0, 1), np.clip(value + half, 0, 1))


def _root_mean_square(numbers: FloatArray) -> FloatArray:
    """Of each column."""
    return np.asarray(np.sqrt((numbers**2).mean(0)))


def _sizes(weights: FloatArray) -> FloatArray:
    """How many questions equal weights (B, Q) are spread over."""
    return np.asarray(np.count_nonzero(weights, axis=1), dtype=np.float64)
