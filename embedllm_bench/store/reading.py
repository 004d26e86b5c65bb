"""Reading outcomes fast: one row a model leaves SQLite, and NumPy takes it apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.matrix import CorrectnessMatrix, LabelConvention, Questions
from embedllm_bench.store.records import (
    GRADED,
    UNKNOWN,
    Coverage,
    OutcomeTable,
    QuestionRecord,
    StoredQuestions,
)
from embedllm_bench.store.writing import PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from embedllm_bench.arrays import Float32Array, FloatArray, IndexArray

VISIBLE = "run_id IN (SELECT id FROM runs WHERE status = 'complete')"


def read_questions(connection: Connection) -> StoredQuestions:
    """All questions with an outcome, by benchmark and id."""
    rows = connection.exec_driver_sql(
        "SELECT q.id, q.question_id, t.text, b.name, q.subtask FROM questions q"
        " JOIN benchmarks b ON b.id = q.benchmark_id JOIN texts t ON t.id = q.text_id"
        f" WHERE q.id IN (SELECT DISTINCT question_id FROM outcomes WHERE {VISIBLE})"
        " ORDER BY b.name, q.question_id"
    ).all()
    numbers, ids, texts, benchmarks, subtasks = zip(*rows, strict=True) if rows else ((),) * 5
    return StoredQuestions(np.array(numbers, dtype=np.int64), ids, texts, benchmarks, subtasks)


def read_models(connection: Connection) -> dict[int, str]:
    """Names of the models with an outcome, by row number, in the order of the names."""
    rows = connection.exec_driver_sql(
        f"SELECT id, name FROM models WHERE id IN (SELECT DISTINCT model_id FROM outcomes WHERE {VISIBLE})"
        " ORDER BY name"
    )
    return {row[0]: row[1] for row in rows}


def read_matrix(
    connection: Connection, stored: StoredQuestions, embeddings: Float32Array, labels: LabelConvention
) -> CorrectnessMatrix:
    """The matrix of graded outcomes; models by name, questions as in ``stored``."""
    names = read_models(connection)
    model_at = _positions(np.array(list(names), dtype=np.int64))
    question_at = _positions(stored.rows)
    query = (
        "SELECT model_id, group_concat(question_id), group_concat(correct, '') FROM"
        f" (SELECT model_id, question_id, correct FROM outcomes WHERE state = {GRADED} AND {VISIBLE}"
        " ORDER BY model_id, question_id, attempt) GROUP BY model_id"
    )
    models, questions, correct = [], [], []
    for model, numbers, answers in connection.exec_driver_sql(query):
        rows = np.fromstring(numbers, dtype=np.int64, sep=",")
        models.append(np.full(len(rows), model_at[model]))
        questions.append(question_at[rows])
        correct.append(np.frombuffer(answers.encode(), dtype=np.uint8) - ord("0"))
    nothing = np.empty(0, dtype=np.int64)
    return CorrectnessMatrix.from_outcomes(
        list(names.values()),
        Questions(stored.ids, stored.texts, stored.benchmarks, stored.subtasks, embeddings),
        np.concatenate([nothing, *models]),
        np.concatenate([nothing, *questions]),
        np.concatenate([nothing.astype(np.uint8), *correct]),
        labels,
    )


def _positions(rows: IndexArray) -> IndexArray:
    """position[row number] for the row numbers given."""
    position = np.full(int(rows.max(initial=0)) + 1, -1, dtype=np.int64)
    position[rows] = np.arange(len(rows))
    return position


def read_parts(connection: Connection) -> dict[tuple[str, str], str]:
    """(benchmark, question id) -> train, validation or test of the split the data came with."""
    rows = connection.exec_driver_sql(
        "SELECT b.name, q.question_id, p.part FROM split_parts p JOIN splits s ON s.id = p.split_id"
        " JOIN questions q ON q.id = p.question_id JOIN benchmarks b ON b.id = q.benchmark_id WHERE s.name = ?",
        (PUBLISHED,),
    )
    return {(benchmark, question): part for benchmark, question, part in rows}


def read_coverage(connection: Connection) -> list[Coverage]:
    """Every model on every benchmark."""
    cells = connection.exec_driver_sql(
        "SELECT c.model_id, q.benchmark_id, count(*), sum(c.graded > 0), sum(c.graded), sum(c.correct) FROM ("
        f" SELECT model_id, question_id, sum(state = {GRADED}) AS graded, sum(correct) AS correct FROM outcomes"
        f" WHERE {VISIBLE} GROUP BY model_id, question_id) c JOIN questions q ON q.id = c.question_id"
        " GROUP BY c.model_id, q.benchmark_id"
    ).all()
    found = {(row[0], row[1]): row[2:] for row in cells}
    totals = connection.exec_driver_sql(
        "SELECT b.id, b.name, count(*) FROM questions q JOIN benchmarks b ON b.id = q.benchmark_id"
        f" WHERE q.id IN (SELECT DISTINCT question_id FROM outcomes WHERE {VISIBLE}) GROUP BY b.id ORDER BY b.name"
    ).all()
    coverage = []
    for model, name in read_models(connection).items():
        for benchmark, title, questions in totals:
            asked, graded, attempts, correct = found.get((model, benchmark), (0, 0, 0, 0))
            coverage.append(Coverage(name, title, questions, graded, asked - graded, attempts, correct or 0))
    return coverage


def read_outcomes(connection: Connection, stored: StoredQuestions) -> Iterator[OutcomeTable]:
    """One table a model, by benchmark, question id and attempt."""
    parts = read_parts(connection)
    records = tuple(
        QuestionRecord(b, i, text, subtask, parts.get((b, i)))
        for b, i, text, subtask in zip(
            stored.benchmarks, stored.ids, stored.texts, stored.subtasks, strict=True
        )
    )
    position = _positions(stored.rows)
    query = (
        "SELECT question_id, attempt, state, correct, score, cost, latency, prompt_tokens, completion_tokens"
        f" FROM outcomes WHERE model_id = ? AND {VISIBLE}"
    )
    for model, name in read_models(connection).items():
        rows = connection.exec_driver_sql(query, (model,)).all()
        question, attempt, state, correct, *rest = zip(*rows, strict=True)
        at = position[np.array(question)]
        order = np.lexsort((np.array(attempt), at))
        score, cost, latency = (_floats(column, order) for column in rest[:3])
        prompt, completion = (_integers(column, order) for column in rest[3:])
        yield OutcomeTable(
            models=(name,),
            questions=records,
            model=np.zeros(len(rows), dtype=np.int64),
            question=at[order],
            attempt=np.array(attempt, dtype=np.int64)[order],
            state=np.array(state, dtype=np.uint8)[order],
            correct=np.array([UNKNOWN if c is None else c for c in correct], dtype=np.int8)[order],
            score=score,
            cost=cost,
            latency=latency,
            prompt_tokens=prompt,
            completion_tokens=completion,
        )


def _floats(column: tuple[float | None, ...], order: IndexArray) -> FloatArray | None:
    if all(value is None for value in column):
        return None
    return np.array(column, dtype=np.float64)[order]  # None becomes NaN


def _integers(column: tuple[int | None, ...], order: IndexArray) -> IndexArray | None:
    if all(value is None for value in column):
        return None
    return np.array([UNKNOWN if value is None else value for value in column], dtype=np.int64)[order]
