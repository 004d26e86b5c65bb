"""The pool model in both settings, for every way to choose questions and with cards; the plain ways beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from embedllm_bench.newcomers.sides import Side, sides
from embedllm_bench.onboarding.baselines import Ridge, benchmark_means, plain_mean
from embedllm_bench.onboarding.cards import size_means
from embedllm_bench.onboarding.choosing import STRATEGIES, Chooser
from embedllm_bench.onboarding.estimating import AnsweredEstimator, UnseenEstimator, targets
from embedllm_bench.onboarding.irt import ItemResponse
from embedllm_bench.onboarding.settling import AMONG, AUTO, Settled
from embedllm_bench.tasks import new_models

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedllm_bench.arrays import FloatArray, IndexArray
    from embedllm_bench.newcomers.ledger import Ledger
    from embedllm_bench.onboarding.choosing import Choices
    from embedllm_bench.onboarding.estimating import Missed
    from embedllm_bench.onboarding.pool import PoolModel
    from embedllm_bench.onboarding.settling import Asked
    from embedllm_bench.onboarding.text import TextFeatures


@dataclass(frozen=True, eq=False)
class PoolRows:
    """What the pool model's rows are about."""

    ledger: Ledger
    seen: IndexArray  #: the questions that are no test questions
    sides: tuple[Side, ...]

    @classmethod
    def of(cls, ledger: Ledger, seen: IndexArray, features: TextFeatures) -> Self:
        """Learn from the known models; the features are of the questions ``seen``."""
        return cls(ledger, seen, sides(ledger, seen, features))

    def note(self) -> None:
        """Every row."""
        tried: dict[_Where, dict[str, _Tried]] = {}
        for way in STRATEGIES:
            for where, found in self._note_way(way).items():
                tried.setdefault(where, {})[way] = found
            self.ledger.session.added(f"{new_models.POOL}-{way}")
        for (k, setting, carded), ways in tried.items():
            self._measure(AUTO, "", k, setting, _settled(ways), carded=carded)
        self.ledger.session.added(f"{new_models.POOL}-{AUTO}")
        self._plain_ways()

    def _note_way(self, way: str) -> dict[_Where, _Tried]:
        """Its rows; of a way that ``auto`` may take, what was asked."""
        choices = [(side, self._choices(way, side)) for side in self.sides]
        tried: dict[_Where, _Tried] = {}
        for prefix, k in self.ledger.sizes(whole=way == new_models.RANDOM):
            count = len(self.ledger.order) if k is None else k
            for setting in (new_models.UNSEEN, new_models.ANSWERED):
                asked = [(side, of[setting].of(count)) for side, of in choices]
                for carded in (False, True) if way in new_models.WITH_CARD else (False,):
                    missed = self._measure(way, prefix, k, setting, asked, carded=carded)
                    if way in AMONG and k is not None:
                        tried[k, setting, carded] = asked, missed
        return tried

    def _plain_ways(self) -> None:
        side, count = self.sides[0], len(self.ledger.names) - 1
        seen = targets(self.ledger.benchmark[self.seen], count)
        self._plain(new_models.UNSEEN, side.unseen, seen, self.seen)
        self._plain(
            new_models.ANSWERED, side.target.pool, side.target.weights, np.arange(len(self.ledger.benchmark))
        )
        self.ledger.session.added(new_models.MEAN)

    def _choices(self, way: str, side: Side) -> dict[str, Choices]:
        """For a side's two pools."""
        everything = np.arange(len(self.ledger.benchmark))
        return {
            new_models.UNSEEN: self._chosen(way, side.unseen, self.seen),
            new_models.ANSWERED: self._chosen(way, side.target.pool, everything),
        }

    def _chosen(self, way: str, pool: PoolModel, at: IndexArray) -> Choices:
        allowed = np.isin(at, self.ledger.split.train)
        chooser = Chooser(way, allowed, self.ledger.benchmark[at], self.ledger.seed)
        whole = len(self.ledger.order)
        return chooser.choices(
            pool, whole if way == new_models.RANDOM else min(new_models.OUTCOMES[-1], whole)
        )

    def _measure(
        self, way: str, prefix: str, k: int | None, setting: str, asked: Sequence[_Asked], *, carded: bool
    ) -> list[Missed]:
        """Note a row; how far off it was for known models left out, at each side."""
        row = f"{new_models.CARD if carded else new_models.POOL}-{way}"
        note = self._unseen if setting == new_models.UNSEEN else self._answered
        return note(row, prefix, k, asked, carded=carded)

    def _unseen(
        self, row: str, prefix: str, k: int | None, choices: Sequence[_Asked], *, carded: bool
    ) -> list[Missed]:
        """Forecasts and accuracies at the test questions, whose outcomes the pools have not."""
        ledger = self.ledger
        p: dict[int, FloatArray] = {}
        missed = []
        for side, (asked, without) in choices:
            cards = side.unseen_cards if carded else None
            priors = None if cards is None else cards.prior.left_out
            estimator = UnseenEstimator.of(side.unseen, side.text, asked, side.sets, without, priors)
            missed.append(estimator.missed)
            probes = [ledger.probe(model, asked, self.seen[asked]) for model in side.new]
            places = side.unseen.places(probes, None if cards is None else cards.places)
            mean, factors = side.unseen.whole.at(side.forecasts)
            for model, place in zip(side.new, places, strict=True):
                p[model] = mean + factors @ place.mean
            ledger.estimates(row, prefix, new_models.UNSEEN, k, side.new, estimator.estimate(places))
        ledger.forecasts(row, prefix, k, p)
        # both sides forecast the known models from their texts, and differ by a penalty at most
        ledger.routes(row, prefix, k, p, self.sides[0].forecasts)
        return missed

    def _answered(
        self, row: str, prefix: str, k: int | None, choices: Sequence[_Asked], *, carded: bool
    ) -> list[Missed]:
        """Accuracies on all questions, which the known models answered."""
        ledger, missed = self.ledger, []
        for side, (asked, without) in choices:
            cards = side.cards if carded else None
            priors = None if cards is None else cards.prior.left_out
            estimator = AnsweredEstimator.of(side.target, asked, without, priors)
            missed.append(estimator.missed)
            probes = [ledger.probe(model, asked, asked) for model in side.new]
            places = side.target.pool.places(probes, None if cards is None else cards.places)
            ledger.estimates(
                row, prefix, new_models.ANSWERED, k, side.new, estimator.estimate(probes, places)
            )
        return missed

    def _plain(self, setting: str, pool: PoolModel, weights: FloatArray, questions: IndexArray) -> None:
        """What the simple ways and item response theory make of the random questions; of no question, the size.

        From the known models' outcomes at the pool's ``questions``, with weights (B, Q) of the benchmarks among them.
        """
        ledger, responses = self.ledger, ItemResponse.fit(pool)
        traits, known = [ledger.traits[m] for m in ledger.known], weights @ pool.outcomes.T
        for prefix, k, asked in ledger.probes():
            at = np.searchsorted(questions, asked)
            ridge = Ridge.fit(pool, at, weights)
            probes = [ledger.probe(model, at, asked) for model in ledger.new]
            found = {
                new_models.MEAN: [np.full(len(weights), plain_mean(pool, probe)) for probe in probes],
                new_models.BENCHMARK_MEAN: [benchmark_means(pool, probe, weights) for probe in probes],
                new_models.RIDGE: [ridge.estimate(probe) for probe in probes],
                new_models.IRT: [responses.estimate(probe, weights) for probe in probes],
            }
            if k == 0:
                of = [ledger.traits[model] for model in ledger.new]
                found[new_models.SIZE] = [size_means(known, traits, one) for one in of]
            for row, values in found.items():
                ledger.values(row, prefix, setting, k, ledger.new, np.stack(values))


_Asked = tuple["Side", "Asked"]
_Tried = tuple[list[_Asked], "list[Missed]"]  # at each side what is asked, and how far off it was
_Where = tuple[int, str, bool]  # after how many questions, the setting, whether cards are read


def _settled(ways: Mapping[str, _Tried]) -> list[_Asked]:
    """At each side what is asked by the way that did best."""
    found = []
    for at, (side, _) in enumerate(next(iter(ways.values()))[0]):
        settled = Settled.by({way: missed[at] for way, (_, missed) in ways.items()})
        found.append((side, settled.chosen({way: asked[at][1] for way, (asked, _) in ways.items()})))
    return found
