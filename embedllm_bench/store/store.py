"""The correctness store: one SQLite file with models, questions, outcomes and question vectors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedllm_bench.matrix import LabelConvention
from embedllm_bench.store import (
    backup,
    checking,
    connection,
    intentions,
    merging,
    reading,
    runs,
    vectors,
    writing,
)
from embedllm_bench.store.collecting_store import CollectingStore
from embedllm_bench.store.records import OnConflict

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    import numpy as np
    import numpy.typing as npt

    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.store.records import (
        Coverage,
        OutcomeTable,
        Simulation,
        Source,
        StoredEncoder,
        StoredQuestions,
        WriteReport,
    )


class Store(CollectingStore):
    """An open store; use it as a context manager. Make one with :meth:`open`."""

    def is_empty(self) -> bool:
        """Whether it knows of no model, benchmark or question."""
        with self._transaction() as opened:
            return reading.is_empty(opened)

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
        """Every model on every benchmark, and what its collections were to ask."""
        with self._transaction() as opened:
            asked = reading.read_coverage(opened, reading.read_questions(opened))
            return intentions.read_intentions(opened).of(asked)

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

    def check(self) -> checking.CheckReport:
        """Look for every kind of fault; changes nothing.

        Raises:
            StoreError: it is damaged so much that nothing can be read.
        """
        return checking.check_store(self._engine, self.path)

    def backup(self, path: str | os.PathLike[str], *, force: bool = False) -> backup.BackupReport:
        """Copy it as it is at this moment into one new file, whole or not at all, while others write.

        Raises:
            StoreError: the file exists and is not to be replaced by ``force``, or it cannot be written.
        """
        return backup.write_backup(self._engine, self.path, Path(path), force=force)

    def merge(
        self,
        other: str | os.PathLike[str],
        on_conflict: OnConflict = OnConflict.REFUSE,
        *,
        dry_run: bool = False,
    ) -> merging.MergeReport:
        """Take over what another store has and this one lacks, whole or not at all; the other is only read.

        Where the two contradict each other nothing is written and the report says so. With ``SKIP`` this
        store's part stays, and what hangs on the other's is left out; with ``ATTEMPT`` outcomes that each
        has of the same model and question become attempts, and any other conflict still stops it.

        Raises:
            StoreError: the other is no sound store, or something is being imported into this one.
        """
        self._check_writable()
        path = connection.path_of(other)
        return merging.merge_store(self._engine, self.path, path, on_conflict, dry_run=dry_run)

    def write_simulation(self, simulation: Simulation) -> None:
        """Keep the latent vectors that simulated outcomes were drawn from."""
        self._check_writable()
        with self._transaction() as opened:
            vectors.write_simulation(opened, simulation)
