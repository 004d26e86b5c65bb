"""Small stores made of a pool of facts, and what a store says whatever its row numbers are."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

RUN = "r.kind, r.source, r.fingerprint, r.started, r.finished, r.host, r.process, r.version, r.provenance"
QUERIES = {
    "models": "SELECT name, card FROM models",
    "benchmarks": "SELECT name, card FROM benchmarks",
    "question_sets": "SELECT sha256, content FROM question_sets",
    "questions": (
        "SELECT b.name, q.question_id, t.hash, t.text, q.subtask FROM questions q"
        " JOIN benchmarks b ON b.id = q.benchmark_id JOIN texts t ON t.id = q.text_id"
    ),
    "parts": (
        "SELECT s.name, b.name, q.question_id, p.part FROM splits s LEFT JOIN split_parts p ON p.split_id = s.id"
        " LEFT JOIN questions q ON q.id = p.question_id LEFT JOIN benchmarks b ON b.id = q.benchmark_id"
    ),
    "vectors": (
        "SELECT e.name, e.revision, e.dimension, e.dtype, b.name, q.question_id, v.vector FROM encoders e"
        " LEFT JOIN question_vectors v ON v.encoder_id = e.id LEFT JOIN questions q ON q.id = v.question_id"
        " LEFT JOIN benchmarks b ON b.id = q.benchmark_id"
    ),
    "runs": f"SELECT {RUN} FROM runs r WHERE r.status = 'complete'",
    "outcomes": (
        "SELECT m.name, b.name, q.question_id, o.attempt, o.state, o.correct, o.score, o.cost, o.latency,"
        f" o.prompt_tokens, o.completion_tokens, o.reason, {RUN} FROM outcomes o JOIN models m ON m.id = o.model_id"
        " JOIN questions q ON q.id = o.question_id JOIN benchmarks b ON b.id = q.benchmark_id"
        " JOIN runs r ON r.id = o.run_id WHERE r.status = 'complete'"
    ),
    "abilities": "SELECT m.name, s.ability FROM simulated_models s JOIN models m ON m.id = s.model_id",
    "truths": (
        'SELECT b.name, q.question_id, s.loading, s."offset" FROM simulated_questions s'
        " JOIN questions q ON q.id = s.question_id JOIN benchmarks b ON b.id = q.benchmark_id"
    ),
}


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that a store says, by names and in an order of its own."""
    raw = sqlite3.connect(path)
    try:
        return {what: sorted(raw.execute(query).fetchall(), key=repr) for what, query in QUERIES.items()}
    finally:
        raw.close()
