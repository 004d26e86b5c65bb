"""Which questions to ask a new model first.

The pool model says, before any answer, how much each question would tell. Greedy choice by the reduction of a
posterior variance (Chaloner and Verdinelli 1995, "Bayesian experimental design: a review"): of mean accuracy
(``accuracy``), of the forecasts of all questions (``forecasts``, A-optimal), or of the volume of what is open
(``information``, D-optimal). Beside them the plain ways: ``random``, ``stratified`` by benchmark, and ``anchors``
(:mod:`embedllm_bench.onboarding.anchors`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.errors import UsageError
from embedllm_bench.onboarding.anchors import Anchors

if TYPE_CHECKING:
    from embedllm_bench.arrays import BoolArray, FloatArray, IndexArray
    from embedllm_bench.onboarding.place import Place
    from embedllm_bench.onboarding.pool import PoolModel

GREEDY = ("accuracy", "forecasts", "information")
BLIND = ("random", "stratified")  #: do not look at outcomes
STRATEGIES = (*GREEDY, *BLIND, "anchors")


CANDIDATES = 10_000  #: questions that a greedy way looks at, drawn at random where there are more


@dataclass(frozen=True, eq=False)
class Choice:
    """Questions in the order in which they tell most, and what each was chosen for."""

    questions: IndexArray  #: (k,) positions in the pool
    gain: FloatArray  #: (k,) share of the open variance that each takes away; NaN where that was no reason
    strategy: str
    anchors: Anchors | None = None  #: that the questions are of

    def without(self, asked: IndexArray) -> Choice:
        """The others."""
        left = ~np.isin(self.questions, asked)
        return Choice(self.questions[left], self.gain[left], self.strategy)

    def followed_by(self, other: Choice) -> Choice:
        """And then those of another that are not among these."""
        more = other.without(self.questions)
        return Choice(
            np.concatenate([self.questions, more.questions]),
            np.concatenate([self.gain, more.gain]),
            self.strategy,
        )

    def first(self, count: int) -> Choice:
        """So many."""
        return Choice(self.questions[:count], self.gain[:count], self.strategy)

    def fewer(self, count: int) -> IndexArray:
        """What would have been chosen of ``count`` at most: the first, but anchors are of as many clusters.

        (Of more than ``CANDIDATES`` a greedy way has looked at more questions than it would for fewer.)
        """
        if self.anchors is None or count >= len(self.questions):
            return self.questions[:count]
        return self.anchors.choose(count)


@dataclass(frozen=True, eq=False)
class Choices:
    """What is chosen, and what would be without the models of each of the pool's folds; None if that is the same.

    A choice made to suit known models cannot tell how far off it is for a new one; that for others can.
    """

    choice: Choice
    without: tuple[Choice, ...] | None

    def of(self, count: int) -> tuple[IndexArray, tuple[IndexArray, ...] | None]:
        """Of so many questions at most."""
        folds = self.without
        return self.choice.fewer(count), None if folds is None else tuple(one.fewer(count) for one in folds)


@dataclass(frozen=True, eq=False)
class Chooser:
    """A way to choose among a pool's questions."""

    strategy: str
    allowed: BoolArray  #: (Q,)
    benchmark: IndexArray  #: (Q,) codes, what ``stratified`` spreads over
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a way that is not there."""
        if self.strategy not in STRATEGIES:
            raise UsageError(
                f"There is no way {self.strategy!r} to choose questions; there are {', '.join(STRATEGIES)}."
            )

    def choose(self, pool: PoolModel, count: int, place: Place | None = None) -> Choice:
        """``count`` questions, fewer where not as many are allowed.

        With a ``place`` the greedy ways go on from what is open there. What the answers were is no matter: noise
        that is read off the place's own forecasts, p (1 - p), has it ask what it seems to know already.
        """
        return self._choose(pool.outcomes, pool.factors, pool.noise, count, place)

    def choices(self, pool: PoolModel, count: int) -> Choices:
        """``count`` questions or, of these choices, fewer; with those that would be chosen without each fold."""
        return Choices(self.choose(pool, count), self.without_each_fold(pool, count))

    def without_each_fold(self, pool: PoolModel, count: int) -> tuple[Choice, ...] | None:
        """For each of the pool's folds what would be chosen without its models; None if that is the same."""
        if self.strategy in BLIND:
            return None
        return tuple(
            self._choose(pool.outcomes[part.models], part.at(pool.outcomes)[1], noise, count, None)
            for part, noise in zip(pool.folds, pool.noise_without, strict=True)
        )

    def _choose(
        self, outcomes: FloatArray, factors: FloatArray, noise: FloatArray, count: int, place: Place | None
    ) -> Choice:
        generator = np.random.default_rng([self.seed, 7])
        if self.strategy in GREEDY:
            # drawn from all, not from the allowed: a later batch looks at the questions that the first one did
            order = generator.permutation(len(self.allowed))
            order = order[self.allowed[order]]
            among = np.sort(order[: max(CANDIDATES, count)])
            covariance = np.eye(factors.shape[1]) if place is None else place.covariance
            aim = _aim(self.strategy, factors)
            picked, gain = _greedy(factors[among], noise[among], aim, covariance, min(count, len(among)))
            return Choice(among[picked], gain, self.strategy)
        order, anchors = generator.permutation(np.flatnonzero(self.allowed)), None
        count = min(count, len(order))
        if self.strategy == "anchors":
            anchors = Anchors(order, np.column_stack([outcomes[:, order].mean(0), factors[order]]), self.seed)
            order = anchors.choose(count)
        elif self.strategy == "stratified":
            order = _stratified(order, self.benchmark)
        return Choice(order[:count], np.full(count, np.nan), self.strategy, anchors)


def _greedy(
    factors: FloatArray, noise: FloatArray, aim: FloatArray | None, covariance: FloatArray, count: int
) -> tuple[IndexArray, FloatArray]:
    """Each time the question whose answer leaves least open, by rank-one updates of what all questions would tell."""
    variance = ((factors @ covariance) * factors).sum(1)  # (Q,) of a question's mean
    taken = np.zeros(len(noise))
    reach = np.eye(factors.shape[1]) if aim is None else aim
    told = ((factors @ (covariance @ reach @ covariance)) * factors).sum(
        1
    )  # (Q,) what certainty there would take away
    left = max(float((reach * covariance).sum()), 1e-12)  # what is open before any answer
    chosen, gains = [], []
    for _ in range(count):
        worth = variance / noise if aim is None else told / (variance + noise)
        best = int((worth + taken).argmax())
        chosen.append(best)
        gains.append(np.nan if aim is None else float(worth[best]) / left)
        taken[best] = -np.inf
        step = covariance @ factors[best] / np.sqrt(variance[best] + noise[best])
        # in one pass over the factors, which are larger than a processor's cache
        along, toward = (factors @ np.column_stack([step, covariance @ (reach @ step)])).T  # (Q,)
        if aim is not None:
            told += along * (along * float(step @ reach @ step) - 2 * toward)
        variance -= along**2
        covariance = covariance - np.outer(step, step)
    return np.array(chosen, dtype=np.int64), np.array(gains)


def _aim(strategy: str, factors: FloatArray) -> FloatArray | None:
    """The quadratic form (R, R) of the covariance that is to become small; None for its determinant."""
    if strategy == "information":
        return None
    if strategy == "forecasts":
        return np.asarray(factors.T @ factors)
    return np.outer(factors.mean(0), factors.mean(0))


def _stratified(order: IndexArray, benchmark: IndexArray) -> IndexArray:
    """An order of which every beginning has of every benchmark as large a share as the whole."""
    codes = benchmark[order]
    turn = np.zeros(len(order))
    for code in np.unique(codes):
        mine = np.flatnonzero(codes == code)
        turn[mine] = (np.arange(len(mine)) + 0.5) / len(mine)
    found: IndexArray = order[np.argsort(turn, kind="stable")]
    return found
