"""Cards in the store, as JSON beside the names of models and benchmarks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

from embedllm_bench.cards import BenchmarkCard, ModelCard
from embedllm_bench.cards.ids import parse_model_id
from embedllm_bench.errors import DataError

if TYPE_CHECKING:
    from sqlalchemy import Connection

TABLES = {ModelCard: "models", BenchmarkCard: "benchmarks"}
AnyCard = TypeVar("AnyCard", ModelCard, BenchmarkCard)


def write_card(connection: Connection, card: ModelCard | BenchmarkCard) -> None:
    """Add a card, or say anew what describes a known one.

    Raises:
        DataError: the store has the id with another configuration.
    """
    kind = type(card)
    table = TABLES[kind]
    connection.exec_driver_sql(f"INSERT OR IGNORE INTO {table} (name) VALUES (?)", (card.id,))
    text = connection.exec_driver_sql(f"SELECT card FROM {table} WHERE name = ?", (card.id,)).scalar_one()
    if text is not None:
        _check_same(card, kind.from_json(text, f"The stored card of {card.id!r}"))
    connection.exec_driver_sql(f"UPDATE {table} SET card = ? WHERE name = ?", (card.to_json(), card.id))


def withdraw_model_card(connection: Connection, name: str) -> None:
    """Take a model's card out again, and the model too where nothing else is known of it.

    What may be under way elsewhere has looked the model up, and goes without the card.
    """
    connection.exec_driver_sql("UPDATE models SET card = NULL WHERE name = ?", (name,))
    if connection.exec_driver_sql("SELECT 1 FROM runs WHERE status = 'running'").first() is None:
        connection.exec_driver_sql(
            "DELETE FROM models WHERE name = ? AND NOT EXISTS (SELECT 1 FROM outcomes WHERE model_id = models.id)"
            " AND NOT EXISTS (SELECT 1 FROM simulated_models WHERE model_id = models.id)",
            (name,),
        )


def read_cards(connection: Connection, kind: type[AnyCard]) -> dict[str, AnyCard]:
    """All cards of a kind by id, in the order of the ids."""
    rows = connection.exec_driver_sql(
        f"SELECT name, card FROM {TABLES[kind]} WHERE card IS NOT NULL ORDER BY name"
    )
    return {name: kind.from_json(text, f"The stored card of {name!r}") for name, text in rows}


def _check_same(card: ModelCard | BenchmarkCard, stored: ModelCard | BenchmarkCard) -> None:
    """Outcomes of two configurations must not come under one name."""
    if card.configuration == stored.configuration:
        return
    new, old = json.loads(card.configuration), json.loads(stored.configuration)
    names = [name for name in sorted({*new, *old}) if new.get(name) != old.get(name)]
    change = "; ".join(
        "other questions than those it has"
        if name == "questions" and name in new and name in old
        else f"{name} {json.dumps(new.get(name))}, not {json.dumps(old.get(name))}"
        for name in names
    )
    by_option = "" if isinstance(card, ModelCard) else " (--id)"
    joint = "-" if isinstance(card, BenchmarkCard) else "." if parse_model_id(card.id).variant else "+"
    raise DataError(
        f"The store has {card.id!r} in another configuration (now {change}); give this one an id of its own"
        f"{by_option}, such as {card.id}{joint}variant."
    )
