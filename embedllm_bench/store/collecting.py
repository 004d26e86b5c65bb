"""Outcomes as a collector brings them: every chunk counts as soon as it is written."""

from __future__ import annotations

import datetime as dt
import enum
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.store.reading import VISIBLE
from embedllm_bench.store.records import FAILED, FailedOutcome, OnConflict
from embedllm_bench.store.runs import start_run
from embedllm_bench.store.writing import insert_rows, name_ids, question_ids, resolve

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from embedllm_bench.store.records import OutcomeTable, Source


class Overwrite(enum.StrEnum):
    """Which outcomes a collector asks for again."""

    MISSING = "missing"  #: none: only what is not there yet
    FAILED = "failed"  #: those that failed
    ALWAYS = "always"  #: all of them


def start_collection(connection: Connection, source: Source, provenance: str) -> int:
    """A run whose outcomes count from their chunk on, since each of them was paid for."""
    run = start_run(connection, source)
    connection.exec_driver_sql(
        "UPDATE runs SET status = 'complete', provenance = ? WHERE id = ?", (provenance, run)
    )
    return run


def read_attempts(connection: Connection, model: str, benchmark: str) -> dict[str, tuple[int, int]]:
    """Question id -> graded and failed attempts of a model on a benchmark."""
    rows = connection.exec_driver_sql(
        f"SELECT q.question_id, sum(o.state <> {FAILED}), sum(o.state = {FAILED}) FROM outcomes o"
        " JOIN questions q ON q.id = o.question_id"
        " WHERE o.model_id = (SELECT id FROM models WHERE name = ?)"
        " AND q.benchmark_id = (SELECT id FROM benchmarks WHERE name = ?)"
        f" AND {VISIBLE} GROUP BY q.id",
        (model, benchmark),
    )
    return {identity: (graded, failed) for identity, graded, failed in rows}


def read_rate(connection: Connection, model: str, benchmark: str) -> float | None:
    """Outcomes a second over the earlier collections of a model on a benchmark; None without any."""
    rows = connection.exec_driver_sql(
        "SELECT count(*), strftime('%s', r.finished) - strftime('%s', r.started) FROM outcomes o"
        " JOIN runs r ON r.id = o.run_id AND r.kind = 'collect' AND r.finished IS NOT NULL"
        " JOIN questions q ON q.id = o.question_id"
        " WHERE o.model_id = (SELECT id FROM models WHERE name = ?)"
        " AND q.benchmark_id = (SELECT id FROM benchmarks WHERE name = ?) GROUP BY r.id",
        (model, benchmark),
    ).all()
    outcomes, seconds = sum(row[0] for row in rows), sum(max(row[1], 1) for row in rows)
    return outcomes / seconds if rows else None


def read_provenance(connection: Connection) -> list[str]:
    """How each run collected, as JSON, in the order of the runs."""
    rows = connection.exec_driver_sql("SELECT provenance FROM runs WHERE provenance IS NOT NULL ORDER BY id")
    return [row[0] for row in rows]


def read_failures(connection: Connection) -> list[FailedOutcome]:
    """By model, benchmark and question id."""
    rows = connection.exec_driver_sql(
        "SELECT m.name, b.name, q.question_id, o.attempt, o.reason FROM outcomes o"
        " JOIN models m ON m.id = o.model_id JOIN questions q ON q.id = o.question_id"
        f" JOIN benchmarks b ON b.id = q.benchmark_id WHERE o.state = {FAILED} AND {VISIBLE}"
        " ORDER BY 1, 2, 3, 4"
    )
    return [FailedOutcome(*row) for row in rows]


def add_chunk(
    connection: Connection, run: int, table: OutcomeTable, wanted: int, overwrite: Overwrite
) -> int:
    """Write a chunk of one model's outcomes, one a question, as its next attempt; the number written.

    A question that has ``wanted`` attempts by now, from another process, gets no further one. With
    ``FAILED`` or ``ALWAYS`` the failed, or all, earlier attempts at the chunk's questions go first.
    """
    models = name_ids(connection, "models", table.models)
    questions = question_ids(connection, table.questions)
    if overwrite is not Overwrite.MISSING:
        only_failed = f" AND state = {FAILED}" if overwrite is Overwrite.FAILED else ""
        pairs = np.unique(np.column_stack([models[table.model], questions[table.question]]), axis=0)
        connection.exec_driver_sql(
            f"DELETE FROM outcomes WHERE model_id = ? AND question_id = ?{only_failed}",
            [tuple(pair) for pair in pairs.tolist()],
        )
    rows = resolve(connection, table, models, questions, OnConflict.ATTEMPT)
    rows = rows.where(rows.attempt <= wanted)
    if len(rows.order):
        insert_rows(connection, table, rows, run)
    finished = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    connection.exec_driver_sql("UPDATE runs SET finished = ? WHERE id = ?", (finished, run))
    return len(rows.order)
