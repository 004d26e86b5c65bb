"""A tiny in-process model and tiny tasks, run by the real lm-eval."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import yaml
from lm_eval.api.model import LM
from lm_eval.api.registry import register_model

from embedllm_bench.cards import BenchmarkCard, ModelCard

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lm_eval.api.instance import Instance

QUESTIONS = 150
NUMBER = {"function": "regex", "regex_pattern": "(\\d+)"}
COUNTRIES = ("Peru", "Chad", "Fiji", "Oman", "Togo")


def digest(text: str) -> float:
    """A number in [0, 1) that only depends on the text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") / 2**32


@register_model("tiny")
class Tiny(LM):  # type: ignore[misc]  # lm-eval is not typed
    """Answers depend on the whole prompt and nothing else; can be told to fail."""

    def __init__(
        self, skill: float = 0.5, fail_on: str = "", largest_batch: int = 0, batch_size: int = 1, **_: object
    ) -> None:
        super().__init__()
        self.skill, self.fail_on = float(skill), fail_on
        self.largest_batch, self.batch = int(largest_batch), int(batch_size)
        self.prompts: list[str] = []

    def loglikelihood(self, requests: Sequence[Instance]) -> list[tuple[float, bool]]:
        return [(-digest(str(request.args)), False) for request in self._checked(requests)]

    def generate_until(self, requests: Sequence[Instance]) -> list[str]:
        return [f"The answer is {int(10 * digest(request.args[0]))}." for request in self._checked(requests)]

    def loglikelihood_rolling(self, requests: Sequence[Instance]) -> list[float]:
        return [0.0 for _ in requests]

    def _checked(self, requests: Sequence[Instance]) -> Sequence[Instance]:
        if self.largest_batch and self.batch > self.largest_batch:
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB")
        for request in requests:
            self.prompts.append(request.args[0])
            if self.fail_on and self.fail_on in request.args[0].split("\n\n")[-1]:
                raise RuntimeError("the server answered 500")
        return requests


def make_tasks(folder: Path) -> Path:
    """tiny_choice (few-shot split), tiny_answer (two filters), tiny_bare (no few-shot split), group tiny_both."""

    def choice(number: int) -> dict[str, object]:
        return {
            "question": f"Question {number}: which is {COUNTRIES[number % 5]}?", "choices": list(COUNTRIES[:4]),
            "answer": number % 4, "sum": str(number % 10),
        }  # fmt: skip

    for split, numbers in (("test", range(QUESTIONS)), ("train", range(1000, 1020))):
        lines = [json.dumps(choice(number)) for number in numbers]
        (folder / f"{split}.jsonl").write_text("\n".join(lines) + "\n")
    base = {
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {s: str(folder / f"{s}.jsonl") for s in ("test", "train")}},
        "test_split": "test",
        "doc_to_text": "{{question}}",
    }
    chosen = {
        "output_type": "multiple_choice", "doc_to_choice": "{{choices}}", "doc_to_target": "answer",
        "metric_list": [{"metric": "acc"}],
    }  # fmt: skip
    generated = {
        "output_type": "generate_until", "doc_to_target": "{{sum}}", "generation_kwargs": {"until": ["\n"]},
        "metric_list": [{"metric": "exact_match"}],
        "filter_list": [
            {"name": "number", "filter": [NUMBER, {"function": "take_first"}]},
            {"name": "whole", "filter": [{"function": "take_first"}]},
        ],
    }  # fmt: skip
    tasks: dict[str, dict[str, object]] = {
        "tiny_choice": {**base, **chosen, "fewshot_split": "train"},
        "tiny_answer": {**base, **generated, "fewshot_split": "train"},
        "tiny_bare": {**base, **chosen},
    }
    for name, content in tasks.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump({"task": name, **content}))
    group = {"group": "tiny_both", "task": ["tiny_choice", "tiny_bare"]}
    (folder / "tiny_both.yaml").write_text(yaml.safe_dump(group))
    return folder


CHOICE = BenchmarkCard(
    id="choice", task="tiny_choice", metric="acc", text="{question}", output_type="multiple_choice"
)
ANSWER = BenchmarkCard(
    id="answer",
    task="tiny_answer",
    metric="exact_match",
    filter="number",
    text="{question}",
    output_type="generate_until",
)
BARE = replace(CHOICE, id="bare", task="tiny_bare")


def model(name: str = "org/tiny", **card: object) -> ModelCard:
    return ModelCard(id=name, **{"backend": "tiny", **card})  # type: ignore[arg-type]  # fields of the card
