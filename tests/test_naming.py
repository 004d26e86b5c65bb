from __future__ import annotations

import datetime as dt

import pytest

from embedllm_bench.cards.model import ModelCard
from embedllm_bench.cards.naming import (
    family_in_name,
    generation_in_name,
    maker_in_name,
    parameters_in_name,
    tuned_in_name,
)
from embedllm_bench.cards.traits import Traits, are_strangers, traits_of


@pytest.mark.parametrize(
    ("name", "family", "parameters"),
    [
        ("MaziyarPanahi/calme-2.1-qwen2-72b", "Qwen", 72_000_000_000),
        ("meta-llama/Meta-Llama-3-70B-Instruct", "Llama", 70_000_000_000),
        ("mistralai/Mixtral-8x7B-v0.1", "Mistral", 56_000_000_000),
        ("google/gemma-3-270m", "Gemma", 270_000_000),
        ("01-ai/Yi-1.5-34B-Chat", "Yi", 34_000_000_000),
        ("microsoft/phi-2", "Phi", None),
        ("HuggingFaceTB/SmolLM2-135M-Instruct", "SmolLM", 135_000_000),
        ("gpt-4o", "GPT", None),
        ("EleutherAI/gpt-neox-20b", "GPT-NeoX", 20_000_000_000),
        ("org/model-7", None, None),
        ("someone/optimus-7b", None, 7_000_000_000),
    ],
)
def test_a_name_says(name: str, family: str | None, parameters: int | None) -> None:
    assert (family_in_name(name), parameters_in_name(name)) == (family, parameters)


@pytest.mark.parametrize(
    ("name", "generation", "maker", "tuned"),
    [
        ("Qwen/Qwen2.5-7B-Instruct", "Qwen 2.5", "Qwen", True),
        ("Qwen/Qwen2-1.5B", "Qwen 2", "Qwen", False),
        ("Meta-Llama-3_1-70B", "Llama 3.1", None, False),
        ("google/gemma-3-270m+Q4_K_M.cloze", "Gemma 3", "google", False),
        ("google/gemma-7b-it", None, "google", True),
        ("mistralai/Mixtral-8x7B-v0.1", None, "mistralai", False),
        ("HuggingFaceTB/SmolLM2-135M-Instruct", "SmolLM 2", "HuggingFaceTB", True),
        ("claude-3-5-sonnet-20241022", "Claude 3.5", None, None),
        ("MaziyarPanahi/calme-2.1-qwen2-72b", "Qwen 2", "MaziyarPanahi", None),
        ("Stark2008/VisFlamCat", None, "Stark2008", None),
    ],
)
def test_a_name_says_more(name: str, generation: str | None, maker: str | None, tuned: bool | None) -> None:
    assert (generation_in_name(name), maker_in_name(name), tuned_in_name(name)) == (generation, maker, tuned)


def test_a_card_says_what_its_name_does_not() -> None:
    card = ModelCard(
        "org/mystery", parameters=7_000_000_000, family="Qwen2.5", base="Qwen/Qwen2.5-7B",
        tags=("code", "instruct"), released=dt.date(2025, 1, 1),
    )  # fmt: skip
    found = traits_of("org/mystery+5-shot", {"org/mystery": card})
    assert found == Traits(
        parameters=7_000_000_000, family="Qwen", generation="Qwen 2.5", weights="Qwen/Qwen2.5-7B", maker="org",
        tuned=True, tags=frozenset({"code"}), released=found.released,
    )  # fmt: skip
    assert found.released == pytest.approx(2025.0, abs=0.1)
    assert traits_of("org/mystery", {"org/mystery": card}).prompting == "letters"
    assert Traits.of_content(found.content()) == found


def test_a_name_that_says_nothing_leaves_all_unknown() -> None:
    assert traits_of("mystery", {}) == Traits(weights="mystery")


def test_a_stranger_is_of_no_known_family() -> None:
    some = [Traits(family="c"), Traits(), Traits(family="a")]
    assert are_strangers(some, [Traits(family="a"), Traits()]) == [True, True, False]
