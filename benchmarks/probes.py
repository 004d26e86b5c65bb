"""Probes of models whose outcomes are all known: what `add-model --probe` would say, and what is true."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.cards.traits import all_traits
from embedllm_bench.onboarding.cards import CardPrior, families_to_leave_out
from embedllm_bench.onboarding.choosing import BLIND, GREEDY, Chooser
from embedllm_bench.onboarding.estimating import AnsweredEstimator, Target, targets
from embedllm_bench.onboarding.place import Place, Probe
from embedllm_bench.onboarding.pool import PoolModel
from embedllm_bench.onboarding.settling import Settled, Trial
from embedllm_bench.probing import BATCH
from embedllm_bench.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from embedllm_bench.arrays import BoolArray, IndexArray
    from embedllm_bench.cards.traits import Traits
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.onboarding.choosing import Choices

MOST = 256
COUNTS = tuple(range(BATCH, MOST + 1, BATCH))


@dataclass(frozen=True)
class Look:
    """An interval after some questions, and what it is of."""

    asked: int
    half_width: float  #: the wider side's
    holds: bool
    off: float


def stopped(looks: Iterable[Look], width: float) -> Look:
    """The first interval so narrow, the last of all where none is."""
    for look in looks:
        if look.half_width <= width:
            break
    return look


@dataclass(frozen=True, eq=False)
class Table:
    """What is known of all models."""

    matrix: CorrectnessMatrix
    traits: tuple[Traits, ...]
    codes: IndexArray  #: (Q,) benchmarks
    whole: BoolArray  #: (M,) which were asked everything

    @classmethod
    def read(cls, path: str) -> Table:
        with Store.open(path) as store:
            matrix = store.matrix(np.zeros((len(store.questions()), 1), dtype=np.float32))
            return cls.of(matrix.with_cards(store.model_cards()))

    @classmethod
    def of(cls, matrix: CorrectnessMatrix) -> Table:
        whole = np.asarray((matrix.attempts > 0).all(1))
        traits = all_traits(matrix.models, matrix.cards)
        return cls(matrix, traits, matrix.questions.benchmark_codes[1], whole)


@dataclass(frozen=True, eq=False)
class Known:
    """The known models of a division, for new ones of known families or for strangers."""

    table: Table
    pool: PoolModel
    target: Target
    prior: CardPrior
    seed: int

    @classmethod
    def of(cls, table: Table, known: IndexArray, seed: int, *, strangers: bool) -> Known:
        traits = [table.traits[m] for m in known]
        families = families_to_leave_out(traits) if strangers else None
        pool = PoolModel.fit(table.matrix.take_models(known), families)
        prior = CardPrior.fit(pool, traits, strangers=strangers)
        return cls(table, pool, Target.of(pool, targets(table.codes, 0)), prior, seed)  # all questions alone

    def way(self, strategy: str) -> Way:
        """One way to choose."""
        chooser = Chooser(strategy, np.ones(len(self.table.codes), dtype=bool), self.table.codes, self.seed)
        return Way(self, chooser, chooser.choices(self.pool, MOST))

    def settled(self, width: float) -> Settled:
        """What `auto` comes to in batches until an interval is so narrow."""
        left_out = self.prior.left_out
        return Trial.of(self.target, self.table.codes, left_out, COUNTS, width, self.seed).settled

    def probe(self, model: int, asked: IndexArray) -> Probe:
        """What a model of the table answered."""
        matrix, at = self.table.matrix, np.sort(asked)
        attempts = matrix.attempts[model, at]
        return Probe(at, matrix.correct[model, at] / attempts, attempts.astype(np.float64))


@dataclass(frozen=True, eq=False)
class Way:
    """A way to choose questions for new models."""

    known: Known
    chooser: Chooser
    choices: Choices
    lists: dict[int, IndexArray] = field(default_factory=dict)  #: of so many questions, chosen at once

    def in_batches(self, model: int, believed: Place) -> list[IndexArray]:
        """What was asked after every batch, each chosen by what those before it said."""
        asked = [self.listed(BATCH)]
        while len(asked[-1]) < MOST:
            asked.append(self.more(model, asked[-1], believed, BATCH))
        return asked

    def at_once(self) -> list[IndexArray]:
        """As many questions, for every model the same."""
        return [self.listed(count) for count in COUNTS]

    def more(self, model: int, asked: IndexArray, believed: Place, count: int) -> IndexArray:
        """These questions and the next ones, as :meth:`~embedllm_bench.probing.Prober.choose` has them."""
        if self.chooser.strategy not in GREEDY:
            listed = self.listed(len(asked) + count)
            return np.concatenate([asked, listed[~np.isin(listed, asked)][:count]])
        allowed = self.chooser.allowed.copy()
        allowed[asked] = False
        chooser = Chooser(self.chooser.strategy, allowed, self.chooser.benchmark, self.chooser.seed)
        place = self.known.pool.place(self.known.probe(model, asked), believed)
        return np.concatenate([asked, chooser.choose(self.known.pool, count, place).questions])

    def listed(self, count: int) -> IndexArray:
        """So many questions, chosen at once."""
        if count not in self.lists:
            self.lists[count] = self.choices.choice.fewer(count)
        return self.lists[count]


@dataclass(frozen=True, eq=False)
class Reader:
    """What answers say, where questions are chosen so."""

    known: Known
    settled: Settled
    ways: Mapping[str, Way]
    estimators: dict[tuple[int, bytes], AnsweredEstimator] = field(default_factory=dict)

    @classmethod
    def of(cls, way: str, ways: Mapping[str, Way]) -> Reader:
        """For one that was told to choose so."""
        known = ways[way].known
        return cls(known, Settled(way, (way,) * len(known.pool.folds)), ways)

    def look(self, model: int, asked: IndexArray, believed: Place) -> Look:
        """After these questions, also where they were chosen otherwise."""
        known = self.known
        probe = known.probe(model, asked)
        found = self._estimator(asked).estimate([probe], [known.pool.place(probe, believed)])
        value, low, high = (float(bound[0, -1]) for bound in (found.value, found.low, found.high))
        matrix = known.table.matrix
        truth = float((matrix.correct[model] / matrix.attempts[model]).mean())
        return Look(len(asked), max(high - value, value - low), low <= truth <= high, abs(value - truth))

    def _estimator(self, asked: IndexArray) -> AnsweredEstimator:
        """As :meth:`~embedllm_bench.probing.Prober.read` has it."""
        settled, own = self.settled, self.ways[self.settled.way].listed(len(asked))
        matters = settled.way in BLIND or (settled.way not in GREEDY and not np.isin(asked, own).all())
        key = len(asked), asked.tobytes() if matters else b""
        if key not in self.estimators:
            chosen = settled.vouching(
                asked, own, len(self.known.table.codes), lambda way: self.ways[way].choices.of(len(asked))
            )
            self.estimators[key] = AnsweredEstimator.of(self.known.target, *chosen, self.known.prior.left_out)
        return self.estimators[key]
