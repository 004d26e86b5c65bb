"""A copy of a store in one file, made while others write to it.

SQLite has two ways to copy a database in use, and this is the second, VACUUM INTO. Its backup interface copies
pages: in steps it starts over whenever another process has written, so that busy writers can keep it from ever
ending, and the copy keeps the mark that asks for a write-ahead log, the free pages, and any damage. VACUUM INTO
reads all rows in one transaction, which under a write-ahead log neither waits for writers nor holds them up; the
copy is one small file without a log, and damage that the reading meets is an error instead of a part of the copy.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedllm_bench.errors import StoreError, UsageError
from embedllm_bench.store import connection, migrating
from embedllm_bench.store.location import STARTER
from embedllm_bench.store.runs import is_alive

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

WORK = 3  #: times the size of a store that working in a copy of it may take
BESIDE = ("", "-journal", "-wal", "-shm")  #: what SQLite's files are called after the database


@dataclass(frozen=True)
class BackupReport:
    """Where a backup lies, and its size in bytes."""

    path: Path
    size: int


def write_backup(engine: Engine, source: Path, target: Path, *, force: bool = False) -> BackupReport:
    """Copy the store of ``engine`` into one new file, whole or not at all.

    Raises:
        StoreError: the file exists and is not to be replaced by ``force``, or it cannot be written.
    """
    _check_target(source, target, force=force)
    _clear_unfinished(target)
    unfinished = target.with_name(f".{target.name}.{platform.node()}.{os.getpid()}.part")
    try:
        copy(engine, source, unfinished, target)
        _to_disk(unfinished)
        size = unfinished.stat().st_size
        _put_in_place(unfinished, target, force=force)
        _to_disk(target.parent)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.strerror}.") from error
    finally:
        _remove(unfinished)
    return BackupReport(target, size)


def copy(engine: Engine, source: Path, file: Path, target: Path) -> None:
    """Copy a store as it is at this moment into ``file``; errors of writing name the ``target`` it is for."""
    raw = engine.raw_connection()
    try:
        with connection.translated_errors(source, target):
            raw.cursor().execute("VACUUM INTO ?", (str(file),))
    finally:
        raw.close()


def current_copy(path: Path, folder: Path) -> Path:
    """A copy of any store in ``folder``, upgraded to this version's tables; the store itself is only read.

    Raises:
        StoreError: it is not there, is no store or a newer version's, is damaged, or the copy has no room.
    """
    connection.check_file(path)
    if not path.exists() or not path.stat().st_size:
        raise StoreError(f"There is no store at {path}; give the path of one.")
    _check_room(path, folder)
    made = folder / "copy.db"
    engine = connection.reading_engine(path, immutable=path == STARTER)
    with connection.translated_errors(path):
        with engine.begin() as opened:
            migrating.check_revision(opened, str(path))
        copy(engine, path, made, made)
    with connection.translated_errors(made):
        writing = connection.writing_engine(made)
        migrating.migrate(writing, str(path))
        connection.without_log(writing)
    return made


def _check_room(path: Path, folder: Path) -> None:
    """A copy that is to be worked in takes the room of a store, and of its outcomes once more."""
    logs = (path.with_name(path.name + suffix) for suffix in ("", "-wal"))
    size = WORK * sum(file.stat().st_size for file in logs if file.exists())
    if shutil.disk_usage(folder).free < size:
        raise StoreError(
            f"{folder.parent} has no room for a copy of {path} ({size // 2**20 + 1} MiB); free some space, or name"
            " another folder with TMPDIR."
        )


def _check_target(source: Path, target: Path, *, force: bool) -> None:
    if target.is_dir():
        raise StoreError(f"{target} is a directory; give the path of a new file.")
    if not target.parent.is_dir():
        raise StoreError(f"There is no folder {target.parent}; make it first.")
    if target.exists() and target.samefile(source):
        raise UsageError(f"{target} is the store itself; give another file.")
    if target.exists() and not force:
        raise StoreError(f"{target} exists already; give another file, or replace it with --force.")
    for suffix in BESIDE[1:]:
        if target.with_name(target.name + suffix).exists():
            raise StoreError(
                f"{target.name}{suffix} lies beside {target}, so that a store there is in use or was left by a"
                " killed process; give another file."
            )


def _clear_unfinished(target: Path) -> None:
    """Delete what killed backups to this file on this machine have left."""
    start = f".{target.name}.{platform.node()}."
    for file in target.parent.iterdir():
        process = file.name.removeprefix(start).removesuffix(".part")
        if file.name == f"{start}{process}.part" and process.isdecimal() and not is_alive(int(process)):
            _remove(file)


def _put_in_place(unfinished: Path, target: Path, *, force: bool) -> None:
    """Give the finished file its name; without ``force`` never over one that came meanwhile."""
    if force:
        unfinished.replace(target)
        return
    try:
        target.hardlink_to(unfinished)
    except FileExistsError as error:
        raise StoreError(
            f"{target} exists already; give another file, or replace it with --force."
        ) from error
    except OSError:  # a file system without hard links
        if target.exists():
            raise
        unfinished.replace(target)


def _to_disk(path: Path) -> None:
    """Have it outlast a power cut; SQLite does not see to that for a file it vacuums into."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a folder that cannot be synced, as on some network mounts
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(file: Path) -> None:
    for suffix in BESIDE:
        with contextlib.suppress(OSError):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
