"""Which way to choose questions, ``auto``: the one that known models left out of the pool were told best by.

Questions chosen to suit many known models tell more of another than random ones; those that suit thirty tell less, once
more than fifty or so are asked. So the ways are tried on the known models, of which a part is new in turn. No answer of
the new model has a part in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.onboarding.choosing import BLIND, GREEDY, Chooser
from embedllm_bench.onboarding.estimating import AnsweredEstimator, quantile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from embedllm_bench.arrays import IndexArray
    from embedllm_bench.onboarding.estimating import Missed, Target
    from embedllm_bench.onboarding.place import Place

    Asked = tuple[IndexArray, tuple[IndexArray, ...] | None]  # questions, and those without each fold

AUTO = "auto"
AMONG = ("accuracy", "anchors", "random")  #: what ``auto`` takes one of
IN_BATCHES = ("accuracy", "random")  #: and in batches, in which anchors come to lie where others lie already
MOST_ANCHORS = 1_000  #: the clusters of more, in every fold, take minutes
#: Of the first one's error, that another's has to be below: errors of few models are inexact.
WORTHWHILE = 0.95
#: Share of a probe's other questions that a greedy way would ask too, beyond those it has by chance, from which it did.
SUSPICIOUS = 0.5


@dataclass(frozen=True)
class Settled:
    """The way that is taken, and the one that would be without the models of each of the pool's folds.

    The least of three errors is less than what is to come. What tells how far off the way that is taken will be are the
    errors, for a fold's models, of the way that the errors for all others would have had taken. (Behind those are
    components that know the fold's models: to do without would take a pool for every pair of folds.)
    """

    way: str
    without: tuple[str, ...]

    @classmethod
    def by(cls, missed: Mapping[str, Missed]) -> Settled:
        """The way whose error of the last target is least; the first of ``AMONG`` where another's is hardly less."""
        folds = range(len(next(iter(missed.values())).without))
        return cls(
            least_missed({way: float(one.all[-1]) for way, one in missed.items()}),
            tuple(
                least_missed({way: float(one.without[fold, -1]) for way, one in missed.items()})
                for fold in folds
            ),
        )

    def chosen(self, ways: Mapping[str, Asked]) -> Asked:
        """What is asked, of what each way would ask."""
        asked, _ = ways[self.way]
        return asked, tuple(_in_fold(ways[way], fold) for fold, way in enumerate(self.without))

    def vouching(
        self, asked: IndexArray, own: IndexArray, questions: int, choose: Callable[[str], Asked]
    ) -> Asked:
        """What tells how far off a model is that was asked some of so many ``questions``.

        ``asked`` are these, and ``own`` those this way would ask.
        Others, which an earlier probe asked, may have been chosen greedily to suit the known models; then all are taken
        to be. Vouched for by this way alone, intervals after 64 questions for accuracy and 64 random ones held .55 to
        .62 where .9 was to be.
        """
        settled = self
        others = asked[~np.isin(asked, own)]
        if self.way not in GREEDY and len(others):
            among = {way: float(np.isin(others, choose(way)[0]).mean()) for way in GREEDY}
            most = max(among, key=lambda way: among[way])
            chance = len(asked) / questions
            if among[most] > chance + SUSPICIOUS * (1 - chance):
                settled = Settled(most, (most,) * len(self.without))
        ways = {way: choose(way) for way in {settled.way, *settled.without}}
        if settled.way in BLIND:  # the same for all models, so those of each fold are these
            ways[settled.way] = asked, None
        return settled.chosen(ways)


def _in_fold(asked: Asked, fold: int) -> IndexArray:
    questions, without = asked
    return questions if without is None else without[fold]


def least_missed(missed: Mapping[str, float]) -> str:
    """The way whose error is least; the first of ``AMONG`` where another's is hardly less."""
    return min(missed, key=lambda way: missed[way] * (WORTHWHILE if way == AMONG[0] else 1))


@dataclass(frozen=True)
class Trial:
    """How the ways did for known models left out."""

    settled: Settled
    asked: int  #: after how many questions
    missed: Mapping[str, float]  #: by each way, root mean square of how far off mean accuracy was

    @classmethod
    def of(
        cls,
        target: Target,
        benchmark: IndexArray,
        priors: Sequence[Sequence[Place]] | None,
        counts: Sequence[int],
        until: float | None = None,
        seed: int = 0,
    ) -> Trial:
        """For a probe of the last of these counts; or for one that stops at the first whose interval is narrow.

        ``target`` has mean accuracy last, of questions (Q,) of these benchmarks (codes). ``until`` is half the
        interval's width; ``priors`` are what is believed of each fold's models without their answers.
        """
        most = max(counts)
        ways = AMONG if until is None and most <= MOST_ANCHORS else IN_BATCHES
        choosers = {way: Chooser(way, np.ones(len(benchmark), dtype=bool), benchmark, seed) for way in ways}
        chosen = {way: one.choices(target.pool, most) for way, one in choosers.items()}
        for count in counts:
            tried = {
                way: AnsweredEstimator.of(target, *choices.of(count), priors).missed
                for way, choices in chosen.items()
            }
            missed = {way: float(one.all[-1]) for way, one in tried.items()}
            if until is not None and float(quantile(target.pool.units)) * min(missed.values()) <= until:
                break
        return cls(Settled.by(tried), count, missed)
