"""A division of questions as a CSV file: ``benchmark,question_id,part``, so that others can divide the same way."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from embedllm_bench.errors import DataError
from embedllm_bench.exchange.base import readable
from embedllm_bench.splits import PARTS

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.matrix import Questions
    from embedllm_bench.splits import Split

COLUMNS = ("benchmark", "question_id", "part")
SUFFIX = ".csv"


def split_text(questions: Questions, split: Split) -> str:
    """The file's content, part by part."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for part in PARTS:
        writer.writerows((questions.benchmarks[i], questions.ids[i], part) for i in getattr(split, part))
    return text.getvalue()


def read_split(path: Path) -> dict[tuple[str, str], str]:
    """(benchmark, question id) -> train, validation or test.

    Raises:
        DataError: names the line and what is wrong with it.
    """
    parts: dict[tuple[str, str], str] = {}
    with readable(path, "a split"), path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, strict=True)
        if tuple(next(rows, ())) != COLUMNS:
            raise DataError(f"{path} is no split; its first line has to be {','.join(COLUMNS)}.")
        for row in rows:
            if len(row) != len(COLUMNS) or row[2] not in PARTS:
                raise DataError(
                    f"{path}, line {rows.line_num}: is not a benchmark, a question's id and one of {', '.join(PARTS)}."
                )
            if (row[0], row[1]) in parts:
                raise DataError(
                    f"{path}, line {rows.line_num}: question {row[1]!r} of {row[0]} stands there twice."
                )
            parts[row[0], row[1]] = row[2]
    return parts
