"""The registry: every card loads, and benchmarks ask lm-eval for what it has."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from embedllm_bench.cards.files import PACKAGE, read_benchmarks, read_models, registry_folder

PAPER = {
    "mmlu", "truthfulqa_mc1", "social_iqa", "piqa", "medmcqa", "mathqa", "logiqa", "gsm8k", "gpqa_main", "asdiv",
}  # fmt: skip
BENCHMARKS = read_benchmarks()
MODELS = read_models()

#: Reads the task files of a few folders with lm-eval's own loader, in a process of its own: it warns and logs.
INDEX = """
import json, sys
from lm_eval.tasks import TaskManager
index = TaskManager(include_path=json.loads(sys.argv[1]), include_defaults=False).task_index
entries = {
    name: {"kind": entry.kind.name, "tagged": sorted(entry.tags), "config": entry.cfg}
    for name, entry in index.items()
}
print("INDEX " + json.dumps(entries, default=str))
"""


@dataclass(frozen=True)
class Task:
    """One of lm-eval's tasks, as its file describes it."""

    name: str
    config: dict[str, Any]

    @property
    def metrics(self) -> dict[str, bool]:
        """Names of metrics -> whether more is better."""
        return {entry["metric"]: entry["higher_is_better"] for entry in self.config["metric_list"]}

    @property
    def filters(self) -> list[str]:
        return [entry["name"] for entry in self.config.get("filter_list") or [{"name": "none"}]]

    @property
    def source(self) -> str:
        """Everything that takes a document apart: templates, and the files of functions."""
        values = [str(value) for key, value in self.config.items() if key.startswith("doc_to")]
        files = [Path(value.rpartition(".")[0] + ".py") for value in values if value.startswith("/")]
        return "\n".join(values + [file.read_text() for file in files])


def folders(tasks: set[str]) -> list[str]:
    """The folders of lm-eval whose files define these tasks, to read a few hundred files and not 14,000."""
    spec = importlib.util.find_spec("lm_eval")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    root = Path(spec.submodule_search_locations[0]) / "tasks"
    defines = re.compile(r"""^["']?(?:task|group)["']?: ["']?([\w-]+)["']?\s*$""", re.MULTILINE)
    return sorted(
        {
            str(path.parent)
            for path in root.rglob("*.yaml")
            if tasks & set(defines.findall(path.read_text("utf-8")))
        }
    )


@pytest.fixture(scope="session")
def index() -> dict[str, dict[str, Any]]:
    wanted = json.dumps(folders({card.task for card in BENCHMARKS.values()}))
    done = subprocess.run([sys.executable, "-c", INDEX, wanted], capture_output=True, text=True, check=True)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("INDEX ")]
    entries: dict[str, dict[str, Any]] = json.loads(line.removeprefix("INDEX "))
    return entries


def members(index: dict[str, dict[str, Any]], name: str | dict[str, Any]) -> list[Task]:
    """The tasks a name stands for: itself, or all of a group or tag."""
    if isinstance(name, dict):
        return [task for member in name["task"] for task in members(index, member)]
    entry = index[name]
    if entry["kind"] == "TASK":
        return [Task(name, entry["config"])]
    inner = entry["config"]["task"] if entry["kind"] == "GROUP" else entry["tagged"]
    return [task for member in inner for task in members(index, member)]


def test_the_folder_beside_the_checkout_or_inside_the_wheel_is_found() -> None:
    assert registry_folder() in (PACKAGE / "_registry", PACKAGE.parent / "registry")


def test_the_papers_ten_benchmarks_are_there() -> None:
    assert set(BENCHMARKS) >= PAPER


@pytest.mark.parametrize("name", BENCHMARKS)
def test_lm_eval_has_what_the_card_asks_for(name: str, index: dict[str, dict[str, Any]]) -> None:
    card = BENCHMARKS[name]
    assert card.task in index
    tasks = members(index, card.task)
    assert len({task.name for task in tasks}) == len(tasks) == (57 if card.task.startswith("mmlu") else 1)
    for task in tasks:
        assert task.config["output_type"] == card.output_type, task.name
        assert task.metrics[card.metric], task.name
        assert card.filter in task.filters, task.name
        assert card.text is not None
        for field in re.findall(r"\{([^}]+)\}", card.text):
            assert re.search(rf"\b{field}\b", task.source), (task.name, field)


def test_a_generative_variant_is_named_exactly_where_lm_eval_has_a_sound_one() -> None:
    variants = {card.id: card.generative for card in BENCHMARKS.values() if card.generative}
    assert variants == {"mmlu": "mmlu_cot", "gpqa_main": "gpqa_main_cot", "asdiv": "asdiv_cot"}


@pytest.mark.parametrize("kind", ["models", "benchmarks"])
def test_files_are_named_after_their_ids_and_differ_where_case_does_not_count(kind: str) -> None:
    cards = MODELS if kind == "models" else BENCHMARKS
    files = sorted(path.name for path in (registry_folder() / kind).iterdir())
    assert files == sorted(card.file_name for card in cards.values())
    assert len({name.lower() for name in files}) == len(files)


def test_the_papers_pool_is_whole() -> None:
    assert sum("embedllm-pool" in card.tags for card in MODELS.values()) == 112


def test_relatives_agree_on_their_family_and_no_card_is_its_own_base() -> None:
    for card in MODELS.values():
        base = MODELS.get(card.base or "")
        assert card.base != card.id
        if base is not None:
            assert card.family == base.family, card.id
            assert card.released is None or base.released is None or card.released >= base.released, card.id
