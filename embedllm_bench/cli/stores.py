"""Stores as commands open them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedllm_bench.store.store import Store


@contextlib.contextmanager
def writing(option: str | None, *, make: bool = True) -> Iterator[Store]:
    """The store named, or the user's own, to be written to; made where there is none, unless not to."""
    from embedllm_bench.store.connection import path_of
    from embedllm_bench.store.location import writing_location
    from embedllm_bench.store.store import Store

    location = writing_location(option)
    made = not path_of(location).exists()
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
