"""`embedllm-bench add-benchmark` as a user runs it, on tasks that lie here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from embedllm_bench.cards.files import card_toml
from embedllm_bench.cli.main import run
from embedllm_bench.store.store import Store
from tests.collect.tiny import CHOICE, QUESTIONS, make_tasks

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tasks").mkdir()
    make_tasks(tmp_path / "tasks")
    Store.open(tmp_path / "s.db", write=True).close()
    return tmp_path


def call(folder: Path, *arguments: object) -> int:
    options = ("--store", folder / "s.db", "--include-path", folder / "tasks")
    with pytest.raises(SystemExit) as ended:
        run([str(argument) for argument in ("add-benchmark", *arguments, *options)])
    return int(ended.value.code or 0)


def test_a_task_by_its_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(folder, "tiny_choice", "--text", "{question}", "--id", "mine") == 0
    out = capsys.readouterr().out
    assert f"the card of mine, {QUESTIONS} questions in 1 tasks, graded by acc (filter none); 0 repeat" in out
    with Store.open(folder / "s.db") as store:
        card = store.benchmark_cards()["mine"]
    assert (card.task, card.metric, card.output_type) == ("tiny_choice", "acc", "multiple_choice")


def test_a_card_from_a_file(folder: Path) -> None:
    (folder / "choice.toml").write_text(card_toml(CHOICE))
    assert call(folder, folder / "choice.toml") == 0
    with Store.open(folder / "s.db") as store:
        assert store.benchmark_cards() == {"choice": CHOICE}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tiny_chioce"], "lm-eval has no task 'tiny_chioce'"),
        (["tiny_answer"], "Choose a filter with --filter; the task has number, whole."),
        (["tiny_choice", "--metric", "f1"], "Choose a metric with --metric; the task has acc."),
        (["tiny_choice", "--text", "{prompt}"], "a document has no field 'prompt'"),
        (["tiny_choice", "--question-id", "number"], "has no field 'number' to identify it by"),
    ],
)
def test_what_a_task_does_not_have_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert call(folder, *arguments) in (1, 2)
    assert message in capsys.readouterr().err
    with Store.open(folder / "s.db") as store:
        assert store.benchmark_cards() == {}


def test_a_right_answer_that_is_no_choice_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "tasks" / "test.jsonl"
    documents = [json.loads(line) for line in file.read_text().splitlines()]
    documents[3]["answer"] = 4
    file.write_text("".join(json.dumps(document) + "\n" for document in documents))
    assert call(folder, "tiny_choice", "--text", "{question}") == 1
    assert "document 3 of tiny_choice has the right answer 4, which is none of its 4 choices" in (
        capsys.readouterr().err
    )
