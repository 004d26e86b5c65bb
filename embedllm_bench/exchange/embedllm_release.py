"""The EmbedLLM release: a folder of train.csv, val.csv and test.csv, a row an answer of a model to a prompt."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from embedllm_bench.errors import DataError
from embedllm_bench.exchange.base import Batch, Importer, TableFile, refuse_doubled
from embedllm_bench.exchange.csv_file import CsvFile
from embedllm_bench.exchange.embedllm_numbers import Models, Prompts, read_order, whole_numbers
from embedllm_bench.exchange.hub import fetch_dataset

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from embedllm_bench.exchange.base import ReadOptions

PARTS = {"train.csv": "train", "val.csv": "validation", "test.csv": "test"}
MODEL_ORDER, QUESTION_ORDER = "model_order.csv", "question_order.csv"
NEEDED = ("prompt_id", "model_id", "label", "model_name", "prompt")
CATEGORY, CATEGORY_ID = "category", "category_id"


def open_release(path: Path, options: ReadOptions) -> TableFile:
    """Open a release's folder; headers and order files have been read, the rows have not.

    A question is a prompt_id. Where its rows name several categories, as the variants of one benchmark
    do, they are attempts at one question all the same, of the category that its first row names: the
    label conventions in use are all over the rows of a model and a prompt_id.
    """
    if path.is_file():
        raise DataError(f"{path} is a file; give the folder that holds {', '.join(PARTS)}.")
    files = [CsvFile(path / name) for name in PARTS if (path / name).is_file()]
    if not files:
        raise DataError(f"{path} holds none of {', '.join(PARTS)}; give the folder of an EmbedLLM release.")
    for file in files:
        _check(file)
    categories = {CATEGORY if CATEGORY in file.columns else CATEGORY_ID for file in files}
    if len(categories) > 1:
        raise DataError(f"Some files of {path} lack the column {CATEGORY} that others have; give it to all.")
    release = _Release(path, files, categories.pop(), skip_bad=options.skip_bad)
    known = {*NEEDED, CATEGORY, CATEGORY_ID, ""}
    return TableFile(
        columns=("model", "benchmark", "question_id", "prompt", "correct", "split"),
        files=tuple(file.path for file in files),
        batches=release.batches,
        place=release.place,
        dropped=lambda: sum(file.dropped for file in files),
        notes=release.notes,
        names=tuple(file.path.name for file in files),
        called={
            "model": "model_name", "question_id": "prompt_id", "correct": "label", "benchmark": release.category,
        },
        ignored=tuple(dict.fromkeys(name for file in files for name in file.columns if name not in known)),
    )  # fmt: skip


def _check(file: CsvFile) -> None:
    refuse_doubled(file.path, [name for name in file.columns if name])
    lacking = _lacking(file.columns)
    if lacking:
        raise DataError(
            f"{file.path} lacks the column{'s' * (len(lacking) > 1)} {', '.join(lacking)}; a file of the"
            f" EmbedLLM release has {', '.join((*NEEDED, CATEGORY))}."
        )
    with file.path.open("rb") as content:
        content.seek(-1, 2)
        if content.read() not in (b"\n", b"\r"):
            # half a category or label would pass for a whole one
            raise DataError(
                f"{file.path} does not end with a line break, so its last row may be cut short; fetch it again,"
                " or end it with one."
            )


def _lacking(columns: Sequence[str]) -> list[str]:
    lacking = [name for name in NEEDED if name not in columns]
    if CATEGORY not in columns and CATEGORY_ID not in columns:
        lacking.append(CATEGORY)
    return lacking


class _Release:
    """The rows of a release's files, one file after the other."""

    def __init__(self, path: Path, files: Sequence[CsvFile], category: str, *, skip_bad: bool) -> None:
        self.path = path
        self.files = files
        self.category = category  #: the column that names the benchmark
        self.skip_bad = skip_bad
        self.starts: list[int] = []  #: how many rows come before those of each file begun
        self.prompts = Prompts(None)
        self._prompt_order = read_order(path / QUESTION_ORDER, "prompt_id", "prompt")
        self._model_order = read_order(path / MODEL_ORDER, "model_id", "model_name")

    def batches(self) -> Iterator[Batch]:
        """All rows, checked for numbers that contradict each other or the order files."""
        self.starts = []
        self.prompts, models = Prompts(self._prompt_order), Models(self._model_order)
        sizes = [file.path.stat().st_size for file in self.files]
        rows = 0
        for position, file in enumerate(self.files):
            self.starts.append(rows)
            wanted = (*NEEDED, self.category)
            for table, read in file.blocks(wanted, wanted, skip_bad=self.skip_bad):
                self._refuse(rows, models.contradiction(table["model_name"], table["model_id"]), MODEL_ORDER)
                prompt_id = whole_numbers(table["prompt_id"])
                category, wrong = self.prompts.add(prompt_id, table[self.category], table["prompt"])
                self._refuse(rows, wrong, QUESTION_ORDER)
                columns = {
                    "model": table["model_name"], "benchmark": category, "question_id": prompt_id,
                    "prompt": table["prompt"], "correct": table["label"],
                    "split": _constant(PARTS[file.path.name], len(table)),
                }  # fmt: skip
                share = (sum(sizes[:position]) + read) / sum(sizes)
                yield Batch(pa.table(columns), rows, min(share, 1.0))
                rows += len(table)

    def place(self, row: int) -> str:
        """The file and line of a row."""
        position = bisect.bisect_right(self.starts, row) - 1
        file = self.files[position]
        return f"{file.path.name}, line {file.line(row - self.starts[position])}"

    def notes(self) -> tuple[str, ...]:
        """What is not there, and what was put in its place."""
        notes = []
        there = {file.path.name for file in self.files}
        missing = [name for name in PARTS if name not in there]
        if missing:
            parts = " or ".join(PARTS[name] for name in missing)
            notes.append(f"Without {' and '.join(missing)} the published split has no {parts} questions.")
        if self.category == CATEGORY_ID:
            notes.append(f"There is no column {CATEGORY}; the numbers in {CATEGORY_ID} name the benchmarks.")
        if self.prompts.in_several:
            notes.append(
                f"{self.prompts.in_several} prompts stand in several categories; the rows of each are attempts at"
                " one question, of the category that its first row names."
            )
        return tuple(notes)

    def _refuse(self, first: int, contradiction: tuple[int, str] | None, order: str) -> None:
        if contradiction is None:
            return
        row, reason = contradiction
        remedy = f", or take {order} away" if (self.path / order).is_file() else ""
        raise DataError(
            f"{self.path}, {self.place(first + row)}: {reason}; nothing was imported, make the two"
            f" agree{remedy}."
        )


def _constant(text: str, rows: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(rows, dtype=np.int32)), pa.array([text.encode()], pa.binary())
    )


def _recognises(path: Path) -> bool:
    try:
        return path.is_dir() and any(
            not _lacking(CsvFile(path / name).columns) for name in PARTS if (path / name).is_file()
        )
    except (DataError, OSError):
        return False


EMBEDLLM = Importer(
    "embedllm",
    "the EmbedLLM release: a folder with train.csv, val.csv and test.csv, or the id of a hub dataset",
    _recognises,
    open_release,
    takes_folders=True,
    fetch=lambda name: fetch_dataset(name, (*PARTS, MODEL_ORDER, QUESTION_ORDER)),
)
