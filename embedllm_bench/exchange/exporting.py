"""A store as a long table that the importer reads back to the same store."""

from __future__ import annotations

import contextlib
import csv
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from embedllm_bench.errors import DataError, UsageError
from embedllm_bench.exchange.columns import COLUMNS
from embedllm_bench.store.records import FAILED, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from embedllm_bench.arrays import IndexArray
    from embedllm_bench.store.records import OutcomeTable
    from embedllm_bench.store.store import Store

SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("model", "benchmark", "question_id", "prompt")]
    + [("correct", pa.int8()), ("subtask", pa.string()), ("split", pa.string()), ("attempt", pa.int32())]
    + [("state", pa.string()), ("score", pa.float64()), ("cost", pa.float64())]
    + [
        ("prompt_tokens", pa.int64()),
        ("completion_tokens", pa.int64()),
        ("latency", pa.float64()),
        ("reason", pa.string()),
    ]
)


class _Writer(Protocol):
    def write(self, table: pa.Table) -> None: ...

    def close(self) -> None: ...


def export_table(store: Store, path: str | os.PathLike[str], kind: str) -> int:
    """Write all outcomes to ``path`` and return how many; the file appears when it is complete."""
    path = Path(path)
    if path.is_dir():
        raise DataError(f"{path} is a directory; give a file.")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    rows = 0
    try:
        with contextlib.closing(WRITERS[kind](unfinished)) as writer:
            for table in _tables(store):
                writer.write(table)
                rows += len(table)
        unfinished.replace(path)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return rows


def format_of(path: Path) -> str:
    """The format a file's suffix tells.

    Raises:
        UsageError: it tells none.
    """
    suffixes = {".parquet": "parquet", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
    if path.suffix.lower() not in suffixes:
        raise UsageError(f"{path} ends in none of {', '.join(suffixes)}; say what it is to be with --format.")
    return suffixes[path.suffix.lower()]


def _tables(store: Store) -> Iterator[pa.Table]:
    for outcomes in store.read_outcomes():
        yield _table(outcomes)


def _table(outcomes: OutcomeTable) -> pa.Table:
    questions = [outcomes.questions[i] for i in outcomes.question]
    columns: dict[str, object] = {
        "model": [outcomes.models[i] for i in outcomes.model],
        "benchmark": [q.benchmark for q in questions],
        "question_id": [q.question_id for q in questions],
        "prompt": [q.text for q in questions],
        "correct": pa.array(outcomes.correct, mask=outcomes.correct == UNKNOWN),
        "subtask": [q.subtask for q in questions],
        "split": [q.part for q in questions],
        "attempt": outcomes.attempt,
        "state": ["failed" if state == FAILED else "graded" for state in outcomes.state],
        "prompt_tokens": _integers(outcomes.prompt_tokens, len(outcomes)),
        "completion_tokens": _integers(outcomes.completion_tokens, len(outcomes)),
        "reason": pa.nulls(len(outcomes)) if outcomes.reason is None else outcomes.reason,
    }
    for name, values in (("score", outcomes.score), ("cost", outcomes.cost), ("latency", outcomes.latency)):
        columns[name] = pa.nulls(len(outcomes)) if values is None else pa.array(values, mask=np.isnan(values))
    return pa.table({name: columns[name] for name in COLUMNS}).select(SCHEMA.names).cast(SCHEMA)


def _integers(values: IndexArray | None, rows: int) -> pa.Array:
    return pa.nulls(rows) if values is None else pa.array(values, mask=values == UNKNOWN)


class _Parquet:
    def __init__(self, path: Path) -> None:
        self._writer = pa.parquet.ParquetWriter(path, SCHEMA, compression="zstd")

    def write(self, table: pa.Table) -> None:
        self._writer.write_table(table)

    def close(self) -> None:
        self._writer.close()


class _Csv:
    """Python's writer: it quotes line breaks of every kind, and floats come back to the last bit."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", newline="", encoding="utf-8")
        self._writer = csv.writer(self._file)
        self._writer.writerow(SCHEMA.names)

    def write(self, table: pa.Table) -> None:
        columns = [column.to_pylist() for column in table.columns]
        self._writer.writerows(zip(*columns, strict=True))

    def close(self) -> None:
        self._file.close()


class _Jsonl:
    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")

    def write(self, table: pa.Table) -> None:
        for row in table.to_pylist():
            # correct stays, empty, for a failed outcome: an importer looks for the column
            known = {name: value for name, value in row.items() if value is not None or name == "correct"}
            self._file.write(json.dumps(known, ensure_ascii=False) + "\n")

    def close(self) -> None:
        self._file.close()


WRITERS: dict[str, Callable[[Path], _Writer]] = {"parquet": _Parquet, "csv": _Csv, "jsonl": _Jsonl}
