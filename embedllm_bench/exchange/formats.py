"""The formats there are, and which of them a path is of."""

from __future__ import annotations

import contextlib
import difflib
from typing import TYPE_CHECKING

from embedllm_bench.errors import ABORTS, DataError, UnknownNameError, UsageError
from embedllm_bench.exchange.csv_table import CSV
from embedllm_bench.exchange.embedllm_release import EMBEDLLM
from embedllm_bench.exchange.jsonl_table import JSONL
from embedllm_bench.exchange.lm_eval_tree import LM_EVAL
from embedllm_bench.exchange.parquet_table import PARQUET

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from embedllm_bench.exchange.base import Importer, ReadOptions, TableFile

#: The first that recognises a path reads it: lm-eval's sample files are JSON lines too, by a name of their own.
IMPORTERS: tuple[Importer, ...] = (LM_EVAL, PARQUET, CSV, JSONL, EMBEDLLM)


def importer_for(path: Path, name: str | None, importers: Sequence[Importer] = IMPORTERS) -> Importer:
    """The importer asked for by name, else the first that recognises the path.

    Raises:
        UnknownNameError: there is none of that name.
        UsageError: none recognises the path.
    """
    names = [importer.name for importer in importers]
    with reachable(path):
        for importer in importers:
            if importer.name == name or (name is None and _recognises(importer, path)):
                return importer
    if name is None:
        raise UsageError(
            f"{path} is not recognised; say what it is with --format, one of {', '.join(names)}."
        )
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise UnknownNameError(
        f"There is no format {name!r}; there are {', '.join(names)}.{hint}", near=bool(near)
    )


def _recognises(importer: Importer, path: Path) -> bool:
    """A stranger's importer that stumbles over a file does not know it; what the system says is for all."""
    try:
        return importer.recognises(path)
    except ABORTS:
        raise
    except BaseException:
        if importer in IMPORTERS:
            raise
        return False


def open_source(path: Path, importer: Importer, options: ReadOptions) -> TableFile:
    """Open a file or folder, or what the format finds under a name that is neither.

    Raises:
        DataError: it is not there, empty, not readable, or not of that format.
        UsageError: an option means nothing to that format.
    """
    with reachable(path):
        if not path.exists():
            if importer.fetch is None:
                raise DataError(f"There is no file {path}.")
            path = importer.fetch(str(path))
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
