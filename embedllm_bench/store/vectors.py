"""Question vectors and the latent vectors of simulated outcomes, as blobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from embedllm_bench.errors import DataError, StoreError
from embedllm_bench.store.records import StoredEncoder, label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt
    from sqlalchemy import Connection

    from embedllm_bench.arrays import Float32Array, IndexArray
    from embedllm_bench.store.records import Simulation, StoredQuestions

LITTLE = {"float16": "<f2", "float32": "<f4"}
PARAMETERS = 500  #: values in one query
T = TypeVar("T")


def write_vectors(
    connection: Connection,
    encoder: str,
    revision: str,
    keys: Sequence[tuple[str, str]],
    vectors: npt.NDArray[np.floating[Any]],
    *,
    keep_known: bool = False,
) -> int:
    """Add vectors (n, D) of questions named by (benchmark, question id); the number that is new.

    Vectors the store has already must be the same, unless it is to ``keep_known`` ones as they are.
    """
    if not np.isfinite(vectors).all():
        raise DataError(
            f"Vectors of encoder {encoder!r} hold values that are not finite numbers; nothing was written of them."
        )
    rows = _rows_of(connection, keys)
    dtype = "float16" if vectors.dtype == np.float16 else "float32"
    number = _encoder_row(connection, encoder, revision, vectors.shape[1], dtype)
    blobs = [row.tobytes() for row in vectors.astype(LITTLE[dtype])]
    stored = _stored_blobs(connection, number, rows)
    different = sum(row in stored and stored[row] != blob for row, blob in zip(rows, blobs, strict=True))
    if different and not keep_known:
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


def _rows_of(connection: Connection, keys: Sequence[tuple[str, str]]) -> list[int]:
    """Row numbers of questions, looked up by key: a chunk of a large store does not read all of it."""
    of_benchmark: dict[str, list[str]] = {}
    for benchmark, identity in keys:
        of_benchmark.setdefault(benchmark, []).append(identity)
    known: dict[tuple[str, str], int] = {}
    for benchmark, identities in of_benchmark.items():
        for slab in _slabs(identities):
            found = connection.exec_driver_sql(
                "SELECT q.question_id, q.id FROM questions q JOIN benchmarks b ON b.id = q.benchmark_id"
                f" WHERE b.name = ? AND q.question_id IN ({', '.join('?' * len(slab))})",
                (benchmark, *slab),
            )
            known |= {(benchmark, row[0]): row[1] for row in found}
    unknown = sum(key not in known for key in keys)
    if unknown:
        raise DataError(f"{unknown} of {len(keys)} vectors are of questions that the store does not have.")
    return [known[key] for key in keys]


def _stored_blobs(connection: Connection, encoder: int, rows: Sequence[int]) -> dict[int, bytes]:
    stored: dict[int, bytes] = {}
    for slab in _slabs(rows):
        found = connection.exec_driver_sql(
            "SELECT question_id, vector FROM question_vectors"
            f" WHERE encoder_id = ? AND question_id IN ({', '.join('?' * len(slab))})",
            (encoder, *slab),
        )
        stored |= {row[0]: row[1] for row in found}
    return stored


def _slabs(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """No longer than any SQLite takes parameters."""
    for start in range(0, len(values), PARAMETERS):
        yield values[start : start + PARAMETERS]


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
    """Encoders, one a revision, in the order in which they were added."""
    rows = connection.exec_driver_sql(
        "SELECT e.name, e.revision, e.dimension, e.dtype, count(v.question_id) FROM encoders e"
        " LEFT JOIN question_vectors v ON v.encoder_id = e.id GROUP BY e.id ORDER BY e.id"
    )
    return [StoredEncoder(*row) for row in rows]


def read_encoded(connection: Connection, encoder: str, revision: str) -> set[int]:
    """Row numbers of the questions that have a vector."""
    rows = connection.exec_driver_sql(
        "SELECT v.question_id FROM question_vectors v JOIN encoders e ON e.id = v.encoder_id"
        " WHERE e.name = ? AND e.revision = ?",
        (encoder, revision),
    )
    return {row[0] for row in rows}


def read_vectors(
    connection: Connection, encoder: str, revision: str, stored: StoredQuestions
) -> Float32Array:
    """Vectors (Q, D) of the questions.

    Raises:
        StoreError: there is no such encoder and revision, or it lacks some of the questions.
    """
    found = connection.exec_driver_sql(
        "SELECT id, dimension, dtype FROM encoders WHERE name = ? AND revision = ?", (encoder, revision)
    ).first()
    if found is None:
        known = ", ".join(e.label for e in read_encoders(connection)) or "none"
        raise StoreError(
            f"The store has no vectors of encoder {label(encoder, revision)!r}; it has: {known}."
        )
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
            f"Encoder {label(encoder, revision)!r} has no vector for {missing} of {len(stored)} questions; import"
            " them with 'embedllm-bench import-vectors', or choose another --encoder."
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
    rows = _rows_of(connection, simulation.keys)
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
