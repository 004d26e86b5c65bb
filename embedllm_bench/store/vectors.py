"""Question vectors and the latent vectors of simulated outcomes, as blobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from embedllm_bench.errors import DataError, StoreError
from embedllm_bench.store.records import StoredEncoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from sqlalchemy import Connection

    from embedllm_bench.arrays import Float32Array, IndexArray
    from embedllm_bench.store.records import Simulation, StoredQuestions

LITTLE = {"float16": "<f2", "float32": "<f4"}


def write_vectors(
    connection: Connection,
    encoder: str,
    revision: str,
    keys: Sequence[tuple[str, str]],
    vectors: npt.NDArray[np.floating[Any]],
) -> int:
    """Add vectors (n, D) of questions named by (benchmark, question id); the number that is new."""
    rows = _question_rows(connection, keys)
    dtype = "float16" if vectors.dtype == np.float16 else "float32"
    number = _encoder_row(connection, encoder, revision, vectors.shape[1], dtype)
    blobs = [row.tobytes() for row in vectors.astype(LITTLE[dtype])]
    stored = {
        row[0]: row[1]
        for row in connection.exec_driver_sql(
            "SELECT question_id, vector FROM question_vectors WHERE encoder_id = ?", (number,)
        )
    }
    different = sum(row in stored and stored[row] != blob for row, blob in zip(rows, blobs, strict=True))
    if different:
        raise DataError(
            f"The store has other vectors of encoder {encoder!r} for {different} of these questions; import"
            " them under another --encoder name or --revision."
        )
    new = [(number, row, blob) for row, blob in zip(rows, blobs, strict=True) if row not in stored]
    if new:
        connection.exec_driver_sql(
            "INSERT INTO question_vectors (encoder_id, question_id, vector) VALUES (?, ?, ?)", new
        )
    return len(new)


def _encoder_row(connection: Connection, name: str, revision: str, dimension: int, dtype: str) -> int:
    query = "SELECT id, dimension, dtype FROM encoders WHERE name = ? AND revision = ?"
    row = connection.exec_driver_sql(query, (name, revision)).first()
    if row is None:
        cursor = connection.exec_driver_sql(
            "INSERT INTO encoders (name, revision, dimension, dtype) VALUES (?, ?, ?, ?)",
            (name, revision, dimension, dtype),
        )
        return int(cursor.lastrowid)
    if (row[1], row[2]) != (dimension, dtype):
        raise DataError(
            f"The store has encoder {name!r} with {row[1]} {row[2]} numbers a question, not {dimension} {dtype};"
            " import these vectors under another --encoder name or --revision."
        )
    return int(row[0])


def read_encoders(connection: Connection) -> list[StoredEncoder]:
    """Encoders by name and revision."""
    rows = connection.exec_driver_sql(
        "SELECT e.name, e.revision, e.dimension, e.dtype, count(v.question_id) FROM encoders e"
        " LEFT JOIN question_vectors v ON v.encoder_id = e.id GROUP BY e.id ORDER BY e.name, e.revision"
    )
    return [StoredEncoder(*row) for row in rows]


def read_vectors(connection: Connection, encoder: str, stored: StoredQuestions) -> Float32Array:
    """Vectors (Q, D) of the questions, of the encoder's revision that was added last.

    Raises:
        StoreError: there is no such encoder, or it lacks some of the questions.
    """
    found = connection.exec_driver_sql(
        "SELECT id, dimension, dtype FROM encoders WHERE name = ? ORDER BY id DESC", (encoder,)
    ).first()
    if found is None:
        known = ", ".join(sorted({e.name for e in read_encoders(connection)})) or "none"
        raise StoreError(f"The store has no vectors of encoder {encoder!r}; it has: {known}.")
    number, dimension, dtype = found
    blobs = {
        row[0]: row[1]
        for row in connection.exec_driver_sql(
            "SELECT question_id, vector FROM question_vectors WHERE encoder_id = ?", (number,)
        )
    }
    missing = sum(row not in blobs for row in stored.rows.tolist())
    if missing:
        raise StoreError(
            f"Encoder {encoder!r} has no vector for {missing} of {len(stored)} questions; import them with"
            " 'embedllm-bench import-vectors', or choose another --encoder."
        )
    joined = b"".join(blobs[row] for row in stored.rows.tolist())
    vectors: Float32Array = (
        np.frombuffer(joined, dtype=LITTLE[dtype]).reshape(-1, dimension).astype(np.float32)
    )
    return vectors


def write_simulation(connection: Connection, simulation: Simulation) -> None:
    """Keep what simulated outcomes were drawn from, so that the best reachable score stays known."""
    models = {row[0]: row[1] for row in connection.exec_driver_sql("SELECT name, id FROM models")}
    abilities = simulation.abilities.astype("<f4")
    connection.exec_driver_sql(
        "INSERT INTO simulated_models (model_id, ability) VALUES (?, ?)",
        [(models[name], row.tobytes()) for name, row in zip(simulation.models, abilities, strict=True)],
    )
    rows = _question_rows(connection, simulation.keys)
    loadings = simulation.loadings.astype("<f4")
    connection.exec_driver_sql(
        'INSERT INTO simulated_questions (question_id, loading, "offset") VALUES (?, ?, ?)',
        [
            (row, loading.tobytes(), float(offset))
            for row, loading, offset in zip(rows, loadings, simulation.offsets, strict=True)
        ],
    )


def read_true_probabilities(
    connection: Connection, models: Sequence[int], questions: IndexArray
) -> Float32Array | None:
    """P(correct) (M, Q) that simulated outcomes were drawn with; None if any is not simulated."""
    abilities = {
        row[0]: row[1] for row in connection.exec_driver_sql("SELECT model_id, ability FROM simulated_models")
    }
    asked = {
        row[0]: row[1:]
        for row in connection.exec_driver_sql(
            'SELECT question_id, loading, "offset" FROM simulated_questions'
        )
    }
    rows = questions.tolist()
    if not rows or not all(m in abilities for m in models) or not all(q in asked for q in rows):
        return None
    ability = np.array([np.frombuffer(abilities[m], dtype="<f4") for m in models])  # (M, K)
    loading = np.array([np.frombuffer(asked[q][0], dtype="<f4") for q in rows])  # (Q, K)
    offset = np.array([asked[q][1] for q in rows], dtype=np.float32)
    p: Float32Array = 1 / (1 + np.exp(-(ability @ loading.T + offset)))
    return p


def _question_rows(connection: Connection, keys: Sequence[tuple[str, str]]) -> list[int]:
    known = {
        (row[0], row[1]): row[2]
        for row in connection.exec_driver_sql(
            "SELECT b.name, q.question_id, q.id FROM questions q JOIN benchmarks b ON b.id = q.benchmark_id"
        )
    }
    return [known[key] for key in keys]
