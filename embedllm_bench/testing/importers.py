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
    from embedllm_bench.store.records import OutcomeTable

GARBAGE = b"\x89\x00\xff\xfe{[,\n" * 64


@dataclass(frozen=True)
class Reading:
    """An importer and a file or folder of its format."""

    importer: Importer
    example: Path

    @property
    def name(self) -> str:
        return self.importer.name


def read(importer: Importer, path: Path) -> OutcomeTable:
    """What the importer makes of a file or folder."""
    file = open_source(path, importer, ReadOptions())
    return read_long_table(path, file, skip_bad=False).outcomes


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
    """Each file of the example cut in half and made garbage: what cannot be read is one sentence."""
    files = open_source(reading.example, reading.importer, ReadOptions()).files
    for how, content in (("cut in half", None), ("garbage", GARBAGE)):
        for path in files:
            with tempfile.TemporaryDirectory() as place:
                copy = _copied(reading.example, Path(place))
                spoilt = copy / path.relative_to(reading.example) if copy.is_dir() else copy
                whole = path.read_bytes()
                spoilt.write_bytes(whole[: len(whole) // 2] if content is None else content)
                try:
                    read(reading.importer, copy)
                except BenchError as error:
                    require("\n" not in str(error), f"of a file {how} it says more than a sentence.")
                except Exception as error:
                    raise AssertionError(
                        f"a file {how} is {type(error).__name__} instead of a DataError that names the file."
                    ) from error
                else:
                    require(content is None, "garbage in place of a file is read as if it were none.")


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
