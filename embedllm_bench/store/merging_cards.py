"""Cards that two stores have under one id, made one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from embedllm_bench.cards import BenchmarkCard, ModelCard

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from embedllm_bench.cards.base import Card

KINDS: tuple[tuple[type[Card], str], ...] = ((ModelCard, "models"), (BenchmarkCard, "benchmarks"))


@dataclass
class CardConflicts:
    """Ids whose cards do not go together, by table."""

    configured: dict[str, list[str]] = field(default_factory=dict)  #: outcomes are of something else
    described: dict[str, list[str]] = field(default_factory=dict)  #: both say what they do not both say


def merge_cards(connection: Connection) -> CardConflicts:
    """Give every card here what only the other store's says; those that conflict stay as they are."""
    conflicts = CardConflicts()
    for kind, table in KINDS:
        rows = connection.exec_driver_sql(
            f"SELECT s.name, s.card, t.card FROM other.{table} t JOIN main.{table} s ON s.name = t.name"
            " WHERE t.card IS NOT NULL AND t.card IS NOT s.card ORDER BY s.name"
        ).all()
        for name, ours, theirs in rows:
            card = _joined(kind, name, ours, theirs)
            if card is None:
                conflicts.configured.setdefault(table, []).append(name)
            elif isinstance(card, str):
                conflicts.described.setdefault(table, []).append(f"{name} ({card})")
            else:
                connection.exec_driver_sql(
                    f"UPDATE main.{table} SET card = ? WHERE name = ?", (card.to_json(), name)
                )
    return conflicts


def _joined(kind: type[Card], name: str, ours: str | None, theirs: str) -> Card | str | None:
    """One card that says what both say; else the field they disagree in, or None for the configuration."""
    second = kind.from_json(theirs, f"The other store's card of {name!r}")
    if ours is None:
        return second
    first = kind.from_json(ours, f"The stored card of {name!r}")
    if first.configuration != second.configuration:
        return None
    one, two = first.content(), second.content()
    for key in sorted(one.keys() & two.keys()):
        if one[key] != two[key]:
            return f"{key} {one[key]!r} and {two[key]!r}"
    return kind.from_content({**one, **two}, f"The card of {name!r} that both stores make")
