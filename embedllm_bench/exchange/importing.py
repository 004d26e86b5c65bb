"""A file into a store: read and checked as a whole first, then written as a whole."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from embedllm_bench.exchange.long_table import read_long_table
from embedllm_bench.exchange.readers import format_of, open_table
from embedllm_bench.store.records import FAILED, OnConflict, Source

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from embedllm_bench.store.store import Store


@dataclass(frozen=True)
class ImportReport:
    """What an import found in a file and did to the store."""

    models: int
    questions: int
    added: int
    skipped: int
    failed: int
    bad_rows: int
    ignored_columns: tuple[str, ...]
    already_imported: bool


def import_table(
    store: Store,
    path: str | os.PathLike[str],
    *,
    kind: str | None = None,
    skip_bad: bool = False,
    on_conflict: OnConflict = OnConflict.REFUSE,
    progress: Callable[[str, int], None] | None = None,
) -> ImportReport:
    """Import a long table (Parquet, CSV or JSONL); the same file again changes nothing.

    ``progress`` is told the step, read or write, and how many rows it has done.
    """
    path = Path(path)
    kind = format_of(path, kind)
    file = open_table(path, kind)
    fingerprint = _fingerprint(path, kind)
    if store.has_fingerprint(fingerprint):
        return ImportReport(0, 0, 0, 0, 0, 0, (), already_imported=True)
    read = read_long_table(
        path, file, skip_bad=skip_bad, progress=None if progress is None else lambda n: progress("read", n)
    )
    report = store.write_outcomes(
        read.outcomes,
        Source("import", str(path), fingerprint),
        on_conflict,
        None if progress is None else lambda n: progress("write", n),
    )
    return ImportReport(
        models=len(read.outcomes.models),
        questions=len(read.outcomes.questions),
        added=report.added,
        skipped=report.skipped,
        failed=int((read.outcomes.state == FAILED).sum()),
        bad_rows=read.bad_rows,
        ignored_columns=read.ignored_columns,
        already_imported=report.already_imported,
    )


def _fingerprint(path: Path, kind: str) -> str:
    with path.open("rb") as file:
        return f"{kind}:{hashlib.file_digest(file, 'sha256').hexdigest()}"
