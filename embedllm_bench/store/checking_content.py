"""Faults inside values: texts and question sets without their hash, cards that do not read."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from embedllm_bench.cards import BenchmarkCard, ModelCard
from embedllm_bench.errors import BenchError
from embedllm_bench.store.cards import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from embedllm_bench.cards.base import Card


def texts_without_their_hash(connection: Connection) -> list[str]:
    """Their questions would be refused as of another text when they come again."""
    rows = connection.exec_driver_sql("SELECT CAST(text AS BLOB), CAST(hash AS BLOB) FROM texts")
    return [
        repr(text[:40].decode(errors="replace"))
        for text, digest in rows
        if hashlib.sha256(text).digest() != digest
    ]


def unreadable_cards(connection: Connection) -> list[str]:
    """Cards that are none, or those of another id."""
    found = []
    kinds: tuple[type[Card], ...] = (ModelCard, BenchmarkCard)
    for kind in kinds:
        table = TABLES[kind]
        rows = connection.exec_driver_sql(
            f"SELECT name, card FROM {table} WHERE card IS NOT NULL ORDER BY name"
        )
        for name, text in rows:
            try:
                card = kind.from_json(text, f"The stored card of {name!r}")
            except (BenchError, ValueError, TypeError, AttributeError) as error:
                found.append(str(error).rstrip("."))
            else:
                if card.id != name:
                    found.append(f"The stored card of {name!r} is that of {card.id!r}")
    return found


def cards_without_their_questions(connection: Connection) -> list[str]:
    """Benchmarks of the user's own that can no longer be asked."""
    known = {row[0] for row in connection.exec_driver_sql("SELECT sha256 FROM question_sets")}
    return [
        f"{name} names {sha256[:12]}..." for name, sha256 in _named_sets(connection) if sha256 not in known
    ]


def question_sets_without_their_hash(connection: Connection) -> list[str]:
    """What is asked would not be what the card means."""
    rows = connection.exec_driver_sql("SELECT sha256, CAST(content AS BLOB) FROM question_sets")
    return [f"{sha256[:12]}..." for sha256, content in rows if hashlib.sha256(content).hexdigest() != sha256]


def question_sets_of_no_card(connection: Connection) -> list[str]:
    """Sets that no benchmark asks."""
    named = {sha256 for _, sha256 in _named_sets(connection)}
    rows = connection.exec_driver_sql("SELECT sha256 FROM question_sets ORDER BY sha256")
    return [f"{row[0][:12]}..." for row in rows if row[0] not in named]


def _named_sets(connection: Connection) -> list[tuple[str, str]]:
    """(benchmark, SHA-256) of the cards that name a question set; what does not read names none."""
    named = []
    for name, text in connection.exec_driver_sql(
        "SELECT name, card FROM benchmarks WHERE card IS NOT NULL ORDER BY name"
    ):
        try:
            sha256 = json.loads(text)["questions"]
        except (ValueError, TypeError, KeyError):
            continue
        named.append((name, str(sha256)))
    return named


#: Kind of fault, whether it harms, and what finds an example for each fault.
CONTENT_FAULTS: tuple[tuple[str, bool, Callable[[Connection], list[str]]], ...] = (
    ("texts without their hash", True, texts_without_their_hash),
    ("cards that do not read", True, unreadable_cards),
    ("cards whose questions are missing", True, cards_without_their_questions),
    ("question sets without their hash", True, question_sets_without_their_hash),
    ("question sets of no card", False, question_sets_of_no_card),
)
