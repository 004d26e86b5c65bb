"""Which models are asked which benchmarks, when not everything can go together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from embedllm_bench.collecting.pairing import Pairing, pair
from embedllm_bench.errors import UsageError
from tests.collecting.tiny import ANSWER, CHOICE, model

CHAT = model("org/chat", backend="local-chat-completions", apply_chat_template=True)
GOOD = model("org/good")
BAD = model("org/bad", backend="nosuch")


def ids(pairing: Pairing) -> tuple[list[str], list[str]]:
    return [card.id for card in pairing.models], [card.id for card in pairing.benchmarks]


def test_of_what_nobody_named_the_rest_is_asked() -> None:
    found = pair([CHAT, GOOD, BAD], [CHOICE, ANSWER], models_named=False, benchmarks_named=False)
    assert ids(found) == (["org/chat", "org/good"], ["choice", "answer"])
    assert found.without == {("org/chat", "choice")}
    bad, chat = found.left_out
    assert bad.startswith(
        "org/bad is not asked: lm-eval has no backend 'nosuch'; 'embedllm-bench remove-model"
    )
    assert chat == (
        "org/chat is not asked choice: scored from log-probabilities of choices, which backend"
        " local-chat-completions does not give."
    )


def test_several_benchmarks_are_left_out_in_one_sentence() -> None:
    other = replace(CHOICE, id="other")
    found = pair([CHAT], [CHOICE, other, ANSWER], models_named=True, benchmarks_named=False)
    assert ids(found) == (["org/chat"], ["answer"])
    (sentence,) = found.left_out
    assert sentence.startswith("org/chat is not asked choice, other: scored")


def test_what_was_named_has_to_be_asked() -> None:
    with pytest.raises(UsageError, match="choice is scored from log-probabilities"):
        pair([CHAT], [CHOICE, ANSWER], models_named=True, benchmarks_named=True)
    with pytest.raises(UsageError, match="choice is scored from log-probabilities"):
        pair([CHAT, GOOD], [CHOICE], models_named=True, benchmarks_named=False)
    with pytest.raises(UsageError, match="choice is scored from log-probabilities"):
        pair([CHAT], [CHOICE, ANSWER], models_named=False, benchmarks_named=True)
    with pytest.raises(UsageError, match="no backend 'nosuch'"):
        pair([GOOD, BAD], [CHOICE], models_named=True, benchmarks_named=False)


def test_a_named_benchmark_is_asked_of_whom_it_can_be() -> None:
    found = pair([CHAT, GOOD], [CHOICE], models_named=False, benchmarks_named=True)
    assert ids(found) == (["org/good"], ["choice"])


@pytest.mark.parametrize(
    ("models", "message"), [([CHAT], "log-probabilities"), ([BAD], "no backend 'nosuch'")]
)
def test_where_nothing_is_left_it_is_an_error(models: list[object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        pair(models, [CHOICE], models_named=False, benchmarks_named=False)  # type: ignore[arg-type]  # cards
