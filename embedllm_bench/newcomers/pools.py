"""The pool model in both settings, for every way to choose questions and with cards; the plain ways beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from embedllm_bench.onboarding.baselines import Ridge, benchmark_means, plain_mean
from embedllm_bench.onboarding.cards import CardPrior, size_means
from embedllm_bench.onboarding.choosing import STRATEGIES, Chooser
from embedllm_bench.onboarding.estimating import (
    AnsweredEstimator,
    Target,
    Unseen,
    UnseenEstimator,
    targets,
)
from embedllm_bench.onboarding.irt import ItemResponse
from embedllm_bench.onboarding.pool import PoolModel
from embedllm_bench.onboarding.text import TextMap
from embedllm_bench.tasks import new_models

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import FloatArray, IndexArray
    from embedllm_bench.newcomers.ledger import Ledger
    from embedllm_bench.onboarding.pool import Place
    from embedllm_bench.onboarding.text import TextFeatures


@dataclass(frozen=True, eq=False)
class PoolRows:
    """Two pools of the known models: of the questions that are no test questions, and of all questions."""

    ledger: Ledger
    seen: IndexArray  #: the questions of the first
    unseen: PoolModel
    text: TextMap
    forecasts: FloatArray  #: (N, T) of the known models at the test questions, from the texts
    sets: Unseen
    target: Target  #: of the second
    unseen_cards: Cards
    cards: Cards

    @classmethod
    def of(cls, ledger: Ledger, seen: IndexArray, features: TextFeatures) -> Self:
        """Learn from the known models; the features are of the questions ``seen``."""
        matrix, count = ledger.session.matrix.take_models(ledger.known), len(ledger.names) - 1
        test = ledger.split.test
        unseen, whole = PoolModel.fit(matrix.take(seen)), PoolModel.fit(matrix)
        text = TextMap.fit(unseen, features)
        forecasts = text.forecast(matrix.questions.embeddings[test])
        weights = targets(ledger.benchmark[test], count)
        sets = Unseen.of(forecasts, weights, targets(ledger.benchmark[seen], count))
        target = Target.of(whole, targets(ledger.benchmark, count))
        cards = (Cards.of(pool, ledger) for pool in (unseen, whole))
        return cls(ledger, seen, unseen, text, forecasts, sets, target, *cards)

    def note(self) -> None:
        """Every row."""
        everything = np.arange(len(self.ledger.benchmark))
        for way in STRATEGIES:
            row, card = f"{new_models.POOL}-{way}", f"{new_models.CARD}-{way}"
            of_seen = self._choices(way, self.unseen, self.seen)
            of_all = self._choices(way, self.target.pool, everything)
            for prefix, k in self.ledger.sizes(whole=way == new_models.RANDOM):
                self._unseen(row, prefix, k, *of_seen.first(k), None)
                self._answered(row, prefix, k, *of_all.first(k), None)
                if way in new_models.WITH_CARD:
                    self._unseen(card, prefix, k, *of_seen.first(k), self.unseen_cards)
                    self._answered(card, prefix, k, *of_all.first(k), self.cards)
            self.ledger.session.added(row)
        self._plain()
        self.ledger.session.added(new_models.MEAN)

    def _choices(self, way: str, pool: PoolModel, at: IndexArray) -> _Choices:
        allowed = np.isin(at, self.ledger.split.train)
        chooser = Chooser(way, allowed, self.ledger.benchmark[at], self.ledger.seed)
        whole = len(self.ledger.order)
        count = whole if way == new_models.RANDOM else min(new_models.OUTCOMES[-1], whole)
        return _Choices(chooser.choose(pool, count).questions, chooser.without_each_fold(pool, count))

    def _unseen(
        self, row: str, prefix: str, k: int | None, asked: IndexArray,
        without: Sequence[IndexArray] | None, cards: Cards | None,
    ) -> None:  # fmt: skip
        """Forecasts and accuracies at the test questions, whose outcomes the pool has not."""
        ledger, questions = self.ledger, self.seen[asked]
        groups = {
            stranger: UnseenEstimator.of(
                self.unseen, self.text, asked, self.sets, without, _left_out(cards, stranger=stranger)
            )
            for stranger in (False, *([True] if cards else []))
        }
        probes = [ledger.probe(model, asked, questions) for model in ledger.new]
        places = self.unseen.places(probes, self._priors(cards))
        mean, factors = self.unseen.whole.at(self.forecasts)
        p = {}
        for model, place in zip(ledger.new, places, strict=True):
            p[model] = mean + factors @ place.mean
            found = groups[self._stranger(cards, model)].estimate(place)
            ledger.estimates(row, prefix, new_models.UNSEEN, k, model, found)
        ledger.forecasts(row, prefix, k, p)
        ledger.routes(row, prefix, k, p, self.forecasts)

    def _answered(
        self, row: str, prefix: str, k: int | None, asked: IndexArray,
        without: Sequence[IndexArray] | None, cards: Cards | None,
    ) -> None:  # fmt: skip
        """Accuracies on all questions, which the known models answered."""
        ledger = self.ledger
        groups = {
            stranger: AnsweredEstimator.of(self.target, asked, without, _left_out(cards, stranger=stranger))
            for stranger in (False, *([True] if cards else []))
        }
        probes = [ledger.probe(model, asked, asked) for model in ledger.new]
        places = self.target.pool.places(probes, self._priors(cards))
        for model, probe, place in zip(ledger.new, probes, places, strict=True):
            found = groups[self._stranger(cards, model)].estimate(probe, place)
            ledger.estimates(row, prefix, new_models.ANSWERED, k, model, found)

    def _priors(self, cards: Cards | None) -> list[Place] | None:
        return None if cards is None else [cards.places[model] for model in self.ledger.new]

    def _stranger(self, cards: Cards | None, model: int) -> bool:
        return cards is not None and model in cards.strangers

    def _plain(self) -> None:
        """What the simple ways and item response theory make of the random questions; of no question, the size."""
        ledger, pool, weights = self.ledger, self.target.pool, self.target.weights
        responses = ItemResponse.fit(pool)
        traits = [ledger.traits[m] for m in ledger.known]
        for prefix, k, asked in ledger.probes():
            ridge = Ridge.fit(pool, asked, weights)
            for model in ledger.new:
                probe = ledger.probe(model, asked, asked)
                found = {
                    new_models.MEAN: np.full(len(weights), plain_mean(pool, probe)),
                    new_models.BENCHMARK_MEAN: benchmark_means(pool, probe, weights),
                    new_models.RIDGE: ridge.estimate(probe),
                    new_models.IRT: responses.estimate(probe, weights),
                }
                if k == 0:
                    found[new_models.SIZE] = size_means(self.target.known, traits, ledger.traits[model])
                for row, values in found.items():
                    ledger.values(row, prefix, new_models.ANSWERED, k, model, values)


@dataclass(frozen=True, eq=False)
class _Choices:
    """Questions chosen with all known models, and without those of each fold; the first of them are the fewer."""

    questions: IndexArray
    without: tuple[IndexArray, ...] | None

    def first(self, k: int | None) -> tuple[IndexArray, tuple[IndexArray, ...] | None]:
        cut = slice(None) if k is None else slice(k)
        return self.questions[cut], None if self.without is None else tuple(one[cut] for one in self.without)


@dataclass(frozen=True, eq=False)
class Cards:
    """What cards tell of known models, and of the new ones of a division."""

    prior: CardPrior
    places: dict[int, Place]  #: of each new model
    strangers: frozenset[int]  #: new models of whose family none is known

    @classmethod
    def of(cls, pool: PoolModel, ledger: Ledger) -> Self:
        """Learn from the pool's models, which are the ledger's known ones, and read the new ones' cards."""
        prior = CardPrior.fit(pool, [ledger.traits[m] for m in ledger.known])
        new = {m: ledger.traits[m] for m in ledger.new}
        places = prior.read_all(list(new.values()))
        strangers = frozenset(m for m, traits in new.items() if prior.whole.is_stranger(traits))
        return cls(prior, dict(zip(new, places, strict=True)), strangers)


def _left_out(cards: Cards | None, *, stranger: bool) -> Sequence[Sequence[Place]] | None:
    return None if cards is None else cards.prior.left_out(stranger=stranger)
