"""The contract of cards: what a plugin registers has to survive a file, a store and the others beside it."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedllm_bench.cards.benchmark import BenchmarkCard
from embedllm_bench.cards.files import card_toml, read_benchmarks
from embedllm_bench.cards.model import ModelCard
from embedllm_bench.testing.base import Check, require, run_all

if TYPE_CHECKING:
    from collections.abc import Iterable

    from embedllm_bench.cards.base import Card


@dataclass(frozen=True)
class Cards:
    """Cards that are registered together."""

    cards: tuple[Card, ...]
    name: str = "cards"


def _kinds(given: Cards) -> None:
    for card in given.cards:
        require(
            isinstance(card, ModelCard | BenchmarkCard),
            f"{card!r} is no card; make a ModelCard or a BenchmarkCard.",
        )


def _ids(given: Cards) -> None:
    count = Counter((type(card), card.file_name.lower()) for card in _sound(given))
    for card in _sound(given):
        require(
            count[type(card), card.file_name.lower()] == 1,
            f"{card.id!r} is the id of more than one card, or differs from another's in capitals only.",
        )


def _configurations(given: Cards) -> None:
    """A model's weights are named by its id where no argument names others, so they count here too."""
    first: dict[object, str] = {}
    for card in _sound(given):
        weights = card.id.partition("+")[0] if isinstance(card, ModelCard) else ""
        other = first.setdefault((type(card), weights, card.configuration), card.id)
        require(other == card.id, f"{card.id!r} and {other!r} would be asked alike; leave one out.")


def _toml(given: Cards) -> None:
    for card in _sound(given):
        again = type(card).from_content(tomllib.loads(card_toml(card)), card.id)
        require(again == card, f"{card.id!r} is another card once it was written as TOML and read.")


def _json(given: Cards) -> None:
    for card in _sound(given):
        again = type(card).from_json(card.to_json(), card.id)
        require(again == card, f"{card.id!r} is another card once it was in a store.")


def _generative(given: Cards) -> None:
    """A chat endpoint is asked the generated variant instead, so it has to be there."""
    benchmarks = {card.id: card for card in _sound(given) if isinstance(card, BenchmarkCard)}
    known = read_benchmarks() | benchmarks
    for card in benchmarks.values():
        other = known.get(card.generative) if card.generative is not None else None
        require(
            card.generative is None or (other is not None and not other.needs_log_probabilities),
            f"{card.id!r} names {card.generative!r} as its generated variant, and there is no such card.",
        )


def _sound(given: Cards) -> list[ModelCard | BenchmarkCard]:
    return [card for card in given.cards if isinstance(card, ModelCard | BenchmarkCard)]


CHECKS: tuple[Check[Cards], ...] = (
    Check("kinds", "each is a model's or a benchmark's card", _kinds),
    Check("ids", "no two cards of a kind have one id or file", _ids),
    Check("configurations", "no two cards mean the same", _configurations),
    Check("toml", "written as TOML and read, a card is the same", _toml),
    Check("json", "put into a store and read, a card is the same", _json),
    Check("generative", "a generated variant that is named is there", _generative),
)


def card_checks() -> tuple[Check[Cards], ...]:
    """Every check of cards."""
    return CHECKS


def check_cards(cards: Iterable[Card]) -> None:
    """Run every check on the cards that are registered together.

    Raises:
        AssertionError: the first promise that is broken, in one sentence.
    """
    run_all(CHECKS, Cards(tuple(cards)))
