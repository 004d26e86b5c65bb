"""The contract of importers: ours keep it, and every fault is caught by the check it breaks."""

from __future__ import annotations

import itertools
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from embedllm_bench.exchange.csv_table import CSV, open_csv
from embedllm_bench.exchange.formats import IMPORTERS
from embedllm_bench.testing import check_importer, importer_checks
from embedllm_bench.testing.importers import Reading
from tests.testing.examples import example

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from embedllm_bench.exchange.base import Batch, Importer, ReadOptions, TableFile

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


def raises(path: Path, options: ReadOptions) -> TableFile:
    if not path.read_bytes().startswith(b"model"):
        raise KeyError("model")
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
    "broken-files": replace(CSV, open=raises),
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


def test_a_broken_promise_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(AssertionError) as raised:
        check_importer(PLANTED["broken-files"], example("csv", tmp_path))
    assert str(raised.value) == (
        "csv, broken-files: a file garbage is KeyError instead of a DataError that names the file."
    )
