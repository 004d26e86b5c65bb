"""A model's probe, from a store: which questions to ask it first, and what its answers say of all the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from embedllm_bench.cards.traits import all_traits, are_strangers, traits_of
from embedllm_bench.encoders.choosing import question_vectors
from embedllm_bench.errors import DataError
from embedllm_bench.onboarding.cards import CardPrior, coordinates, families_to_leave_out
from embedllm_bench.onboarding.choosing import GREEDY, Chooser
from embedllm_bench.onboarding.estimating import AnsweredEstimator, Target, targets
from embedllm_bench.onboarding.place import Probe
from embedllm_bench.onboarding.pool import FEWEST_MODELS, PoolModel
from embedllm_bench.onboarding.settling import Settled, Trial
from embedllm_bench.onboarding.text import TextFeatures, TextMap

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from embedllm_bench.arrays import BoolArray, IndexArray
    from embedllm_bench.cards import ModelCard
    from embedllm_bench.cards.traits import Traits
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.onboarding.choosing import Choice
    from embedllm_bench.onboarding.estimating import Estimates
    from embedllm_bench.onboarding.place import Place
    from embedllm_bench.onboarding.settling import Asked
    from embedllm_bench.store.store import Store

BATCH = 16  #: questions asked between two looks at the interval
SHOWN = 5
KNOWN_SHARE = 0.5  #: of the questions, that a model counts as known from


@dataclass(frozen=True)
class Chosen:
    """A question and why it is asked."""

    benchmark: str
    question_id: str
    text: str
    known_correct: float  #: share of the known models' attempts at it
    gain: (
        float | None
    )  #: share of the open variance that its answer takes away; None where that was no reason


@dataclass(frozen=True)
class Predicted:
    """Accuracy with its 90 % interval on a benchmark's n questions, of which some were asked; None is all of them."""

    benchmark: str | None
    accuracy: float
    low: float
    high: float
    n: int
    asked: int


@dataclass(frozen=True)
class Routed:
    """What choosing the model of the highest forecast at each question would do."""

    share: float  #: of the questions that go to the new model
    accuracy: float  #: expected
    without: float  #: expected, among the known models alone


@dataclass(frozen=True)
class Reading:
    """What a probe says; ``first`` to ``last`` are the ranks that the interval leaves open, 1 is best."""

    model: str
    predicted: tuple[Predicted, ...]
    models: int  #: with the new one
    first: int
    last: int
    nearest: tuple[tuple[str, float], ...]  #: known models and the cosine of the places
    routed: Routed
    encoder: str

    @property
    def half_width(self) -> float:
        """Of the interval of the accuracy on all questions; its wider side, where it ends at 0 or 1."""
        last = self.predicted[-1]
        return max(last.high - last.accuracy, last.accuracy - last.low)


@dataclass(frozen=True, eq=False)
class Prober:
    """A store's known models and questions, for a new model."""

    model: str
    matrix: CorrectnessMatrix  #: of the known models, on the questions of the benchmarks
    pool: PoolModel
    target: Target
    encoder: str
    cards: CardPrior
    traits: Traits  #: of the model
    left_out: tuple[str, ...]  #: benchmarks that no other model was asked

    @classmethod
    def of(
        cls, store: Store, model: str, benchmarks: Iterable[str], cards: Mapping[str, ModelCard] | None = None
    ) -> Self:
        """Learn from the known models' outcomes on these benchmarks, and from their cards.

        ``cards`` are those that the store has not, or has otherwise.

        Raises:
            DataError: too few models have been asked them.
        """
        encoder, vectors = question_vectors(store, None)
        matrix, wanted = store.matrix(vectors), set(benchmarks)
        at = np.flatnonzero([name in wanted for name in matrix.questions.benchmarks])
        others = np.array(
            [place for place, name in enumerate(matrix.models) if name != model], dtype=np.int64
        )
        known = matrix.take(at).take_models(others)
        known = known.take(np.flatnonzero(known.attempts.any(0)))
        # who was only probed there knows too little to tell of others
        known = known.take_models(
            np.flatnonzero((known.attempts > 0).mean(1) >= KNOWN_SHARE) if known.attempts.size else others[:0]
        )
        known = known.take(np.flatnonzero(known.attempts.any(0)))
        if len(known.models) < FEWEST_MODELS:
            raise DataError(
                f"{store.path} knows {len(known.models)} other models by most questions of {', '.join(sorted(wanted))};"
                f" a probe needs at least {FEWEST_MODELS}. Leave --probe out, or collect others first."
            )
        told = {**store.model_cards(), **(cards or {})}
        own, traits = traits_of(model, told), all_traits(known.models, told)
        (stranger,) = are_strangers([own], traits)
        pool = PoolModel.fit(known, families_to_leave_out(traits) if stranger else None)
        names, codes = known.questions.benchmark_codes
        prior = CardPrior.fit(pool, traits, strangers=stranger)
        target = Target.of(pool, targets(codes, len(names)))
        return cls(model, known, pool, target, encoder, prior, own, tuple(sorted(wanted - set(names))))

    @property
    def prior(self) -> Place:
        """What the model's card says of its place."""
        return self.cards.read(self.traits)

    def try_ways(self, count: int, until: float | None = None) -> Trial:
        """Which way to choose so many questions, or in batches until the interval is so narrow either side."""
        count = min(count, len(self.matrix.questions))
        counts = [count] if until is None else [*range(BATCH, count, BATCH), count]
        codes = self.matrix.questions.benchmark_codes[1]
        return Trial.of(self.target, codes, self.cards.left_out, counts, until)

    def choose(self, strategy: str, total: int, count: int, store: Store | None = None) -> list[Chosen]:
        """The next questions to ask, given the model's outcomes in the store, which are not asked again.

        So many now, of a probe that is to have ``total`` answers: one that was stopped, or is asked in batches,
        comes to the questions of one that was not. Nor are questions asked that failed: of these
        `collect --overwrite failed` asks.
        """
        probe = Probe(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
        questions = self.matrix.questions
        allowed = np.ones(len(questions), dtype=bool)
        failed = ~allowed
        if store is not None:
            probe, failed = self.probe(store), self._failed(store)
        if strategy in GREEDY:
            allowed[probe.asked] = False
            chooser = Chooser(strategy, allowed & ~failed, questions.benchmark_codes[1])
            place = self.pool.place(probe, self.prior) if len(probe.asked) else None
            choice = chooser.choose(self.pool, count, place)
        else:
            done = np.union1d(probe.asked, np.flatnonzero(failed))
            choice = self._listed(strategy, total, failed).without(done).first(count)
        right, attempts = self.matrix.correct.sum(0), self.matrix.attempts.sum(0)
        return [
            Chosen(
                questions.benchmarks[q], questions.ids[q], questions.texts[q], float(right[q] / attempts[q]),
                None if np.isnan(gain) else float(gain),
            )
            for q, gain in zip(choice.questions.tolist(), choice.gain.tolist(), strict=True)
        ]  # fmt: skip

    def _listed(self, strategy: str, total: int, failed: BoolArray) -> Choice:
        """So many questions, whether they failed or not, and then as many others as did."""
        free = np.ones(len(failed), dtype=bool)
        chooser = Chooser(strategy, free, self.matrix.questions.benchmark_codes[1])
        first, more = chooser.choose(self.pool, total), int(failed.sum())
        return first.followed_by(chooser.choose(self.pool, total + more)) if more else first

    def _failed(self, store: Store) -> BoolArray:
        """Which of the questions (Q,) the model was asked without an answer that could be graded."""
        failed = {(one.benchmark, one.question_id) for one in store.failures() if one.model == self.model}
        questions = self.matrix.questions
        return np.array(
            [key in failed for key in zip(questions.benchmarks, questions.ids, strict=True)], dtype=bool
        )

    def probe(self, store: Store) -> Probe:
        """The model's graded outcomes in the store at the questions known models were asked."""
        matrix = store.matrix(np.zeros((len(store.questions()), 1), dtype=np.float32))
        if self.model not in matrix.models:
            return Probe(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
        row, place = matrix.models.index(self.model), {key: q for q, key in enumerate(matrix.questions.keys)}
        at = np.array([place[key] for key in self.matrix.questions.keys], dtype=np.int64)
        return Probe.of(matrix.correct[row, at], matrix.attempts[row, at])

    def read(self, store: Store, strategy: str | Settled) -> Reading:
        """What the model's outcomes in the store say; ``strategy`` is how they were chosen."""
        probe = self.probe(store)
        without = self._without_each_fold(strategy, probe.asked, self._failed(store))
        place = self.pool.place(probe, self.prior)
        estimator = AnsweredEstimator.of(self.target, probe.asked, without, self.cards.left_out)
        found = estimator.estimate([probe], [place])
        better, worse = self.target.known[-1] > found.high[0, -1], self.target.known[-1] < found.low[0, -1]
        count = len(self.matrix.models) + 1
        return Reading(
            model=self.model,
            predicted=tuple(self._predicted(found, probe.asked)),
            models=count,
            first=1 + int(better.sum()),
            last=count - int(worse.sum()),
            nearest=tuple(self._nearest(place)),
            routed=self._routed(place),
            encoder=self.encoder,
        )

    def _without_each_fold(
        self, strategy: str | Settled, asked: IndexArray, failed: BoolArray
    ) -> tuple[IndexArray, ...] | None:
        """As many questions as were asked, as they would have been chosen without the models of each of the folds."""
        settled = (
            Settled(strategy, (strategy,) * len(self.pool.folds)) if isinstance(strategy, str) else strategy
        )
        count, codes = len(asked), self.matrix.questions.benchmark_codes[1]
        free = np.ones(len(codes), dtype=bool)

        def choose(way: str) -> Asked:
            return Chooser(way, free, codes).choices(self.pool, count).of(count)

        # of a greedy way they do not matter: it vouches for whatever was asked
        own = asked if settled.way in GREEDY else self._listed(settled.way, count, failed).questions
        return settled.vouching(asked, own, len(codes), choose)[1]

    def _predicted(self, found: Estimates, asked: IndexArray) -> list[Predicted]:
        names: Sequence[str | None] = [*self.matrix.questions.benchmark_codes[0], None]
        count = np.count_nonzero(self.target.weights, axis=1)
        taken = np.count_nonzero(self.target.weights[:, asked], axis=1)
        return [
            Predicted(
                benchmark=name,
                accuracy=float(found.value[0, at]),
                low=float(found.low[0, at]),
                high=float(found.high[0, at]),
                n=int(count[at]),
                asked=int(taken[at]),
            )
            for at, name in enumerate(names)
        ]

    def _nearest(self, place: Place) -> list[tuple[str, float]]:
        """By the cosine of places, the known models' by all their outcomes; none where nothing tells of its place."""
        directions = coordinates(self.pool, self.pool.whole)
        own = place.mean[: directions.shape[1]]
        length = np.linalg.norm(directions, axis=1) * np.linalg.norm(own)
        cosine = directions @ own / np.maximum(length, 1e-12)
        order = np.argsort(-cosine, kind="stable")[: SHOWN if length.any() else 0].tolist()
        return [(self.matrix.models[m], float(cosine[m])) for m in order]

    def _routed(self, place: Place) -> Routed:
        """At the pool's questions, each forecast from the texts of the others."""
        text = TextMap.fit(self.pool, TextFeatures.of(self.matrix.questions.embeddings))
        mean, factors = self.pool.whole.at(text.left_out)
        new = mean + factors @ place.mean  # (Q,)
        best = text.left_out.argmax(0)
        without = self.pool.outcomes[best, np.arange(len(best))]
        goes = new > text.left_out.max(0)
        # what it would score there is not known: the pool model's forecast, in which its own outcomes are
        expected = self.pool.forecast(place)
        routed = np.where(goes, expected, without)
        return Routed(float(goes.mean()), float(routed.mean()), float(without.mean()))
