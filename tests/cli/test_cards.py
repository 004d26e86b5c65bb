"""`models` and `benchmarks`: the registry beside a store."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from embedllm_bench.cards import BenchmarkCard, ModelCard
from embedllm_bench.store.store import Store
from tests.cli.test_cli import call
from tests.helpers import bare_environment
from tests.store.test_store import source, table

if TYPE_CHECKING:
    from pathlib import Path

QWEN = "Qwen/Qwen2.5-7B-Instruct"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cards") / "s.db"
    with Store.open(path, write=True) as opened:
        opened.write_outcomes(table([("mine", "q", 1), (QWEN, "q", 0), (QWEN, "r", 1)]), source("a"))
        opened.write_model_card(ModelCard("carded", family="Own", tags=("local",), price_in=0.5))
        opened.write_benchmark_card(BenchmarkCard("gsm8k", "gsm8k", "exact_match", "generate_until"))
    return path


def listed(*arguments: object) -> dict[str, dict[str, object]]:
    return {row["id"]: row for row in json.loads(call(*arguments, "--format", "json"))}


def test_models_say_where_they_are_known_from_and_how_much_there_is(store: Path) -> None:
    rows = listed("models", "--store", store)
    assert rows["mine"] == {"id": "mine", "origin": "store", "graded": 1}
    assert rows["carded"] == {
        "id": "carded", "family": "Own", "tags": ["local"], "price_in": 0.5, "origin": "store", "graded": 0,
    }  # fmt: skip
    assert (rows[QWEN]["origin"], rows[QWEN]["graded"]) == ("both", 2)
    assert rows[QWEN]["released"] == "2024-09-19"
    assert rows["microsoft/phi-4"]["origin"] == "registry"


def test_benchmarks_show_the_store_s_card_where_it_has_one(store: Path) -> None:
    rows = listed("benchmarks", "--store", store)
    assert rows["b"] == {"id": "b", "origin": "store", "graded": 3}
    assert rows["gsm8k"]["origin"] == "both"
    assert "filter" not in rows["gsm8k"]
    assert rows["mmlu"]["generative"] == "mmlu_cot"


def test_models_can_be_chosen_by_tags_and_family(store: Path) -> None:
    assert list(listed("models", "--store", store, "--tag", "LOCAL")) == ["carded"]
    chosen = listed("models", "--family", "qwen2.5", "--tag", "math", "--tag", "instruct")
    assert set(chosen) == {"Qwen/Qwen2.5-Math-1.5B-Instruct", "Qwen/Qwen2.5-Math-7B-Instruct"}
    assert "There is no model with tag 'pure'; there are" in call("models", "--tag", "pure", code=2)
    assert "There is no model with family 'x'; there are" in call("models", "--family", "x", code=2)


def test_without_a_store_of_one_s_own_the_registry_alone_is_listed() -> None:
    """Not the simulated models of the store inside the package."""
    rows = listed("models")
    assert {row["origin"] for row in rows.values()} == {"registry"}
    assert "There is no store at" in call("models", "--store", "missing.db", code=1)


@pytest.mark.parametrize("name", ["models", "benchmarks"])
@pytest.mark.parametrize(
    ("layout", "mark"), [("table", "┃"), ("md", "| "), ("latex", "\\toprule"), ("csv", ",")]
)
def test_every_layout_holds_whole_names(name: str, layout: str, mark: str) -> None:
    out = call(name, "--format", layout, COLUMNS="250")
    assert mark in out
    wanted = "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B" if name == "models" else "gpqa_main_cot"
    assert wanted in out.replace("\\_", "_")


def test_csv_has_a_row_a_model() -> None:
    rows = list(csv.DictReader(io.StringIO(call("models", "--format", "csv"))))
    assert len(rows) == len(listed("models"))
    assert next(row for row in rows if row["model"] == QWEN) == {
        "model": QWEN, "family": "Qwen2.5", "size": "7B", "released": "2024-09-19", "licence": "apache-2.0",
        "origin": "registry", "graded": "0",
    }  # fmt: skip


def test_listing_the_registry_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from embedllm_bench.cli.main import main\n"
        "main(['models', '--format', 'csv'], standalone_mode=False)\n"
        "heavy = {'torch', 'lm_eval', 'pandas', 'transformers', 'scipy', 'sklearn', 'pyarrow', 'alembic'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    environment = bare_environment(HOME="/nonexistent")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.endswith("HEAVY []\n")


@pytest.mark.parametrize("command", ["models", "benchmarks", "status"])
def test_a_narrow_terminal_breaks_no_name(store: Path, command: str) -> None:
    told = json.loads(call(command, "--store", store, "--format", "json"))
    if command == "status":
        names = {cell[what] for cell in told["coverage"] for what in ("model", "benchmark")}
    else:
        names = {row["id"] for row in told}
    assert names
    for width in ("200", "30"):
        words = call(command, "--store", store, COLUMNS=width).split()
        assert names <= {word.rstrip(":,") for word in words}


def test_of_one_row_each_a_narrow_terminal_shows_a_line(store: Path) -> None:
    lines = call("models", "--store", store, "--family", "Own", COLUMNS="30").splitlines()
    assert lines == ["carded: family Own, origin store, graded 0"]
