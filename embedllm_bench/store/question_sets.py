"""Question sets in the store, each once under its hash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.errors import DataError
from embedllm_bench.question_set import QuestionSet

if TYPE_CHECKING:
    from sqlalchemy import Connection


def write_question_set(connection: Connection, questions: QuestionSet) -> None:
    """Keep a set; one that is there already stays."""
    connection.exec_driver_sql(
        "INSERT OR IGNORE INTO question_sets (sha256, content) VALUES (?, ?)",
        (questions.sha256, questions.to_jsonl()),
    )


def read_question_set(connection: Connection, sha256: str) -> QuestionSet:
    """The set of that hash.

    Raises:
        DataError: the store does not have it.
    """
    content = connection.exec_driver_sql(
        "SELECT content FROM question_sets WHERE sha256 = ?", (sha256,)
    ).scalar()
    if content is None:
        raise DataError(
            f"The store has no questions of SHA-256 {sha256[:12]}...; add their file with"
            " 'embedllm-bench add-benchmark FILE'."
        )
    return QuestionSet.from_jsonl(content)
