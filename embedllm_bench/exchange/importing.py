"""A file or folder into a store: read and checked as a whole first, then written as a whole."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from embedllm_bench.errors import DataError
from embedllm_bench.exchange.base import ReadOptions
from embedllm_bench.exchange.formats import IMPORTERS, importer_for, open_source
from embedllm_bench.exchange.long_table import read_long_table
from embedllm_bench.store.records import FAILED, OnConflict, Source

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from embedllm_bench.exchange.base import Importer, TableFile
    from embedllm_bench.store.records import OutcomeTable
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
    format: str = ""
    of_needed: int = 0  #: outcomes of the model that had to be among them


def import_table(
    store: Store,
    path: str | os.PathLike[str],
    *,
    kind: str | None = None,
    options: ReadOptions | None = None,
    on_conflict: OnConflict = OnConflict.REFUSE,
    progress: ImportProgress | None = None,
    needed: str | None = None,
    importers: Sequence[Importer] = IMPORTERS,
) -> ImportReport:
    """Import outcomes from a source of one of these formats; the same source again changes nothing.

    Raises:
        DataError: it cannot be read, something in it is wrong, or no outcome is of the model that is
            ``needed``; the store is then as it was.
    """
    path, options = Path(path), options or ReadOptions()
    importer = importer_for(path, kind, importers)
    file = open_source(path, importer, options)
    fingerprint = _fingerprint(importer.name, file, options)
    if store.has_fingerprint(fingerprint):
        if needed is not None:
            _check_needed(f"{path} was imported before, and {store.path}", needed, store.models())
        return ImportReport(already_imported=True, format=importer.name)
    read = read_long_table(
        path,
        file,
        skip_bad=options.skip_bad,
        progress=None if progress is None else lambda rows, share: progress("read", rows, share),
    )
    if needed is not None:
        _check_needed(str(path), needed, read.outcomes.models)
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
        format=importer.name,
        of_needed=_outcomes_of(read.outcomes, needed),
    )


def _check_needed(holder: str, needed: str, models: Sequence[str]) -> None:
    if needed not in models:
        near = difflib.get_close_matches(needed, models, n=1) or list(models[:1])
        several = f"{len(models)} others, such as {near[0]}" if len(models) > 1 else "".join(near)
        raise DataError(
            f"{holder} holds no outcome of {needed}{f' but of {several}' * bool(near)}; nothing was kept."
        )


def _outcomes_of(outcomes: OutcomeTable, model: str | None) -> int:
    if model not in outcomes.models:
        return 0
    return int((outcomes.model == outcomes.models.index(model)).sum())


def _fingerprint(kind: str, file: TableFile, options: ReadOptions) -> str:
    """Equal for the same contents read the same way."""
    digest = hashlib.sha256(repr((options.choices, file.names)).encode())
    for path in file.files:
        with path.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return f"{kind}:{digest.hexdigest()}"
