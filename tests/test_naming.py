from __future__ import annotations

import pytest

from embedllm_bench.cards.naming import family_in_name, parameters_in_name


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
