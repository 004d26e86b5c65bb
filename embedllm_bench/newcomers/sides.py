"""Two pools of the same known models: for new models of a family that is known, and for strangers.

How far a pool is off for models left out of it is what its intervals and priors are made of. For a stranger those left
out have to be strangers too, whole families at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from embedllm_bench.onboarding.cards import CardPrior, families_to_leave_out
from embedllm_bench.onboarding.estimating import Target, Unseen, targets
from embedllm_bench.onboarding.pool import PoolModel
from embedllm_bench.onboarding.text import TextMap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import FloatArray, IndexArray
    from embedllm_bench.newcomers.ledger import Ledger
    from embedllm_bench.onboarding.place import Place
    from embedllm_bench.onboarding.text import TextFeatures


@dataclass(frozen=True, eq=False)
class Cards:
    """What cards tell of known models, and of the new ones."""

    prior: CardPrior
    places: list[Place]  #: of each new model

    @classmethod
    def of(cls, pool: PoolModel, ledger: Ledger, new: Sequence[int], *, strangers: bool) -> Self:
        """Learn from the pool's models, which are the ledger's known ones, and read the new ones' cards."""
        prior = CardPrior.fit(pool, [ledger.traits[m] for m in ledger.known], strangers=strangers)
        return cls(prior, prior.read_all([ledger.traits[m] for m in new]))


@dataclass(frozen=True, eq=False)
class Side:
    """Pools of the known models for some new ones: of questions that are no test questions, and of all questions."""

    new: tuple[int, ...]
    unseen: PoolModel
    text: TextMap
    forecasts: FloatArray  #: (N, T) of the known models at the test questions, from the texts
    sets: Unseen
    target: Target  #: of the second pool
    unseen_cards: Cards
    cards: Cards

    @classmethod
    def of(
        cls,
        ledger: Ledger,
        seen: IndexArray,
        features: TextFeatures,
        new: Sequence[int],
        *,
        strangers: bool,
    ) -> Self:
        """Learn from the known models; ``seen`` are the questions of the first pool, which the features are of."""
        families = families_to_leave_out([ledger.traits[m] for m in ledger.known]) if strangers else None
        matrix, count = ledger.session.matrix.take_models(ledger.known), len(ledger.names) - 1
        test = ledger.split.test
        unseen, whole = PoolModel.fit(matrix.take(seen), families), PoolModel.fit(matrix, families)
        text = TextMap.fit(unseen, features)
        forecasts = text.forecast(matrix.questions.embeddings[test])
        weights = targets(ledger.benchmark[test], count)
        sets = Unseen.of(forecasts, weights, targets(ledger.benchmark[seen], count))
        target = Target.of(whole, targets(ledger.benchmark, count))
        cards = (Cards.of(pool, ledger, new, strangers=strangers) for pool in (unseen, whole))
        return cls(tuple(new), unseen, text, forecasts, sets, target, *cards)


def sides(ledger: Ledger, seen: IndexArray, features: TextFeatures) -> tuple[Side, ...]:
    """Of the new models with kin and of those without, where there are any."""
    kin = [m for m in ledger.new if m in ledger.kin]
    strangers = [m for m in ledger.new if m not in ledger.kin]
    return tuple(
        Side.of(ledger, seen, features, new, strangers=new is strangers) for new in (kin, strangers) if new
    )
