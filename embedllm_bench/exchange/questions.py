"""The questions of a file: each is described by its first row, and every later row has to agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.store.records import QuestionRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedllm_bench.arrays import IndexArray
    from embedllm_bench.exchange.checking import Vocabulary, Wrong

DESCRIBED = ("prompt", "subtask", "split")
#: A question's key is its benchmark's number and its id's: neither may reach this.
KEY_BASE = 1 << 31


class QuestionList:
    """Questions numbered as they appear; texts are numbers of the file's vocabularies."""

    def __init__(self) -> None:
        self._keys = np.empty(0, dtype=np.int64)  #: benchmark * KEY_BASE + id, ascending
        self._numbers = np.empty(0, dtype=np.int64)  #: the question each key belongs to
        self._described = np.empty((len(DESCRIBED), 0), dtype=np.int64)  #: by question, -1 without a column
        self._key_of = np.empty(0, dtype=np.int64)  #: by question

    def numbers(self, code: Mapping[str, IndexArray], wrong: Wrong) -> IndexArray:
        """Each row's question (N,); a row that describes its question differently is bad."""
        key = code["benchmark"] * KEY_BASE + code["question_id"]
        described = np.stack([code[n] if n in code else np.full(len(key), -1) for n in DESCRIBED])
        self._add_new(key, described, wrong)
        if not len(self._keys):
            return np.zeros(len(key), dtype=np.int32)  # every row is bad
        place = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)
        number = self._numbers[place]
        differs = self._described[:, number] != described

        def reason(row: int) -> str:
            names = [name for name, other in zip(DESCRIBED, differs[:, row].tolist(), strict=True) if other]
            return f"its question stands earlier with another {' and '.join(names)}"

        wrong.mark(differs.any(axis=0), reason)
        return number.astype(np.int32)

    def records(self, texts: Mapping[str, Vocabulary]) -> tuple[QuestionRecord, ...]:
        """The questions, texts put in."""
        named = [
            [str(texts["benchmark"].values[code]) for code in (self._key_of // KEY_BASE).tolist()],
            [str(texts["question_id"].values[code]) for code in (self._key_of % KEY_BASE).tolist()],
        ]
        for name, codes in zip(DESCRIBED, self._described, strict=True):
            values = texts[name].values
            named.append([values[code] if code >= 0 else None for code in codes.tolist()])  # type: ignore[misc]  # readers of these columns give texts
        return tuple(QuestionRecord(*fields) for fields in zip(*named, strict=True))

    def _add_new(self, key: IndexArray, described: IndexArray, wrong: Wrong) -> None:
        place = np.searchsorted(self._keys, key)
        known = np.zeros(len(key), dtype=bool)
        inside = place < len(self._keys)
        known[inside] = self._keys[place[inside]] == key[inside]
        rows = np.flatnonzero(~known & wrong.good)
        if not len(rows):
            return
        new, first = np.unique(key[rows], return_index=True)
        in_order = np.sort(rows[first])  # questions are numbered in the order of their first rows
        self._numbers = np.concatenate([self._numbers, len(self._key_of) + np.argsort(np.argsort(first))])
        self._keys = np.concatenate([self._keys, new])
        order = np.argsort(self._keys, kind="stable")
        self._keys, self._numbers = self._keys[order], self._numbers[order]
        self._key_of = np.concatenate([self._key_of, key[in_order]])
        self._described = np.concatenate([self._described, described[:, in_order]], axis=1)
