"""Eight processes that collect and import into one store at once, from before it exists."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from embedllm_bench.store.store import Store
from tests.collecting.tiny import CHOICE, QUESTIONS, make_tasks
from tests.store.contents import contents

ROOT = Path(__file__).parents[2]

COLLECT = """
import sys
from pathlib import Path
from embedllm_bench.cards import ModelCard
from embedllm_bench.collecting import plan
from embedllm_bench.collecting.collector import Settings, collect
from embedllm_bench.collecting.tasks import task_manager
from embedllm_bench.store.store import Store
from tests.collecting.tiny import CHOICE, Tiny

folder, path, names = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
plan.CHUNK = 5  # many small writes
manager = task_manager([CHOICE.task], folder / "tasks")
print("READY", flush=True)
sys.stdin.readline()
with Store.open(path, write=True) as store:
    results = collect(store, [ModelCard(id=name, backend="tiny") for name in names], [CHOICE], Settings(), manager)
for result in results:  # what another process is at is left to it
    assert result.reason is None or result.reason.startswith("another process is asking it now"), result
    assert result.failed == 0, result
"""

IMPORT = """
import sys
from embedllm_bench.errors import DataError
from embedllm_bench.exchange.importing import import_table
from embedllm_bench.store import writing
from embedllm_bench.store.records import OnConflict
from embedllm_bench.store.store import Store

writing.CHUNK = 20
path, tables = sys.argv[1], sys.argv[2:]
print("READY", flush=True)
sys.stdin.readline()
with Store.open(path, write=True) as store:
    for table in tables:
        for _ in range(100):
            try:
                import_table(store, table, on_conflict=OnConflict.ATTEMPT)
                break
            except DataError as error:  # what a person is told to do
                assert "try again when the other has finished" in str(error), error
        else:
            raise AssertionError(table)
"""


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def table(folder: Path, name: str, questions: int) -> Path:
    path = folder / f"{name}.csv"
    rows = [f"{name},{b},{i},Question {i} of {b}?,{i % 2}\n" for b in ("x", "y") for i in range(questions)]
    path.write_text("model,benchmark,question_id,prompt,correct\n" + "".join(rows))
    return path


def together(folder: Path, collectors: list[list[str]], importers: int, tables: int, questions: int) -> None:
    """Start all, let them go at the same moment, and hold the store against what each was to do."""
    (folder / "tasks").mkdir()
    make_tasks(folder / "tasks")
    path = folder / "s.db"
    shared = [table(folder, f"shared-{i}", questions) for i in range(tables)]
    own = [[table(folder, f"own-{i}-{j}", questions) for j in range(tables)] for i in range(importers)]
    processes = [start(COLLECT, folder, path, *names) for names in collectors]
    # Every importer has tables of its own between those that all of them import at about the same time.
    processes += [
        start(IMPORT, path, *(t for pair in zip(shared, mine, strict=True) for t in pair)) for mine in own
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "READY\n"
    assert not path.exists()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("GO\n")
        process.stdin.flush()
    said = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), "\n".join(said)
    expected = {(name, CHOICE.id): QUESTIONS for names in collectors for name in names}
    for file in [*shared, *(t for mine in own for t in mine)]:
        expected |= {(file.stem, "x"): questions, (file.stem, "y"): questions}
    outcomes = contents(path)["outcomes"]
    assert Counter((row[0], row[1]) for row in outcomes) == expected
    assert {row[3] for row in outcomes} == {1}  # nothing was asked or imported a second time
    with Store.open(path) as store:
        assert [finding.kind for finding in store.check().found] == []


def test_eight_processes_lose_and_double_nothing(tmp_path: Path) -> None:
    """Two of the three collectors are after the same model."""
    collectors = [["org/same", "org/one"], ["org/same"], ["org/two"]]
    together(tmp_path, collectors, importers=5, tables=3, questions=60)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_eight_processes_over_more_and_longer_work(tmp_path: Path) -> None:
    names = [f"org/model-{i}" for i in range(6)]
    together(tmp_path, [names, names[::-1], names, names[3:]], importers=4, tables=12, questions=500)
