"""The long table, one row an attempt: from a file's batches to outcomes, or to the first thing wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.errors import DataError
from embedllm_bench.exchange.columns import COLUMNS, READERS, REQUIRED, BadValueError
from embedllm_bench.store.records import FAILED, GRADED, UNKNOWN, OutcomeTable, QuestionRecord

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt
    import pyarrow as pa

    from embedllm_bench.arrays import BoolArray, FloatArray, IndexArray
    from embedllm_bench.exchange.readers import Batch, TableFile

FLOATS = ("score", "cost", "latency")
INTEGERS = ("prompt_tokens", "completion_tokens")


@dataclass(frozen=True, eq=False)
class ReadTable:
    """What a file held: its outcomes, the rows left out as bad, and columns nobody knows."""

    outcomes: OutcomeTable
    bad_rows: int
    ignored_columns: tuple[str, ...]


def read_long_table(
    path: Path, file: TableFile, *, skip_bad: bool, progress: Callable[[int], None] | None = None
) -> ReadTable:
    """Read and check a whole file; ``progress`` is called with the rows of each batch.

    Raises:
        DataError: a column is missing or doubled, or a row is bad and ``skip_bad`` is not set.
    """
    _check_columns(path, file.columns)
    collector = _Collector(path, file, skip_bad)
    for batch in file.batches():
        collector.add(batch)
        if progress is not None:
            progress(len(batch.table))
    ignored = tuple(name for name in file.columns if name not in COLUMNS and name)
    return ReadTable(collector.finished(), collector.bad, ignored)


def _check_columns(path: Path, columns: tuple[str, ...]) -> None:
    doubled = sorted({name for name in columns if columns.count(name) > 1})
    if doubled:
        raise DataError(f"{path} has the column {', '.join(doubled)} more than once.")
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise DataError(
            f"{path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)};"
            f" a table needs {', '.join(REQUIRED)}."
        )


@dataclass
class _Collector:
    """Gathers a file's rows as narrow numbers; names and texts are kept once."""

    path: Path
    file: TableFile
    skip_bad: bool
    bad: int = 0
    models: dict[str, int] = field(default_factory=dict)
    questions: dict[tuple[str, str], int] = field(default_factory=dict)
    records: list[QuestionRecord] = field(default_factory=list)
    parts: dict[str, list[npt.NDArray[np.generic]]] = field(default_factory=dict)

    def add(self, batch: Batch) -> None:
        """Read every distinct value once, find what is wrong, keep the rest."""
        wrong = _Wrong(len(batch.table))
        read = {name: _distinct(name, batch.table[name], wrong) for name in batch.table.column_names}
        columns: dict[str, npt.NDArray[np.generic]] = {
            name: column.rows() for name, column in read.items() if name in (*FLOATS, *INTEGERS, "attempt")
        }
        correct, state = (
            read["correct"].rows().astype(np.int8),
            np.full(len(batch.table), GRADED, dtype=np.uint8),
        )
        if "state" in read:
            state = read["state"].rows().astype(np.uint8)
        wrong.mark(
            (state == GRADED) & (correct == UNKNOWN),
            "correct is empty; leave the row out, or give state failed",
        )
        wrong.mark(
            (state == FAILED) & (correct != UNKNOWN), "correct is given for a failed outcome; leave it empty"
        )
        question = self._questions(read, wrong)
        if wrong.any:
            self._refuse_or_count(batch, wrong)
        keep = wrong.good
        model = np.array(
            [self.models.setdefault(str(v), len(self.models)) for v in read["model"].values_of(keep)]
        )
        columns["model"] = model[read["model"].codes_of(keep)] if len(model) else model.astype(np.int64)
        columns["question"], columns["correct"], columns["state"] = question, correct, state
        for name, values in columns.items():
            self.parts.setdefault(name, []).append(values if name == "model" else values[keep])

    def _refuse_or_count(self, batch: Batch, wrong: _Wrong) -> None:
        if not self.skip_bad:
            row, reason = wrong.first
            more = (
                f" ({wrong.count} bad rows in the first {batch.first + len(batch.table)})"
                if wrong.count > 1
                else ""
            )
            raise DataError(
                f"{self.path}, {self.file.place(batch, row)}: {reason}{more}; nothing was imported,"
                " mend the file or leave such rows out with --skip-bad."
            )
        self.bad += wrong.count

    def _questions(self, read: dict[str, _Distinct], wrong: _Wrong) -> IndexArray:
        """Each row's question (N,); one whose text, sub-task or split changes is bad from there on."""
        benchmark, identity = read["benchmark"], read["question_id"]
        described = [read[name] for name in ("prompt", "subtask", "split") if name in read]
        key = benchmark.codes * max(len(identity.values), 1) + identity.codes
        rows = np.flatnonzero(wrong.good)
        _, first, inverse = np.unique(key[rows], return_index=True, return_inverse=True)
        number = np.zeros(len(key), dtype=np.int64)
        numbers = np.empty(len(first), dtype=np.int64)
        for place, row in enumerate(rows[first].tolist()):
            name = (str(benchmark.value(row)), str(identity.value(row)))
            text, subtask, part = (
                str(read["prompt"].value(row)),
                *(_text(read.get(n), row) for n in ("subtask", "split")),
            )
            record = QuestionRecord(*name, text, subtask, part)
            numbers[place] = self.questions.setdefault(name, len(self.records))
            if numbers[place] == len(self.records):
                self.records.append(record)
            elif self.records[numbers[place]] != record:
                wrong.mark_rows(
                    rows[inverse == place],
                    "its question stands earlier with another prompt, subtask or split",
                )
        for column in described:
            changed = column.codes[rows] != column.codes[rows[first]][inverse]
            if changed.any():
                reason = "its question stands earlier with another prompt, subtask or split"
                wrong.mark_rows(rows[changed], reason)
        number[rows] = numbers[inverse]
        return number

    def finished(self) -> OutcomeTable:
        """All rows, with attempts numbered in file order where the file does not number them."""
        joined = {name: np.concatenate(parts) for name, parts in self.parts.items()}
        if not joined or not len(joined["model"]):
            raise DataError(f"{self.path} holds no outcome.")
        model, question = joined["model"].astype(np.int64), joined["question"].astype(np.int64)
        given = joined.get("attempt")
        attempt = _occurrence(model * len(self.records) + question)
        if given is not None and (given != UNKNOWN).any():
            attempt = self._explicit(given.astype(np.int64), model, question)
        return OutcomeTable(
            models=tuple(self.models),
            questions=tuple(self.records),
            model=model,
            question=question,
            attempt=attempt,
            state=joined["state"].astype(np.uint8),
            correct=joined["correct"].astype(np.int8),
            score=_known_floats(joined.get("score")),
            cost=_known_floats(joined.get("cost")),
            latency=_known_floats(joined.get("latency")),
            prompt_tokens=_known_integers(joined.get("prompt_tokens")),
            completion_tokens=_known_integers(joined.get("completion_tokens")),
        )

    def _explicit(self, given: IndexArray, model: IndexArray, question: IndexArray) -> IndexArray:
        if (given == UNKNOWN).any():
            raise DataError(f"{self.path} numbers some attempts and leaves others empty; number all or none.")
        order = np.lexsort((given, question, model))
        same = (np.diff(model[order]) == 0) & (np.diff(question[order]) == 0) & (np.diff(given[order]) == 0)
        if same.any():
            row = int(order[np.flatnonzero(same)[0]])
            record = self.records[question[row]]
            name = list(self.models)[model[row]]
            raise DataError(
                f"{self.path} has attempt {given[row]} of model {name!r} at question {record.question_id!r}"
                f" of {record.benchmark!r} more than once; number attempts apart, or drop the column."
            )
        return given


class _Wrong:
    """Which rows of a batch are bad, and why the first of them is."""

    def __init__(self, rows: int) -> None:
        self.good: BoolArray = np.ones(rows, dtype=bool)
        self.first: tuple[int, str] = (rows, "")

    @property
    def any(self) -> bool:
        return not self.good.all()

    @property
    def count(self) -> int:
        return int(np.count_nonzero(~self.good))

    def mark(self, rows: BoolArray, reason: str) -> None:
        self.mark_rows(np.flatnonzero(rows & self.good), reason)

    def mark_rows(self, rows: IndexArray, reason: str) -> None:
        if len(rows):
            self.good[rows] = False
            self.first = min(self.first, (int(rows.min()), reason))


@dataclass(frozen=True, eq=False)
class _Distinct:
    """A column as its distinct values and each row's place among them."""

    values: list[object]
    codes: IndexArray

    def value(self, row: int) -> object:
        return self.values[self.codes[row]]

    def rows(self) -> npt.NDArray[np.float64]:
        """Every row's value, of a column of numbers."""
        return np.array(self.values, dtype=np.float64)[self.codes]

    def values_of(self, keep: BoolArray) -> list[object]:
        return [self.values[code] for code in np.unique(self.codes[keep])]

    def codes_of(self, keep: BoolArray) -> IndexArray:
        """Places among :meth:`values_of`."""
        codes: IndexArray = np.unique(self.codes[keep], return_inverse=True)[1]
        return codes


def _distinct(name: str, column: pa.ChunkedArray, wrong: _Wrong) -> _Distinct:
    """Read each distinct value of a column once; rows of a value it does not allow are bad."""
    import pyarrow as pa

    encoded = column.combine_chunks()
    if not isinstance(encoded, pa.DictionaryArray):
        encoded = encoded.dictionary_encode()
    values = [*encoded.dictionary.to_pylist(), None]
    codes = encoded.indices.fill_null(len(values) - 1).to_numpy().astype(np.int64)
    used = np.unique(codes)
    read: list[object] = [None] * len(values)
    for code in used.tolist():
        try:
            read[code] = READERS[name](values[code])
        except BadValueError as error:
            wrong.mark(codes == code, f"{name} {error}")
    if name in (*FLOATS, *INTEGERS, "attempt", "correct", "state"):
        read = [UNKNOWN if value is None else value for value in read]
    return _Distinct(read, codes)


def _text(column: _Distinct | None, row: int) -> str | None:
    value = None if column is None else column.value(row)
    return None if value is None else str(value)


def _occurrence(cell: IndexArray) -> IndexArray:
    """1 for the first row of each cell, 2 for the second, and so on, in order."""
    order = np.argsort(cell, kind="stable")
    ordered = cell[order]
    new = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    start = np.maximum.accumulate(np.where(new, np.arange(len(cell)), 0))
    occurrence = np.empty(len(cell), dtype=np.int64)
    occurrence[order] = np.arange(len(cell)) - start + 1
    return occurrence


def _known_floats(column: npt.NDArray[np.generic] | None) -> FloatArray | None:
    values = None if column is None else column.astype(np.float64)
    return None if values is None or np.isnan(values).all() else values


def _known_integers(column: npt.NDArray[np.generic] | None) -> IndexArray | None:
    values = None if column is None else column.astype(np.int64)
    return None if values is None or (values == UNKNOWN).all() else values
