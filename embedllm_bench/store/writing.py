"""Writing outcomes: names to row numbers, conflicts, then chunks that count only when all are there."""

from __future__ import annotations

import datetime as dt
import hashlib
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from sqlalchemy.exc import IntegrityError

from embedllm_bench.errors import DataError
from embedllm_bench.store.connection import without_foreign_keys
from embedllm_bench.store.records import FAILED, UNKNOWN, OnConflict, WriteReport
from embedllm_bench.store.runs import (
    check_no_other,
    check_running,
    clear_leftovers,
    delete_run,
    is_complete,
    start_run,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy.typing as npt
    from sqlalchemy import Connection, Engine

    from embedllm_bench.arrays import BoolArray, IndexArray
    from embedllm_bench.store.records import OutcomeTable, QuestionRecord, Source

CHUNK = 100_000
PUBLISHED = "published"
Progress: TypeAlias = "Callable[[int], None]"


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows to write, by row numbers of the store, sorted as the table is."""

    order: IndexArray  #: positions in the outcome table
    model: IndexArray
    question: IndexArray
    attempt: IndexArray

    def where(self, kept: BoolArray | slice) -> Rows:
        """Some of the rows, in their order."""
        return Rows(self.order[kept], self.model[kept], self.question[kept], self.attempt[kept])


def write_outcomes(
    engine: Engine,
    table: OutcomeTable,
    source: Source,
    on_conflict: OnConflict,
    progress: Progress | None = None,
) -> WriteReport:
    """Write a table whole or not at all; see :meth:`Store.write_outcomes`."""
    clear_leftovers(engine)
    with engine.begin() as connection:
        if is_complete(connection, source.fingerprint):
            return WriteReport(0, len(table), already_imported=True)
        check_no_other(connection, source)
        run = start_run(connection, source)
        models = name_ids(connection, "models", table.models)
        questions = question_ids(connection, table.questions)
        rows = resolve(connection, table, models, questions, on_conflict)
    try:
        _insert(engine, table, rows, run, progress)
        with engine.begin() as connection:
            _complete(connection, run, table.questions, questions)
    except BaseException as error:  # also an interrupt: what a run leaves behind is nothing
        # An interrupted statement, and with it the write lock, lives on in the frames of the traceback.
        traceback.clear_frames(error.__traceback__)
        with without_foreign_keys(engine).begin() as connection:
            delete_run(connection, run)
        raise
    return WriteReport(len(rows.order), len(table) - len(rows.order))


def name_ids(connection: Connection, table: str, names: Iterable[str]) -> IndexArray:
    """Row numbers of names in ``models`` or ``benchmarks``, which get those they lack."""
    names = list(names)
    if names:
        connection.exec_driver_sql(
            f"INSERT OR IGNORE INTO {table} (name) VALUES (?)", [(name,) for name in names]
        )
    known = {row[0]: row[1] for row in connection.exec_driver_sql(f"SELECT name, id FROM {table}")}
    return np.array([known[name] for name in names], dtype=np.int64)


def question_ids(connection: Connection, questions: Sequence[QuestionRecord]) -> IndexArray:
    """Row numbers of questions, adding those the store lacks.

    Raises:
        DataError: a known question comes with another text, sub-task or part.
    """
    benchmarks = sorted({question.benchmark for question in questions})
    benchmark_ids = dict(
        zip(benchmarks, name_ids(connection, "benchmarks", benchmarks).tolist(), strict=True)
    )
    known = _known_questions(connection, benchmark_ids)
    hashes = [hashlib.sha256(question.text.encode()).digest() for question in questions]
    new = []
    for question, digest in zip(questions, hashes, strict=True):
        stored = known.get((question.benchmark, question.question_id))
        if stored is None:
            new.append((question, digest))
        else:
            _check_same(question, digest, stored)
    if new:
        _insert_questions(connection, new, benchmark_ids)
        known = _known_questions(connection, benchmark_ids)
    return np.array([known[q.benchmark, q.question_id].row for q in questions], dtype=np.int64)


@dataclass(frozen=True)
class _StoredQuestion:
    row: int
    digest: bytes
    subtask: str | None
    part: str | None


def _known_questions(
    connection: Connection, benchmarks: dict[str, int]
) -> dict[tuple[str, str], _StoredQuestion]:
    known = {}
    for benchmark, row in benchmarks.items():
        query = (
            "SELECT q.id, q.question_id, t.hash, q.subtask, p.part FROM questions q JOIN texts t ON t.id = q.text_id"
            " LEFT JOIN splits s ON s.name = ? LEFT JOIN split_parts p ON p.split_id = s.id AND p.question_id = q.id"
            " WHERE q.benchmark_id = ?"
        )
        for number, identity, digest, subtask, part in connection.exec_driver_sql(query, (PUBLISHED, row)):
            known[benchmark, identity] = _StoredQuestion(number, digest, subtask, part)
    return known


def _check_same(question: QuestionRecord, digest: bytes, stored: _StoredQuestion) -> None:
    where = f"question {question.question_id!r} of {question.benchmark!r}"
    if stored.digest != digest:
        raise DataError(
            f"The store has {where} with another text; give one of the two another id or benchmark."
        )
    for what, given, kept in (
        ("sub-task", question.subtask, stored.subtask),
        ("split", question.part, stored.part),
    ):
        if given is not None and kept is not None and given != kept:
            raise DataError(f"The store has {where} with {what} {kept!r}, not {given!r}; make the two agree.")


def _insert_questions(
    connection: Connection, new: Sequence[tuple[QuestionRecord, bytes]], benchmarks: dict[str, int]
) -> None:
    connection.exec_driver_sql(
        "INSERT OR IGNORE INTO texts (hash, text) VALUES (?, ?)", [(digest, q.text) for q, digest in new]
    )
    connection.exec_driver_sql(
        "INSERT INTO questions (benchmark_id, question_id, text_id, subtask)"
        " SELECT ?, ?, id, ? FROM texts WHERE hash = ?",
        [(benchmarks[q.benchmark], q.question_id, q.subtask, digest) for q, digest in new],
    )


def resolve(
    connection: Connection,
    table: OutcomeTable,
    models: IndexArray,
    questions: IndexArray,
    on_conflict: OnConflict,
) -> Rows:
    """Which rows to write and under which attempt, given what other sources have written."""
    model, question, attempt = models[table.model], questions[table.question], table.attempt
    cells = _cells(model, question)
    stored, last = _stored_cells(connection, np.unique(model))
    place = np.searchsorted(stored, cells)
    known: BoolArray = np.zeros(len(cells), dtype=bool)
    inside = place < len(stored)
    known[inside] = stored[place[inside]] == cells[inside]
    conflicts = int(np.count_nonzero(known))
    if conflicts and on_conflict is OnConflict.REFUSE:
        raise DataError(
            f"{conflicts} of {len(table)} outcomes are of a model and question the store already has from another"
            " source; choose --on-conflict skip (keep the stored) or attempt (add as a further attempt)."
        )
    if on_conflict is OnConflict.ATTEMPT and conflicts:
        attempt = attempt.copy()
        attempt[known] += last[place[known]]
    keep = np.flatnonzero(~known) if on_conflict is OnConflict.SKIP else np.arange(len(cells))
    order = keep[np.lexsort((attempt[keep], question[keep], model[keep]))]
    return Rows(order, model[order], question[order], attempt[order])


def _cells(model: IndexArray, question: IndexArray) -> IndexArray:
    """One number a (model, question) pair, ordered as the pairs are."""
    return (model.astype(np.int64) << 32) | question


def _stored_cells(connection: Connection, models: IndexArray) -> tuple[IndexArray, IndexArray]:
    """The cells of these models that have an outcome, ascending, and each one's last attempt."""
    parts = [np.empty(0, dtype=[("cell", np.int64), ("attempt", np.int64)])]
    query = (
        "SELECT (model_id << 32) | question_id, max(attempt) FROM outcomes WHERE model_id = ?"
        " GROUP BY question_id ORDER BY question_id"
    )
    for model in models.tolist():
        rows = connection.exec_driver_sql(query, (model,)).all()
        parts.append(np.array([tuple(row) for row in rows], dtype=parts[0].dtype))
    cells = np.concatenate(parts)
    return cells["cell"], cells["attempt"]


def _insert(engine: Engine, table: OutcomeTable, rows: Rows, run: int, progress: Progress | None) -> None:
    bulk = without_foreign_keys(engine)
    for start in range(0, len(rows.order), CHUNK):
        part = rows.where(slice(start, start + CHUNK))
        with bulk.begin() as connection:
            check_running(connection, run)
            insert_rows(connection, table, part, run)
        if progress is not None:
            progress(len(part.order))


def insert_rows(connection: Connection, table: OutcomeTable, rows: Rows, run: int) -> None:
    """Insert resolved rows; columns that are the same throughout stand in the statement itself."""
    state = table.state[rows.order]
    columns: dict[str, list[object] | int] = {
        "model_id": _one_or_all(rows.model),
        "question_id": list(rows.question.tolist()),
        "attempt": _one_or_all(rows.attempt),
        "run_id": run,
        "state": _one_or_all(state),
        "correct": _known(table.correct[rows.order], state != FAILED),
    }
    for name in ("score", "cost", "latency", "prompt_tokens", "completion_tokens"):
        values = getattr(table, name)
        if values is not None:
            columns[name] = _known(values[rows.order], _is_known(values[rows.order]))
    if table.reason is not None:
        columns["reason"] = [table.reason[row] for row in rows.order]
    values = [column for column in columns.values() if not isinstance(column, int)]
    marks = ", ".join(str(column) if isinstance(column, int) else "?" for column in columns.values())
    insert = f"INSERT INTO outcomes ({', '.join(columns)}) VALUES ({marks})"
    try:
        connection.exec_driver_sql(insert, list(zip(*values, strict=True)))
    except IntegrityError as error:
        raise DataError(
            "Another process is writing outcomes of the same models and questions; nothing was kept of"
            " this source, try again when the other has finished."
        ) from error


def _one_or_all(values: npt.NDArray[np.integer[Any]]) -> list[object] | int:
    """Values (n,), or the one that all of them are."""
    return int(values[0]) if (values == values[0]).all() else list(values.tolist())


def _is_known(values: npt.NDArray[np.generic]) -> BoolArray:
    return np.asarray(~np.isnan(values) if values.dtype.kind == "f" else values != UNKNOWN)


def _known(values: npt.NDArray[np.generic], known: BoolArray) -> list[object]:
    """Values (n,), None where unknown."""
    objects = values.astype(object)
    objects[~known] = None
    return list(objects.tolist())


def _complete(
    connection: Connection, run: int, questions: Sequence[QuestionRecord], rows: IndexArray
) -> None:
    """What else the source says of its questions, and the mark that makes all of it count."""
    pairs = list(zip(questions, rows.tolist(), strict=True))
    parts = [(row, q.part) for q, row in pairs if q.part is not None]
    if parts:
        connection.exec_driver_sql("INSERT OR IGNORE INTO splits (name) VALUES (?)", (PUBLISHED,))
        connection.exec_driver_sql(
            "INSERT OR IGNORE INTO split_parts (split_id, question_id, part)"
            " SELECT id, ?, ? FROM splits WHERE name = ?",
            [(row, part, PUBLISHED) for row, part in parts],
        )
    subtasks = [(q.subtask, row) for q, row in pairs if q.subtask is not None]
    if subtasks:
        connection.exec_driver_sql(
            "UPDATE questions SET subtask = ? WHERE id = ? AND subtask IS NULL", subtasks
        )
    check_running(connection, run)
    finished = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    connection.exec_driver_sql(
        "UPDATE runs SET status = 'complete', finished = ? WHERE id = ?", (finished, run)
    )
