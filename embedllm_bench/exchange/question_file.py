"""A benchmark's questions from a file of the user's: JSONL, CSV or Parquet, a question a row."""

from __future__ import annotations

import csv
import hashlib
import json
import math
from collections import Counter
from typing import TYPE_CHECKING, Any, NoReturn

from embedllm_bench.errors import DataError
from embedllm_bench.exchange.base import readable, refuse_doubled
from embedllm_bench.exchange.columns import BadValueError, read_name, read_optional_text
from embedllm_bench.question_set import LETTERS, PARTS, ContradictionError, Item, QuestionSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from embedllm_bench.question_set import Part

COLUMNS = ("question", "answer", "choices", "id", "split", "subtask")
SUFFIXES = (".jsonl", ".ndjson", ".csv", ".parquet")
DERIVED_ID = 16  #: hexadecimal digits of a question's hash, where the file gives no ids


def read_questions(path: Path) -> QuestionSet:
    """The questions of a file, checked.

    Columns are ``question`` and ``answer``, and as needed ``choices`` (a list, as JSON where the format has
    none; or one column a letter, A, B, ...), ``id``, ``split`` (test or fewshot) and ``subtask``. With
    choices an answer is one of their texts, a letter, or a whole number from 0; without, the text that is
    right, or a list of such.

    Raises:
        DataError: names the row and what is wrong with it.
    """
    items: dict[str, Item] = {}  # by where they stand
    derived: Counter[str] = Counter()
    seen: dict[str, str] = {}  # by id
    for place, row in _rows(path):
        try:
            items[place] = _item(_with_choices(row), derived)
            _check_new(items[place].id, place, seen)
        except BadValueError as error:
            raise DataError(f"{path}, {place}: {error}; mend it. Nothing was added.") from error
        except DataError as error:
            raise DataError(f"{path}, {place}: {error}") from error
    try:
        return QuestionSet(tuple(items.values()))
    except ContradictionError as error:
        places = " and ".join(place for place, item in items.items() if item in error.items)
        raise DataError(f"{path}, {places}: {error.what}.") from error
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def _check_new(identity: str, place: str, seen: dict[str, str]) -> None:
    if seen.setdefault(identity, place) != place:
        raise BadValueError(f"id {identity!r} stands in {seen[identity]} too")


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Where each row stands, and its values by column."""
    readers = {".csv": _csv_rows, ".parquet": _parquet_rows}
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(f"{path} is no file of questions; its name has to end in {', '.join(SUFFIXES)}.")
    kind = path.suffix.lower().removeprefix(".")
    with readable(path, kind):
        yield from readers.get(path.suffix.lower(), _json_rows)(path)


def _json_rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise DataError(f"{path}, line {number}: no JSON object; mend it. Nothing was added.")
        _check_columns(path, list(row))
        yield f"line {number}", row


def _csv_rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        _check_columns(path, list(reader.fieldnames or []))
        for row in reader:
            place = f"line {reader.line_num}"
            if None in row or None in row.values():
                raise DataError(
                    f"{path}, {place}: has not the {len(reader.fieldnames or [])} fields of line 1."
                )
            yield place, {key: value or None for key, value in row.items()}


def _parquet_rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    _check_columns(path, table.column_names)
    for number, row in enumerate(table.to_pylist(), 1):
        yield f"row {number}", row


def _check_columns(path: Path, columns: list[str]) -> None:
    refuse_doubled(path, columns)
    for name in columns:
        if name not in COLUMNS and name not in LETTERS:
            raise DataError(f"{path} has a column {name!r}; a file of questions has {', '.join(COLUMNS)}.")
    for name in COLUMNS[:2]:
        if name not in columns:
            raise DataError(f"{path} has no {name}; a question needs {' and '.join(COLUMNS[:2])}.")


def _with_choices(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The choices as a list, from JSON or from columns A, B, ..., which end at the first that is empty."""
    choices = row.get("choices")
    if isinstance(choices, str):
        try:
            choices = json.loads(choices)
        except ValueError:
            raise DataError(f"choices are {choices[:40]!r}, not a JSON list of texts; mend it.") from None
    lettered = _lettered(row)
    if lettered and choices not in (None, [], lettered):
        raise BadValueError("its choices are others than its columns A, B, ... say")
    if not lettered and choices in (None, []) and any(name in row for name in ("choices", *LETTERS)):
        raise BadValueError("its choices are empty; give two or more texts, or no such column")
    return {**row, "choices": lettered or choices}


def _lettered(row: Mapping[str, Any]) -> list[Any]:
    """The choices of columns A, B, ..."""
    lettered = [letter for letter in LETTERS if row.get(letter) is not None]
    for letter, filled in zip(LETTERS, lettered, strict=False):
        if letter != filled:
            raise BadValueError(f"choice {letter} is empty, and {filled} is not")
    return [row[letter] for letter in lettered]


def _item(row: Mapping[str, Any], derived: Counter[str]) -> Item:
    question, subtask = _text("question", row.get("question")), read_optional_text(row.get("subtask"))
    choices = _texts("choices", row["choices"]) if row.get("choices") is not None else ()
    numbers = any(not isinstance(choice, str) for choice in row["choices"]) if choices else False
    answer = (
        _choice(row.get("answer"), choices, numbers=numbers) if choices else _right_texts(row.get("answer"))
    )
    if row.get("id") is not None:
        identity = _identity(row["id"])
    else:
        identity = _digest(question, choices, answer)
        derived[identity] += 1
        identity += f"#{derived[identity]}" if derived[identity] > 1 else ""
    item = Item(identity, question, answer, choices, _part(row.get("split")), subtask)
    for fault in item.faults():
        raise BadValueError(fault)
    return item


def _identity(value: object) -> str:
    try:
        return read_name(value)
    except BadValueError as error:
        raise BadValueError(f"id {error}") from error


def _text(name: str, value: object) -> str:
    if value is None or value == "":
        raise BadValueError(f"{name} is empty")
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise BadValueError(f"{name} is {value!r}, not a text")
    if isinstance(value, float) and not math.isfinite(value):
        raise BadValueError(f"{name} is {value}, neither a text nor a number")
    return read_optional_text(value) or ""


def _texts(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise BadValueError(f"{name} are {value!r}, not a list of texts")
    return tuple(_text(f"one of {name}", item) for item in value)


def _right_texts(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(_text("answer", item) for item in values)


def _choice(value: object, choices: tuple[str, ...], *, numbers: bool) -> int:
    """Which choice an answer means; what can be read in two ways is refused.

    A number beside choices that are texts is a place; where the choices are ``numbers`` too it may be one of them.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # Parquet's number in a column with gaps
    if isinstance(value, int) and not isinstance(value, bool) and not numbers:
        return value
    text = _text("answer", value).strip()
    texts = [choice.strip() for choice in choices]
    meant = {texts.index(text)} if text in texts else set()
    if isinstance(value, int):
        meant.add(value)
    if len(text) == 1 and text in LETTERS[: len(choices)]:
        meant.add(LETTERS.index(text))
    if text.isdecimal():
        meant.add(int(text))
    if len(meant) > 1:
        other = "letter" if text.isdecimal() else "number from 0"
        raise BadValueError(f"answer {text!r} is a choice and names another one; write it as a {other}")
    if not meant:
        _refuse_answer(text, choices)
    return meant.pop()


def _refuse_answer(text: str, choices: tuple[str, ...]) -> NoReturn:
    last = LETTERS[len(choices) - 1] if len(choices) <= len(LETTERS) else "Z"
    raise BadValueError(f"answer {text!r} is no choice, letter (A to {last}) or number from 0")


def _part(value: object) -> Part:
    text = read_optional_text(value) or "test"
    for part in PARTS:
        if part == text:
            return part
    raise BadValueError(f"split is {text!r}, not {' or '.join(PARTS)}")


def _digest(*parts: object) -> str:
    text = json.dumps(parts, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:DERIVED_ID]
