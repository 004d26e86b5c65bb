"""Two people's work in one store.

Everything goes by what it is called, in one transaction that is written whole or not at all. Merging a store
twice is merging it once, and merging A into B gives what merging B into A gives; only where the two conflict and
this store's part is to stay does the direction matter.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from embedllm_bench.errors import StoreError, UsageError
from embedllm_bench.store import connection
from embedllm_bench.store.backup import current_copy
from embedllm_bench.store.checking import check_store
from embedllm_bench.store.merging_conflicts import Conflict, find_conflicts, leave_out
from embedllm_bench.store.merging_maps import make_maps
from embedllm_bench.store.merging_outcomes import merge_outcomes
from embedllm_bench.store.merging_rows import copy_rows
from embedllm_bench.store.merging_runs import map_runs
from embedllm_bench.store.records import OnConflict
from embedllm_bench.store.runs import clear_dead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine


@dataclass(frozen=True)
class MergeReport:
    """What was merged, or in a dry run would be; nothing is where conflicts were to be refused."""

    conflicts: tuple[Conflict, ...]
    refused: bool  #: because of the conflicts
    written: bool
    models: int = 0
    benchmarks: int = 0
    questions: int = 0
    question_sets: int = 0
    vectors: int = 0
    runs: int = 0
    outcomes: int = 0
    known: int = 0  #: outcomes that were in this store already
    left_out: int = 0  #: outcomes of the other store in favour of this one's


def merge_store(
    engine: Engine, path: Path, other: Path, on_conflict: OnConflict, *, dry_run: bool
) -> MergeReport:
    """Merge the store at ``other``, which is only read, into that of ``engine``; see :meth:`Store.merge`."""
    if other.exists() and other.samefile(path):
        raise UsageError(f"{other} is the store itself; give another one to merge into it.")
    with tempfile.TemporaryDirectory(prefix="embedllm-bench-") as folder:
        copy = current_copy(other, Path(folder))
        _check_sound(copy, other)
        with connection.translated_errors(path), _attached(engine, copy) as opened:
            transaction = opened.begin()
            try:
                clear_dead(opened)
                _check_quiet(opened, path)
                report = _merge(opened, on_conflict, dry_run=dry_run)
                if report.written:
                    transaction.commit()
            finally:
                if transaction.is_active:
                    transaction.rollback()
    return report


def _merge(opened: Connection, on_conflict: OnConflict, *, dry_run: bool) -> MergeReport:
    make_maps(opened)
    conflicts = find_conflicts(opened)
    write = not conflicts or on_conflict is OnConflict.SKIP
    left_out = leave_out(opened) if conflicts and write else 0
    runs = map_runs(opened)
    copied = copy_rows(opened) if write else None
    outcomes = merge_outcomes(opened, runs.order, on_conflict, write=write)
    conflicts += outcomes.conflict
    if copied is None or (outcomes.conflicts and on_conflict is OnConflict.REFUSE):
        return MergeReport(tuple(conflicts), refused=True, written=False)
    return MergeReport(
        tuple(conflicts),
        refused=False,
        written=not dry_run,
        **vars(copied),
        runs=runs.added,
        outcomes=outcomes.added,
        known=outcomes.known,
        left_out=left_out + outcomes.left_out,
    )


def _check_sound(copy: Path, other: Path) -> None:
    """What is damaged must not spread."""
    report = check_store(connection.reading_engine(copy), other)
    for finding in report.found:
        if finding.harmful:
            raise StoreError(
                f"{other} is not sound ({finding.kind}, for example {finding.example}); see 'embedllm-bench store"
                f" check --store {other}'. Nothing was merged."
            )


def _check_quiet(opened: Connection, path: Path) -> None:
    """An import holds places for outcomes that do not count yet."""
    source = opened.exec_driver_sql("SELECT source FROM main.runs WHERE status = 'running'").scalar()
    if source is not None:
        raise StoreError(f"{source} is being imported into {path}; merge when that has finished.")


@contextmanager
def _attached(engine: Engine, copy: Path) -> Iterator[Connection]:
    """A connection that sees the copy as ``other``; foreign keys hold by the way rows are looked up."""
    with connection.without_foreign_keys(engine).connect() as opened:
        raw = opened.connection.driver_connection
        if raw is None:
            raise StoreError(f"{copy} cannot be opened; try again.")
        raw.execute("ATTACH ? AS other", (str(copy),))
        raw.execute("PRAGMA other.journal_mode = MEMORY")  # a log of its own is no use to what is thrown away
        yield opened
