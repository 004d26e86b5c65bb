"""The numbers that an EmbedLLM release gives its models and prompts, and whether all rows keep to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from embedllm_bench.errors import DataError
from embedllm_bench.exchange.base import refuse_doubled
from embedllm_bench.exchange.checking import Distinct, dictionary_encoded
from embedllm_bench.exchange.columns import shown
from embedllm_bench.exchange.csv_file import CsvFile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from embedllm_bench.arrays import IndexArray


def whole_numbers(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A column of numbers without the ".0" that pandas gives them where one of them is missing."""
    encoded = dictionary_encoded(column)
    values = pc.replace_substring_regex(encoded.dictionary, r"^(\d+)\.0+$", r"\1")
    return pa.DictionaryArray.from_arrays(encoded.indices, values)


def read_order(path: Path, number: str, named: str) -> dict[bytes, bytes] | None:
    """What each number of an order file stands for; None if there is no such file.

    Raises:
        DataError: a column is missing, a field is empty, or a number stands for two things.
    """
    if not path.is_file():
        return None
    file = CsvFile(path)
    refuse_doubled(path, [name for name in file.columns if name])
    for name in (number, named):
        if name not in file.columns:
            raise DataError(f"{path} lacks the column {name}; give it that column, or take the file away.")
    order: dict[bytes, bytes] = {}
    rows = 0
    for table, _ in file.blocks((number, named), (number, named), skip_bad=False):
        numbers, names = whole_numbers(table[number]).to_pylist(), table[named].to_pylist()
        for row, (key, value) in enumerate(zip(numbers, names, strict=True), rows):
            if key is None or value is None:
                raise DataError(f"{path}, line {file.line(row)}: {number} or {named} is empty; fill it in.")
            if order.setdefault(key, value) != value:
                raise DataError(
                    f"{path}, line {file.line(row)}: {number} {_text(key)} stands earlier with another"
                    f" {named}; number them apart."
                )
        rows += len(table)
    return order


def _text(value: bytes) -> str:
    return shown(value.decode(errors="replace"))


class Models:
    """Names and numbers of models: one belongs to one, throughout the rows and in the order file."""

    def __init__(self, order: Mapping[bytes, bytes] | None) -> None:
        self._where = "earlier" if order is None else "in the order file"
        self._listed = None if order is None else frozenset(order.values())
        self._name_of = dict(order or {})
        self._number_of = {name: number for number, name in self._name_of.items()}
        self._names, self._numbers = Distinct(), Distinct()
        self._seen = np.empty(0, dtype=np.int64)  #: pairs of a name and a number

    def contradiction(self, name: pa.ChunkedArray, number: pa.ChunkedArray) -> tuple[int, str] | None:
        """The first row whose pair contradicts what is known, and how; empty fields contradict nothing."""
        pairs = (self._names.numbers(name) << 32) | self._numbers.numbers(
            pa.chunked_array([whole_numbers(number)])
        )
        found, first = np.unique(pairs, return_index=True)
        new = ~np.isin(found, self._seen)
        self._seen = np.concatenate([self._seen, found[new]])
        for row in np.sort(first[new]).tolist():
            reason = self._wrong(name[row].as_py(), self._number_at(int(pairs[row])))
            if reason is not None:
                return row, reason
        return None

    def _number_at(self, pair: int) -> bytes | None:
        value: bytes | None = self._numbers.values[pair & 0xFFFFFFFF].as_py()
        return value

    def _wrong(self, name: bytes | None, number: bytes | None) -> str | None:
        if name is None or number is None:
            return None
        if self._listed is not None and name not in self._listed:
            return f"model {_text(name)} is not in the order file"
        known = self._name_of.setdefault(number, name)
        if known != name:
            return f"model_id {_text(number)} is {_text(name)} here and {_text(known)} {self._where}"
        known = self._number_of.setdefault(name, number)
        if known != number:
            return f"model {_text(name)} has model_id {_text(number)} here and {_text(known)} {self._where}"
        return None


class Prompts:
    """Prompts by number: the category that the first row of each names, and its text in the order file."""

    def __init__(self, order: Mapping[bytes, bytes] | None) -> None:
        self._order = order
        self._numbers, self._categories = Distinct(), Distinct()
        self._first_category = np.empty(0, dtype=np.int32)  #: by prompt, -1 before its first row
        self._several = np.empty(0, dtype=bool)  #: by prompt

    @property
    def in_several(self) -> int:
        """How many prompts stand in several categories."""
        return int(np.count_nonzero(self._several))

    def add(
        self, number: pa.DictionaryArray, category: pa.ChunkedArray, text: pa.ChunkedArray
    ) -> tuple[pa.DictionaryArray, tuple[int, str] | None]:
        """The category (N,) of each row's prompt; the first row that contradicts the order file, and how."""
        prompt = self._numbers.numbers(pa.chunked_array([number]))
        named = self._categories.numbers(category)
        more = len(self._numbers.values) - len(self._first_category)
        self._first_category = np.append(self._first_category, np.full(more, -1, dtype=np.int32))
        self._several = np.append(self._several, np.zeros(more, dtype=bool))
        given = category.is_valid().to_numpy()  # an empty one stays empty, and its row is bad
        unknown = np.flatnonzero(given & (self._first_category[prompt] < 0))
        new = np.sort(unknown[np.unique(prompt[unknown], return_index=True)[1]])
        self._first_category[prompt[new]] = named[new]
        taken = self._first_category[prompt]
        self._several[prompt[given & (named != taken)]] = True
        contradiction = self._contradiction(new, number.take(pa.array(new)), text.take(pa.array(new)))
        indices = pa.array(taken, mask=~given)
        return pa.DictionaryArray.from_arrays(indices, self._categories.values), contradiction

    def _contradiction(
        self, rows: IndexArray, numbers: pa.DictionaryArray, texts: pa.ChunkedArray
    ) -> tuple[int, str] | None:
        """Later rows of a prompt have to repeat its text anyway, so its first row is all to look at."""
        if self._order is None:
            return None
        for row, number, text in zip(rows.tolist(), numbers.to_pylist(), texts.to_pylist(), strict=True):
            if number is None or text is None:
                continue
            if number not in self._order:
                return row, f"prompt_id {_text(number)} is not in the order file"
            if self._order[number] != text:
                return row, f"prompt_id {_text(number)} has another prompt in the order file"
        return None
