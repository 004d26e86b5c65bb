"""A long table in CSV."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv

from embedllm_bench.errors import DataError
from embedllm_bench.exchange.base import Batch, Importer, TableFile, readable
from embedllm_bench.exchange.columns import COLUMNS
from embedllm_bench.exchange.long_table import TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from embedllm_bench.exchange.base import ReadOptions

#: A row must fit in one block, and prompts can be long.
BLOCK = 1 << 25


def open_csv(path: Path, options: ReadOptions) -> TableFile:
    """Open a CSV file; the header has been read, the rows have not."""
    columns = header(path)
    dropped = 0

    def drop(_: pa.csv.InvalidRow) -> str:
        nonlocal dropped
        dropped += 1
        return "skip"

    def batches() -> Iterator[Batch]:
        nonlocal dropped
        dropped, first, size = 0, 0, max(path.stat().st_size, 1)
        with readable(path, "csv"), pa.OSFile(str(path)) as file:
            try:
                for batch in _stream(file, columns, drop if options.skip_bad else None):
                    yield Batch(pa.Table.from_batches([batch]), first, min(file.tell() / size, 1.0))
                    first += len(batch)
            except pa.ArrowInvalid as error:
                raise _explained(path, len(columns), error) from error

    return TableFile(
        columns, (path,), batches, lambda row: f"line {_line(path, columns, row)}", lambda: dropped
    )


def header(path: Path) -> tuple[str, ...]:
    """The column names."""
    csv.field_size_limit(sys.maxsize)
    with readable(path, "csv"), path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
        columns = tuple(next(csv.reader(file), ()))
        "".join(columns).encode()  # rows are decoded one by one, but a header that is no UTF-8 has no rows
    return columns


def _stream(
    file: pa.NativeFile, columns: tuple[str, ...], invalid_row_handler: object
) -> pa.csv.CSVStreamingReader:
    """Texts as bytes, so that a text that is not UTF-8 is one bad row; repeated ones as numbers."""
    convert = pa.csv.ConvertOptions(
        column_types={
            name: pa.dictionary(pa.int32(), pa.binary()) if name in TEXTS else pa.binary() for name in columns
        },
        include_columns=[name for name in columns if name in COLUMNS],
        null_values=[""],
        strings_can_be_null=True,
    )
    parse = pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=invalid_row_handler)
    return pa.csv.open_csv(file, pa.csv.ReadOptions(block_size=BLOCK), parse, convert)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The line each data row starts at, which quoted line breaks set apart from its number, and its fields."""
    with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
        reader = csv.reader(file)
        next(reader)
        line = reader.line_num + 1
        for fields in reader:
            if fields:
                yield line, fields
            line = reader.line_num + 1


def _line(path: Path, columns: tuple[str, ...], row: int) -> int:
    """Where a readable row stands."""
    readable_rows = (line for line, fields in _rows(path) if len(fields) == len(columns))
    return next(line for seen, line in enumerate(readable_rows) if seen == row)


def _explained(path: Path, fields: int, error: pa.ArrowInvalid) -> DataError:
    """The line Arrow stumbled over, which its message does not name."""
    for line, row in _rows(path):
        if len(row) != fields:
            return DataError(
                f"{path}, line {line}: has {len(row)} field{'s' * (len(row) != 1)} where the header has"
                f" {fields}; nothing was imported, mend the file or leave such rows out with --skip-bad."
            )
    reason = str(error).splitlines()[0].rstrip(".")
    return DataError(f"{path} cannot be read as csv: {reason}.")


CSV = Importer(
    "csv", "the long table as CSV, with a header", lambda path: path.suffix.lower() == ".csv", open_csv
)
