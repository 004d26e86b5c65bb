"""Models behind HTTP: the real lm-eval clients against an endpoint on this machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml
from lm_eval.tasks import TaskManager

from embedllm_bench.cards import BenchmarkCard, ModelCard
from embedllm_bench.collecting.collector import Settings, collect
from embedllm_bench.store.store import Store
from tests.collecting.endpoint import Endpoint, endpoint

if TYPE_CHECKING:
    from pathlib import Path

ODD = {4: "[busy]", 7: "[broken]", 9: "[html]", 11: "[null]", 13: "[other]"}
CARD = BenchmarkCard(
    id="sums",
    task="sums",
    metric="exact_match",
    filter="number",
    text="{question}",
    output_type="generate_until",
)


def tasks(folder: Path) -> TaskManager:
    """Twenty questions, some of which the endpoint takes badly."""
    texts = [f"Question {number} {ODD.get(number, '')}".strip() for number in range(20)]
    lines = [{"question": text, "answer": str(number % 10)} for number, text in enumerate(texts)]
    (folder / "test.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    content = {
        "task": "sums", "dataset_path": "json", "test_split": "test", "output_type": "generate_until",
        "dataset_kwargs": {"data_files": {"test": str(folder / "test.jsonl")}},
        "doc_to_text": "{{question}}", "doc_to_target": "{{answer}}", "generation_kwargs": {"until": ["\n"]},
        "metric_list": [{"metric": "exact_match"}],
        "filter_list": [
            {"name": "number", "filter": [{"function": "regex", "regex_pattern": "(\\d+)"}, {"function": "take_first"}]}
        ],
    }  # fmt: skip
    (folder / "sums.yaml").write_text(yaml.safe_dump(content))
    return TaskManager(include_path=str(folder), include_defaults=False)


def card(server: Endpoint, backend: str, **more: object) -> ModelCard:
    chat = "chat" in backend
    arguments = {
        "model": "tiny", "base_url": f"{server.url}/{'chat/' * chat}completions", "max_retries": 2,
        "tokenized_requests": False, "tokenizer_backend": "none", **more,
    }  # fmt: skip
    return ModelCard(id=f"org/{backend}", backend=backend, model_args=arguments, apply_chat_template=chat)  # type: ignore[arg-type]  # texts and numbers


@pytest.mark.parametrize(
    ("backend", "concurrent"),
    [
        ("local-chat-completions", 4),
        ("local-completions", 1),
        pytest.param("local-chat-completions", 1, marks=pytest.mark.long),
        pytest.param("local-completions", 4, marks=pytest.mark.long),
    ],
)
def test_what_is_no_answer_is_failed_and_never_wrong(tmp_path: Path, backend: str, concurrent: int) -> None:
    manager = tasks(tmp_path)
    with endpoint() as server, Store.open(tmp_path / "s.db", write=True) as store:
        who = card(server, backend, num_concurrent=concurrent)
        (result,) = collect(store, [who], [CARD], Settings(), manager)
        assert (result.done, result.failed, result.left) == (16, 4, 0)
        reasons = [failure.reason or "" for failure in store.failures()]
        assert sum("500" in reason for reason in reasons) == 1
        assert reasons.count("the endpoint's reply is no JSON") == 1
        assert sum("without an answer" in reason for reason in reasons) == 1
        assert sum("without a text" in reason for reason in reasons) == 1
        (table,) = store.read_outcomes()
        graded = {
            table.questions[q].text: c for q, c in zip(table.question, table.correct, strict=True) if c >= 0
        }
        assert graded == {text: int(len(text) % 10 == int(text.split()[1]) % 10) for text in graded}
        if concurrent == 1:
            assert table.completion_tokens is not None
            assert set(table.completion_tokens[table.state == 0].tolist()) == {4}
            assert table.latency is not None
            assert (table.latency[table.state == 0] > 0).all()
        else:
            assert table.completion_tokens is not None  # each reply is told apart by what was asked
            assert table.latency is None
        (run,) = map(json.loads, store.provenance())
        assert run["served_models"] == ["tiny-2026-01"]


def test_an_endpoint_that_is_not_there_is_given_up(tmp_path: Path) -> None:
    manager = tasks(tmp_path)
    with endpoint() as server:
        gone = card(server, "local-chat-completions", max_retries=1)
    with Store.open(tmp_path / "s.db", write=True) as store:
        (result,) = collect(store, [gone], [CARD], Settings(fail_fast=3), manager)
    assert (result.done, result.failed, result.left) == (0, 3, 17)
    assert result.reason == (
        f"3 questions in a row failed, the last with: there is no connection to {server.url}/chat/completions:"
        " Connection refused"
    )
