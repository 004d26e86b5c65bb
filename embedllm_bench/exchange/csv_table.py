"""A long table in CSV."""

from __future__ import annotations

import csv
import itertools
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
BATCH_ROWS = 1 << 16


def open_csv(path: Path, options: ReadOptions) -> TableFile:
    """Open a CSV file; the header has been read, the rows have not.

    Arrow reads a file whose rows must all be good. Where bad ones may be dropped Python does, at a
    fifth of the speed, since Arrow's way of skipping them stumbles over text that is not UTF-8.
    """
    columns = header(path)
    rows = _Rows(path, columns)

    def place(row: int) -> str:
        return f"line {next(line for i, (line, _) in enumerate(rows.whole()) if i == row)}"

    batches = rows.batches if options.skip_bad else lambda: _arrow_batches(path, rows)
    return TableFile(columns, (path,), batches, place, lambda: rows.dropped)


def header(path: Path) -> tuple[str, ...]:
    """The column names."""
    csv.field_size_limit(sys.maxsize)
    with readable(path, "csv"), path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
        columns = tuple(next(csv.reader(file), ()))
        "".join(columns).encode()  # rows are decoded one by one, but a header that is no UTF-8 has no rows
    return columns


class _Rows:
    """A file's rows as Python reads them, texts as bytes in disguise (surrogate escapes)."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self.path = path
        self.columns = columns
        self.dropped = 0

    def all(self) -> Iterator[tuple[int, list[str]]]:
        """The line each row starts at, which quoted line breaks set apart from its number, and its fields."""
        with (
            readable(self.path, "csv"),
            self.path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file,
        ):
            reader = csv.reader(file)
            next(reader)
            line = reader.line_num + 1
            for fields in reader:
                if fields:
                    yield line, fields
                line = reader.line_num + 1

    def whole(self) -> Iterator[tuple[int, list[str]]]:
        """Those with as many fields as the header; the others are counted."""
        self.dropped = 0
        for line, fields in self.all():
            if len(fields) == len(self.columns):
                yield line, fields
            else:
                self.dropped += 1

    def batches(self) -> Iterator[Batch]:
        """The whole rows."""
        places = [(place, name) for place, name in enumerate(self.columns) if name in COLUMNS]
        size, read, first = max(self.path.stat().st_size, 1), 0, 0
        rows = (fields for _, fields in self.whole())
        while part := list(itertools.islice(rows, BATCH_ROWS)):
            read += sum(len(field) + 1 for fields in part for field in fields)
            table = pa.table(
                {name: pa.array([_raw(f[at]) for f in part], pa.binary()) for at, name in places}
            )
            yield Batch(table, first, min(read / size, 1.0))
            first += len(part)


def _raw(field: str) -> bytes | None:
    return field.encode("utf-8", "surrogateescape") or None


def _arrow_batches(path: Path, rows: _Rows) -> Iterator[Batch]:
    """Texts as bytes, so that a text that is not UTF-8 is one bad row; repeated ones as numbers."""
    convert = pa.csv.ConvertOptions(
        column_types={
            name: pa.dictionary(pa.int32(), pa.binary()) if name in TEXTS else pa.binary()
            for name in rows.columns
        },
        include_columns=[name for name in rows.columns if name in COLUMNS],
        null_values=[""],
        strings_can_be_null=True,
    )
    parse = pa.csv.ParseOptions(newlines_in_values=True)
    first, size = 0, max(path.stat().st_size, 1)
    with readable(path, "csv"), pa.OSFile(str(path)) as file:
        try:
            for batch in pa.csv.open_csv(file, pa.csv.ReadOptions(block_size=BLOCK), parse, convert):
                yield Batch(pa.Table.from_batches([batch]), first, min(file.tell() / size, 1.0))
                first += len(batch)
        except pa.ArrowInvalid as error:
            raise _explained(rows, error) from error


def _explained(rows: _Rows, error: pa.ArrowInvalid) -> DataError:
    """The line Arrow stumbled over, which its message does not name."""
    for line, fields in rows.all():
        reason = ""
        if len(fields) != len(rows.columns):
            many = "s" * (len(fields) != 1)
            reason = f"has {len(fields)} field{many} where the header has {len(rows.columns)}"
        elif sum(map(len, fields)) > BLOCK // 2:
            reason = f"is longer than {BLOCK // 2**20} MB"
        if reason:
            return DataError(
                f"{rows.path}, line {line}: {reason}; nothing was imported, mend the file or leave such rows"
                " out with --skip-bad."
            )
    return DataError(f"{rows.path} cannot be read as csv: {str(error).splitlines()[0].rstrip('.')}.")


CSV = Importer(
    "csv", "the long table as CSV, with a header", lambda path: path.suffix.lower() == ".csv", open_csv
)
