"""Stores of every released schema, upgraded: nothing lost, nothing changed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from embedllm_bench.store import migrating
from embedllm_bench.store.schema import REVISION
from embedllm_bench.store.store import Store
from tests.store.old_stores import SCHEMAS, SET, make_old, rows
from tests.store.test_cards import revision


def test_the_schemas_tested_are_all_there_are() -> None:
    assert migrating.revisions() == SCHEMAS
    assert SCHEMAS[-1] == REVISION


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_row_of_every_table_outlives_the_upgrade(tmp_path: Path, schema: str) -> None:
    path = make_old(tmp_path / "old.db", schema)
    before = rows(path)
    assert all(before.values())  # no table of the schema is empty
    with Store.open(path) as store:
        assert store.check().sound
    after = rows(path)
    assert revision(path) == SCHEMAS[-1]
    for table, old in before.items():
        assert [{name: new[name] for name in old[0]} for new in after[table]] == old
        assert all(new[name] is None for new in after[table] for name in new.keys() - old[0].keys())
    assert all(not after[table] for table in after.keys() - before.keys())


def test_an_upgraded_store_reads_as_it_did(tmp_path: Path) -> None:
    with Store.open(make_old(tmp_path / "old.db", "0003"), write=True) as store:
        matrix = store.matrix(np.zeros((2, 1), dtype=np.float32))
        assert (matrix.models, matrix.correct.tolist()) == (("org/m", "org/n"), [[1, 0], [0, 0]])
        assert store.published_parts() == {("b", "q"): "train", ("b", "r"): "test"}
        assert store.question_set(SET.sha256) == SET
        assert [failed.reason for failed in store.failures()] == ["the server answered 500"]


KILLED = """
import sys, time
sys.path.insert(0, {root!r})
from alembic import op
from embedllm_bench.store.store import Store
plain = op.execute
done = 0
def execute(statement):
    global done
    plain(statement)
    done += 1
    if done == {statements}:
        print("MIGRATING", flush=True)
        time.sleep(60)
op.execute = execute
Store.open({path!r})
"""


@pytest.mark.parametrize("statements", [1, 4, 5])
def test_a_kill_in_the_middle_of_an_upgrade_leaves_the_older_store_and_it_opens_after(
    tmp_path: Path, statements: int
) -> None:
    """Killed within 0002, after it, and within 0003; with more rows than the page cache takes."""
    path = make_old(tmp_path / "old.db", "0001")
    with sqlite3.connect(path) as raw:
        raw.executemany(
            "INSERT INTO outcomes (model_id, question_id, attempt, run_id, state, correct) VALUES (3, 7, ?, 1, 0, 1)",
            [(attempt,) for attempt in range(3, 30_000)],
        )
    raw.close()
    before = rows(path)
    code = KILLED.format(root=str(Path(__file__).parents[2]), path=str(path), statements=statements)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "MIGRATING\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    time.sleep(0.1)
    assert revision(path) == "0001"
    assert rows(path) == before
    with Store.open(path) as store:
        assert store.check().sound
        assert len(store.questions()) == 2
    assert revision(path) == SCHEMAS[-1]
    assert len(rows(path)["outcomes"]) == len(before["outcomes"])
