"""New questions from a file of the user's, to be forecast or routed: text lines, JSONL or CSV."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedllm_bench.errors import DataError
from embedllm_bench.exchange.base import readable, refuse_doubled
from embedllm_bench.exchange.columns import BadValueError, read_optional_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SUFFIXES = (".txt", ".jsonl", ".ndjson", ".csv")
#: Names a column may have: those of a file of questions, and those of the long table.
TEXTS, IDS = ("question", "prompt"), ("id", "question_id")


@dataclass(frozen=True)
class NewQuestion:
    """A text, and what the file calls it, or where it stands in it from 1."""

    id: str
    text: str


def read_new_questions(path: Path) -> list[NewQuestion]:
    """The questions of a file: a text file's lines, or the column ``question`` (or ``prompt``) of the others.

    A column ``id`` (or ``question_id``) names them; other columns are left alone. Blank lines are passed over.

    Raises:
        DataError: names the line and what is wrong with it.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(f"{path} is no file of questions; its name has to end in {', '.join(SUFFIXES)}.")
    rows = {".txt": _lines, ".csv": _csv_rows}.get(suffix, _json_rows)
    found: list[NewQuestion] = []
    with readable(path, suffix.removeprefix(".")):
        for line, row in rows(path):
            try:
                found.append(_question(row, len(found) + 1))
            except BadValueError as error:
                raise DataError(f"{path}, line {line}: {error}; mend it.") from error
    if not found:
        raise DataError(f"{path} holds no question.")
    return found


def _question(row: Mapping[str, Any], number: int) -> NewQuestion:
    text = _value(row, TEXTS)
    if text is None or not text.strip():
        raise BadValueError(f"has no {' or '.join(TEXTS)}")
    return NewQuestion(_value(row, IDS) or str(number), text)


def _value(row: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    """The text in the first of these columns that the row has."""
    name = next((name for name in names if name in row), names[0])
    value = row.get(name)
    if isinstance(value, bool | dict | list):
        raise BadValueError(f"{name} is {value!r}, not a text")
    try:
        return read_optional_text(value)
    except BadValueError as error:
        raise BadValueError(f"{name} {error}") from error


def _lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), 1):
        if line.strip():
            yield number, {TEXTS[0]: line.strip()}


def _json_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise DataError(f"{path}, line {number}: no JSON object; mend it.")
        yield number, row


def _csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        columns = list(reader.fieldnames or [])
        refuse_doubled(path, columns)
        if not set(TEXTS) & set(columns):
            raise DataError(f"{path} has no column {' or '.join(TEXTS)}; name one so in its first line.")
        for row in reader:
            if None in row or None in row.values():
                raise DataError(
                    f"{path}, line {reader.line_num}: has not the {len(columns)} fields of line 1; mend it."
                )
            yield reader.line_num, row
