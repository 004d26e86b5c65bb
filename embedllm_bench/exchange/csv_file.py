"""A CSV file with a header: its rows as a stream of blocks, and the line a row stands on."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv

from embedllm_bench.errors import DataError
from embedllm_bench.exchange.base import readable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

#: A row must fit in one block, and prompts can be long; Arrow holds about 35 blocks at a time.
BLOCK = 1 << 24


class CsvFile:
    """A CSV file; its header has been read, its rows have not."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.columns = _header(path)
        self.dropped = 0  #: rows with another number of fields than the header, left out so far

    def blocks(
        self, wanted: Collection[str], repeated: Collection[str], *, skip_bad: bool
    ) -> Iterator[tuple[pa.Table, int]]:
        """Some rows of the ``wanted`` columns at a time, and how many bytes have been read by then.

        Texts are bytes, so that one that is not UTF-8 is one bad row; those of the ``repeated`` columns
        are numbers into a dictionary.

        Raises:
            DataError: a row has another number of fields than the header, and ``skip_bad`` is not set.
        """
        self.dropped = 0
        convert = pa.csv.ConvertOptions(
            column_types={
                name: pa.dictionary(pa.int32(), pa.binary()) if name in repeated else pa.binary()
                for name in self.columns
            },
            include_columns=[name for name in self.columns if name in wanted],
            null_values=[""],
            strings_can_be_null=True,
        )
        parse = pa.csv.ParseOptions(
            newlines_in_values=True, invalid_row_handler=self._drop if skip_bad else None
        )
        with readable(self.path, "csv"), pa.OSFile(str(self.path)) as file:
            try:
                for batch in pa.csv.open_csv(file, pa.csv.ReadOptions(block_size=BLOCK), parse, convert):
                    yield pa.Table.from_batches([batch]), file.tell()
            except pa.ArrowInvalid as error:
                raise self._explained(error) from error

    def line(self, row: int) -> int:
        """The line on which a row starts, counted from 0 among the rows that can be read."""
        lines = (line for line, fields in self._rows() if len(fields) == len(self.columns))
        return next(line for seen, line in enumerate(lines) if seen == row)

    def _drop(self, _: pa.csv.InvalidRow) -> str:
        self.dropped += 1
        return "skip"

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """The line each data row starts at, which quoted line breaks set apart from its number, and its fields."""
        with self.path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
            reader = csv.reader(file)
            next(reader)
            line = reader.line_num + 1
            for fields in reader:
                if fields:
                    yield line, fields
                line = reader.line_num + 1

    def _explained(self, error: pa.ArrowInvalid) -> DataError:
        """The line Arrow stumbled over, which its message does not name."""
        for line, row in self._rows():
            if len(row) != len(self.columns):
                return DataError(
                    f"{self.path}, line {line}: has {len(row)} field{'s' * (len(row) != 1)} where the header has"
                    f" {len(self.columns)}; nothing was imported, mend the file or leave such rows out with"
                    " --skip-bad."
                )
        reason = str(error).splitlines()[0].rstrip(".")
        return DataError(f"{self.path} cannot be read as csv: {reason}.")


def _header(path: Path) -> tuple[str, ...]:
    csv.field_size_limit(sys.maxsize)
    with readable(path, "csv"), path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
        columns = tuple(next(csv.reader(file), ()))
        "".join(columns).encode()  # rows are decoded one by one, but a header that is no UTF-8 has no rows
    return columns
