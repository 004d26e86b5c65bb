"""Known models that vouch for a pool: placed by components they are no part of, and by their own answers alone.

Where a known model was not asked a question the pool has a fit, made of all its other answers. Taken for an answer it
would tell what is to be found out, and intervals would be too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.onboarding.place import solve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from embedllm_bench.arrays import BoolArray, FloatArray, IndexArray
    from embedllm_bench.onboarding.place import Place
    from embedllm_bench.onboarding.pool import Components, PoolModel


@dataclass(frozen=True, eq=False)
class Vouchers:
    """L known models that are left out together and know the outcomes of the same questions."""

    fold: int
    part: Components  #: of other models
    models: IndexArray  #: (L,)
    told: BoolArray | None  #: (Q,) the questions they were asked; None is all
    asked: IndexArray  #: (n,) of the probe's questions those that they were asked
    places: list[Place]
    deviations: FloatArray  #: (L, n) of their outcomes from the others' mean

    @classmethod
    def of(
        cls,
        pool: PoolModel,
        asked: IndexArray,
        without: Sequence[IndexArray] | None,
        priors: Sequence[Sequence[Place]] | None,
    ) -> Iterator[Vouchers]:
        """All known models, by fold, after the questions ``asked`` or those ``without`` their fold."""
        for fold, part in enumerate(pool.folds):
            chosen = asked if without is None else without[fold]
            for at, told in pool.told_alike[fold]:
                questions = chosen if told is None else chosen[told[chosen]]
                models = part.others[at]
                mean, factors = part.at(pool.outcomes[:, questions])
                deviations = pool.outcomes[np.ix_(models, questions)] - mean
                believed = None if priors is None else [priors[fold][one] for one in at.tolist()]
                places = solve(factors, pool.noise_without[fold][questions], deviations, believed)
                yield cls(fold, part, models, told, questions, places, deviations)


def mean_of_told(numbers: FloatArray, otherwise: float = np.nan) -> FloatArray:
    """Of each column of rows (N, B), without what is NaN as nobody was asked it; of a column without any, this."""
    told = ~np.isnan(numbers)
    times = told.sum(0)
    means = np.where(told, numbers, 0).sum(0) / np.maximum(times, 1)
    return np.where(times > 0, means, otherwise)


def root_mean_square(numbers: FloatArray, otherwise: float = np.nan) -> FloatArray:
    """The same of squares."""
    return np.sqrt(mean_of_told(numbers**2, otherwise**2))
