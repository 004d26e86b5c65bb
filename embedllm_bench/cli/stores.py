"""Stores as commands open them."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedllm_bench.store.store import Store


def _copy_starter(path: Path) -> None:
    from embedllm_bench.errors import StoreError
    from embedllm_bench.store.location import STARTER
    from embedllm_bench.store.store import Store

    with Store.open(STARTER) as starter:
        try:
            starter.backup(path)
        except StoreError:
            if not path.exists():  # else another process was faster
                raise
    click.echo(
        f"{path}: made from the starter store, whose models yours will stand beside; --store PATH gives a"
        " store without it.",
        err=True,
    )


@contextlib.contextmanager
def writing(option: str | None, *, make: bool = True) -> Iterator[Store]:
    """The store named, or the user's own, to be written to; made where there is none, unless not to.

    The user's own begins as a copy of the starter, so that the first model has others to stand beside and
    questions to be asked.
    """
    from embedllm_bench.store.connection import path_of
    from embedllm_bench.store.location import writing_location
    from embedllm_bench.store.store import Store

    location = writing_location(option)
    made = not path_of(location).exists()
    if made and make and option is None:
        _copy_starter(path_of(location))
        made = False
    with Store.open(location, write=True, make=make) as store:
        if store.on_network:
            click.echo(
                f"{store.path} lies on a network file system: it is written without a write-ahead log, so let"
                " one process at a time use it.",
                err=True,
            )
        try:
            yield store
        except BaseException:
            if made and store.is_empty():
                store.remove()
            raise


@contextlib.contextmanager
def looking(option: str | None) -> Iterator[Store]:
    """What :func:`writing` would write to, to be read only; where that is still to be made, as it would begin."""
    from embedllm_bench.store.connection import path_of
    from embedllm_bench.store.location import reading_location
    from embedllm_bench.store.store import Store

    location = reading_location(option)
    with contextlib.ExitStack() as opened:
        path = path_of(location)
        if not path.exists() or (path.is_file() and not path.stat().st_size):
            folder = opened.enter_context(tempfile.TemporaryDirectory())
            location = str(Path(folder) / "store.db")
            Store.open(location, write=True).close()
        yield opened.enter_context(Store.open(location))
