"""One kind of oddity: how often it was found, what it looks like, and which questions or models carry it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import IndexArray

SHOWN = 5  #: examples of a kind
LONGEST_TEXT = 60  #: characters of a question in an example


@dataclass(frozen=True, eq=False)
class Finding:
    """``questions`` and ``models`` are the positions whose removal takes the oddity out of the matrix."""

    kind: str
    count: int
    of: int  #: how many were looked at
    examples: tuple[str, ...]
    questions: IndexArray
    models: IndexArray


def finding(
    kind: str,
    of: int,
    examples: Sequence[str],
    *,
    questions: Sequence[int] | IndexArray = (),
    models: Sequence[int] | IndexArray = (),
    count: int | None = None,
) -> list[Finding]:
    """A list of the one finding; empty where there is nothing. Counted are the examples, unless said."""
    found = len(examples) if count is None else count
    if not found:
        return []
    return [Finding(kind, found, of, tuple(examples[:SHOWN]), _positions(questions), _positions(models))]


def shown(text: str) -> str:
    """A question's text as an example shows it."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TEXT else line[:LONGEST_TEXT] + "..."


def _positions(values: Sequence[int] | IndexArray) -> IndexArray:
    return np.asarray(values, dtype=np.int64)
