"""What an importer is: it opens a file or folder of one format as batches of long-table rows.

Checking the rows and numbering the attempts is common to all formats and stands in ``long_table``.
"""

from __future__ import annotations

import contextlib
import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from embedllm_bench.errors import DataError, first_line
from embedllm_bench.exchange.columns import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class ReadOptions:
    """How to read what a file leaves open; all but the first are for lm-eval's outputs."""

    skip_bad: bool = False  #: drop and count rows that cannot be read, instead of refusing the file
    metric: str | None = None
    filter: str | None = None
    filter_order: tuple[str, ...] = ()  #: names of a question's unnamed filter rows, in the order they stand
    threshold: float | None = None  #: the least score that is correct, where a metric gives partial credit
    text_field: tuple[str, ...] = ()  #: the document's fields that are the question, where it has any of them

    @property
    def choices(self) -> dict[str, object]:
        """What was chosen for lm-eval's outputs, by name."""
        given = {
            "metric": self.metric, "filter": self.filter, "filter-order": self.filter_order,
            "threshold": self.threshold, "text-field": self.text_field,
        }  # fmt: skip
        return {name: value for name, value in given.items() if value not in (None, ())}


@dataclass(frozen=True, eq=False)
class Batch:
    """Some rows of a file as long-table columns."""

    table: pa.Table
    first: int  #: how many readable rows come before these
    share: float  #: of the source that has been read by the end of this batch


@dataclass(frozen=True, eq=False)
class TableFile:
    """An open source of rows."""

    columns: tuple[str, ...]  #: as they stand in the source, unknown ones included
    files: tuple[Path, ...]  #: what was read; their contents are the source's fingerprint
    batches: Callable[[], Iterator[Batch]]
    place: Callable[[int], str]  #: where a user finds a row, counted from 0 among the readable ones
    dropped: Callable[[], int] = lambda: 0  #: rows that could not be read, once the batches are through
    notes: Callable[[], tuple[str, ...]] = tuple  #: choices made on the way that the user should know of
    names: tuple[str, ...] = ()  #: what of the files' places the rows depend on, part of the fingerprint
    called: Mapping[str, str] = field(default_factory=dict)  #: long-table columns the source names otherwise
    ignored: tuple[str, ...] = ()  #: columns of the source that are not among ``columns``


@dataclass(frozen=True, eq=False)
class Importer:
    """One format: the name ``--format`` takes, what it reads, and how."""

    name: str
    summary: str
    recognises: Callable[[Path], bool]
    open: Callable[[Path, ReadOptions], TableFile]
    takes_folders: bool = False
    takes_choices: bool = False  #: whether any of ``ReadOptions.choices`` means something to it
    fetch: Callable[[str], Path] | None = None  #: gets a source by a name that is no path, a hub's say


@contextlib.contextmanager
def readable(path: Path, kind: str) -> Iterator[None]:
    """Turn what the libraries raise on a broken file into one sentence."""
    try:
        yield
    except UnicodeError as error:
        raise DataError(f"{path} cannot be read as {kind}: it is not UTF-8 text; convert it.") from error
    except (pa.ArrowException, csv.Error) as error:
        raise DataError(f"{path} cannot be read as {kind}: {first_line(error)}.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read as {kind}: {error.strerror or first_line(error)}.") from error


def refuse_doubled(path: Path, columns: Sequence[str]) -> None:
    """Refuse a table in which a column's name does not say which column is meant."""
    doubled = sorted({name for name in columns if columns.count(name) > 1})
    if doubled:
        raise DataError(f"{path} has the column {listed(doubled)} more than once.")
