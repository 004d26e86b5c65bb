"""The file a store lives in: opening, upgrading, closing, and transactions on it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from embedllm_bench.errors import StoreError
from embedllm_bench.store import connection, migrating
from embedllm_bench.store.location import STARTER

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine


class StoreFile:
    """An open SQLite file whose tables are of this version's schema."""

    def __init__(self, path: Path, engine: Engine, *, writable: bool) -> None:
        self.path = path
        self._engine = engine
        self._writable = writable

    @classmethod
    def open(
        cls, location: str | os.PathLike[str], *, write: bool = False, make: bool = True, upgrade: bool = True
    ) -> Self:
        """Open the store at a path or sqlite:/// URL; one that an older version made is upgraded first.

        For writing it is also made where there is none, unless not to ``make`` one. Not to ``upgrade`` is
        for reading only, and leaves an older version's store fit for no more than :meth:`Store.backup` and
        :meth:`Store.check`.

        Raises:
            StoreError: it does not exist, is the starter and to be written to, is no store, is a newer version's,
                is an older version's and cannot be upgraded, or the disk refuses.
        """
        path = connection.path_of(location)
        connection.check_file(path)
        with connection.translated_errors(path):
            if not (write and make) and (not path.exists() or not path.stat().st_size):
                raise StoreError(
                    f"There is no store at {path}; make one with 'embedllm-bench import TABLE --store {path}'."
                )
            if write:
                _refuse_starter(path)
                engine = connection.writing_engine(path)
                migrating.migrate(engine, str(path))
                return cls(path, engine, writable=True)
            engine = connection.reading_engine(path, immutable=path == STARTER)
            with engine.begin() as opened:
                current = migrating.is_current(opened, str(path))
            if not current and upgrade:
                connection.check_upgradable(path)
                migrating.migrate(connection.writing_engine(path), str(path))
            return cls(path, engine, writable=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def remove(self) -> None:
        """Delete the file, which nothing has been written to."""
        self.close()
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    @property
    def on_network(self) -> bool:
        """Whether the file is mounted over a network, where several processes cannot safely share it."""
        return connection.on_network_file_system(self.path)

    def compact(self) -> None:
        """Fold the write-ahead log into the file and make it as small as it gets, to be handed on."""
        self._check_writable()
        with connection.translated_errors(self.path):
            connection.compact(self._engine)

    def _check_writable(self) -> None:
        if not self._writable:
            raise StoreError(f"{self.path} is open for reading only; use Store.open(path, write=True).")

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with connection.translated_errors(self.path), self._engine.begin() as opened:
            yield opened


def _refuse_starter(path: Path) -> None:
    """The starter belongs to the installed package: the next release replaces it, and others may read it."""
    if path.exists() and path.samefile(STARTER):
        raise StoreError(
            f"{path} is the starter inside the package, which is never written to; leave --store out, and a store"
            " of your own that begins as a copy of it is written to, or give another --store."
        )
