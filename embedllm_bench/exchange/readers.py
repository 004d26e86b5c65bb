"""Parquet, CSV and JSONL as batches of columns, every row with the place a user finds it at."""

from __future__ import annotations

import contextlib
import csv
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from embedllm_bench.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BATCH_ROWS = 1 << 17
#: A CSV row must fit in one block, and prompts can be long.
CSV_BLOCK = 1 << 26
FORMATS = {".parquet": "parquet", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


@dataclass(frozen=True, eq=False)
class Batch:
    """Some rows of a file; ``first`` counts the rows before them, ``lines`` are theirs where known."""

    table: pa.Table
    first: int
    lines: tuple[int, ...] | None = None


@dataclass(frozen=True)
class TableFile:
    """An open file: its columns, its batches, and how a row is named to the user."""

    columns: tuple[str, ...]
    batches: Callable[[], Iterator[Batch]]
    place: Callable[[Batch, int], str]


def format_of(path: Path, name: str | None) -> str:
    """The format asked for, else the one the suffix tells."""
    if name is not None:
        return name
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"{path} ends in none of {', '.join(FORMATS)}; say what it is with --format.")
    return FORMATS[path.suffix.lower()]


def open_table(path: Path, kind: str) -> TableFile:
    """Open a Parquet, CSV or JSONL file.

    Raises:
        DataError: it is not there, not readable, or not of that format.
    """
    if path.is_dir():
        raise DataError(f"{path} is a directory; give a file.")
    if not path.exists():
        raise DataError(f"There is no file {path}.")
    with readable(path, kind):
        if not path.stat().st_size:
            raise DataError(f"{path} is empty.")
        return {"parquet": _parquet, "csv": _csv, "jsonl": _jsonl}[kind](path)


@contextlib.contextmanager
def readable(path: Path, kind: str) -> Iterator[None]:
    """Turn what the libraries raise on a broken file into one sentence."""
    try:
        yield
    except (pa.ArrowException, UnicodeDecodeError, csv.Error) as error:
        reason = str(error).strip().splitlines()[0]
        raise DataError(f"{path} cannot be read as {kind}: {reason}.") from error
    except OSError as error:
        reason = str(error.strerror or error).strip().splitlines()[0]
        raise DataError(f"{path} cannot be read as {kind}: {reason}.") from error


def _parquet(path: Path) -> TableFile:
    columns = tuple(pa.parquet.read_schema(path).names)

    def batches() -> Iterator[Batch]:
        with readable(path, "parquet"), pa.parquet.ParquetFile(path) as file:
            first = 0
            for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=_known(columns)):
                yield Batch(pa.Table.from_batches([batch]), first)
                first += len(batch)

    return TableFile(columns, batches, lambda batch, row: f"row {batch.first + row + 1}")


def _csv(path: Path) -> TableFile:
    csv.field_size_limit(sys.maxsize)
    with path.open(newline="", encoding="utf-8-sig") as file:
        columns = tuple(next(csv.reader(file), ()))

    def batches() -> Iterator[Batch]:
        convert = pa.csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()),
            include_columns=_known(columns),
            null_values=[""],
            strings_can_be_null=True,
        )
        parse = pa.csv.ParseOptions(newlines_in_values=True)
        read = pa.csv.ReadOptions(block_size=CSV_BLOCK)
        with readable(path, "csv"), pa.csv.open_csv(path, read, parse, convert) as stream:
            first = 0
            for batch in stream:
                yield Batch(pa.Table.from_batches([batch]), first)
                first += len(batch)

    return TableFile(columns, batches, lambda batch, row: f"line {_csv_line(path, batch.first + row)}")


def _csv_line(path: Path, row: int) -> int:
    """The line a data row starts at; quoted line breaks are why it is not the row's number."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        next(reader)
        line, seen = reader.line_num + 1, 0
        for fields in reader:
            if fields:
                if seen == row:
                    break
                seen += 1
            line = reader.line_num + 1
    return line


def _jsonl(path: Path) -> TableFile:
    with path.open(encoding="utf-8") as file:
        columns = tuple(dict.fromkeys(key for _, record in _records(path, file) for key in record))

    def batches() -> Iterator[Batch]:
        first = 0
        with path.open(encoding="utf-8") as file:
            lines: list[int] = []
            values: dict[str, list[object]] = {name: [] for name in _known(columns)}
            for line, record in _records(path, file):
                lines.append(line)
                for name, column in values.items():
                    column.append(_scalar(record.get(name), path, line))
                if len(lines) == BATCH_ROWS:
                    yield Batch(_table(values), first, tuple(lines))
                    first += len(lines)
                    lines, values = [], {name: [] for name in values}
            if lines:
                yield Batch(_table(values), first, tuple(lines))

    return TableFile(columns, batches, lambda batch, row: f"line {(batch.lines or ())[row]}")


def _records(path: Path, file: Iterator[str]) -> Iterator[tuple[int, dict[str, object]]]:
    with readable(path, "jsonl"):
        for line, text in enumerate(file, 1):
            if not text.strip():
                continue
            try:
                record = json.loads(text)
            except (ValueError, RecursionError):
                record = None
            if not isinstance(record, dict):
                raise DataError(f"{path}, line {line}: is no JSON object.")
            yield line, record


def _scalar(value: object, path: Path, line: int) -> str | None:
    """A JSON value as text, so that a column may mix numbers and texts."""
    if value is None or isinstance(value, str):
        if value is not None and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise DataError(f"{path}, line {line}: a text is not valid Unicode.")
        return value
    if isinstance(value, list | dict):
        raise DataError(
            f"{path}, line {line}: a value is a {type(value).__name__}; the table holds texts and numbers."
        )
    return str(value)


def _table(values: dict[str, list[object]]) -> pa.Table:
    return pa.table({name: pa.array(column, pa.string()) for name, column in values.items()})


def _known(columns: tuple[str, ...]) -> list[str]:
    from embedllm_bench.exchange.columns import COLUMNS

    return [name for name in columns if name in COLUMNS]
