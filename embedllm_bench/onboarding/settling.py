"""Which way to choose questions, ``auto``: the one that known models left out of the pool were told best by.

Questions chosen to suit many known models tell more of another than random ones; those that suit thirty tell less, once
more than fifty or so are asked. So the ways are tried on the known models, of which a part is new in turn. No answer of
the new model has a part in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.onboarding.choosing import Chooser
from embedllm_bench.onboarding.estimating import AnsweredEstimator, quantile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedllm_bench.arrays import IndexArray
    from embedllm_bench.onboarding.estimating import Target
    from embedllm_bench.onboarding.place import Place

AUTO = "auto"
AMONG = ("accuracy", "anchors", "random")  #: what ``auto`` takes one of
IN_BATCHES = ("accuracy", "random")  #: and in batches, in which anchors come to lie where others lie already
MOST_ANCHORS = 1_000  #: more clusters, in every fold, take minutes
WORTHWHILE = (
    0.95  #: of the first one's error, that another's has to be below: errors of few models are inexact
)


@dataclass(frozen=True)
class Settled:
    """The way that was taken, and why."""

    way: str
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
    ) -> Settled:
        """For a probe of the last of these counts; or for one that stops at the first whose interval is narrow.

        ``target`` has mean accuracy last, of questions (Q,) of these benchmarks (codes). ``until`` is half the
        interval's width; ``priors`` are what is believed of each fold's models without their answers.
        """
        most = max(counts)
        ways = AMONG if until is None and most <= MOST_ANCHORS else IN_BATCHES
        choosers = {way: Chooser(way, np.ones(len(benchmark), dtype=bool), benchmark) for way in ways}
        chosen = {way: one.choices(target.pool, most) for way, one in choosers.items()}
        missed: dict[str, float] = {}
        for count in counts:
            for way, choices in chosen.items():
                estimator = AnsweredEstimator.of(target, *choices.of(count), priors)
                missed[way] = float(estimator.missed[-1])
            if until is not None and quantile(target.pool.units) * min(missed.values()) <= until:
                break
        return cls(least_missed(missed), count, missed)


def least_missed(missed: Mapping[str, float]) -> str:
    """The way whose error is least; the first of ``AMONG`` where another's is hardly less."""
    return min(missed, key=lambda way: missed[way] * (WORTHWHILE if way == AMONG[0] else 1))
