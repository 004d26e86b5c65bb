"""The outcomes of two stores: cells that only the other has are copied, those that both have are joined."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedllm_bench.store.merging_cells import Attempt, join
from embedllm_bench.store.merging_conflicts import EXAMPLES, Conflict
from embedllm_bench.store.records import OnConflict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from embedllm_bench.store.merging_cells import Cell, Joined

SAID = ("state", "correct", "score", "cost", "latency", "prompt_tokens", "completion_tokens", "reason")
COLUMNS = ", ".join(("model_id", "question_id", "attempt", "run_id", *SAID))
_SAME_ROW = "t.model_id = s.model_id AND t.question_id = s.question_id AND t.attempt = s.attempt"
_SAME = f"{_SAME_ROW} AND t.run_id = r.ours AND " + " AND ".join(f"t.{name} IS s.{name}" for name in SAID)
_SAME_CELL = "t.model_id = s.model_id AND t.question_id = s.question_id"

#: The other's outcomes that count, by the ids of this store.
_THEIRS = (
    "CREATE TABLE other.theirs (model_id INTEGER, question_id INTEGER, attempt INTEGER, run_id INTEGER, "
    + ", ".join(SAID)
    + ", PRIMARY KEY (model_id, question_id, attempt)) WITHOUT ROWID",
    f"INSERT INTO other.theirs ({COLUMNS}) SELECT m.ours, q.ours, t.attempt, r.ours, "
    + ", ".join(f"t.{name}" for name in SAID)
    + " FROM other.outcomes t JOIN other.map_models m ON m.theirs = t.model_id JOIN other.map_questions q"
    " ON q.theirs = t.question_id JOIN other.map_runs r ON r.theirs = t.run_id ORDER BY 1, 2, 3",
)
#: Cells that both have and that are not the same, row for row.
_TOUCHED = (
    (
        "CREATE TABLE other.touched (model_id INTEGER, question_id INTEGER, PRIMARY KEY (model_id, question_id))"
        " WITHOUT ROWID"
    ),
    (
        "INSERT OR IGNORE INTO other.touched SELECT t.model_id, t.question_id FROM other.theirs t"
        f" WHERE EXISTS (SELECT 1 FROM main.outcomes s WHERE {_SAME_CELL}) AND NOT EXISTS"
        f" (SELECT 1 FROM main.outcomes s JOIN other.own_runs r ON r.theirs = s.run_id WHERE {_SAME})"
    ),
    (
        "INSERT OR IGNORE INTO other.touched SELECT s.model_id, s.question_id FROM main.outcomes s"
        f" JOIN other.own_runs r ON r.theirs = s.run_id WHERE EXISTS (SELECT 1 FROM other.theirs t WHERE {_SAME_CELL})"
        f" AND NOT EXISTS (SELECT 1 FROM other.theirs t WHERE {_SAME})"
    ),
)
_NEW_CELLS = (
    f"INSERT INTO main.outcomes ({COLUMNS}) SELECT {COLUMNS} FROM other.theirs t"
    f" WHERE NOT EXISTS (SELECT 1 FROM main.outcomes s WHERE {_SAME_CELL})"
)


@dataclass
class OutcomeCounts:
    """What became of the other store's outcomes."""

    added: int = 0
    known: int = 0  #: in this store already
    left_out: int = 0
    conflicts: int = 0  #: cells
    examples: tuple[str, ...] = ()

    @property
    def conflict(self) -> list[Conflict]:
        """The cells in conflict, if there are any."""
        kind = "cells that both have asked"
        return [Conflict(kind, self.conflicts, self.examples)] if self.conflicts else []


def merge_outcomes(
    connection: Connection, order: Mapping[int, int], on_conflict: OnConflict, *, write: bool
) -> OutcomeCounts:
    """Join both stores' outcomes; without ``write`` only say where they conflict."""
    for statement in (*_THEIRS, *_TOUCHED):
        connection.exec_driver_sql(statement)
    counts = OutcomeCounts()
    if write:
        counts.added = connection.exec_driver_sql(_NEW_CELLS).rowcount
    models = (
        connection.exec_driver_sql("SELECT DISTINCT model_id FROM other.touched ORDER BY 1").scalars().all()
    )
    for model in models:
        changed = []
        for question, ours, theirs in _touched_cells(connection, model):
            joined = join(ours, theirs, order)
            _note(connection, counts, model, question, joined)
            if joined.conflict and on_conflict is not OnConflict.ATTEMPT:
                mine = [attempt.measured for attempt in ours]
                counts.left_out += sum(attempt.measured not in mine for attempt in theirs)
            elif joined.attempts is not ours:
                counts.added += len(joined.attempts) - len(ours)
                changed.append((question, joined.attempts))
        if write and changed:
            _replace(connection, model, changed)
    total = connection.exec_driver_sql("SELECT count(*) FROM other.theirs").scalar_one()
    counts.known = total - counts.added - counts.left_out
    return counts


def _note(connection: Connection, counts: OutcomeCounts, model: int, question: int, joined: Joined) -> None:
    """Count a conflict, and name the first few."""
    if not joined.conflict:
        return
    counts.conflicts += 1
    if len(counts.examples) < EXAMPLES:
        name = connection.exec_driver_sql("SELECT name FROM main.models WHERE id = ?", (model,)).scalar_one()
        where = connection.exec_driver_sql(
            "SELECT b.name || ' ' || q.question_id FROM main.questions q JOIN main.benchmarks b"
            " ON b.id = q.benchmark_id WHERE q.id = ?",
            (question,),
        ).scalar_one()
        said = ", ".join(_label(attempt) for attempt in joined.attempts)
        counts.examples = (*counts.examples, f"{name} on {where}: {said}")


def _label(attempt: Attempt) -> str:
    state, correct, *_ = attempt.said
    return "failed" if state else "right" if correct else "wrong"


def _touched_cells(connection: Connection, model: int) -> Iterator[tuple[int, Cell, Cell]]:
    """(question, our attempts, their attempts) of a model's cells that both have and that differ."""
    said = ", ".join(f"s.{name}" for name in SAID)
    cell = f"ON {_SAME_CELL}"
    queries = (  # CROSS JOIN: from the cells to their outcomes, not from every outcome to its cell
        (
            f"SELECT s.question_id, s.attempt, r.ours, {said} FROM other.touched t CROSS JOIN main.outcomes s {cell}"
            " JOIN other.own_runs r ON r.theirs = s.run_id WHERE t.model_id = ?"
        ),
        (
            f"SELECT s.question_id, s.attempt, s.run_id, {said} FROM other.touched t CROSS JOIN other.theirs s {cell}"
            " WHERE t.model_id = ?"
        ),
    )
    both = []
    for place, query in enumerate(queries):
        both += [(row[0], place, row[1:]) for row in connection.exec_driver_sql(query, (model,))]
    both.sort(key=lambda row: (row[0], row[1], row[2][0]))
    for question, group in itertools.groupby(both, key=lambda row: row[0]):
        cells: tuple[list[Attempt], list[Attempt]] = ([], [])
        for _, place, (number, run, *values) in group:
            cells[place].append(Attempt(number, run, tuple(values)))
        yield question, *cells


def _replace(connection: Connection, model: int, cells: Sequence[tuple[int, Cell]]) -> None:
    connection.exec_driver_sql(
        "DELETE FROM main.outcomes WHERE model_id = ? AND question_id = ?", [(model, q) for q, _ in cells]
    )
    rows: list[tuple[Any, ...]] = [
        (model, question, attempt.number, attempt.run, *attempt.said)
        for question, attempts in cells
        for attempt in attempts
    ]
    marks = ", ".join("?" * (4 + len(SAID)))
    connection.exec_driver_sql(f"INSERT INTO main.outcomes ({COLUMNS}) VALUES ({marks})", rows)
