"""Vectors that two stores have of the same questions.

One encoder on two machines gives vectors that differ in their last digits. These are the same vector: of the two,
the one whose bytes come first stays, so that it does not matter which store was merged into which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.store.vectors import LITTLE

if TYPE_CHECKING:
    from sqlalchemy import Connection

ROUNDING = 1e-3  #: of a vector's length; a cosine of 0.9999995


def merge_known_vectors(connection: Connection) -> list[str]:
    """Settle what both have; examples of questions whose vectors are really others.

    Those stand in ``other.bad_vectors`` (their encoder and question).
    """
    connection.exec_driver_sql("CREATE TABLE other.bad_vectors (encoder_id INTEGER, question_id INTEGER)")
    rows = connection.exec_driver_sql(
        "SELECT t.encoder_id, t.question_id, s.encoder_id, s.question_id, t.vector, s.vector, e.dtype, e.name,"
        " q.question_id FROM other.question_vectors t"
        " JOIN other.map_encoders me ON me.theirs = t.encoder_id"
        " JOIN other.map_questions mq ON mq.theirs = t.question_id"
        " JOIN main.encoders e ON e.id = me.ours JOIN other.questions q ON q.id = t.question_id"
        " JOIN main.question_vectors s ON s.encoder_id = me.ours AND s.question_id = mq.ours"
        " WHERE s.vector <> t.vector AND length(s.vector) = length(t.vector)"
    ).all()
    bad, replaced, examples = [], [], []
    for theirs, their_question, ours, question, new, old, dtype, encoder, identity in rows:
        if not _same(new, old, LITTLE[dtype]):
            bad.append((theirs, their_question))
            examples.append(f"{encoder} of question {identity}")
        elif new < old:
            replaced.append((new, ours, question))
    if bad:
        connection.exec_driver_sql("INSERT INTO other.bad_vectors VALUES (?, ?)", bad)
    if replaced:
        connection.exec_driver_sql(
            "UPDATE main.question_vectors SET vector = ? WHERE encoder_id = ? AND question_id = ?", replaced
        )
    return sorted(examples)


def _same(one: bytes, two: bytes, dtype: str) -> bool:
    a = np.frombuffer(one, dtype=dtype).astype(np.float64)
    b = np.frombuffer(two, dtype=dtype).astype(np.float64)
    return bool(np.linalg.norm(a - b) <= ROUNDING * max(np.linalg.norm(a), np.linalg.norm(b)))
