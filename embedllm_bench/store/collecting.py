"""Outcomes as a collector brings them: every chunk counts as soon as it is written."""

from __future__ import annotations

import datetime as dt
import enum
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.store.reading import VISIBLE
from embedllm_bench.store.records import FAILED, ChunkReport, FailedOutcome, FailureCount
from embedllm_bench.store.runs import start_run
from embedllm_bench.store.writing import Rows, insert_rows, name_ids, question_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from embedllm_bench.arrays import IndexArray
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


def write_provenance(connection: Connection, run: int, provenance: str) -> None:
    """Say anew how a run collects, once more is known of it."""
    connection.exec_driver_sql("UPDATE runs SET provenance = ? WHERE id = ?", (provenance, run))


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
    # A clock that was set back meanwhile leaves a run that ended before it began: it tells no speed.
    timed = [(count, max(seconds, 1)) for count, seconds in rows if seconds is not None and seconds >= 0]
    return sum(count for count, _ in timed) / sum(seconds for _, seconds in timed) if timed else None


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


def count_failures(connection: Connection) -> list[FailureCount]:
    """Every model and benchmark with failed attempts, by name."""
    rows = connection.exec_driver_sql(
        "SELECT m.name, b.name, o.reason, count(*) FROM outcomes o"
        " JOIN models m ON m.id = o.model_id JOIN questions q ON q.id = o.question_id"
        f" JOIN benchmarks b ON b.id = q.benchmark_id WHERE o.state = {FAILED} AND {VISIBLE}"
        " GROUP BY 1, 2, 3 ORDER BY 1, 2, 4 DESC, 3"
    )
    found: dict[tuple[str, str], FailureCount] = {}
    for model, benchmark, reason, count in rows:
        first = found.get((model, benchmark), FailureCount(model, benchmark, 0, reason))
        found[model, benchmark] = FailureCount(model, benchmark, first.failed + count, first.reason)
    return list(found.values())


@dataclass
class _Stored:
    """The attempts at one question, by number: whether each failed, and whether this run wrote it."""

    attempts: dict[int, tuple[bool, bool]] = field(default_factory=dict)

    def place(self, wanted: int, overwrite: Overwrite) -> int | None:
        """The number that a further attempt gets, maybe a stored one's; None if there are enough."""
        replaced = []
        if overwrite is Overwrite.ALWAYS:
            replaced = sorted(self.attempts)[wanted - 1 : wanted]
        elif overwrite is Overwrite.FAILED:
            replaced = sorted(n for n, (failed, ours) in self.attempts.items() if failed and not ours)
            if len(self.attempts) - len(replaced) >= wanted:
                return None
        elif len(self.attempts) >= wanted:
            return None
        if replaced:
            return replaced[0]
        return next(number for number in range(1, len(self.attempts) + 2) if number not in self.attempts)

    def keeps(self, number: int, *, failed: bool) -> bool:
        """Whether the attempt of that number is an answer, and what would replace it is none."""
        return failed and number in self.attempts and not self.attempts[number][0]


def add_chunk(
    connection: Connection, run: int, table: OutcomeTable, wanted: int, overwrite: Overwrite
) -> ChunkReport:
    """Write outcomes, one a question, as the attempt that is ``wanted`` of it.

    A question that has as many by now, from another process, gets no further one. With ``FAILED`` an
    outcome takes the place of a failed one, with ``ALWAYS`` that of the attempt of its number; further
    attempts stay, and so does an answer where the new outcome has failed.
    """
    models = name_ids(connection, "models", table.models)[table.model]
    questions = question_ids(connection, table.questions)[table.question]
    stored = _stored(connection, run, models, questions)
    failed = table.state == FAILED
    kept = known = 0
    rows: list[tuple[int, int, int, int]] = []  # model, question, attempt, position in the table
    for position, (model, question) in enumerate(zip(models.tolist(), questions.tolist(), strict=True)):
        there = stored[model, question]
        number = there.place(wanted, overwrite)
        if number is None:
            known += 1
        elif there.keeps(number, failed=bool(failed[position])):
            kept += 1
        else:
            rows.append((model, question, number, position))
    _replace(connection, run, table, sorted(rows))
    finished = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    connection.exec_driver_sql("UPDATE runs SET finished = ? WHERE id = ?", (finished, run))
    failed_now = sum(bool(failed[position]) for *_, position in rows)
    return ChunkReport(len(rows) - failed_now, failed_now, kept, known)


def _stored(
    connection: Connection, run: int, models: IndexArray, questions: IndexArray
) -> defaultdict[tuple[int, int], _Stored]:
    found: defaultdict[tuple[int, int], _Stored] = defaultdict(_Stored)
    query = "SELECT attempt, state, run_id FROM outcomes WHERE model_id = ? AND question_id = ?"
    for model, question in zip(models.tolist(), questions.tolist(), strict=True):
        for attempt, state, of in connection.exec_driver_sql(query, (model, question)):
            found[model, question].attempts[attempt] = (state == FAILED, of == run)
    return found


def _replace(
    connection: Connection, run: int, table: OutcomeTable, rows: Sequence[tuple[int, int, int, int]]
) -> None:
    if not rows:
        return
    connection.exec_driver_sql(
        "DELETE FROM outcomes WHERE model_id = ? AND question_id = ? AND attempt = ?",
        [row[:3] for row in rows],
    )
    model, question, attempt, order = np.array(rows, dtype=np.int64).T
    insert_rows(connection, table, Rows(order, model, question, attempt), run)
