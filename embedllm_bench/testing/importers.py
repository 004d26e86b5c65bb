"""The contract of importers, checked on an example of their format."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.errors import BenchError
from embedllm_bench.exchange.base import Importer, ReadOptions
from embedllm_bench.exchange.formats import open_source
from embedllm_bench.exchange.long_table import read_long_table
from embedllm_bench.testing.base import Check, printed, require, run_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedllm_bench.store.records import OutcomeTable

GARBAGE = b"\x89\x00\xff\xfe{[,\n" * 64
#: The first of a lone file is refused before its importer sees it; in a folder it does.
EMPTY = {"with nothing in it": b"", "of a blank line": b"\n"}
#: Text of the wrong shape, whatever the format: prose, and JSON that is no answer.
MALFORMED = {
    "of prose": b"This is no such file.\nIt is prose, of two lines.\n",
    "of an empty JSON object": b"{}\n",
    "of an empty JSON list": b"[]\n",
    "of a JSON null": b"null\n",
}


@dataclass(frozen=True)
class Reading:
    """An importer and a file or folder of its format."""

    importer: Importer
    example: Path

    @property
    def name(self) -> str:
        return self.importer.name


def read(importer: Importer, path: Path, *, skip_bad: bool = False) -> OutcomeTable:
    """What the importer makes of a file or folder."""
    file = open_source(path, importer, ReadOptions(skip_bad=skip_bad))
    return read_long_table(path, file, skip_bad=skip_bad).outcomes


def attempt(importer: Importer, path: Path) -> OutcomeTable | None:
    """The same, None where it is refused: that it is not is the business of one check."""
    try:
        return read(importer, path)
    except BenchError:
        return None


def _identity(reading: Reading) -> None:
    importer = reading.importer
    require(
        importer.name.strip() == importer.name and importer.name and " " not in importer.name,
        f"the name {importer.name!r} is blank or has a space in it; --format takes it.",
    )
    require(importer.summary.strip(), "the summary is blank; say in a line what it reads.")


def _recognises(reading: Reading) -> None:
    recognises, example = reading.importer.recognises, reading.example
    require(recognises(example), f"it does not recognise {example.name}, an example of its format.")
    with tempfile.TemporaryDirectory() as place:
        other = Path(place) / "notes.unknown"
        other.write_bytes(GARBAGE)
        empty = Path(place) / "empty"
        empty.mkdir()
        for path in (other, empty, Path(place) / "absent.unknown"):
            require(not recognises(path), f"it takes {path.name}, which is nothing of the kind, for its own.")


def _outcomes(reading: Reading) -> None:
    table = read(reading.importer, reading.example)
    require(len(table.model) > 0, "it reads no outcome from the example.")


def _same_again(reading: Reading) -> None:
    first, second = (attempt(reading.importer, reading.example) for _ in range(2))
    if first is None or second is None:
        require(first is second, "the example can be read only once.")
        return
    for field in fields(first):
        one, other = getattr(first, field.name), getattr(second, field.name)
        same = np.array_equal(one, other, equal_nan=one.dtype.kind == "f") if _is_array(one) else one == other
        require(same, f"read twice, the example differs in {field.name}.")


def _is_array(value: object) -> bool:
    return isinstance(value, np.ndarray)


def _batches(reading: Reading) -> None:
    file = open_source(reading.example, reading.importer, ReadOptions())
    rows, share = 0, 0.0
    for batch in file.batches():
        require(batch.first == rows, f"a batch says {batch.first} rows came before it, and {rows} did.")
        require(
            share <= batch.share <= 1,
            f"the share read goes from {share:.2f} to {batch.share:.2f}; it grows to 1.",
        )
        rows, share = rows + len(batch.table), batch.share
    require(isinstance(file.place(0), str) and file.place(0), "it cannot say where the first row stands.")


def _files(reading: Reading) -> None:
    file = open_source(reading.example, reading.importer, ReadOptions())
    require(file.files, "it names no file that it read, so a second import would not be known as one.")
    absent = [path for path in file.files if not path.is_file()]
    require(not absent, f"it names {absent[0] if absent else ''} among the files read, which is no file.")


def _untouched(reading: Reading) -> None:
    before = _digest(reading.example)
    attempt(reading.importer, reading.example)
    require(_digest(reading.example) == before, f"reading changes {reading.example.name}.")


def _broken_files(reading: Reading) -> None:
    """Bytes are lost, or others stand there: what a broken disk or a broken download leaves."""
    _spoil(reading, "cut in half", lambda whole: whole[: len(whole) // 2], may_be_read=True)
    _spoil(reading, "of garbage", _replaced_by(GARBAGE))


def _empty_files(reading: Reading) -> None:
    """Where a run was stopped before it wrote: a first line to look at is what many importers take for granted."""
    for how, content in EMPTY.items():
        _spoil(reading, how, _replaced_by(content))
    if reading.importer.takes_folders:
        with tempfile.TemporaryDirectory() as place:
            empty = Path(place) / "empty"
            empty.mkdir()
            _refused(reading.importer, empty, "a folder with nothing in it", (empty.name,))


def _malformed_files(reading: Reading) -> None:
    """Text that can be read and is of another shape: somebody else's file, or one that was edited by hand."""
    for how, content in MALFORMED.items():
        _spoil(reading, how, _replaced_by(content))
    _spoil(reading, "with half a line", _half_a_line, may_be_read=True)


def _replaced_by(content: bytes) -> Callable[[bytes], bytes]:
    return lambda _: content


def _half_a_line(whole: bytes) -> bytes:
    lines = whole.splitlines(keepends=True)
    middle = len(lines) // 2
    lines[middle] = lines[middle][: len(lines[middle]) // 2] + b"\n"
    return b"".join(lines)


def _spoil(
    reading: Reading, how: str, change: Callable[[bytes], bytes], *, may_be_read: bool = False
) -> None:
    """Each file of the example spoilt in turn, and read with and without --skip-bad."""
    for path in open_source(reading.example, reading.importer, ReadOptions()).files:
        with tempfile.TemporaryDirectory() as place:
            copy = _copied(reading.example, Path(place))
            spoilt = copy / path.relative_to(reading.example) if copy.is_dir() else copy
            spoilt.write_bytes(change(path.read_bytes()))
            names = (spoilt.name, copy.name)
            _refused(reading.importer, copy, f"a file {how}", names, may_be_read=may_be_read)
            _refused(reading.importer, copy, f"a file {how}", names, may_be_read=True, skip_bad=True)


def _refused(
    importer: Importer,
    path: Path,
    what: str,
    names: tuple[str, ...],
    *,
    may_be_read: bool = False,
    skip_bad: bool = False,
) -> None:
    """That what cannot be read is one sentence with one of these names in it."""
    option = ", with --skip-bad," if skip_bad else ""
    try:
        read(importer, path, skip_bad=skip_bad)
    except BenchError as error:
        require("\n" not in str(error), f"of {what}{option} it says more than a sentence.")
        require(
            any(name in str(error) for name in names), f"what it says of {what}{option} does not name it."
        )
    except Exception as error:
        raise AssertionError(
            f"{what}{option} is {type(error).__name__} instead of a DataError that names the file."
        ) from error
    else:
        require(may_be_read, f"{what} is read as if it were none.")


def _silent(reading: Reading) -> None:
    said = printed(lambda: attempt(reading.importer, reading.example))
    require(not said, f"it printed or warned {said!r}; what a user should know belongs in notes.")


def _copied(example: Path, folder: Path) -> Path:
    target = folder / example.name
    if example.is_dir():
        shutil.copytree(example, target)
    else:
        shutil.copy(example, target)
    return target


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        digest.update(f"{file.relative_to(path.parent)}\0".encode())
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()


CHECKS: tuple[Check[Reading], ...] = (
    Check("identity", "it has a name that --format can take, and a summary", _identity),
    Check("recognises", "it recognises its example, and nothing that is none of its own", _recognises),
    Check("outcomes", "the example holds outcomes", _outcomes),
    Check("same-again", "read twice, the example is the same", _same_again),
    Check("batches", "rows are counted, and the share that was read grows to 1", _batches),
    Check("files", "it names the files that it read", _files),
    Check("untouched", "reading leaves the example as it was", _untouched),
    Check("broken-files", "a file cut in half or of garbage is one sentence", _broken_files),
    Check("empty-files", "a file with nothing in it is one sentence", _empty_files),
    Check(
        "malformed-files",
        "a file of text in another form, or with half a line, is one sentence",
        _malformed_files,
    ),
    Check("silent", "reading prints and warns of nothing", _silent),
)


def importer_checks() -> tuple[Check[Reading], ...]:
    """Every check of an importer."""
    return CHECKS


def check_importer(importer: Importer, example: Path) -> None:
    """Run every check on an importer and a small file or folder of its format.

    Raises:
        AssertionError: the first promise that is broken, in one sentence.
    """
    run_all(CHECKS, Reading(importer, example))
