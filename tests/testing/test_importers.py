"""The contract of importers: ours keep it, and every fault is caught by the check it breaks."""

from __future__ import annotations

import itertools
import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from embedllm_bench.errors import DataError
from embedllm_bench.exchange.base import Batch, TableFile
from embedllm_bench.exchange.csv_table import CSV, open_csv
from embedllm_bench.exchange.embedllm_release import EMBEDLLM
from embedllm_bench.exchange.formats import IMPORTERS
from embedllm_bench.testing import check_importer, importer_checks
from embedllm_bench.testing.importers import Reading
from tests.testing.examples import example

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from embedllm_bench.exchange.base import Importer, ReadOptions

    Open = Callable[[Path, ReadOptions], TableFile]

COUNT = itertools.count()


def no_rows(path: Path, options: ReadOptions) -> TableFile:
    return replace(open_csv(path, options), batches=lambda: iter(()))


def new_names(path: Path, options: ReadOptions) -> TableFile:
    file = open_csv(path, options)

    def batches() -> Iterator[Batch]:
        for batch in file.batches():
            column = batch.table.column_names.index("question_id")
            names = pa.array([f"{next(COUNT)}" for _ in range(len(batch.table))])
            yield replace(batch, table=batch.table.set_column(column, "question_id", names))

    return replace(file, batches=batches)


def beyond_the_end(path: Path, options: ReadOptions) -> TableFile:
    file = open_csv(path, options)
    return replace(file, batches=lambda: (replace(batch, share=2.0) for batch in file.batches()))


def no_files(path: Path, options: ReadOptions) -> TableFile:
    return replace(open_csv(path, options), files=())


def writes(path: Path, options: ReadOptions) -> TableFile:
    path.write_bytes(path.read_bytes() + b"\n")
    return open_csv(path, options)


def raises_on_bytes(path: Path, options: ReadOptions) -> TableFile:
    if b"\0" in path.read_bytes():
        raise KeyError("model")
    return open_csv(path, options)


def takes_a_first_line(path: Path, options: ReadOptions) -> TableFile:
    path.read_text(errors="replace").split()[0]
    return open_csv(path, options)


def takes_a_key(path: Path, options: ReadOptions) -> TableFile:
    if path.read_bytes().startswith(b"{"):
        json.loads(path.read_bytes())["model"]
    return open_csv(path, options)


def prints(path: Path, options: ReadOptions) -> TableFile:
    sys.stdout.write(f"reading {path}\n")
    return open_csv(path, options)


PLANTED: dict[str, Importer] = {
    "identity": replace(CSV, name="my table"),
    "recognises": replace(CSV, recognises=lambda _: True),
    "outcomes": replace(CSV, open=no_rows),
    "same-again": replace(CSV, open=new_names),
    "batches": replace(CSV, open=beyond_the_end),
    "files": replace(CSV, open=no_files),
    "untouched": replace(CSV, open=writes),
    "broken-files": replace(CSV, open=raises_on_bytes),
    "empty-files": replace(CSV, open=takes_a_first_line),
    "malformed-files": replace(CSV, open=takes_a_key),
    "silent": replace(CSV, open=prints),
}


def failures(importer: Importer, path: Path) -> list[str]:
    found = []
    for check in importer_checks():
        try:
            check(Reading(importer, path))
        except AssertionError:
            found.append(check.name)
    return found


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.name)
def test_our_importers_keep_the_contract(importer: Importer, tmp_path: Path) -> None:
    check_importer(importer, example(importer.name, tmp_path))


@pytest.mark.parametrize("check", PLANTED)
def test_every_fault_is_caught_by_its_check_and_by_no_other(check: str, tmp_path: Path) -> None:
    assert failures(PLANTED[check], example("csv", tmp_path)) == [check]


def test_every_check_has_a_fault() -> None:
    assert [check.name for check in importer_checks()] == list(PLANTED)


def trusts_every_line(path: Path, options: ReadOptions) -> TableFile:
    lines = path.read_text(errors="replace").splitlines()
    if options.skip_bad and any(len(line.split(",")) < len(lines[-1].split(",")) for line in lines):
        raise IndexError("list index out of range")
    return open_csv(path, options)


def invents(path: Path, options: ReadOptions) -> TableFile:
    if path.read_bytes().strip():
        return open_csv(path, options)
    columns = ("model", "benchmark", "question_id", "prompt", "correct")
    table = pa.table([["1"]] * 5, names=columns)
    return TableFile(columns, (path,), lambda: iter([Batch(table, 0, 1.0)]), str)


def says_no_file(path: Path, options: ReadOptions) -> TableFile:
    if path.read_bytes().startswith(b"null"):
        raise DataError("This cannot be read; mend it.")
    return open_csv(path, options)


def says_two_lines(path: Path, options: ReadOptions) -> TableFile:
    if path.read_bytes().startswith(b"null"):
        raise DataError(f"{path} cannot be read:\nmend it.")
    return open_csv(path, options)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            raises_on_bytes,
            "broken-files: a file of garbage is KeyError instead of a DataError that names the file.",
        ),
        (
            takes_a_first_line,
            "empty-files: a file of a blank line is IndexError instead of a DataError that names the file.",
        ),
        (invents, "empty-files: a file of a blank line is read as if it were none."),
        (
            takes_a_key,
            "malformed-files: a file of an empty JSON object is KeyError instead of a DataError that names the file.",
        ),
        (
            trusts_every_line,
            (
                "malformed-files: a file of prose, with --skip-bad, is IndexError instead of a DataError that names"
                " the file."
            ),
        ),
        (says_no_file, "malformed-files: what it says of a file of a JSON null does not name it."),
        (says_two_lines, "malformed-files: of a file of a JSON null it says more than a sentence."),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_broken_promise_is_one_sentence(fault: Open, message: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError) as raised:
        check_importer(replace(CSV, open=fault), example("csv", tmp_path))
    assert str(raised.value) == f"csv, {message}"


def test_a_folder_with_nothing_in_it_is_one_sentence(tmp_path: Path) -> None:
    def open_first(path: Path, options: ReadOptions) -> TableFile:
        if path.is_dir():
            next(path.iterdir())
        return EMBEDLLM.open(path, options)

    with pytest.raises(AssertionError) as raised:
        check_importer(replace(EMBEDLLM, open=open_first), example("embedllm", tmp_path))
    said = "embedllm, empty-files: a folder with nothing in it is StopIteration instead of a DataError that"
    assert str(raised.value) == f"{said} names the file."
