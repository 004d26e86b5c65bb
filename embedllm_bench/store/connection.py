"""Opening the SQLite file: pragmas, locking, and every way it can refuse as one sentence."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from sqlalchemy import create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from embedllm_bench.errors import StoreError
from embedllm_bench.store.schema import APPLICATION_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

BUSY_SECONDS = 60
UNCHECKED = "embedllm_bench_unchecked"  #: the execution option that leaves foreign keys to the caller
SQLITE_HEADER = b"SQLite format 3\0"
NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "lustre", "gpfs", "ceph", "9p"}
)


def path_of(location: str | os.PathLike[str]) -> Path:
    """The file a location names: a path, or an sqlite:/// URL."""
    text = os.fspath(location)
    if text.startswith("sqlite:///"):
        return Path(text.removeprefix("sqlite:///"))
    if "://" in text:
        raise StoreError(f"{text} is not an SQLite store; give a path or an sqlite:/// URL.")
    return Path(text)


def check_file(path: Path) -> None:
    """Refuse what is no store before SQLite touches it. An empty file is a store not yet made."""
    if path.is_dir():
        raise StoreError(f"{path} is a directory; give the path of a store file.")
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}; check its permissions.") from error
    if head and (not head.startswith(SQLITE_HEADER) or int.from_bytes(head[68:72], "big") != APPLICATION_ID):
        raise StoreError(
            f"{path} is no embedllm-bench store; give another path, or 'embedllm-bench import' to read a table."
        )


def check_upgradable(path: Path) -> None:
    """Refuse to read an older version's store that may not be written to, and so not be upgraded."""
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        raise StoreError(
            f"{path} was made by an older version of embedllm-bench and is read-only; copy it to a folder of"
            " yours and give the copy with --store."
        )


def writing_engine(path: Path) -> Engine:
    """An engine whose every transaction takes the write lock when it begins.

    Reading first and writing later fails at once when another process wrote in between, whatever the
    busy timeout; BEGIN IMMEDIATE waits instead.
    """
    journal = "DELETE" if on_network_file_system(path) else "WAL"
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver would begin by itself, and late
        _mark(connection)
        _keep_journal(connection, journal)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get(UNCHECKED):
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _mark(connection: sqlite3.Connection) -> None:
    """Make a new file known as a store before it has a write-ahead log.

    The mark would stay in the log while others use the file, and they would take it for no store.
    """
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _keep_journal(connection: sqlite3.Connection, journal: str) -> None:
    """Change how the file is logged, waiting for other processes as every other statement does.

    SQLite's busy timeout does not hold here: while another process writes, it refuses at once.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute(f"PRAGMA journal_mode = {journal}")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def without_foreign_keys(engine: Engine) -> Engine:
    """The same engine, for bulk inserts whose row numbers have been looked up already."""
    return engine.execution_options(**{UNCHECKED: True})


def compact(engine: Engine) -> None:
    """One small file without a log beside it, readable even where SQLite may write nothing."""
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("VACUUM")
    finally:
        raw.close()
    without_log(engine)


def without_log(engine: Engine) -> None:
    """Fold the write-ahead log into the file, until the next writer opens one."""
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode = DELETE")
    finally:
        raw.close()


def reading_engine(path: Path, *, immutable: bool = False) -> Engine:
    """An engine that cannot write.

    ``immutable`` is for a file in a folder where SQLite may not even make its lock files, such as the
    starter inside an installed wheel.
    """
    immutable = immutable or (
        not os.access(path.parent, os.W_OK) and not path.with_name(path.name + "-wal").exists()
    )
    mode = "immutable=1" if immutable else "mode=ro"
    engine = create_engine(
        f"sqlite:///file:{quote(str(path.absolute()))}?{mode}&uri=true",
        poolclass=NullPool,
        connect_args={"timeout": BUSY_SECONDS},
    )

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")  # one snapshot for everything read together

    return engine


def on_network_file_system(path: Path) -> bool:
    """Whether the file's folder is mounted over a network, where SQLite's WAL is unsafe."""
    try:
        mounts = Path("/proc/self/mounts").read_text(errors="replace")
    except OSError:
        return False  # not Linux: SQLite's own locking has to do
    folder = path.absolute().parent
    best, kind = Path("/"), ""
    for line in mounts.splitlines():
        fields = line.split()
        point = Path(fields[1].replace("\\040", " "))
        if folder.is_relative_to(point) and len(point.parts) >= len(best.parts):
            best, kind = point, fields[2]
    return kind in NETWORK_FILE_SYSTEMS


@contextlib.contextmanager
def translated_errors(path: Path, written: Path | None = None) -> Iterator[None]:
    """Turn what the driver raises into one sentence; the transaction has been rolled back by then.

    ``written`` is the file that is written to where that is another than the store at ``path``.
    """
    try:
        yield
    except DBAPIError as error:
        raise StoreError(_sentence(path, written or path, str(error.orig))) from error
    except UnicodeDecodeError as error:  # the driver reading a name or a message of its own
        raise StoreError(_sentence(path, path, "malformed: text that is no UTF-8")) from error
    except sqlite3.Error as error:  # from statements that SQLAlchemy's transactions would be in the way of
        raise StoreError(_sentence(path, written or path, str(error))) from error


def _sentence(path: Path, written: Path, said: str) -> str:
    reason = textwrap.shorten(said, 160, placeholder="...")  # it may quote a whole statement
    known = {
        "disk is full": f"The disk is full: {written} was left as it was before; free some space and try again.",
        "readonly database": f"{path} is read-only; change its permissions or give another --store.",
        "unable to open": f"{written} cannot be opened or made there; check the folder and its permissions.",
        "locked": f"{path} has been locked by another process for {BUSY_SECONDS} seconds; try again later.",
        "malformed": f"{path} is damaged ({reason}); restore it from a backup.",
        "not a database": f"{path} is no embedllm-bench store; give another path.",
        "disk I/O error": f"{written} could not be written (disk I/O error); check the disk, then try again.",
    }
    for part, sentence in known.items():
        if part in reason:
            return sentence
    return f"{path}: the database refused ({reason})."
