"""A batch's columns as numbers: what each value means is read once, and bad rows are marked with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from embedllm_bench.exchange.columns import READERS, BadValueError
from embedllm_bench.store.records import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedllm_bench.arrays import BoolArray, FloatArray, IndexArray

COUNTS = frozenset({"prompt_tokens", "completion_tokens", "attempt"})
#: The least value of each column of numbers.
LEAST = {
    "score": -np.inf, "cost": 0, "latency": 0, "prompt_tokens": 0, "completion_tokens": 0, "attempt": 1,
}  # fmt: skip


class Wrong:
    """Which rows of a batch are bad, and why the first of them is."""

    def __init__(self, rows: int) -> None:
        self.good: BoolArray = np.ones(rows, dtype=bool)
        self.first: tuple[int, str] = (rows, "")

    @property
    def count(self) -> int:
        return int(np.count_nonzero(~self.good))

    def mark(self, rows: BoolArray, reason: str | Callable[[int], str]) -> None:
        """Rows (N,) that are bad; ``reason`` may depend on the row."""
        rows = rows & self.good
        if rows.any():
            self.good &= ~rows
            row = int(rows.argmax())
            if row < self.first[0]:
                self.first = (row, reason if isinstance(reason, str) else reason(row))


class Distinct:
    """The distinct values of a column over a whole file, as the file has them, numbered as they appear.

    An empty field has a number like any other value.
    """

    def __init__(self) -> None:
        self.values = pa.array([], pa.binary())  #: by number
        self._batch = self.values  #: the distinct values of the last batch, and their numbers
        self._of_batch = np.empty(0, dtype=np.int64)

    def numbers(self, column: pa.ChunkedArray) -> IndexArray:
        """The number of each row's value (N,)."""
        encoded = dictionary_encoded(column)
        values = encoded.dictionary
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            values = values.cast(pa.large_binary())  # Parquet does not check that texts are UTF-8
        if encoded.null_count:
            values = pa.concat_arrays([values, pa.nulls(1, values.type)])
        if not values.equals(self._batch):  # a table with one model after the other repeats its questions
            self._batch, self._of_batch = values, self._numbers_of(values)
        place = encoded.indices.fill_null(len(values) - 1).to_numpy()
        numbers: IndexArray = self._of_batch[place]
        return numbers

    def _numbers_of(self, values: pa.Array) -> IndexArray:
        if not len(self.values):
            self.values = values.slice(0, 0)  # of the type that this file has
        number = pc.index_in(values, value_set=self.values)
        if number.null_count:
            self.values = pa.concat_arrays([self.values, values.filter(number.is_null())])
            number = pc.index_in(values, value_set=self.values)
        return number.to_numpy().astype(np.int64)  # type: ignore[no-any-return]  # pyarrow is not annotated


class Vocabulary:
    """The distinct values of a text column over a whole file as they are read, numbered as they appear.

    ``"val"`` and ``"validation"``, or an empty text and none, are one value. A value its column does
    not allow has a number too, and marks the rows that hold it.
    """

    def __init__(self, column: str, called: str | None = None) -> None:
        """``called`` is the column's name in the file, where that is another."""
        self.values: list[object] = []
        self._column = column
        self._called = called or column
        self._number: dict[object, int] = {}
        self._reasons: dict[int, str] = {}
        self._seen = Distinct()
        self._number_of_seen = np.empty(0, dtype=np.int64)
        self._bad = np.empty(0, dtype=bool)  #: by number

    def numbers(self, column: pa.ChunkedArray, wrong: Wrong) -> IndexArray:
        """The number of each row's value (N,)."""
        seen = self._seen.numbers(column)
        new = self._seen.values[len(self._number_of_seen) :]
        read = np.array([self._read(value) for value in new.to_pylist()], dtype=np.int64)
        self._number_of_seen = np.concatenate([self._number_of_seen, read])
        numbers: IndexArray = self._number_of_seen[seen]
        if len(self._bad) < len(self.values):
            self._bad = np.array([number in self._reasons for number in range(len(self.values))])
        if self._reasons:
            wrong.mark(self._bad[numbers], lambda row: self._reasons[int(numbers[row])])
        return numbers

    def _read(self, raw: object) -> int:
        try:
            value = READERS[self._column](raw)
        except BadValueError as error:
            self._reasons[len(self.values)] = f"{self._called} {error}"
            self.values.append(None)
            return len(self.values) - 1
        if value not in self._number:
            self._number[value] = len(self.values)
            self.values.append(value)
        return self._number[value]


def dictionary_encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A column as one dictionary array whose values are distinct."""
    if pa.types.is_null(column.type):
        column = column.cast(pa.string())
    if pa.types.is_dictionary(column.type):
        return column.unify_dictionaries().combine_chunks()
    return column.combine_chunks().dictionary_encode()


def numbers(name: str, column: pa.ChunkedArray, wrong: Wrong) -> FloatArray:
    """A column of numbers (N,), NaN where empty (UNKNOWN in a column of counts)."""
    values = _cast(column)
    if values is None or not _allowed(name, values):
        values = _one_by_one(name, column, wrong)
    return np.where(np.isnan(values), UNKNOWN, values) if name in COUNTS else values


def _cast(column: pa.ChunkedArray) -> FloatArray | None:
    """All values at once; None where some are not plain numbers, which need a closer look."""
    try:
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
            column = column.cast(pa.string())
        was_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
        column = column.cast(pa.float64())
    except pa.ArrowException:
        return None
    values: FloatArray = column.to_numpy()
    if was_text and np.count_nonzero(np.isnan(values)) > column.null_count:
        return None
    return values


def _allowed(name: str, values: FloatArray) -> bool:
    known = values[~np.isnan(values)]
    fine = np.isfinite(known).all() and (known >= LEAST[name]).all()
    if name in COUNTS:
        fine = fine and (known == np.floor(known)).all() and (known < 2**53).all()
    return bool(fine)


def _one_by_one(name: str, column: pa.ChunkedArray, wrong: Wrong) -> FloatArray:
    read = Vocabulary(name)
    places = read.numbers(column, wrong)
    values = [np.nan if value is None or value == UNKNOWN else value for value in read.values]
    return np.array(values, dtype=np.float64)[places]
