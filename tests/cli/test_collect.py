"""`embedllm-bench collect` as a user runs it, with lm-eval's dummy backend."""

from __future__ import annotations

import json
import os
import pty
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from embedllm_bench.cards import ModelCard
from embedllm_bench.store.store import Store
from tests.cli.test_cli import SCRIPT
from tests.collecting.tiny import ANSWER, BARE, CHOICE, QUESTIONS, make_tasks
from tests.helpers import bare_environment

MODELS = [ModelCard(id="org/dummy", backend="dummy"), ModelCard(id="org/other", backend="dummy")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Tasks, and a store with cards of two models and two benchmarks."""
    (tmp_path / "tasks").mkdir()
    make_tasks(tmp_path / "tasks")
    with Store.open(tmp_path / "s.db", write=True) as store:
        for card in MODELS:
            store.write_model_card(card)
        for benchmark in (CHOICE, ANSWER):
            store.write_benchmark_card(benchmark)
    return tmp_path


def command(folder: Path, *arguments: object) -> list[str]:
    return [*SCRIPT, "collect", "--include-path", str(folder / "tasks"), *map(str, arguments)]


def call(folder: Path, *arguments: object, code: int = 0, columns: int = 120, plugins: str = "") -> str:
    environment = bare_environment(
        HOME=str(folder), COLUMNS=str(columns), HF_HUB_OFFLINE="1",
        EMBEDLLM_BENCH_STORE=str(folder / "s.db"), EMBEDLLM_BENCH_PLUGINS=plugins,
    )  # fmt: skip
    done = subprocess.run(
        command(folder, *arguments), capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_all_that_is_missing_is_asked_and_said(folder: Path) -> None:
    planned = call(folder, "--dry-run")
    assert "600 outcomes to collect. Nothing was asked." in planned
    out = call(folder, "--model", "org/dummy", "--limit", 20)
    rows = [line.replace("│", " ").split() for line in out.splitlines() if "org/dummy" in line]
    assert [row[:6] for row in rows] == [
        ["org/dummy", "answer", "20", "0", "0", "0"], ["org/dummy", "choice", "20", "0", "0", "0"],
    ]  # fmt: skip
    assert "560 outcomes to collect" in call(folder, "--dry-run")


def test_names_without_a_card_are_one_sentence(folder: Path) -> None:
    out = call(folder, "--model", "org/dumy", code=2)
    assert "There is no model card 'org/dumy' in the store or the registry" in out
    assert "Did you mean 'org/dummy'?" in out
    out = call(folder, "--batch_size", "many", code=2)
    assert "'many' is neither a number above 0 nor auto" in out


def test_what_cannot_be_had_makes_the_run_partial(folder: Path) -> None:
    with Store.open(folder / "s.db", write=True) as store:
        store.write_model_card(
            ModelCard(id="org/gone", backend="hf", model_args={"pretrained": str(folder / "nothing")})
        )
    out = call(folder, "--model", "org/gone", "--model", "org/dummy", "--benchmark", "choice", code=3)
    assert f"org/gone cannot be loaded: there is no folder {folder / 'nothing'}; check --model_args." in out
    with Store.open(folder / "s.db") as store:
        assert {cell.model: cell.attempts for cell in store.coverage()} == {"org/dummy": QUESTIONS}
    assert [line.split()[1] for line in out.splitlines() if line.startswith("│")] == ["org/dummy"]
    assert "│" not in call(folder, "--model", "org/gone", "--benchmark", "choice", code=3)


def test_a_tokenizer_that_cannot_be_had_does_not_stop_the_next_model(folder: Path) -> None:
    with Store.open(folder / "s.db", write=True) as store:  # lm-eval's dummy loads one when it is to template
        store.write_model_card(ModelCard(id="org/chat", backend="dummy", apply_chat_template=True))
    out = call(folder, "--model", "org/chat", "--model", "org/dummy", "--limit", 2, code=3)
    assert out.count("org/chat cannot be loaded by backend dummy: ") == 1
    with Store.open(folder / "s.db") as store:
        assert {cell.model for cell in store.coverage()} == {"org/dummy"}


def test_what_has_no_examples_for_a_model_s_prompts_is_left_out_unless_it_was_named(folder: Path) -> None:
    with Store.open(folder / "s.db", write=True) as store:
        store.write_model_card(ModelCard(id="org/dummy+2-shot", backend="dummy", num_fewshot=2))
        store.write_benchmark_card(BARE)
        store.write_benchmark_card(replace(BARE, id="other"))
    sentence = "org/dummy+2-shot is not asked bare, other: 2 examples are to stand in prompts, and there are"
    for way in ((), ("--model", "org/dummy+2-shot"), ("--dry-run",)):
        out = call(folder, "--limit", 2, *way)
        assert out.count(sentence) == 1
        assert "add the model with --num_fewshot 0." in out
        assert not [line for line in out.splitlines() if "2-shot" in line and "│ bare" in line]
    out = call(folder, "--model", "org/dummy+2-shot", "--benchmark", "bare", code=3)
    assert "org/dummy+2-shot on bare: 2 examples are to stand in prompts" in out


def test_a_dry_run_says_what_is_there_also_where_it_is_asked_again(folder: Path) -> None:
    call(folder, "--model", "org/dummy", "--benchmark", "choice", "--limit", 5)
    out = call(folder, "--model", "org/dummy", "--benchmark", "choice", "--dry-run", "--overwrite", "always")
    (row,) = [line.replace("│", " ").split() for line in out.splitlines() if "org/dummy" in line]
    assert row[2:4] == [str(QUESTIONS), "5"]


@pytest.mark.parametrize("way", [(), ("--dry-run",)])
def test_in_a_narrow_terminal_a_long_id_stands_whole_above_its_benchmarks(
    folder: Path, way: tuple[str, ...]
) -> None:
    name = "HuggingFaceTB/SmolLM2-135M-Instruct+a-variant-with-a-long-name.5-shot"
    with Store.open(folder / "s.db", write=True) as store:
        store.write_model_card(ModelCard(id=name, backend="dummy"))
    out = call(folder, "--model", "org/dummy", "--model", name, "--limit", 2, *way, columns=80)
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    shown = [line.replace("│", " ").split()[0] for line in lines if line.startswith(("org", "Hugging", "│"))]
    assert shown == ["org/dummy", "answer", "choice", name, "answer", "choice"]
    assert call(folder, "--model", name, "--limit", 2, *way, columns=140).count(f"│ {name} │") == 2


WATCHED = """
from embedllm_bench.cli.collecting import watching
with watching() as watcher:
    watcher.planned("HuggingFaceTB/SmolLM2-135M-Instruct+gguf_file-a04e0b.pretrained-x.chat", "everyday", 120)
    watcher.wrote(64)
"""


def test_a_bar_shows_counts_and_the_time_left_beside_a_long_id() -> None:
    terminal, other_end = pty.openpty()
    environment = bare_environment(COLUMNS="80", TERM="xterm")
    subprocess.run([sys.executable, "-c", WATCHED], stderr=other_end, env=environment, check=True)
    shown = os.read(terminal, 100_000).decode()
    os.close(terminal)
    os.close(other_end)
    (line, *_) = [
        line for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).splitlines() if "64/120" in line
    ]
    assert line.strip().startswith("HuggingFaceTB/Sm…etrained-x.chat on everyday ")
    assert re.search(r" 64/120 (-|\d+):(--|\d\d):(--|\d\d)", line)


OWN = """
from pathlib import Path

from embedllm_bench import BenchmarkCard
from embedllm_bench.hookspecs import hookimpl


@hookimpl
def register_benchmarks(register):
    card = BenchmarkCard(
        id="tides", task="tides", metric="acc", text="{question}", output_type="multiple_choice", question_id="id"
    )
    register(card, Path(__file__).with_name("tides.jsonl"))
"""


def content(path: Path) -> list[str]:
    """All that a store holds; nothing where there is none."""
    return list(sqlite3.connect(path).iterdump()) if path.exists() else []


@pytest.mark.parametrize(("store", "model"), [("s.db", "org/dummy"), ("none.db", "Qwen/Qwen3-0.6B")])
def test_a_dry_run_leaves_the_store_as_it_was(folder: Path, store: str, model: str) -> None:
    (folder / "own.py").write_text(OWN)
    (folder / "tides.jsonl").write_text('{"question": "Ebb?", "choices": ["yes", "no"], "answer": "B"}\n')
    before = content(folder / store)
    asked = ("--model", model, "--benchmark", "tides", "--dry-run", "--store", folder / store)
    out = call(folder, *asked, plugins=str(folder / "own.py"))
    assert "1 outcome to collect. Nothing was asked." in out
    assert content(folder / store) == before
    assert (folder / store).exists() == bool(before)


def test_an_interrupt_is_one_sentence(folder: Path) -> None:
    slow = "import sys, time; from lm_eval.models.dummy import DummyLM as D; a = D.loglikelihood\n"
    slow += "def l(s, r, *x, **k): print('ASKING', file=sys.__stdout__, flush=True); time.sleep(60)\n"
    slow += "D.loglikelihood = l; from embedllm_bench.cli.main import run; run(sys.argv[1:])"
    arguments = command(folder, "--model", "org/dummy", "--benchmark", "choice", "--store", folder / "s.db")
    process = subprocess.Popen(
        [sys.executable, "-c", "import signal; signal.signal(2, signal.default_int_handler)\n" + slow,
         *arguments[len(SCRIPT):]],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ASKING\n"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 1
    assert said.endswith("Stopped. What was answered is in the store, and the same command goes on there.\n")


def outcomes(path: Path) -> list[tuple[str, str, int, int]]:
    with Store.open(path) as store:
        return sorted(
            (table.models[0], table.questions[q].question_id, int(a), int(c))
            for table in store.read_outcomes()
            for q, a, c in zip(table.question, table.attempt, table.correct, strict=True)
        )


KILLED = """
import sys, time
from pathlib import Path
from embedllm_bench.cards import ModelCard
from embedllm_bench.collecting import plan
from embedllm_bench.collecting.collector import Settings, collect
from embedllm_bench.collecting.tasks import task_manager
from embedllm_bench.store.store import Store
from tests.collecting.tiny import CHOICE, Tiny

folder, name, seconds = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
plan.CHUNK = 2
original = Tiny.loglikelihood
def slowly(self, requests):
    print("ASKING", flush=True, file=sys.__stdout__)  # standard output is turned away meanwhile
    time.sleep(seconds)
    return original(self, requests)
Tiny.loglikelihood = slowly
with Store.open(folder / name, write=True) as store:
    manager = task_manager([CHOICE.task], folder / "tasks")
    collect(store, [ModelCard(id="org/tiny", backend="tiny", num_fewshot=2)], [CHOICE], Settings(), manager)
"""


def collecting(folder: Path, store: str, seconds_a_chunk: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder), store, str(seconds_a_chunk)],
        cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip


def killed_and_resumed(folder: Path, kills: int, seconds_a_chunk: float) -> None:
    """Kill it at random points of the collection, then let it finish, and hold it against one run."""
    draw = random.Random(0)  # noqa: S311 - when to kill, not a secret
    for _ in range(kills):
        process = collecting(folder, "killed.db", seconds_a_chunk)
        assert process.stdout is not None
        assert process.stdout.readline() == "ASKING\n"
        time.sleep(draw.uniform(0, 2.4 * seconds_a_chunk))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    assert 0 < len(outcomes(folder / "killed.db")) < QUESTIONS  # killed in the middle, every time
    for name in ("killed.db", "whole.db"):
        process = collecting(folder, name, 0)
        assert process.stdout is not None
        process.stdout.read()
        assert process.wait() == 0
        process.stdout.close()
    assert outcomes(folder / "killed.db") == outcomes(folder / "whole.db")
    assert len(outcomes(folder / "whole.db")) == QUESTIONS


@pytest.mark.long
def test_a_killed_collection_goes_on_where_it_stopped(folder: Path) -> None:
    killed_and_resumed(folder, kills=3, seconds_a_chunk=0.5)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_fifty_kills_leave_the_store_of_an_uninterrupted_run(folder: Path) -> None:
    killed_and_resumed(folder, kills=50, seconds_a_chunk=0.5)


def test_provenance_is_kept_with_the_run(folder: Path) -> None:
    call(folder, "--model", "org/dummy", "--benchmark", "choice", "--limit", 3)
    with Store.open(folder / "s.db") as store:
        (run,) = store.provenance()
    facts = json.loads(run)
    assert (facts["model"], facts["backend"], facts["task"]) == ("org/dummy", "dummy", "tiny_choice")
    assert facts["seeds"]["fewshot"] == 1234
    assert facts["versions"]["lm-eval"]
    (name, *_) = re.findall(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    assert facts["machine"].endswith(f" {name}")
    assert facts["device_name"] is None  # no GPU was asked
