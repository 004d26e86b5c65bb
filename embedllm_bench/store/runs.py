"""Who is writing: what a run has written counts once it is complete, and goes when it was killed."""

from __future__ import annotations

import datetime as dt
import os
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

from embedllm_bench.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from embedllm_bench.store.records import Source

ABANDONED_AFTER = dt.timedelta(hours=24)  # a run of another host, whose processes cannot be asked after


def is_complete(connection: Connection, fingerprint: str) -> bool:
    """Whether a source of that fingerprint is in the store."""
    query = "SELECT 1 FROM runs WHERE fingerprint = ? AND status = 'complete'"
    return connection.exec_driver_sql(query, (fingerprint,)).first() is not None


def clear_leftovers(connection: Connection) -> None:
    """Delete what killed runs have written; nobody could see it."""
    unfinished = connection.exec_driver_sql(
        "SELECT id, host, process, started FROM runs WHERE status = 'running'"
    )
    for run, host, process, started in unfinished.all():
        if host == platform.node():
            dead = not _alive(process)
        else:
            dead = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(started) > ABANDONED_AFTER
        if dead:
            delete_run(connection, run)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def check_running(connection: Connection, run: int) -> None:
    """Refuse to go on writing under a run that another process took for dead and cleared.

    Bulk inserts go without SQLite's foreign keys, which look up three parents for every row; models
    and questions are never deleted, and this stands in for the third.
    """
    query = "SELECT 1 FROM runs WHERE id = ? AND status = 'running'"
    if connection.exec_driver_sql(query, (run,)).first() is None:
        raise StoreError(
            "Another process took this one for dead and cleared what it had written; nothing was kept of"
            " this source, run it again."
        )


def delete_run(connection: Connection, run: int) -> None:
    connection.exec_driver_sql("DELETE FROM outcomes WHERE run_id = ?", (run,))
    connection.exec_driver_sql("DELETE FROM runs WHERE id = ?", (run,))


def start_run(connection: Connection, source: Source) -> int:
    started = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    cursor = connection.exec_driver_sql(
        "INSERT INTO runs (kind, status, source, fingerprint, started, host, process, version)"
        " VALUES (?, 'running', ?, ?, ?, ?, ?, ?)",
        (
            source.kind,
            source.name,
            source.fingerprint,
            started,
            platform.node(),
            os.getpid(),
            version("embedllm-bench"),
        ),
    )
    return int(cursor.lastrowid)
