"""What `collect` and `status` say of what went wrong, against a real endpoint and a tiny model."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from embedllm_bench.cli.main import run
from embedllm_bench.store.store import Store
from tests.collecting.endpoint import endpoint
from tests.collecting.test_endpoints import CARD, card, tasks
from tests.collecting.tiny import ANSWER, CHOICE, QUESTIONS, Tiny, make_tasks, model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AGAIN = "'embedllm-bench collect --overwrite failed' asks again."


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Tasks, and a store with cards of a tiny model and two benchmarks."""
    monkeypatch.setenv("COLUMNS", "160")  # a row a line
    (tmp_path / "tasks").mkdir()
    make_tasks(tmp_path / "tasks")
    (tmp_path / "sums").mkdir()
    tasks(tmp_path / "sums")
    with Store.open(tmp_path / "s.db", write=True) as store:
        store.write_model_card(model())
        for benchmark in (CHOICE, ANSWER):
            store.write_benchmark_card(benchmark)
    return tmp_path


@pytest.fixture
def asked(folder: Path) -> Iterator[Path]:
    """A store with an endpoint that answers 500 to one question of eight."""
    with endpoint() as server, Store.open(folder / "endpoint.db", write=True) as store:
        store.write_model_card(card(server, "local-completions", max_retries=1))
        store.write_benchmark_card(CARD)
        yield folder


def call(folder: Path, command: str, *arguments: object, store: str = "s.db") -> int:
    options: list[object] = ["--store", folder / store]
    if command == "collect":
        options += ["--include-path", folder / ("tasks" if store == "s.db" else "sums")]
    with pytest.raises(SystemExit) as ended:
        run([str(argument) for argument in (command, *arguments, *options)])
    return int(ended.value.code or 0)


def row(out: str) -> list[str]:
    """done, reused, failed, left of the only row."""
    (line,) = [line for line in out.splitlines() if line.startswith("│")]
    return line.replace("│", " ").split()[2:6]


def test_a_failure_says_why_and_stands_until_it_is_asked_again(
    asked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = ("1 of 8 failed, most often with: ", ["7", "0", "1", "0"])
    then = (
        "1 of 8 failed in earlier runs and were not asked again, most often with: ", ["0", "7", "1", "0"]
    )  # fmt: skip
    for said, expected in (now, then):
        assert call(asked, "collect", "--limit", 8, store="endpoint.db") == 3
        printed = capsys.readouterr()
        assert row(printed.out) == expected
        (sentence,) = [line for line in printed.err.splitlines() if line.startswith("org/local-completions")]
        assert sentence.startswith(f"org/local-completions on sums: {said}")
        assert "500" in sentence
        assert sentence.endswith(AGAIN)
    assert call(asked, "collect", "--limit", 8, "--dry-run", store="endpoint.db") == 0
    assert f"Of those there 1 failed; {AGAIN}" in capsys.readouterr().err
    assert call(asked, "status", store="endpoint.db") == 0
    out = capsys.readouterr().out
    assert "org/local-completions on sums: 1 failed, most often with: " in out
    assert "sums: 8 of its 20 questions were asked of any model." in out
    assert "1 failed, 0 missing" in out
    assert call(asked, "status", "--format", "json", store="endpoint.db") == 0
    content = json.loads(capsys.readouterr().out)
    assert [(count["failed"], "500" in count["reason"]) for count in content["failures"]] == [(1, True)]
    assert [(cell["planned"], cell["known"]) for cell in content["coverage"]] == [(8, 20)]


def test_answers_that_failed_requests_did_not_replace(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("--benchmark", "choice", "--limit", 15)
    assert call(folder, "collect", *options) == 0
    capsys.readouterr()
    with monkeypatch.context() as down:
        down.setattr(Tiny, "_checked", fails)
        assert call(folder, "collect", *options, "--overwrite", "always", "--fail-fast", 3) == 3
    printed = capsys.readouterr()
    assert row(printed.out) == ["0", "0", "3", "12"]
    assert (
        "org/tiny on choice: 3 of 3 failed, most often with: the server is down; the earlier answers to 3 of them"
        " stay.\n"
    ) in printed.err
    assert call(folder, "collect", *options) == 0
    assert row(capsys.readouterr().out) == ["0", "15", "0", "0"]


def test_what_failed_before_is_told_apart_from_what_fails_now(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tiny, "_checked", fails)
    assert call(folder, "collect", "--benchmark", "choice", "--limit", 2) == 3
    capsys.readouterr()
    assert call(folder, "collect", "--benchmark", "choice", "--limit", 3) == 3
    printed = capsys.readouterr()
    assert row(printed.out) == ["0", "0", "3", "0"]
    assert printed.err == (
        "org/tiny on choice: 1 of 3 failed, most often with: the server is down; 2 more failed in earlier runs and"
        f" were not asked again; {AGAIN}\n"
    )


def fails(_self: Tiny, _requests: object) -> None:
    raise RuntimeError("the server is down")


def test_an_interrupt_says_what_stays(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = 0

    def interrupted(_self: Tiny, requests: object) -> object:
        nonlocal chunks
        chunks += 1
        if chunks == 2:
            raise KeyboardInterrupt
        return requests

    with monkeypatch.context() as context:
        context.setattr(Tiny, "_checked", interrupted)
        assert call(folder, "collect", "--benchmark", "choice") == 1
    assert (
        "Stopped. What was answered is in the store, and the same command goes on there."
        in capsys.readouterr().err
    )
    assert call(folder, "status") == 0
    out = capsys.readouterr().out
    assert f"org/tiny on choice: 64 of the {QUESTIONS} questions to ask were asked; 'embedllm-bench" in out
    assert f"choice: 64 of its {QUESTIONS} questions were asked of any model." in out
    assert f"{64 / QUESTIONS:.1%} graded, 0 failed, {QUESTIONS - 64} missing." in out
    assert call(folder, "collect", "--benchmark", "choice") == 0
    assert row(capsys.readouterr().out) == [str(QUESTIONS - 64), "64", "0", "0"]


def test_what_cannot_be_asked_stops_neither_the_plan_nor_the_rest(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store.open(folder / "s.db", write=True) as store:
        store.write_benchmark_card(replace(CHOICE, id="gone", task="tiny_gone"))
    for arguments in (["--dry-run"], []):
        assert call(folder, "collect", *arguments, "--limit", 3) == 3
        printed = capsys.readouterr()
        (line,) = [line for line in printed.out.splitlines() if "│ gone" in line]
        assert "│ -" in line
        assert "org/tiny on gone: lm-eval has no task 'tiny_gone'" in printed.err


def test_plain_collect_leaves_out_what_cannot_go_together(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store.open(folder / "s.db", write=True) as store:
        store.write_model_card(model("org/odd", backend="nosuch"))
        store.write_model_card(model("org/chat", backend="local-chat-completions", apply_chat_template=True))
    assert call(folder, "collect", "--dry-run") == 0
    printed = capsys.readouterr()
    pairs = [line.split()[1:4:2] for line in printed.out.splitlines() if line.startswith("│ org")]
    assert pairs == [["org/chat", "answer"], ["org/tiny", "answer"], ["org/tiny", "choice"]]
    assert "org/odd is not asked: lm-eval has no backend 'nosuch'" in printed.err
    assert "org/chat is not asked choice: " in printed.err
    assert call(folder, "collect", "--model", "org/chat", "--benchmark", "choice") == 2
    assert call(folder, "remove-model", "org/odd") == 0
    assert "org/odd is out, and with it its card." in capsys.readouterr().out


def test_removing_says_what_would_go(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(folder, "collect", "--benchmark", "choice", "--limit", 5) == 0
    capsys.readouterr()
    for command, name in (("remove-benchmark", "choice"), ("remove-model", "org/tiny")):
        assert call(folder, command, name) == 2
        printed = capsys.readouterr().err
        assert "5 outcomes" in printed
        assert "Nothing was removed." in printed
    assert call(folder, "remove-benchmark", "choice", "--with-outcomes") == 0
    assert "choice is out, and with it 5 outcomes, 5 questions, its card." in capsys.readouterr().out
    assert call(folder, "remove-model", "org/tiny") == 0
    assert call(folder, "remove-model", "org/tiny") == 2
    assert "The store has no model 'org/tiny'." in capsys.readouterr().err
