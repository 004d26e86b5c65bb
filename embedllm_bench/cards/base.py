"""What the two kinds of card share: their file's keys, their JSON, and the refusal of what cannot be meant."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Self

from embedllm_bench.cards.ids import file_name
from embedllm_bench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Card(ABC):
    """A frozen description with an id; ``configuration`` is the part of it that outcomes depend on."""

    keys: ClassVar[Mapping[str, str]] = {}  #: what fields are called in a file, where it is not their name

    id: str

    @property
    @abstractmethod
    def configuration(self) -> str:
        """What outcomes depend on, as JSON: equal configurations, equal texts."""

    @classmethod
    @abstractmethod
    def from_content(cls, content: Mapping[str, object], where: str) -> Self:
        """A card from the keys of its file.

        Raises:
            DataError: a key is not known, or a value not what it should be; names ``where`` and the key.
        """

    @property
    def file_name(self) -> str:
        """What its file is called."""
        return file_name(self.id)

    @classmethod
    def known_keys(cls) -> list[str]:
        """The keys that its file may have."""
        return [cls.keys.get(field.name, field.name) for field in dataclasses.fields(cls)]

    def content(self) -> dict[str, object]:
        """The keys of its file: the fields that are not what they are by default."""
        content: dict[str, object] = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value not in (field.default, (), {}):
                content[self.keys.get(field.name, field.name)] = (
                    list(value) if isinstance(value, tuple) else value
                )
        return content

    def to_json(self) -> str:
        """The same as JSON, for a store."""
        return as_json(self.content())

    @classmethod
    def from_json(cls, text: str, where: str) -> Self:
        """A card from what :meth:`to_json` wrote.

        Raises:
            DataError: as :meth:`from_content`, or it is no JSON.
        """
        try:
            content = dict(json.loads(text))
            if "released" in content:
                content["released"] = dt.date.fromisoformat(content["released"])
        except (ValueError, TypeError) as error:
            raise DataError(f"{where} is no card: {error}.") from error
        return cls.from_content(content, where)


def as_json(content: Mapping[str, object]) -> str:
    """One text for equal contents; a date is written as ``2024-09-19``."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, default=dt.date.isoformat)


def refuse(faults: Mapping[str, bool]) -> None:
    """Raise the first sentence that holds."""
    for sentence, holds in faults.items():
        if holds:
            raise DataError(f"{sentence}; mend it.")


def is_no_text(text: str | None) -> bool:
    """Whether a text is blank, or holds half a surrogate pair and so cannot be written."""
    return text is not None and (not text.strip() or text.encode(errors="replace").decode() != text)


def is_below(value: float | None, least: float) -> bool:
    """Whether a number is known and less than it may be, infinite or NaN."""
    return value is not None and not least <= value < math.inf
