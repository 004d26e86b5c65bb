"""What a card's file says, read one key at a time and strictly."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, NoReturn, TypeAlias, TypeVar

from embedllm_bench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Scalar: TypeAlias = str | int | float | bool

Value = TypeVar("Value", bound=str)

UNITS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}


def parse_size(text: str) -> int:
    """A number of parameters, as in ``7B``, ``1.5b``, ``135M`` or ``135000000``.

    Raises:
        DataError: it is no such number, or not a whole one.
    """
    found = re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{1,12})?)([KMBT]?)", text.strip().upper())
    size = Decimal(found[1]) * UNITS[found[2]] if found else Decimal(0)
    if size < 1 or size != size.to_integral_value():
        raise DataError(f"{text!r} is no number of parameters; write it as 7B, 1.5B, 135M or a whole number.")
    return int(size)


def size_text(size: int) -> str:
    """A number of parameters to be read: ``7B``, ``134.52M``."""
    unit = next(name for name in ("T", "B", "M", "K", "") if size >= UNITS[name] or not name)
    return f"{round(size / UNITS[unit], 2):g}{unit}"


@contextmanager
def located(where: str) -> Iterator[None]:
    """Say in what file, or of which stored card, something is wrong."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{where}: {error}") from error


class Fields:
    """The values of one card, by key; a key that is absent reads as None, or as nothing.

    Every complaint is a :class:`DataError` that names the key.
    """

    def __init__(self, content: Mapping[str, object], known: Sequence[str]) -> None:
        """Refuse a key that is not known, naming the nearest that is."""
        for key in content:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}."
                raise DataError(f"there is no key {key!r}; {hint}")
        self._content = content

    def text(self, key: str) -> str | None:
        value = self._content.get(key)
        if value is not None and not isinstance(value, str):
            _refuse(key, value, "a text")
        return value

    def needed(self, key: str, default: str | None = None) -> str:
        """A text that has to be there, unless there is a default."""
        value = self.text(key)
        if value is None:
            value = default
        if value is None:
            raise DataError(f"{key} is missing; add it.")
        return value

    def one_of(self, key: str, values: Sequence[Value], default: Value) -> Value:
        """One of these texts."""
        given = self.text(key)
        if given is None:
            return default
        found = next((value for value in values if value == given), None)
        if found is None:
            _refuse(key, given, f"one of {', '.join(values)}")
        return found

    def whole(self, key: str) -> int | None:
        value = self._content.get(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            _refuse(key, value, "a whole number")
        return value

    def number(self, key: str) -> float | None:
        value = self._content.get(key)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool):
            _refuse(key, value, "a number")
        try:
            return float(value)
        except OverflowError:
            _refuse(key, value, "a number of that size")

    def flag(self, key: str) -> bool:
        """True or false; false when absent."""
        value = self._content.get(key, False)
        if not isinstance(value, bool):
            _refuse(key, value, "true or false")
        return value

    def date(self, key: str) -> dt.date | None:
        value = self._content.get(key)
        if value is not None and (not isinstance(value, dt.date) or isinstance(value, dt.datetime)):
            _refuse(key, value, "a date without quotes, such as 2024-09-19")
        return value

    def size(self, key: str) -> int | None:
        """A number of parameters: a whole number, or a text such as ``7B``."""
        value = self._content.get(key)
        if isinstance(value, str):
            with located(key):
                return parse_size(value)
        return self.whole(key)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty when absent."""
        value = self._content.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            _refuse(key, value, "a list of texts")
        return tuple(value)

    def scalars(self, key: str) -> dict[str, Scalar]:
        """A table of texts, numbers and truth values; empty when absent."""
        value = self._content.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(v, str | int | float) for v in value.values()):
            _refuse(key, value, "a table of texts, numbers, true and false")
        return dict(value)


def _refuse(key: str, value: object, wanted: str) -> NoReturn:
    raise DataError(f"{key} is {value!r}, not {wanted}; mend it.")
