"""A long table in CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.exchange.base import Batch, Importer, TableFile
from embedllm_bench.exchange.columns import COLUMNS
from embedllm_bench.exchange.csv_file import CsvFile
from embedllm_bench.exchange.long_table import TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from embedllm_bench.exchange.base import ReadOptions


def open_csv(path: Path, options: ReadOptions) -> TableFile:
    """Open a CSV file; the header has been read, the rows have not."""
    file = CsvFile(path)

    def batches() -> Iterator[Batch]:
        first, size = 0, max(path.stat().st_size, 1)
        for table, read in file.blocks(COLUMNS, TEXTS, skip_bad=options.skip_bad):
            yield Batch(table, first, min(read / size, 1.0))
            first += len(table)

    return TableFile(
        file.columns, (path,), batches, lambda row: f"line {file.line(row)}", lambda: file.dropped
    )


CSV = Importer(
    "csv", "the long table as CSV, with a header", lambda path: path.suffix.lower() == ".csv", open_csv
)
