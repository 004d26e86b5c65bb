"""The part of a store that those who ask models use: cards, questions of one's own, outcomes as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.cards import BenchmarkCard, ModelCard
from embedllm_bench.store import cards, collecting, connection, question_sets, removing, runs
from embedllm_bench.store.file import StoreFile

if TYPE_CHECKING:
    from embedllm_bench.question_set import QuestionSet
    from embedllm_bench.store.collecting import Overwrite
    from embedllm_bench.store.records import ChunkReport, FailedOutcome, FailureCount, OutcomeTable, Source


class CollectingStore(StoreFile):
    """An open store as collectors need it."""

    def attempts(self, model: str, benchmark: str) -> dict[str, tuple[int, int]]:
        """Question id -> graded and failed attempts of a model on a benchmark."""
        with self._transaction() as opened:
            return collecting.read_attempts(opened, model, benchmark)

    def collection_rate(self, model: str, benchmark: str) -> float | None:
        """Outcomes a second that were collected of a model on a benchmark; None if none were."""
        with self._transaction() as opened:
            return collecting.read_rate(opened, model, benchmark)

    def provenance(self) -> list[str]:
        """How the outcomes were collected: a JSON object for every run."""
        with self._transaction() as opened:
            return collecting.read_provenance(opened)

    def failures(self) -> list[FailedOutcome]:
        """Outcomes that failed, with the reason where it is known."""
        with self._transaction() as opened:
            return collecting.read_failures(opened)

    def failure_counts(self) -> list[FailureCount]:
        """How many attempts failed and most often why, for every model and benchmark that has such."""
        with self._transaction() as opened:
            return collecting.count_failures(opened)

    def start_collection(self, source: Source, provenance: str) -> int:
        """A run to collect into; what is added to it counts at once. ``provenance`` is JSON."""
        self._check_writable()
        with connection.translated_errors(
            self.path
        ):  # in the place of a killed import's no outcome is written
            runs.clear_leftovers(self._engine)
        with self._transaction() as opened:
            return collecting.start_collection(opened, source, provenance)

    def describe_collection(self, run: int, provenance: str) -> None:
        """Say anew how a run collects; ``provenance`` is JSON."""
        self._check_writable()
        with self._transaction() as opened:
            collecting.write_provenance(opened, run, provenance)

    def add_chunk(self, run: int, table: OutcomeTable, wanted: int, overwrite: Overwrite) -> ChunkReport:
        """Add outcomes to a collection, each the attempt that is ``wanted`` of its question."""
        self._check_writable()
        with self._transaction() as opened:
            return collecting.add_chunk(opened, run, table, wanted, overwrite)

    def write_model_card(self, card: ModelCard) -> None:
        """Add a model's card, or say anew what describes a known model.

        Raises:
            DataError: the store has the model in another configuration.
        """
        self._check_writable()
        with self._transaction() as opened:
            cards.write_card(opened, card)

    def withdraw_model_card(self, name: str) -> None:
        """Take the card of a model out again, which nothing came of; outcomes stay."""
        self._check_writable()
        with self._transaction() as opened:
            cards.withdraw_model_card(opened, name)

    def model_cards(self) -> dict[str, ModelCard]:
        """The cards of models by id; an imported model has none, and a model with a card maybe no outcome."""
        with self._transaction() as opened:
            return cards.read_cards(opened, ModelCard)

    def write_benchmark_card(self, card: BenchmarkCard, questions: QuestionSet | None = None) -> None:
        """Add a benchmark's card with ``questions`` of its own, or name another generative variant of a known one.

        Raises:
            DataError: the store has the benchmark in another configuration; nothing is kept then.
        """
        self._check_writable()
        with self._transaction() as opened:
            cards.write_card(opened, card)
            if questions is not None:
                question_sets.write_question_set(opened, questions)

    def benchmark_cards(self) -> dict[str, BenchmarkCard]:
        """The cards of benchmarks by id; an imported benchmark has none."""
        with self._transaction() as opened:
            return cards.read_cards(opened, BenchmarkCard)

    def write_question_set(self, questions: QuestionSet) -> None:
        """Keep the questions of a benchmark of the user's own; its card names them by their hash."""
        self._check_writable()
        with self._transaction() as opened:
            question_sets.write_question_set(opened, questions)

    def question_set(self, sha256: str) -> QuestionSet:
        """The questions of that hash.

        Raises:
            DataError: the store does not have them.
        """
        with self._transaction() as opened:
            return question_sets.read_question_set(opened, sha256)

    def remove_model(self, name: str, *, with_outcomes: bool = False) -> removing.Removed:
        """Take a model out, whole or not at all, and with it questions that nobody else was asked.

        Raises:
            UnknownNameError: there is no such model.
            UsageError: it has outcomes, and they are not to go.
            StoreError: something is being imported.
        """
        self._check_writable()
        with connection.translated_errors(self.path):
            return removing.remove_model(self._engine, name, with_outcomes=with_outcomes)

    def remove_benchmark(self, name: str, *, with_outcomes: bool = False) -> removing.Removed:
        """Take a benchmark and its questions out, whole or not at all.

        Raises:
            UnknownNameError: there is no such benchmark.
            UsageError: it has outcomes, and they are not to go.
            StoreError: something is being imported.
        """
        self._check_writable()
        with connection.translated_errors(self.path):
            return removing.remove_benchmark(self._engine, name, with_outcomes=with_outcomes)
