"""Who is writing: what a run has written counts once it is complete, and goes when it was killed."""

from __future__ import annotations

import datetime as dt
import os
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

from embedllm_bench.errors import DataError, StoreError
from embedllm_bench.store.connection import without_foreign_keys

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from embedllm_bench.store.records import Source

ABANDONED_AFTER = dt.timedelta(hours=24)  # a run of another host, whose processes cannot be asked after


def is_complete(connection: Connection, fingerprint: str) -> bool:
    """Whether a source of that fingerprint is in the store."""
    query = "SELECT 1 FROM runs WHERE fingerprint = ? AND status = 'complete'"
    return connection.exec_driver_sql(query, (fingerprint,)).first() is not None


#: What no outcome, card or fact is of; in this order.
_UNUSED = (
    (
        "DELETE FROM questions WHERE id NOT IN (SELECT question_id FROM outcomes UNION SELECT question_id FROM"
        " question_vectors UNION SELECT question_id FROM split_parts UNION SELECT question_id FROM simulated_questions)"
    ),
    "DELETE FROM texts WHERE id NOT IN (SELECT text_id FROM questions)",
    "DELETE FROM benchmarks WHERE card IS NULL AND id NOT IN (SELECT benchmark_id FROM questions)",
    (
        "DELETE FROM models WHERE card IS NULL AND id NOT IN (SELECT model_id FROM outcomes UNION SELECT model_id FROM"
        " simulated_models)"
    ),
)


def clear_leftovers(engine: Engine) -> None:
    """Delete what killed runs have written; nobody could see it."""
    with without_foreign_keys(engine).begin() as connection:
        clear_dead(connection)


def clear_dead(connection: Connection) -> None:
    """The same within a transaction without foreign keys."""
    unfinished = connection.exec_driver_sql(
        "SELECT id, host, process, started FROM runs WHERE status = 'running'"
    )
    for run, host, process, started in unfinished.all():
        if host == platform.node():
            dead = not is_alive(process)
        else:
            dead = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(started) > ABANDONED_AFTER
        if dead:
            delete_run(connection, run)


def is_alive(process: int) -> bool:
    """Whether a process of this machine is still there."""
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
    and questions are not deleted while a run is under way, and this stands in for the third.
    """
    query = "SELECT 1 FROM runs WHERE id = ? AND status = 'running'"
    if connection.exec_driver_sql(query, (run,)).first() is None:
        raise StoreError(
            "Another process took this one for dead and cleared what it had written; nothing was kept of"
            " this source, run it again."
        )


def check_no_other(connection: Connection, source: Source) -> None:
    """Refuse a source that another process is writing: as further attempts it would count twice."""
    query = "SELECT 1 FROM runs WHERE fingerprint = ? AND status = 'running'"
    if connection.exec_driver_sql(query, (source.fingerprint,)).first() is not None:
        raise DataError(
            f"Another process is importing {source.name} or a file like it; try again when the other has finished."
        )


def delete_run(connection: Connection, run: int) -> None:
    """Delete a run, its outcomes, and the questions and models that nothing is known of any more.

    A question that stayed would refuse its own text, mended, when it comes again. What looks unused may
    be another run's that is still under way; then all of it stays. Without foreign keys, which would read
    all outcomes anew for every question.
    """
    connection.exec_driver_sql("DELETE FROM outcomes WHERE run_id = ?", (run,))
    connection.exec_driver_sql("DELETE FROM runs WHERE id = ?", (run,))
    if connection.exec_driver_sql("SELECT 1 FROM runs WHERE status = 'running'").first() is None:
        clear_unused(connection)


def clear_unused(connection: Connection) -> None:
    """Delete questions and models that nothing is known of; no other run may be under way."""
    for statement in _UNUSED:
        connection.exec_driver_sql(statement)


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
