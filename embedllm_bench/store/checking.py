"""Whether a store is sound: looks for every kind of fault there is, and changes nothing."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from embedllm_bench.errors import StoreError
from embedllm_bench.store import connection, migrating
from embedllm_bench.store.backup import current_copy
from embedllm_bench.store.checking_content import CONTENT_FAULTS
from embedllm_bench.store.checking_rows import ROW_FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

DAMAGE = "damage to the file"


@dataclass(frozen=True)
class Finding:
    """One kind of fault: how often it was found, and where for example."""

    kind: str
    harmful: bool
    count: int
    example: str | None = None


@dataclass(frozen=True)
class CheckReport:
    """Every kind of fault that was looked for."""

    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing that was found does harm."""
        return not any(finding.harmful for finding in self.found)

    @property
    def found(self) -> tuple[Finding, ...]:
        """The kinds that were found at least once."""
        return tuple(finding for finding in self.findings if finding.count)


def check_store(engine: Engine, path: Path) -> CheckReport:
    """Look for faults; the rows of an older version's store are looked at in an upgraded copy.

    Raises:
        StoreError: it is damaged so much that nothing can be read.
    """
    with connection.translated_errors(path), engine.connect() as opened:  # a commit meets the damage again
        damage = _damage(opened)
        missing = [] if damage.count else _missing_rows(opened)
        current = bool(damage.count) or migrating.is_current(opened, str(path))
        if current:
            rows = tuple(_row_findings(opened, damaged=bool(damage.count)))
    if not current:
        with tempfile.TemporaryDirectory() as folder:
            copy = connection.reading_engine(current_copy(path, Path(folder)))
            with connection.translated_errors(path), copy.begin() as opened:
                rows = tuple(_row_findings(opened, damaged=False))
    older = Finding("tables of an older version, upgraded when next opened", False, int(not current))
    return CheckReport((damage, *missing, *rows, older))


def _damage(opened: Connection) -> Finding:
    """What SQLite's own check of pages, indexes and constraints says."""
    try:
        rows = [str(row[0]) for row in opened.exec_driver_sql("PRAGMA integrity_check")]
    except DBAPIError as error:
        rows = [str(error.orig)]
    except UnicodeDecodeError:
        rows = ["text that is no UTF-8"]
    faults = [row for row in rows if row != "ok"]
    return Finding(DAMAGE, True, len(faults), " ".join(faults[0].split()) if faults else None)


def _missing_rows(opened: Connection) -> list[Finding]:
    """References to rows that are not there, by the two tables."""
    rows = opened.exec_driver_sql(
        'SELECT "table", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2 ORDER BY 1, 2'
    ).all()
    if not rows:
        return [Finding("rows that name a missing row", True, 0)]
    return [
        Finding("rows that name a missing row", True, count, f"{table} names {parent}")
        for table, parent, count in rows
    ]


def _row_findings(opened: Connection, *, damaged: bool) -> Iterator[Finding]:
    """Faults of rows; where the file is damaged, only what can still be read."""
    for fault in ROW_FAULTS:
        try:
            count, example = opened.exec_driver_sql(
                f"WITH faults (example) AS ({fault.query}) SELECT count(*), min(example) FROM faults"
            ).one()
        except (DBAPIError, UnicodeError):
            if not damaged:
                raise
        else:
            yield Finding(fault.kind, fault.harmful, count, example)
    for kind, harmful, look in CONTENT_FAULTS:
        try:
            examples = look(opened)
        except (DBAPIError, StoreError, TypeError, UnicodeError):
            if not damaged:
                raise
        else:
            yield Finding(kind, harmful, len(examples), examples[0] if examples else None)
