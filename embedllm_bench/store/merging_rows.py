"""Copying into this store what only the other one has, but for outcomes of cells that both have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedllm_bench.store.merging_maps import count_new

if TYPE_CHECKING:
    from sqlalchemy import Connection

_NAMED = (
    (
        "INSERT INTO main.models (id, name, card) SELECT m.ours, t.name, t.card FROM other.models t"
        " JOIN other.map_models m ON m.theirs = t.id AND m.new"
    ),
    (
        "INSERT INTO main.benchmarks (id, name, card) SELECT m.ours, t.name, t.card FROM other.benchmarks t"
        " JOIN other.map_benchmarks m ON m.theirs = t.id AND m.new"
    ),
    (
        "INSERT INTO main.texts (id, hash, text) SELECT m.ours, t.hash, t.text FROM other.texts t"
        " JOIN other.map_texts m ON m.theirs = t.id AND m.new WHERE t.id IN (SELECT q.text_id FROM other.questions q"
        " JOIN other.map_questions k ON k.theirs = q.id AND k.new)"
    ),
    (
        "INSERT INTO main.questions (id, benchmark_id, question_id, text_id, subtask)"
        " SELECT m.ours, b.ours, t.question_id, x.ours, t.subtask FROM other.questions t"
        " JOIN other.map_questions m ON m.theirs = t.id AND m.new"
        " JOIN other.map_benchmarks b ON b.theirs = t.benchmark_id JOIN other.map_texts x ON x.theirs = t.text_id"
    ),
    (
        "UPDATE main.questions SET subtask = t.subtask FROM other.questions t JOIN other.map_questions m"
        " ON m.theirs = t.id WHERE m.ours = main.questions.id AND main.questions.subtask IS NULL"
        " AND t.subtask IS NOT NULL"
    ),
    (
        "INSERT INTO main.splits (id, name) SELECT m.ours, t.name FROM other.splits t"
        " JOIN other.map_splits m ON m.theirs = t.id AND m.new"
    ),
    (
        "INSERT OR IGNORE INTO main.split_parts (split_id, question_id, part) SELECT s.ours, q.ours, t.part"
        " FROM other.split_parts t JOIN other.map_splits s ON s.theirs = t.split_id"
        " JOIN other.map_questions q ON q.theirs = t.question_id"
    ),
    (
        "INSERT INTO main.encoders (id, name, revision, dimension, dtype)"
        " SELECT m.ours, t.name, t.revision, t.dimension, t.dtype FROM other.encoders t"
        " JOIN other.map_encoders m ON m.theirs = t.id AND m.new"
    ),
    (
        "INSERT OR IGNORE INTO main.simulated_models (model_id, ability) SELECT m.ours, t.ability"
        " FROM other.simulated_models t JOIN other.map_models m ON m.theirs = t.model_id"
    ),
    (
        'INSERT OR IGNORE INTO main.simulated_questions (question_id, loading, "offset")'
        ' SELECT m.ours, t.loading, t."offset" FROM other.simulated_questions t'
        " JOIN other.map_questions m ON m.theirs = t.question_id"
    ),
)
_SETS = "INSERT OR IGNORE INTO main.question_sets (sha256, content) SELECT sha256, content FROM other.question_sets"
_VECTORS = (
    "INSERT OR IGNORE INTO main.question_vectors (encoder_id, question_id, vector) SELECT e.ours, q.ours, t.vector"
    " FROM other.question_vectors t JOIN other.map_encoders e ON e.theirs = t.encoder_id"
    " JOIN other.map_questions q ON q.theirs = t.question_id"
)


@dataclass(frozen=True)
class Copied:
    """How many rows are new."""

    models: int
    benchmarks: int
    questions: int
    question_sets: int
    vectors: int


def copy_rows(connection: Connection) -> Copied:
    """Copy everything but runs and outcomes; rows that both have are the same by now."""
    for statement in _NAMED:
        connection.exec_driver_sql(statement)
    return Copied(
        models=count_new(connection, "models"),
        benchmarks=count_new(connection, "benchmarks"),
        questions=count_new(connection, "questions"),
        question_sets=connection.exec_driver_sql(_SETS).rowcount,
        vectors=connection.exec_driver_sql(_VECTORS).rowcount,
    )
