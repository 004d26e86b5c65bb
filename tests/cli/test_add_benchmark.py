"""`embedllm-bench add-benchmark` as a user runs it, on tasks that lie here."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from embedllm_bench.cards.files import card_toml
from embedllm_bench.cli.main import run
from embedllm_bench.store.store import Store
from tests.collecting.tiny import CHOICE, QUESTIONS, make_tasks, model

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
    assert f"the card of mine, {QUESTIONS} questions, graded by acc (filter none); 0 repeat" in out
    with Store.open(folder / "s.db") as store:
        card = store.benchmark_cards()["mine"]
    assert (card.task, card.metric, card.output_type) == ("tiny_choice", "acc", "multiple_choice")


def test_a_file_of_questions_is_asked_from_the_store_when_the_file_is_gone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "colours.csv"
    file.write_text("question,A,B,answer\nWhich is red?,sky,blood,B\nWhich is red?,sky,blood,B\n")
    assert call(folder, file) == 0
    assert (
        "the card of colours, 2 questions, graded by acc (filter none); 1 repeat a text."
        in capsys.readouterr().out
    )
    file.unlink()
    asked = ("collect", "--model", "org/tiny", "--benchmark", "colours", "--store", str(folder / "s.db"))
    with Store.open(folder / "s.db", write=True) as store:
        store.write_model_card(model())
    with pytest.raises(SystemExit) as ended:
        run(asked)
    assert ended.value.code == 0
    with Store.open(folder / "s.db") as store:
        assert [(row.benchmark, row.graded) for row in store.coverage()] == [("colours", 2)]


def test_a_file_whose_questions_changed_is_another_benchmark(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "sums.jsonl"
    for answer, code in (("7", 0), ("8", 1)):
        file.write_text(json.dumps({"question": "3 + 4?", "answer": answer}) + "\n")
        assert call(folder, file) == code
    said = capsys.readouterr().err
    assert "The store has 'sums' in another configuration (now other questions than those it has);" in said
    with Store.open(folder / "s.db") as store:
        kept = store.benchmark_cards()["sums"].questions
        assert kept is not None
        assert store.question_set(kept).items[0].answer == ("7",)
        assert not any(finding.count for finding in store.check().findings)
    assert "give this one an id of its own (--id), such as sums-variant." in said


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sums.tsv", "its name has to end in .jsonl, .ndjson, .csv, .parquet"),
        ("my sums (1).jsonl", "'my sums (1).jsonl' gives the benchmark no name; give it one with --id."),
    ],
)
def test_a_file_s_name_says_what_it_is(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:
    (folder / name).write_text(json.dumps({"question": "3 + 4?", "answer": "7"}) + "\n")
    assert call(folder, folder / name) in (1, 2)
    assert message in capsys.readouterr().err


def test_a_card_whose_questions_the_store_lacks_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "own.toml").write_text(card_toml(replace(CHOICE, questions="ab" * 32)))
    assert call(folder, folder / "own.toml") == 1
    assert "The store has no questions of SHA-256 abababababab...; add their file" in capsys.readouterr().err


def test_a_card_from_a_file(folder: Path) -> None:
    (folder / "choice.toml").write_text(card_toml(CHOICE))
    assert call(folder, folder / "choice.toml") == 0
    with Store.open(folder / "s.db") as store:
        assert store.benchmark_cards() == {"choice": CHOICE}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([""], "A benchmark needs a name"),
        (
            ["tiny_answer", "--filter", "number", "--generative", "x"],
            "generative is 'x', though its own answers are generated already; mend it.",
        ),
        (["tiny_chioce"], "lm-eval has no task 'tiny_chioce'"),
        (["tiny_answer"], "Choose a filter with --filter; the task has number, whole."),
        (["tiny_choice", "--metric", "f1"], "Choose a metric with --metric; the task has acc."),
        (
            ["tiny_bare", "--text", "{question}", "--num_fewshot", "2"],
            "tiny_bare has no examples for prompts but its own test questions; leave --num_fewshot out.",
        ),
        (["tiny_choice", "--pattern", "x"], "--pattern is for a file of questions"),
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
