"""A long table in Parquet."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet

from embedllm_bench.errors import DataError
from embedllm_bench.exchange.base import Batch, Importer, TableFile, readable
from embedllm_bench.exchange.columns import COLUMNS
from embedllm_bench.exchange.long_table import TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from embedllm_bench.exchange.base import ReadOptions

BATCH_ROWS = 1 << 17
#: What reading takes of memory for a row, and for a byte of unpacked columns.
BYTES_A_ROW, BYTES_A_BYTE = 200, 2


def open_parquet(path: Path, options: ReadOptions) -> TableFile:  # noqa: ARG001 - every row can be read, or none
    """Open a Parquet file without unpacking it."""
    with readable(path, "parquet"), pa.parquet.ParquetFile(path) as file:
        schema, metadata = file.schema_arrow, file.metadata
    for field in schema:
        if pa.types.is_nested(field.type) and field.name in COLUMNS:
            raise DataError(f"{path}: column {field.name} is a {field.type}; it must be text or numbers.")
    _check_size(path, metadata)
    known = [name for name in schema.names if name in COLUMNS]
    texts = [name for name in known if name in TEXTS]

    def batches() -> Iterator[Batch]:
        # repeated texts stay numbers into a dictionary instead of being written out for every row
        with (
            readable(path, "parquet"),
            pa.parquet.ParquetFile(path, read_dictionary=texts, pre_buffer=False) as file,
        ):
            first = 0
            for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=known):
                share = (first + len(batch)) / max(metadata.num_rows, 1)
                yield Batch(pa.Table.from_batches([batch]), first, share)
                first += len(batch)

    return TableFile(tuple(schema.names), (path,), batches, lambda row: f"row {row + 1}")


def _check_size(path: Path, metadata: pa.parquet.FileMetaData) -> None:
    """A small file can unpack to more than any memory: refuse it while it is still small."""
    groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
    largest = max((group.total_byte_size for group in groups), default=0)
    needed = BYTES_A_ROW * metadata.num_rows + BYTES_A_BYTE * largest
    if needed > _memory():
        raise DataError(
            f"{path} unpacks to {metadata.num_rows:,} rows and about {needed / 1e9:,.0f} GB, more than this"
            " machine has free; import it in parts."
        )


def _memory() -> int:
    """Bytes of memory that are free."""
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


PARQUET = Importer(
    "parquet",
    "the long table as Parquet",
    lambda path: path.suffix.lower() == ".parquet",
    open_parquet,
)
