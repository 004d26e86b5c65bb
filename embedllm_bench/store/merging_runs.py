"""Which run of one store is the same as one of another's.

A run of a source with a fingerprint is its kind and fingerprint: two people who import one file have imported the
same outcomes, wherever each file lay. The earlier of the two accounts of it is kept. A run of a collector has no
fingerprint, since asking again is a new measurement: it is its source, the second it started in, host, process,
version and how it asked. When it last wrote is no part of that, since a copy may be older than the run's end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from sqlalchemy import Connection

Identity: TypeAlias = tuple[str, ...]


class Run(NamedTuple):
    """A complete run, as its row has it."""

    kind: str
    source: str
    fingerprint: str
    started: str
    finished: str | None
    host: str
    process: int
    version: str
    provenance: str | None

    @property
    def identity(self) -> Identity:
        """What is equal for the same run in any store."""
        if self.fingerprint:
            return (self.kind, self.fingerprint)
        return (
            self.kind, "", self.source, self.started, self.host, str(self.process), self.version,
            self.provenance or "",
        )  # fmt: skip

    @property
    def order(self) -> tuple[str, ...]:
        """Runs by time, then by all else that is known of them: the same order in every store."""
        return (self.started, *(str(value or "") for value in self))

    def joined(self, other: Run) -> Run:
        """What two accounts of the same run come down to, whichever is whose."""
        if self.fingerprint:
            return min(self, other, key=lambda run: run.order)
        return self._replace(finished=max(self.finished or "", other.finished or "") or None)


@dataclass(frozen=True)
class RunMap:
    """All runs of both stores."""

    order: dict[int, int]  #: id here -> place among all runs by time
    added: int


def map_runs(connection: Connection) -> RunMap:
    """Join the runs of both stores; ``other.map_runs`` and ``other.own_runs`` then lead to their ids here."""
    own, theirs = _runs(connection, "main"), _runs(connection, "other")
    ids: dict[Identity, int] = {}
    runs: dict[Identity, Run] = {}
    for row, run in own.items():
        ids.setdefault(run.identity, row)
        runs[run.identity] = run.joined(runs.get(run.identity, run))
    before = dict(runs)
    free = int(connection.exec_driver_sql("SELECT ifnull(max(id), 0) + 1 FROM main.runs").scalar_one())
    for run in theirs.values():
        runs[run.identity] = run.joined(runs.get(run.identity, run))
        ids.setdefault(run.identity, free + len(ids))
    for name, rows in (("own_runs", own), ("map_runs", theirs)):
        connection.exec_driver_sql(
            f"CREATE TABLE other.{name} (theirs INTEGER PRIMARY KEY, ours INTEGER NOT NULL)"
        )
        _insert_all(connection, f"other.{name}", [(row, ids[run.identity]) for row, run in rows.items()])
    changed = [(ids[identity], run) for identity, run in runs.items() if before.get(identity) != run]
    _write(connection, changed)
    ordered = sorted(runs.values(), key=lambda run: run.order)
    order = {ids[run.identity]: place for place, run in enumerate(ordered)}
    return RunMap(order, len(runs) - len(before))


def _runs(connection: Connection, schema: str) -> dict[int, Run]:
    rows = connection.exec_driver_sql(
        f"SELECT id, {', '.join(Run._fields)} FROM {schema}.runs WHERE status = 'complete' ORDER BY id"
    )
    return {row[0]: Run(*row[1:]) for row in rows}


def _write(connection: Connection, runs: list[tuple[int, Run]]) -> None:
    names = ", ".join(Run._fields)
    marks = ", ".join("?" * len(Run._fields))
    updates = ", ".join(f"{name} = excluded.{name}" for name in Run._fields)
    if runs:
        connection.exec_driver_sql(
            f"INSERT INTO main.runs (id, status, {names}) VALUES (?, 'complete', {marks})"
            f" ON CONFLICT (id) DO UPDATE SET {updates}",
            [(row, *run) for row, run in runs],
        )


def _insert_all(connection: Connection, table: str, rows: list[tuple[int, int]]) -> None:
    if rows:
        connection.exec_driver_sql(f"INSERT INTO {table} VALUES (?, ?)", rows)
