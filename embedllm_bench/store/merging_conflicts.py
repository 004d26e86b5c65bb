"""What two stores do not agree about, apart from outcomes; and leaving it out of the other store's copy.

A conflict is marked in the copy (``other.bad_*``). Where this store's part is to stay, what hangs on the other's
goes from the copy before anything is taken from it: outcomes of a model in another configuration, of a benchmark
that is graded differently, or at a question with another text are outcomes of something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedllm_bench.store.merging_cards import merge_cards
from embedllm_bench.store.merging_vectors import merge_known_vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

EXAMPLES = 3  #: that a conflict names


@dataclass(frozen=True)
class Conflict:
    """One kind of disagreement between two stores: how often, and where for example."""

    kind: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class _RowConflict:
    """Rows of both that differ: ``query`` gives (their id, an example); the ids go to ``table``."""

    kind: str
    table: str
    query: str


_QUESTIONS = (
    "FROM other.questions t JOIN other.map_questions m ON m.theirs = t.id AND NOT m.new"
    " JOIN main.questions s ON s.id = m.ours JOIN main.benchmarks b ON b.id = s.benchmark_id"
)
_ROW_CONFLICTS = (
    _RowConflict(
        "questions with another text",
        "bad_questions",
        f"SELECT t.id, b.name || ' ' || t.question_id {_QUESTIONS} JOIN main.texts x ON x.id = s.text_id"
        " JOIN other.texts y ON y.id = t.text_id WHERE x.hash <> y.hash",
    ),
    _RowConflict(
        "questions with another sub-task",
        "bad_subtasks",
        f"SELECT t.id, b.name || ' ' || t.question_id || ': ' || s.subtask || ', ' || t.subtask {_QUESTIONS}"
        " WHERE s.subtask <> t.subtask",
    ),
    _RowConflict(
        "questions in another part of a split",
        "bad_parts",
        f"SELECT t.id, p.name || ': ' || b.name || ' ' || t.question_id || ', ' || u.part || ', ' || v.part"
        f" {_QUESTIONS} JOIN other.split_parts v ON v.question_id = t.id"
        " JOIN other.map_splits w ON w.theirs = v.split_id JOIN main.splits p ON p.id = w.ours"
        " JOIN main.split_parts u ON u.split_id = w.ours AND u.question_id = s.id WHERE u.part <> v.part",
    ),
    _RowConflict(
        "encoders with vectors of another shape",
        "bad_encoders",
        "SELECT t.id, t.name || ': ' || s.dimension || ' x ' || s.dtype || ', ' || t.dimension || ' x ' || t.dtype"
        " FROM other.encoders t JOIN other.map_encoders m ON m.theirs = t.id"
        " JOIN main.encoders s ON s.id = m.ours WHERE (s.dimension, s.dtype) <> (t.dimension, t.dtype)",
    ),
    _RowConflict(
        "simulated models with another ability",
        "bad_models",
        "SELECT t.model_id, n.name FROM other.simulated_models t JOIN other.map_models m ON m.theirs = t.model_id"
        " JOIN main.models n ON n.id = m.ours JOIN main.simulated_models s ON s.model_id = m.ours"
        " WHERE s.ability <> t.ability",
    ),
    _RowConflict(
        "simulated questions with another truth",
        "bad_questions",
        f"SELECT t.id, b.name || ' ' || t.question_id {_QUESTIONS}"
        " JOIN main.simulated_questions x ON x.question_id = s.id"
        " JOIN other.simulated_questions y ON y.question_id = t.id"
        ' WHERE x.loading <> y.loading OR x."offset" <> y."offset"',
    ),
    _RowConflict(
        "question sets with another content",
        "bad_sets",
        "SELECT t.rowid, t.sha256 FROM other.question_sets t JOIN main.question_sets s ON s.sha256 = t.sha256"
        " WHERE s.content <> t.content",
    ),
)
_LEFT_OUT = (
    (
        "INSERT OR IGNORE INTO other.bad_questions SELECT id FROM other.questions"
        " WHERE benchmark_id IN (SELECT id FROM other.bad_benchmarks)"
    ),
    (
        "DELETE FROM other.outcomes WHERE model_id IN (SELECT id FROM other.bad_models)"
        " OR question_id IN (SELECT id FROM other.bad_questions)"
    ),
    (
        "DELETE FROM other.question_vectors WHERE question_id IN (SELECT id FROM other.bad_questions)"
        " OR encoder_id IN (SELECT id FROM other.bad_encoders)"
        " OR (encoder_id, question_id) IN (SELECT encoder_id, question_id FROM other.bad_vectors)"
    ),
    (
        "DELETE FROM other.split_parts WHERE question_id IN (SELECT id FROM other.bad_questions"
        " UNION SELECT id FROM other.bad_parts)"
    ),
    "DELETE FROM other.simulated_models WHERE model_id IN (SELECT id FROM other.bad_models)",
    "DELETE FROM other.simulated_questions WHERE question_id IN (SELECT id FROM other.bad_questions)",
    "DELETE FROM other.map_questions WHERE theirs IN (SELECT id FROM other.bad_questions)",
    "UPDATE other.questions SET subtask = NULL WHERE id IN (SELECT id FROM other.bad_subtasks)",
    "DELETE FROM other.question_sets WHERE rowid IN (SELECT id FROM other.bad_sets)",
)
_MARKED = sorted({"bad_benchmarks", "bad_models", *(conflict.table for conflict in _ROW_CONFLICTS)})


def find_conflicts(connection: Connection) -> list[Conflict]:
    """Mark and name what differs; what only one of two cards says is joined on the way."""
    for table in _MARKED:
        connection.exec_driver_sql(f"CREATE TABLE other.{table} (id INTEGER PRIMARY KEY)")
    cards = merge_cards(connection)
    found = []
    for table, names in cards.configured.items():
        connection.exec_driver_sql(
            f"INSERT INTO other.bad_{table} SELECT id FROM other.{table} WHERE name = ?",
            [(n,) for n in names],
        )
        found.append(_conflict(f"{table} in another configuration", names))
    found += [
        _conflict(f"{table} described differently", examples) for table, examples in cards.described.items()
    ]
    for conflict in _ROW_CONFLICTS:
        rows = connection.exec_driver_sql(f"{conflict.query} ORDER BY 2").all()
        if rows:
            connection.exec_driver_sql(
                f"INSERT OR IGNORE INTO other.{conflict.table} VALUES (?)", [(row[0],) for row in rows]
            )
            found.append(_conflict(conflict.kind, [row[1] for row in rows]))
    examples = merge_known_vectors(connection)
    return [*found, _conflict("vectors that are others", examples)] if examples else found


def leave_out(connection: Connection) -> int:
    """Take from the copy what is in conflict and all that hangs on it; the number of outcomes."""
    before = _count_outcomes(connection)
    for statement in _LEFT_OUT:
        connection.exec_driver_sql(statement)
    return before - _count_outcomes(connection)


def _count_outcomes(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT count(*) FROM other.outcomes").scalar_one())


def _conflict(kind: str, examples: Sequence[str]) -> Conflict:
    return Conflict(kind, len(examples), tuple(examples[:EXAMPLES]))
