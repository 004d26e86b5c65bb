"""A file or folder into a store: read and checked as a whole first, then written as a whole."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from embedllm_bench.exchange.base import ReadOptions
from embedllm_bench.exchange.formats import importer_for, open_source
from embedllm_bench.exchange.long_table import read_long_table
from embedllm_bench.store.records import FAILED, OnConflict, Source

if TYPE_CHECKING:
    import os

    from embedllm_bench.exchange.base import TableFile
    from embedllm_bench.store.store import Store


class ImportProgress(Protocol):
    """Told of each step ("read", "write") how many rows more it has done, and the share done of it."""

    def __call__(self, step: str, rows: int, share: float) -> None: ...


@dataclass(frozen=True)
class ImportReport:
    """What an import found in a source and did to the store."""

    models: int = 0
    questions: int = 0
    added: int = 0
    skipped: int = 0
    failed: int = 0
    bad_rows: int = 0
    ignored_columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    already_imported: bool = False


def import_table(
    store: Store,
    path: str | os.PathLike[str],
    *,
    kind: str | None = None,
    options: ReadOptions | None = None,
    on_conflict: OnConflict = OnConflict.REFUSE,
    progress: ImportProgress | None = None,
) -> ImportReport:
    """Import outcomes from a source of any known format; the same source again changes nothing.

    Raises:
        DataError: it cannot be read, or something in it is wrong; the store is then as it was.
    """
    path, options = Path(path), options or ReadOptions()
    importer = importer_for(path, kind)
    file = open_source(path, importer, options)
    fingerprint = _fingerprint(importer.name, file, options)
    if store.has_fingerprint(fingerprint):
        return ImportReport(already_imported=True)
    read = read_long_table(
        path,
        file,
        skip_bad=options.skip_bad,
        progress=None if progress is None else lambda rows, share: progress("read", rows, share),
    )
    done = 0

    def wrote(rows: int) -> None:
        nonlocal done
        done += rows
        if progress is not None:
            progress("write", rows, done / len(read.outcomes))

    report = store.write_outcomes(read.outcomes, Source("import", str(path), fingerprint), on_conflict, wrote)
    return ImportReport(
        models=len(read.outcomes.models),
        questions=len(read.outcomes.questions),
        added=report.added,
        skipped=report.skipped,
        failed=int((read.outcomes.state == FAILED).sum()),
        bad_rows=read.bad_rows,
        ignored_columns=read.ignored_columns,
        notes=file.notes(),
        already_imported=report.already_imported,
    )


def _fingerprint(kind: str, file: TableFile, options: ReadOptions) -> str:
    """Equal for the same contents read the same way."""
    digest = hashlib.sha256(repr((options.choices, file.names)).encode())
    for path in file.files:
        with path.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return f"{kind}:{digest.hexdigest()}"
