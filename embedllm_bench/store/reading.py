"""Reading outcomes fast: one row a model leaves SQLite, and NumPy takes it apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.matrix import CorrectnessMatrix, LabelConvention, Questions
from embedllm_bench.store.records import (
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


def is_empty(connection: Connection) -> bool:
    """Whether there is no model, benchmark or question."""
    query = " UNION ALL ".join(f"SELECT 1 FROM {table}" for table in ("models", "benchmarks", "questions"))
    return connection.exec_driver_sql(query).first() is None


def read_questions(connection: Connection) -> StoredQuestions:
    """All questions with an outcome, by benchmark and id."""
    rows = connection.exec_driver_sql(
        "SELECT q.id, q.question_id, t.text, b.name, q.subtask FROM questions q"
        " JOIN benchmarks b ON b.id = q.benchmark_id JOIN texts t ON t.id = q.text_id"
        " ORDER BY b.name, q.question_id"
    ).all()
    asked = _asked(connection, {row[0] for row in rows})
    rows = [row for row in rows if row[0] in asked]
    numbers, ids, texts, benchmarks, subtasks = zip(*rows, strict=True) if rows else ((),) * 5
    return StoredQuestions(np.array(numbers, dtype=np.int64), ids, texts, benchmarks, subtasks)


def _asked(connection: Connection, questions: set[int]) -> set[int]:
    """Which of these row numbers have an outcome; the first models mostly were asked all of them."""
    left = set(questions)
    for model in read_models(connection):
        if not left:
            break
        left.difference_update(_model_outcomes(connection, model)[0].tolist())
    return questions - left


def read_models(connection: Connection) -> dict[int, str]:
    """Names of the models with an outcome, by row number, in the order of the names."""
    rows = connection.exec_driver_sql(
        "SELECT m.id, m.name FROM models m WHERE EXISTS"
        f" (SELECT 1 FROM outcomes WHERE model_id = m.id AND {VISIBLE}) ORDER BY m.name"
    )
    return {row[0]: row[1] for row in rows}


def read_matrix(
    connection: Connection, stored: StoredQuestions, embeddings: Float32Array, labels: LabelConvention
) -> CorrectnessMatrix:
    """The matrix of graded outcomes; models by name, questions as in ``stored``."""
    names = read_models(connection)
    question_at = _positions(stored.rows)
    nothing = np.empty(0, dtype=np.int64)
    models, questions, correct = [nothing], [nothing], [nothing]
    for position, model in enumerate(names):
        rows, label = _model_outcomes(connection, model)
        graded = label != UNKNOWN
        models.append(np.full(int(graded.sum()), position))
        questions.append(question_at[rows[graded]])
        correct.append(label[graded])
    return CorrectnessMatrix.from_outcomes(
        list(names.values()),
        Questions(stored.ids, stored.texts, stored.benchmarks, stored.subtasks, embeddings),
        np.concatenate(models),
        np.concatenate(questions),
        np.concatenate(correct),
        labels,
    )


def _model_outcomes(connection: Connection, model: int) -> tuple[IndexArray, IndexArray]:
    """A model's outcomes by question and attempt: question row (n,); 0 or 1, UNKNOWN where failed (n,)."""
    query = (
        "SELECT group_concat(question_id), group_concat(ifnull(correct, 2), '') FROM"
        f" (SELECT question_id, correct FROM outcomes WHERE model_id = ? AND {VISIBLE}"
        " ORDER BY question_id, attempt)"
    )
    numbers, labels = connection.exec_driver_sql(query, (model,)).one()
    rows = np.fromstring(numbers, dtype=np.int64, sep=",")
    correct = np.frombuffer(labels.encode(), dtype=np.uint8).astype(np.int64) - ord("0")
    return rows, np.where(correct == 2, UNKNOWN, correct)


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


def read_coverage(connection: Connection, stored: StoredQuestions) -> list[Coverage]:
    """Every model on every benchmark."""
    question_at = _positions(stored.rows)
    names, benchmark = np.unique(np.array(stored.benchmarks, dtype=object), return_inverse=True)
    coverage = []
    for model, name in read_models(connection).items():
        rows, correct = _model_outcomes(connection, model)
        at, graded = question_at[rows], correct != UNKNOWN
        answered = np.bincount(at[graded], minlength=len(stored)) > 0  # (Q,)
        asked = np.bincount(at, minlength=len(stored)) > 0
        counts = [
            np.bincount(where, minlength=len(names))
            for where in (
                benchmark,
                benchmark[answered],
                benchmark[asked & ~answered],
                benchmark[at[graded]],
                benchmark[at[correct == 1]],
            )
        ]
        coverage += [
            Coverage(name, title, *row)
            for title, *row in zip(names.tolist(), *(count.tolist() for count in counts), strict=True)
        ]
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
        "SELECT question_id, attempt, state, correct, score, cost, latency, prompt_tokens, completion_tokens,"
        f" reason FROM outcomes WHERE model_id = ? AND {VISIBLE}"
    )
    for model, name in read_models(connection).items():
        rows = connection.exec_driver_sql(query, (model,)).all()
        question, attempt, state, correct, *rest = zip(*rows, strict=True)
        at = position[np.array(question)]
        order = np.lexsort((np.array(attempt), at))
        score, cost, latency = (_floats(column, order) for column in rest[:3])
        prompt, completion = (_integers(column, order) for column in rest[3:5])
        reason = rest[5]
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
            reason=tuple(reason[row] for row in order) if any(reason) else None,
        )


def _floats(column: tuple[float | None, ...], order: IndexArray) -> FloatArray | None:
    if all(value is None for value in column):
        return None
    return np.array(column, dtype=np.float64)[order]  # None becomes NaN


def _integers(column: tuple[int | None, ...], order: IndexArray) -> IndexArray | None:
    if all(value is None for value in column):
        return None
    return np.array([UNKNOWN if value is None else value for value in column], dtype=np.int64)[order]
