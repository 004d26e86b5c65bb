"""The correctness store: one SQLite file with models, questions, outcomes and question vectors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from embedllm_bench.cards import BenchmarkCard, ModelCard
from embedllm_bench.errors import StoreError
from embedllm_bench.matrix import LabelConvention
from embedllm_bench.store import cards, collecting, connection, migrating, reading, runs, vectors, writing
from embedllm_bench.store.location import STARTER
from embedllm_bench.store.records import OnConflict

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    from sqlalchemy import Connection, Engine

    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.store.collecting import Overwrite
    from embedllm_bench.store.records import (
        Coverage,
        FailedOutcome,
        OutcomeTable,
        Simulation,
        Source,
        StoredEncoder,
        StoredQuestions,
        WriteReport,
    )


class Store:
    """An open store; use it as a context manager. Make one with :meth:`open`."""

    def __init__(self, path: Path, engine: Engine, *, writable: bool) -> None:
        self.path = path
        self._engine = engine
        self._writable = writable

    @classmethod
    def open(cls, location: str | os.PathLike[str], *, write: bool = False, make: bool = True) -> Self:
        """Open the store at a path or sqlite:/// URL; one that an older version made is upgraded first.

        For writing it is also made where there is none, unless not to ``make`` one.

        Raises:
            StoreError: it does not exist, is no store, is a newer version's, is an older version's and
                cannot be upgraded, or the disk refuses.
        """
        path = connection.path_of(location)
        connection.check_file(path)
        with connection.translated_errors(path):
            if not (write and make) and (not path.exists() or not path.stat().st_size):
                raise StoreError(
                    f"There is no store at {path}; make one with 'embedllm-bench import TABLE --store {path}'."
                )
            if write:
                engine = connection.writing_engine(path)
                migrating.migrate(engine, str(path))
                return cls(path, engine, writable=True)
            engine = connection.reading_engine(path, immutable=path == STARTER)
            with engine.begin() as opened:
                current = migrating.is_current(opened, str(path))
            if not current:
                connection.check_upgradable(path)
                migrating.migrate(connection.writing_engine(path), str(path))
            return cls(path, engine, writable=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def is_empty(self) -> bool:
        """Whether it knows of no model, benchmark or question."""
        with self._transaction() as opened:
            return reading.is_empty(opened)

    def remove(self) -> None:
        """Delete the file, which nothing has been written to."""
        self.close()
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    @property
    def on_network(self) -> bool:
        """Whether the file is mounted over a network, where several processes cannot safely share it."""
        return connection.on_network_file_system(self.path)

    def questions(self) -> StoredQuestions:
        """The questions that have an outcome, by benchmark and id."""
        with self._transaction() as opened:
            return reading.read_questions(opened)

    def matrix(
        self, embeddings: Float32Array, labels: LabelConvention = LabelConvention.MAJORITY
    ) -> CorrectnessMatrix:
        """The matrix of graded outcomes; ``embeddings`` (Q, D) are in the order of :meth:`questions`."""
        with self._transaction() as opened:
            return reading.read_matrix(opened, reading.read_questions(opened), embeddings, labels)

    def coverage(self) -> list[Coverage]:
        """Every model on every benchmark."""
        with self._transaction() as opened:
            return reading.read_coverage(opened, reading.read_questions(opened))

    def read_outcomes(self) -> Iterator[OutcomeTable]:
        """All outcomes, one table a model, by benchmark, question id and attempt."""
        with self._transaction() as opened:
            yield from reading.read_outcomes(opened, reading.read_questions(opened))

    def published_parts(self) -> dict[tuple[str, str], str]:
        """(benchmark, question id) -> train, validation or test, as the data came; empty if it did not."""
        with self._transaction() as opened:
            return reading.read_parts(opened)

    def question_ids(self) -> dict[str, list[str]]:
        """The benchmarks each question id stands in."""
        stored = self.questions()
        benchmarks: dict[str, list[str]] = {}
        for identity, benchmark in zip(stored.ids, stored.benchmarks, strict=True):
            benchmarks.setdefault(identity, []).append(benchmark)
        return benchmarks

    def encoders(self) -> list[StoredEncoder]:
        """The encoders and revisions that question vectors are of, in the order in which they were added."""
        with self._transaction() as opened:
            return vectors.read_encoders(opened)

    def encoded(self, encoder: str, revision: str) -> set[int]:
        """Row numbers of the questions that have a vector of that encoder and revision."""
        with self._transaction() as opened:
            return vectors.read_encoded(opened, encoder, revision)

    def vectors(self, encoder: str, revision: str = "") -> Float32Array:
        """Vectors (Q, D) of all questions, in the order of :meth:`questions`."""
        with self._transaction() as opened:
            return vectors.read_vectors(opened, encoder, revision, reading.read_questions(opened))

    def true_probabilities(self) -> Float32Array | None:
        """P(correct) (M, Q) behind simulated outcomes, aligned with :meth:`matrix`; None if any is real."""
        with self._transaction() as opened:
            models = list(reading.read_models(opened))
            return vectors.read_true_probabilities(opened, models, reading.read_questions(opened).rows)

    def has_fingerprint(self, fingerprint: str) -> bool:
        """Whether a source of that fingerprint has been written completely."""
        with self._transaction() as opened:
            return runs.is_complete(opened, fingerprint)

    def write_outcomes(
        self,
        table: OutcomeTable,
        source: Source,
        on_conflict: OnConflict = OnConflict.REFUSE,
        progress: writing.Progress | None = None,
    ) -> WriteReport:
        """Write a table, whole or not at all; ``progress`` is called with the number of each chunk's rows.

        Raises:
            DataError: cells are there from another source, or a question is there with another text.
        """
        self._check_writable()
        with connection.translated_errors(self.path):
            return writing.write_outcomes(self._engine, table, source, on_conflict, progress)

    def models(self) -> list[str]:
        """The models that have an outcome, by name."""
        with self._transaction() as opened:
            return list(reading.read_models(opened).values())

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

    def start_collection(self, source: Source, provenance: str) -> int:
        """A run to collect into; what is added to it counts at once. ``provenance`` is JSON."""
        self._check_writable()
        with self._transaction() as opened:
            return collecting.start_collection(opened, source, provenance)

    def add_chunk(self, run: int, table: OutcomeTable, wanted: int, overwrite: Overwrite) -> int:
        """Add one model's outcomes to a collection, up to ``wanted`` attempts a question; how many."""
        self._check_writable()
        with self._transaction() as opened:
            return collecting.add_chunk(opened, run, table, wanted, overwrite)

    def write_vectors(
        self,
        encoder: str,
        revision: str,
        keys: Sequence[tuple[str, str]],
        values: npt.NDArray[np.floating[Any]],
        *,
        keep_known: bool = False,
    ) -> int:
        """Add vectors (n, D) of questions named by (benchmark, question id); the number that is new.

        Raises:
            DataError: the store has other vectors of these questions, and is not to ``keep_known`` ones.
        """
        self._check_writable()
        with self._transaction() as opened:
            return vectors.write_vectors(opened, encoder, revision, keys, values, keep_known=keep_known)

    def write_model_card(self, card: ModelCard) -> None:
        """Add a model's card, or say anew what describes a known model.

        Raises:
            DataError: the store has the model in another configuration.
        """
        self._check_writable()
        with self._transaction() as opened:
            cards.write_card(opened, card)

    def model_cards(self) -> dict[str, ModelCard]:
        """The cards of models by id; an imported model has none, and a model with a card maybe no outcome."""
        with self._transaction() as opened:
            return cards.read_cards(opened, ModelCard)

    def write_benchmark_card(self, card: BenchmarkCard) -> None:
        """Add a benchmark's card, or name another generative variant of a known one.

        Raises:
            DataError: the store has the benchmark in another configuration.
        """
        self._check_writable()
        with self._transaction() as opened:
            cards.write_card(opened, card)

    def benchmark_cards(self) -> dict[str, BenchmarkCard]:
        """The cards of benchmarks by id; an imported benchmark has none."""
        with self._transaction() as opened:
            return cards.read_cards(opened, BenchmarkCard)

    def write_simulation(self, simulation: Simulation) -> None:
        """Keep the latent vectors that simulated outcomes were drawn from."""
        self._check_writable()
        with self._transaction() as opened:
            vectors.write_simulation(opened, simulation)

    def compact(self) -> None:
        """Fold the write-ahead log into the file and make it as small as it gets, to be handed on."""
        self._check_writable()
        with connection.translated_errors(self.path):
            connection.compact(self._engine)

    def _check_writable(self) -> None:
        if not self._writable:
            raise StoreError(f"{self.path} is open for reading only; use Store.open(path, write=True).")

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with connection.translated_errors(self.path), self._engine.begin() as opened:
            yield opened
