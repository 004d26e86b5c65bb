"""A long table in JSON lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa

from embedllm_bench.errors import DataError
from embedllm_bench.exchange.base import Batch, Importer, TableFile, readable
from embedllm_bench.exchange.columns import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from embedllm_bench.exchange.base import ReadOptions

BATCH_ROWS = 1 << 16


class _Lines:
    """The records of a file with their lines; what is no record is refused, or dropped and counted."""

    def __init__(self, path: Path, *, skip_bad: bool) -> None:
        self.path = path
        self.skip_bad = skip_bad
        self.dropped = 0

    def records(self) -> Iterator[tuple[int, int, dict[str, object]]]:
        """Line number, bytes read so far, record."""
        self.dropped, read = 0, 0
        with readable(self.path, "jsonl"), self.path.open("rb") as file:
            for line, text in enumerate(file, 1):
                read += len(text)
                if not text.strip():
                    continue
                try:
                    record = json.loads(text)
                except (ValueError, RecursionError):
                    record = None
                reason = _wrong(record)
                if reason is None:
                    yield line, read, record
                elif self.skip_bad:
                    self.dropped += 1
                else:
                    raise DataError(
                        f"{self.path}, line {line}: {reason}; nothing was imported, mend the file or leave"
                        " such rows out with --skip-bad."
                    )


def _wrong(record: object) -> str | None:
    """Why a line is no row of a table."""
    if not isinstance(record, dict):
        return "no JSON object"
    for name in COLUMNS:
        if isinstance(record.get(name), list | dict):
            return f"{name} is a {type(record[name]).__name__}, not a text or number"
    return None


def open_jsonl(path: Path, options: ReadOptions) -> TableFile:
    """Open a file of JSON objects, one a line; its columns are all the keys there are."""
    lines = _Lines(path, skip_bad=options.skip_bad)
    columns = tuple(dict.fromkeys(key for _, _, record in lines.records() for key in record))

    def batches() -> Iterator[Batch]:
        size, first = max(path.stat().st_size, 1), 0
        values: dict[str, list[str | None]] = {name: [] for name in COLUMNS if name in columns}
        read = 0
        for _, read, record in lines.records():
            for name, column in values.items():
                value = record.get(name)
                column.append(value if value is None or isinstance(value, str) else str(value))
            if len(values[next(iter(values))]) == BATCH_ROWS:
                yield Batch(_table(values), first, read / size)
                first += BATCH_ROWS
                values = {name: [] for name in values}
        if any(values.values()):
            yield Batch(_table(values), first, 1.0)

    def place(row: int) -> str:
        return f"line {next(line for i, (line, _, _) in enumerate(lines.records()) if i == row)}"

    return TableFile(columns, (path,), batches, place, lambda: lines.dropped)


def _table(values: dict[str, list[str | None]]) -> pa.Table:
    """Texts as bytes: what is no valid Unicode (an escaped lone surrogate) is one bad row then."""
    return pa.table(
        {
            name: pa.array(
                [None if v is None else v.encode("utf-8", "surrogatepass") for v in column], pa.binary()
            )
            for name, column in values.items()
        }
    )


JSONL = Importer(
    "jsonl",
    "the long table as JSON objects, one a line",
    lambda path: path.suffix.lower() in (".jsonl", ".ndjson"),
    open_jsonl,
)
