"""A CSV file with a header: its rows as a stream of blocks, and the line a row stands on."""

from __future__ import annotations

import csv
import itertools
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
PYTHON_ROWS = 1 << 16


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
        are numbers into a dictionary. Arrow reads a file whose rows must all be whole. Where others may
        be dropped Python does, at a fifth of the speed, since Arrow's way of skipping a row stumbles
        over one that is not UTF-8.

        Raises:
            DataError: a row has another number of fields than the header, and ``skip_bad`` is not set.
        """
        self.dropped = 0
        return self._python_blocks(wanted) if skip_bad else self._arrow_blocks(wanted, repeated)

    def line(self, row: int) -> int:
        """The line on which a row starts, counted from 0 among the rows that can be read."""
        lines = (line for line, fields in self._rows() if len(fields) == len(self.columns))
        return next(line for seen, line in enumerate(lines) if seen == row)

    def _arrow_blocks(
        self, wanted: Collection[str], repeated: Collection[str]
    ) -> Iterator[tuple[pa.Table, int]]:
        convert = pa.csv.ConvertOptions(
            column_types={
                name: pa.dictionary(pa.int32(), pa.binary()) if name in repeated else pa.binary()
                for name in self.columns
            },
            include_columns=[name for name in self.columns if name in wanted],
            null_values=[""],
            strings_can_be_null=True,
        )
        parse = pa.csv.ParseOptions(newlines_in_values=True)
        with readable(self.path, "csv"), pa.OSFile(str(self.path)) as file:
            try:
                for batch in pa.csv.open_csv(file, pa.csv.ReadOptions(block_size=BLOCK), parse, convert):
                    yield pa.Table.from_batches([batch]), file.tell()
            except pa.ArrowInvalid as error:
                raise self._explained(error) from error

    def _python_blocks(self, wanted: Collection[str]) -> Iterator[tuple[pa.Table, int]]:
        places = [(place, name) for place, name in enumerate(self.columns) if name in wanted]
        whole, read = self._whole_rows(), 0
        while part := list(itertools.islice(whole, PYTHON_ROWS)):
            read += sum(len(field) + 1 for fields in part for field in fields)
            columns = {name: pa.array([_raw(f[at]) for f in part], pa.binary()) for at, name in places}
            yield pa.table(columns), read

    def _whole_rows(self) -> Iterator[list[str]]:
        for _, fields in self._rows():
            if len(fields) == len(self.columns):
                yield fields
            else:
                self.dropped += 1

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """The line each data row starts at, which quoted line breaks set apart from its number, and its fields.

        Bytes that are not UTF-8 stand in the fields in disguise (as surrogate escapes).
        """
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

    def _explained(self, error: pa.ArrowInvalid) -> DataError:
        """The line Arrow stumbled over, which its message does not name."""
        for line, fields in self._rows():
            reason = ""
            if len(fields) != len(self.columns):
                many = "s" * (len(fields) != 1)
                reason = f"has {len(fields)} field{many} where the header has {len(self.columns)}"
            elif sum(map(len, fields)) > BLOCK // 2:
                reason = f"is longer than {BLOCK // 2**20} MB"
            if reason:
                return DataError(
                    f"{self.path}, line {line}: {reason}; nothing was imported, mend the file or leave such"
                    " rows out with --skip-bad."
                )
        return DataError(f"{self.path} cannot be read as csv: {str(error).splitlines()[0].rstrip('.')}.")


def _raw(field: str) -> bytes | None:
    return field.encode("utf-8", "surrogateescape") or None


def _header(path: Path) -> tuple[str, ...]:
    csv.field_size_limit(sys.maxsize)
    with readable(path, "csv"), path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
        columns = tuple(next(csv.reader(file), ()))
        "".join(columns).encode()  # rows are decoded one by one, but a header that is no UTF-8 has no rows
    return columns
