"""Stores as every released schema left them, with a row or more in each of their tables."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import TYPE_CHECKING

from alembic import command

from embedllm_bench.cards import BenchmarkCard, ModelCard
from embedllm_bench.question_set import Item, QuestionSet
from embedllm_bench.store import connection, migrating
from embedllm_bench.store.schema import APPLICATION_ID

if TYPE_CHECKING:
    from pathlib import Path

SCHEMAS = ("0001", "0002", "0003")  # the last is today's
SET = QuestionSet((Item("1", "Which?", 0, ("this", "that")), Item("2", "Who?", 1, ("he", "she"))))
TEXTS = ("What?", "Why? \N{SNOWMAN}")


def _statements(schema: str) -> list[tuple[str, tuple[object, ...]]]:
    first: list[tuple[str, tuple[object, ...]]] = [
        ("INSERT INTO models (id, name) VALUES (3, 'org/m'), (5, 'org/n')", ()),
        ("INSERT INTO benchmarks (id, name) VALUES (2, 'b'), (4, 'own')", ()),
        *(
            ("INSERT INTO texts (hash, text) VALUES (?, ?)", (hashlib.sha256(text.encode()).digest(), text))
            for text in TEXTS
        ),
        ("INSERT INTO questions (id, benchmark_id, question_id, text_id, subtask) VALUES (7, 2, 'q', 1, 's')", ()),
        ("INSERT INTO questions (id, benchmark_id, question_id, text_id) VALUES (8, 2, 'r', 2)", ()),
        (
            ("INSERT INTO runs (id, kind, status, source, fingerprint, started, finished, host, process, version)"
            " VALUES (1, 'import', 'complete', 'a.csv', 'csv:a', '2026-01-01T00:00:00+00:00', NULL, 'h', 1, '0'),"
            " (2, 'simulation', 'complete', 's', 'sim', '2026-01-02T00:00:00+00:00', '2026-01-02T00:00:01+00:00',"
            " 'h', 1, '0')"),
            (),
        ),
        (
            ("INSERT INTO outcomes (model_id, question_id, attempt, run_id, state, correct, score, cost, latency,"
            " prompt_tokens, completion_tokens) VALUES (3, 7, 1, 1, 0, 1, 0.5, 0.25, 1.5, 10, 20),"
            " (3, 7, 2, 1, 1, NULL, NULL, NULL, NULL, NULL, NULL), (5, 8, 1, 2, 0, 0, 0, NULL, NULL, NULL, NULL)"),
            (),
        ),
        ("INSERT INTO encoders (id, name, revision, dimension, dtype) VALUES (1, 'e', 'r', 2, 'float16')", ()),
        ("INSERT INTO question_vectors (encoder_id, question_id, vector) VALUES (1, 7, x'003C0040')", ()),
        ("INSERT INTO splits (id, name) VALUES (1, 'published')", ()),
        ("INSERT INTO split_parts (split_id, question_id, part) VALUES (1, 7, 'train'), (1, 8, 'test')", ()),
        ("INSERT INTO simulated_models (model_id, ability) VALUES (5, x'0000803F')", ()),
        ("INSERT INTO simulated_questions (question_id, loading, \"offset\") VALUES (8, x'0000803F', 0.5)", ()),
    ]  # fmt: skip
    cards: list[tuple[str, tuple[object, ...]]] = [
        ("UPDATE models SET card = ? WHERE id = 3", (ModelCard("org/m", family="f").to_json(),)),
        (
            "UPDATE benchmarks SET card = ? WHERE id = 2",
            (BenchmarkCard("b", "gsm8k", "exact_match", "generate_until").to_json(),),
        ),
        ('UPDATE runs SET provenance = \'{"model": "org/m"}\' WHERE id = 1', ()),
        ("UPDATE outcomes SET reason = 'the server answered 500' WHERE attempt = 2", ()),
    ]
    own = BenchmarkCard("own", "own", "acc", "multiple_choice", text="{question}", questions=SET.sha256)
    sets: list[tuple[str, tuple[object, ...]]] = [
        ("INSERT INTO question_sets (sha256, content) VALUES (?, ?)", (SET.sha256, SET.to_jsonl())),
        ("UPDATE benchmarks SET card = ? WHERE id = 4", (own.to_json(),)),
    ]
    return [*first, *(cards if schema >= "0002" else []), *(sets if schema >= "0003" else [])]


def make_old(path: Path, schema: str) -> Path:
    """A store of that schema, in one file."""
    engine = connection.writing_engine(path)
    with engine.begin() as opened:
        config = migrating._config()
        config.attributes["connection"] = opened
        command.upgrade(config, schema)
        opened.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        for statement, values in _statements(schema):
            opened.exec_driver_sql(statement, values)
    connection.compact(engine)
    return path


def rows(path: Path) -> dict[str, list[dict[str, object]]]:
    """Every row of every table."""
    raw = sqlite3.connect(path)
    raw.row_factory = sqlite3.Row
    try:
        tables = [
            row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
        ]
        return {
            table: sorted((dict(row) for row in raw.execute(f"SELECT * FROM {table}")), key=repr)
            for table in tables
            if table != "alembic_version"
        }
    finally:
        raw.close()
