"""`embedllm-bench add-model` as a user runs it, with lm-eval's dummy backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from embedllm_bench.cards import ModelCard
from embedllm_bench.cards.files import read_card
from embedllm_bench.cards.making import Configuration, make_model_card
from embedllm_bench.cli.main import run
from embedllm_bench.collect.backend import arguments_of
from embedllm_bench.store.store import Store
from tests.collect.tiny import ANSWER, CHOICE, make_tasks

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tasks").mkdir()
    make_tasks(tmp_path / "tasks")
    with Store.open(tmp_path / "s.db", write=True) as store:
        for benchmark in (CHOICE, ANSWER):
            store.write_benchmark_card(benchmark)
    return tmp_path


def call(folder: Path, *arguments: object) -> int:
    options = ("--store", folder / "s.db", "--include-path", folder / "tasks")
    with pytest.raises(SystemExit) as ended:
        run([str(argument) for argument in ("add-model", *arguments, *options)])
    return int(ended.value.code or 0)


def test_from_its_name_to_its_place(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("org/one", "org/two", "org/three"):
        assert call(folder, name, "--backend", "dummy", "--limit", 60) == 0
    out = capsys.readouterr().out
    last = out[out.index("the card of org/three+dummy.") :]
    assert "org/three+dummy, accuracy with 95 % intervals:" in last
    assert "  choice " in last
    assert "n 60" in last
    assert "of 3, on the questions it shares with each of the others." in last
    assert "Nearest by learned vector (hashed-ngrams): " in last
    assert "Questions that only it answers: " in last


def test_a_card_for_a_registry(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = (
        "--parameters",
        "135M",
        "--tag",
        "mine",
        "--price-in",
        0.5,
        "--num_fewshot",
        2,
        "--no-collect",
    )
    assert call(folder, "HuggingFaceTB/SmolLM2-135M@main", *arguments, "--card", folder / "cards") == 0
    assert "the same as a file" in capsys.readouterr().out
    card = read_card(ModelCard, folder / "cards" / "HuggingFaceTB--SmolLM2-135M@main+2-shot.toml")
    assert arguments_of(card) == {"pretrained": "HuggingFaceTB/SmolLM2-135M", "revision": "main"}
    assert (card.num_fewshot, card.parameters, card.price_in) == (2, 135_000_000, 0.5)
    assert card.family == "SmolLM2"  # the registry knows it
    with Store.open(folder / "s.db") as store:
        assert store.model_cards()[card.id] == card


def test_outcomes_can_come_from_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "t.csv").write_text(
        "model,benchmark,question_id,prompt,correct\norg/new,b,1,What?,1\norg/old,b,1,What?,0\n"
    )
    assert call(folder, "org/new", "--from", folder / "t.csv") == 0
    out = capsys.readouterr().out
    assert "2 outcomes of 2 models." in out
    assert "Questions that only it answers: 1.\n  What?\n" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["org/a b"], "no model id"),
        (["org/a", "--parameters", "many"], "'many' is no number of parameters"),
        (["org/a", "--model_args", "dtype"], "write it as KEY=VALUE"),
        (["org/a", "--backend", "hff"], "lm-eval has no backend 'hff'"),
        (["org/a", "--backend", "local-chat-completions"], "add --apply_chat_template"),
        (["org/a", "--benchmark", "choise"], "Did you mean 'choice'?"),
    ],
)
def test_a_wrong_request_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert call(folder, *arguments) in (1, 2)
    printed = capsys.readouterr().err
    assert message in printed
    assert "Traceback" not in printed
    with Store.open(folder / "s.db") as store:
        assert store.model_cards() == {}


@pytest.mark.parametrize(
    ("name", "configuration", "identity"),
    [
        ("org/m", Configuration(), "org/m"),
        ("org/m@abc", Configuration(num_fewshot=0), "org/m@abc+0-shot"),
        ("org/m", Configuration(num_fewshot=5, apply_chat_template=True), "org/m+5-shot.chat"),
        ("org/m", Configuration(model_args={"dtype": "bfloat16"}), "org/m+dtype-bfloat16"),
        ("org/m+mine", Configuration(num_fewshot=5), "org/m+mine"),
        ("org/m", Configuration(model_args={"base_url": "http://127.0.0.1/v1"}), "org/m+base_url-4d4080"),
    ],
)
def test_a_configuration_is_part_of_the_id(name: str, configuration: Configuration, identity: str) -> None:
    card = make_model_card(name, configuration, {})
    assert card.id == identity
    assert arguments_of(card)["pretrained"] == "org/m"
