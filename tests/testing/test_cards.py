"""The contract of cards: the registry keeps it, and every fault is caught by the check it breaks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from embedllm_bench.cards import BenchmarkCard, ModelCard
from embedllm_bench.cards.base import as_json
from embedllm_bench.cards.files import read_benchmarks, read_models
from embedllm_bench.testing import card_checks, check_cards
from embedllm_bench.testing.cards import Cards

MODEL = ModelCard("org/a", family="a")
BENCHMARK = BenchmarkCard("mine", task="mine", metric="acc", output_type="multiple_choice")


@dataclass(frozen=True)
class LostInFiles(ModelCard):
    def content(self) -> dict[str, object]:
        return {key: value for key, value in super().content().items() if key != "family"}

    def to_json(self) -> str:
        return as_json(super().content())


@dataclass(frozen=True)
class LostInStores(ModelCard):
    def to_json(self) -> str:
        return as_json({key: value for key, value in self.content().items() if key != "family"})


PLANTED: dict[str, list[Any]] = {
    "kinds": [MODEL, "org/b"],
    "ids": [MODEL, replace(MODEL, id="org/A")],
    "configurations": [MODEL, replace(MODEL, id="org/a+again")],
    "toml": [LostInFiles("org/a", family="a")],
    "json": [LostInStores("org/a", family="a")],
    "generative": [replace(BENCHMARK, generative="mine_generated")],
}


def failures(cards: list[Any]) -> list[str]:
    found = []
    for check in card_checks():
        try:
            check(Cards(tuple(cards)))
        except AssertionError:
            found.append(check.name)
    return found


def test_the_registry_keeps_the_contract() -> None:
    check_cards([*read_models().values(), *read_benchmarks().values()])


@pytest.mark.parametrize("check", PLANTED)
def test_every_fault_is_caught_by_its_check_and_by_no_other(check: str) -> None:
    assert failures(PLANTED[check]) == [check]


def test_every_check_has_a_fault_and_sound_cards_none() -> None:
    assert [check.name for check in card_checks()] == list(PLANTED)
    assert failures([MODEL, BENCHMARK, replace(MODEL, id="org/a+chat", apply_chat_template=True)]) == []


def test_a_generated_variant_may_be_one_of_the_registry_or_come_along() -> None:
    generated = replace(BENCHMARK, id="mine_generated", output_type="generate_until")
    known = next(card.id for card in read_benchmarks().values() if not card.needs_log_probabilities)
    check_cards([replace(BENCHMARK, generative="mine_generated"), generated])
    check_cards([replace(BENCHMARK, generative=known)])


def test_a_broken_promise_is_one_sentence() -> None:
    with pytest.raises(AssertionError) as raised:
        check_cards(PLANTED["configurations"])
    assert str(raised.value) == (
        "cards, configurations: 'org/a+again' and 'org/a' would be asked alike; leave one out."
    )
