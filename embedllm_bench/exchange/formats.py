"""The formats there are, and which of them a path is of."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from embedllm_bench.errors import DataError, UsageError
from embedllm_bench.exchange.csv_table import CSV
from embedllm_bench.exchange.jsonl_table import JSONL
from embedllm_bench.exchange.lm_eval_tree import LM_EVAL
from embedllm_bench.exchange.parquet_table import PARQUET

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from embedllm_bench.exchange.base import Importer, ReadOptions, TableFile

#: The first that recognises a path reads it: lm-eval's sample files are JSON lines too, by a name of their own.
IMPORTERS: tuple[Importer, ...] = (LM_EVAL, PARQUET, CSV, JSONL)


def importer_for(path: Path, name: str | None) -> Importer:
    """The importer asked for by name, else the one that recognises the path.

    Raises:
        UsageError: there is none of that name, or none recognises the path.
    """
    names = ", ".join(importer.name for importer in IMPORTERS)
    with reachable(path):
        for importer in IMPORTERS:
            if importer.name == name or (name is None and importer.recognises(path)):
                return importer
    if name is None:
        raise UsageError(f"{path} is not recognised; say what it is with --format, one of {names}.")
    raise UsageError(f"There is no format {name!r}; there are {names}.")


def open_source(path: Path, importer: Importer, options: ReadOptions) -> TableFile:
    """Open a file or folder.

    Raises:
        DataError: it is not there, empty, not readable, or not of that format.
        UsageError: an option means nothing to that format.
    """
    with reachable(path):
        if not path.exists():
            raise DataError(f"There is no file {path}.")
        if path.is_dir() and not importer.takes_folders:
            raise DataError(f"{path} is a directory; give a file.")
        if path.is_file() and not path.stat().st_size:
            raise DataError(f"{path} is empty.")
        if options.choices and not importer.takes_choices:
            raise UsageError(
                f"--{next(iter(options.choices))} is for lm-eval's outputs, and {path} is read as {importer.name}."
            )
        return importer.open(path, options)


@contextlib.contextmanager
def reachable(path: Path) -> Iterator[None]:
    """Turn what the system says of a path (a name too long, a NUL in it) into one sentence."""
    try:
        yield
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DataError(f"{path} cannot be read: {reason}.") from error
