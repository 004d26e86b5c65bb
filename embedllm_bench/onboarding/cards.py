"""What a model's card says of where it will stand in a pool, before any outcome."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from embedllm_bench.cards.kinship import size_class
from embedllm_bench.methods.card_map import CardMap
from embedllm_bench.onboarding.place import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import FloatArray
    from embedllm_bench.cards.traits import Traits
    from embedllm_bench.methods.adding import Belief
    from embedllm_bench.onboarding.pool import Components, PoolModel

SHORTEST = 1e-12
FEWEST_FAMILIES = 3  #: of known models, to leave whole families out


@dataclass(frozen=True, eq=False)
class CardPrior:
    """A pool's places from cards, and what the cards of known models say without their fold."""

    whole: CardMap
    components: Components  #: of all known models
    left_out: tuple[tuple[Place, ...], ...]  #: for each of the pool's folds the places of the models left out

    @classmethod
    def fit(cls, pool: PoolModel, traits: Sequence[Traits], *, strangers: bool) -> Self:
        """Learn from the pool's models, of which these (M,) are known.

        For new models of none of their families, ``strangers``, the known ones left out are read as such too.
        """
        whole = CardMap.fit(traits, coordinates(pool, pool.whole))
        maps = [whole.without(part.others, coordinates(pool, part)) for part in pool.folds]
        left_out = tuple(
            tuple(_places(one.read_all([traits[m] for m in part.others], strangers=strangers), part))
            for part, one in zip(pool.folds, maps, strict=True)
        )
        return cls(whole, pool.whole, left_out)

    def read(self, traits: Traits) -> Place:
        """Where a model of which this is known is believed to be."""
        return self.read_all([traits])[0]

    def read_all(self, traits: Sequence[Traits]) -> list[Place]:
        """The same of several models."""
        return _places(self.whole.read_all(traits), self.components)


def coordinates(pool: PoolModel, part: Components) -> FloatArray:
    """Where the models that some components are of lie along the mixtures (K, R)."""
    mean, factors = part.mixed(pool.outcomes)
    length = np.maximum((factors**2).sum(0), SHORTEST)
    return np.asarray((pool.outcomes[part.models] - mean) @ factors / length)


def families_to_leave_out(known: Sequence[Traits]) -> list[object] | None:
    """The known models' families (M,), a model of which none is known being one by itself.

    None where there are too few to leave out one after another, or where most models are of one: without that one the
    others would tell of themselves only.
    """
    families: list[object] = [one.family or place for place, one in enumerate(known)]
    largest = max(Counter(families).values(), default=0)
    if len(set(families)) < FEWEST_FAMILIES or 2 * largest > len(families):
        return None
    return families


def size_means(known: FloatArray, traits: Sequence[Traits], new: Traits) -> FloatArray:
    """The mean accuracies (B,) of the known models (B, M) of its size class, of all where there is none."""
    wanted = size_class(new.parameters)
    alike = np.array([wanted is not None and size_class(one.parameters) == wanted for one in traits])
    return np.asarray(known[:, alike].mean(1) if alike.any() else known.mean(1))


def _places(beliefs: Sequence[Belief], part: Components) -> list[Place]:
    """The beliefs, and nothing of what is the same everywhere; variances that are one array make one covariance."""
    more = int(part.everywhere > 0)
    variances = {id(belief.variance): belief.variance for belief in beliefs}
    covariance = {key: np.diag(np.append(one, np.ones(more))) for key, one in variances.items()}
    return [
        Place(np.append(belief.mean, np.zeros(more)), covariance[id(belief.variance)]) for belief in beliefs
    ]
