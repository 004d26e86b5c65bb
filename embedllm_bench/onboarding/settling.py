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
WORTHWHILE = (
    0.95  #: of the first one's error, that another's has to be below, as these are errors of some models only
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
        tried = [dict[str, float]() for _ in counts]
        for way in AMONG if until is None else IN_BATCHES:
            chooser = Chooser(way, np.ones(len(benchmark), dtype=bool), benchmark)
            asked = chooser.choose(target.pool, max(counts)).questions
            without = chooser.without_each_fold(target.pool, max(counts))
            for count, missed in zip(counts, tried, strict=True):
                first = without and [one[:count] for one in without]
                estimator = AnsweredEstimator.of(target, asked[:count], first, priors)
                missed[way] = float(estimator.missed[-1])
        units = quantile(target.pool.units)
        at = next((i for i, one in enumerate(tried) if until and units * min(one.values()) <= until), -1)
        return cls(least_missed(tried[at]), counts[at], tried[at])


def least_missed(missed: Mapping[str, float]) -> str:
    """The way whose error is least; the first of ``AMONG`` where another's is hardly less."""
    return min(missed, key=lambda way: missed[way] * (WORTHWHILE if way == AMONG[0] else 1))
