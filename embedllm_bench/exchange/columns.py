"""The long table's columns, and how a value of each is read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from embedllm_bench.store.records import FAILED, GRADED, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

REQUIRED = ("model", "benchmark", "question_id", "prompt", "correct")
OPTIONAL = (
    "subtask", "split", "attempt", "state", "score", "cost", "prompt_tokens", "completion_tokens", "latency",
    "reason",
)  # fmt: skip
COLUMNS = REQUIRED + OPTIONAL
PARTS = {
    "train": "train", "val": "validation", "valid": "validation", "validation": "validation",
    "dev": "validation", "test": "test",
}  # fmt: skip
LONGEST_SHOWN = 40
MOST_LISTED = 6
LABELS = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1}


def shown(text: str) -> str:
    """A value as a message shows it, however long it is."""
    return repr(text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "...")


def listed(names: Iterable[str], longest: int = LONGEST_SHOWN) -> str:
    """The first names of a file as a message lists them: on one line whatever they hold, a plain one as it is."""
    every = list(names)
    shortened = [
        name if name.isprintable() and len(name) <= longest else shown(name) for name in every[:MOST_LISTED]
    ]
    more = len(every) - MOST_LISTED
    return ", ".join(shortened) + (f" and {more} more" if more > 0 else "")


class BadValueError(ValueError):
    """A value that its column does not allow; the message says which and why."""


def read_name(value: object) -> str:
    """A model, benchmark or question id: any text or whole number that is not empty."""
    text = read_optional_text(value)
    if text is None:
        raise BadValueError("is empty")
    return text


def read_optional_text(value: object) -> str | None:
    """A text, None where empty; what no UTF-8 file or SQLite text can hold is refused."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    text = decoded(value) if isinstance(value, bytes) else str(value)
    if "\0" in text:
        raise BadValueError("holds a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadValueError("is not valid Unicode") from None
    return text or None


def decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise BadValueError("is not UTF-8 text") from None


def read_label(value: object) -> int:
    """0, 1 or UNKNOWN where empty."""
    text = (read_optional_text(value) or "").strip()
    if isinstance(value, float) and math.isnan(value):
        text = "NaN"  # no answer is an empty field; a computation gone wrong is not
    if not text:
        return UNKNOWN
    if text.lower() not in LABELS:
        raise BadValueError(f"is {shown(text)}, not 0 or 1")
    return LABELS[text.lower()]


def read_state(value: object) -> int:
    text = read_optional_text(value) or "graded"
    if text not in ("graded", "failed"):
        raise BadValueError(f"is {shown(text)}, not graded or failed")
    return GRADED if text == "graded" else FAILED


def read_part(value: object) -> str | None:
    text = read_optional_text(value)
    if text is not None and text not in PARTS:
        raise BadValueError(f"is {shown(text)}, not train, validation or test")
    return None if text is None else PARTS[text]


def read_number(value: object) -> float:
    """A finite number, NaN where empty."""
    text = read_optional_text(value)
    if text is None:
        return math.nan
    try:
        number = float(text)
    except ValueError:
        number = math.inf
    if not math.isfinite(number):
        raise BadValueError(f"is {shown(text)}, not a finite number")
    return number


def read_amount(value: object) -> float:
    """A number that is not negative, NaN where empty."""
    number = read_number(value)
    if number < 0:
        raise BadValueError(f"is {shown(str(number))}, which is negative")
    return number


def read_count(value: object) -> int:
    """A whole number that is not negative, UNKNOWN where empty."""
    number = read_amount(value)
    if math.isnan(number):
        return UNKNOWN
    if number != int(number) or number >= 2**53:
        raise BadValueError(f"is {shown(str(number))}, not a whole number")
    return int(number)


def read_attempt(value: object) -> int:
    """From 1, UNKNOWN where empty."""
    number = read_count(value)
    if number == 0:
        raise BadValueError("is 0; attempts count from 1")
    return number


READERS: dict[str, Callable[[object], object]] = {
    "model": read_name,
    "benchmark": read_name,
    "question_id": read_name,
    "prompt": read_name,
    "correct": read_label,
    "subtask": read_optional_text,
    "split": read_part,
    "attempt": read_attempt,
    "state": read_state,
    "score": read_number,
    "cost": read_amount,
    "prompt_tokens": read_count,
    "completion_tokens": read_count,
    "latency": read_amount,
    "reason": read_optional_text,
}
