"""Cards as commands list them: those of the registry beside those of a store."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedllm_bench.cards import BenchmarkCard, ModelCard
    from embedllm_bench.registry import Registered

AnyCard = TypeVar("AnyCard", "ModelCard", "BenchmarkCard")


@dataclass(frozen=True)
class Stored:
    """What a store knows of models and benchmarks: their cards, and graded outcomes by name."""

    models: Mapping[str, ModelCard]
    benchmarks: Mapping[str, BenchmarkCard]
    graded_by_model: Mapping[str, int]
    graded_by_benchmark: Mapping[str, int]


@dataclass(frozen=True)
class Listed(Generic[AnyCard]):
    """A model or benchmark, where it is known from, and how many graded outcomes the store has of it."""

    name: str
    card: AnyCard | None
    origin: str
    graded: int

    def as_json(self) -> dict[str, object]:
        described = json.loads(self.card.to_json()) if self.card is not None else {"id": self.name}
        return {**described, "origin": self.origin, "graded": self.graded}


def stored(option: str | None) -> Stored:
    """What the named store, else the user's own, knows; nothing if there is none of their own yet."""
    from embedllm_bench.store.location import default_path
    from embedllm_bench.store.store import Store

    if option is None and not default_path().exists():
        return Stored({}, {}, {}, {})
    with Store.open(default_path() if option is None else option) as opened:
        by_model: Counter[str] = Counter()
        by_benchmark: Counter[str] = Counter()
        for cell in opened.coverage():
            by_model[cell.model] += cell.attempts
            by_benchmark[cell.benchmark] += cell.attempts
        return Stored(opened.model_cards(), opened.benchmark_cards(), by_model, by_benchmark)


def listed(
    known: Mapping[str, Registered[AnyCard]], cards: Mapping[str, AnyCard], graded: Mapping[str, int]
) -> list[Listed[AnyCard]]:
    """All there are, by name; where both know a card, the store's is the one its outcomes belong to."""
    names = sorted({*known, *cards, *graded}, key=lambda name: (name.lower(), name))
    rows = []
    for name in names:
        entry = known.get(name)
        card = cards.get(name, entry.thing if entry is not None else None)
        rows.append(Listed(name, card, _origin(entry, name in cards or name in graded), graded.get(name, 0)))
    return rows


def _origin(entry: Registered[AnyCard] | None, in_store: bool) -> str:
    """Where a card is known from: the store, the registry that comes with us, both, or a plugin."""
    if entry is None:
        return "store"
    if in_store:
        return "both"
    return "registry" if entry.plugin == "built-in" else f"plugin {entry.plugin}"


def show_listed(
    rows: Sequence[Listed[AnyCard]], header: Sequence[str], texts: Sequence[Sequence[str]], layout: str
) -> None:
    """Print cards: all they say as JSON, else ``texts`` under ``header``."""
    from embedllm_bench.cli.tables import show, show_by_first

    if layout == "json":
        click.echo(json.dumps([row.as_json() for row in rows], indent=1, ensure_ascii=False))
    elif layout == "table":
        show_by_first(header, texts)
    else:
        show(header, texts, layout)


def shown(value: object) -> str:
    """A value of a card as a table shows it: nothing where it is not known."""
    return "" if value is None else str(value)
