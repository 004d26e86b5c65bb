"""A new model's accuracy on benchmarks it was asked a few questions of, with an interval that known models vouch for.

The interval's width is the pool model's standard deviation times how far off it was, after the same questions, for
known models that were left out of it. So what the model does not know of itself (outcomes that hang together beyond
its factors) is paid for where it matters. A known model vouches for what it was asked: of a benchmark its accuracy on
those questions, of one that it was not asked nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.onboarding.place import Place, Probe, asked_alike, by_covariance
from embedllm_bench.onboarding.vouching import Vouchers, mean_of_told, root_mean_square

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import BoolArray, FloatArray, IndexArray
    from embedllm_bench.onboarding.pool import Components, PoolModel
    from embedllm_bench.onboarding.text import TextMap

LEVEL = 0.9
TINY = 1e-9  #: variance of what is known exactly
COIN = 0.25  #: variance of an outcome that nothing is known of


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

    @classmethod
    def of(cls, forecasts: FloatArray, weights: FloatArray, alike: FloatArray) -> Unseen:
        """Of forecasts (M, T) from texts, weights (B, T) and weights (B, Q), where none fits 0."""
        whole = np.full_like(alike, 1 / max(alike.shape[1], 1))
        filled = np.where(alike.any(1, keepdims=True), alike, whole)
        return cls(weights @ forecasts.T, _sizes(weights), filled)


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
    parts: dict[bytes, Target] = field(
        default_factory=dict
    )  #: that were asked for, by the questions they are of

    @classmethod
    def of(cls, pool: PoolModel, weights: FloatArray) -> Target:
        return cls(pool, weights, weights @ pool.outcomes.T, weights**2 @ pool.noise)

    def among(self, told: BoolArray | None) -> Target:
        """The same means over some questions (Q,) alone; NaN where there is none of them. None is all."""
        if told is None:
            return self
        key = np.packbits(told).tobytes()
        if key not in self.parts:
            self.parts[key] = Target.of(self.pool, _among(self.weights, told))
        return self.parts[key]

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
        """Of each fold's errors (L, B); NaN of what a model was not asked."""
        others = [np.concatenate([*errors[:at], *errors[at + 1 :]]) for at in range(len(errors))]
        without = np.stack([root_mean_square(error) for error in others])
        return cls(root_mean_square(np.concatenate(errors)), without)


@dataclass(frozen=True, eq=False)
class AnsweredEstimator:
    """Accuracy on questions the known models answered; what was asked counts as it came out."""

    target: Target
    asked: IndexArray  #: (n,)
    after: After
    scale: FloatArray  #: (B,) how many standard deviations it was off for known models left out
    units: IndexArray  #: (B,) so many of these, that are independent, vouch for it
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
        errors: list[list[FloatArray]] = [[] for _ in target.pool.folds]
        ratios = []
        for some in Vouchers.of(target.pool, asked, without, priors):
            own = target.among(some.told)
            value, deviation = own.after(some.part, some.asked).read(some.places, some.deviations)
            error = own.known[:, some.models].T - value  # (L, B)
            errors[some.fold].append(error)
            ratios.append(error / deviation)
        ratio = np.concatenate(ratios)
        scale, units = root_mean_square(ratio, otherwise=1), _units(target.pool, ratio)
        missed = Missed.of([np.concatenate(error) for error in errors])
        return cls(target, asked, target.after(target.pool.whole, asked), scale, units, missed)

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
        return _interval(value, deviation * self.scale, self.units)


@dataclass(frozen=True, eq=False)
class UnseenEstimator:
    """Accuracy on questions that no model answered, from their texts."""

    pool: PoolModel
    sets: Unseen
    square: FloatArray  #: (B,) mean squared error of a single outcome's forecast
    beyond: FloatArray  #: (B,) variance of a set's accuracy that neither place nor chance explains
    units: IndexArray  #: (B,) so many known models that are independent vouch for it
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
        errors: list[list[FloatArray]] = [[] for _ in pool.folds]
        beyond, squares = [], []
        whole = _alike(pool, text, sets.alike)
        for some in Vouchers.of(pool, asked, without, priors):
            alike, known, guessed = (
                whole if some.told is None else _alike(pool, text, _among(sets.alike, some.told))
            )
            mean, directions = text.without_each_fold[some.fold]
            over, factors = some.part.at(guessed.T)
            means = _means(some.places)  # (L, R)
            missed = pool.outcomes[some.models] - mean - means @ directions.T  # (L, Q)
            square = missed**2 @ alike.T  # (L, B)
            error = known[:, some.models].T - over - means @ factors.T
            errors[some.fold].append(error)
            squares.append(square)
            beyond.append(error**2 - _spread(factors, some.places) - square / _sizes(alike))
        told = np.concatenate(squares)
        square, more = mean_of_told(told, COIN), mean_of_told(np.concatenate(beyond), 0)
        return cls(
            pool,
            sets,
            square,
            np.maximum(more, 0),
            _units(pool, told),
            Missed.of([np.concatenate(error) for error in errors]),
        )

    def estimate(self, places: Sequence[Place]) -> Estimates:
        """Of models that are placed by their answers to these questions."""
        mean, factors = self.pool.whole.at(self.sets.guessed.T)
        variance = _spread(factors, places) + self.beyond + self.square / np.maximum(self.sets.size, 1)
        return _interval(mean + _means(places) @ factors.T, np.sqrt(variance), self.units)


def _among(weights: FloatArray, told: BoolArray) -> FloatArray:
    """Weights (B, Q) over some questions alone; NaN where there is none of them."""
    kept = np.where(told, weights, 0)
    share = kept.sum(1, keepdims=True)
    return np.asarray(kept / np.where(share > 0, share, np.nan))


def _alike(pool: PoolModel, text: TextMap, weights: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """These weights (B, Q), and what the known models come to by them (B, M): in truth, and by the texts."""
    return weights, weights @ pool.outcomes.T, weights @ text.left_out.T


def _means(places: Sequence[Place]) -> FloatArray:
    """The places' (N, R)."""
    return np.stack([place.mean for place in places])


def _spread(factors: FloatArray, places: Sequence[Place]) -> FloatArray:
    """The variance (N, B) that places leave along factors (B, R)."""
    found = np.zeros((len(places), len(factors)))
    for alike in by_covariance(places):
        found[alike] = ((factors @ places[alike[0]].covariance) * factors).sum(1)
    return found


def quantile(units: int | IndexArray) -> FloatArray:
    """How many standard deviations an interval is wide either side, where so many independent models vouch for it."""
    from scipy.stats import t

    return np.asarray(t.ppf(0.5 + LEVEL / 2, np.maximum(units, 2) - 1))


def _units(pool: PoolModel, told: FloatArray) -> IndexArray:
    """How many independent models the rows (N, B) that are not NaN are of, in each column, at most."""
    return np.asarray(np.minimum((~np.isnan(told)).sum(0), pool.units))


def _interval(value: FloatArray, deviation: FloatArray, units: IndexArray) -> Estimates:
    half = quantile(units) * deviation
    return Estimates(np.clip(value, 0, 1), np.clip(value - half, 0, 1), np.clip(value + half, 0, 1))


def _sizes(weights: FloatArray) -> FloatArray:
    """How many questions equal weights (B, Q) are spread over."""
    return np.asarray(np.count_nonzero(weights, axis=1), dtype=np.float64)
