"""`Store.backup`: one consistent file while others write, whole or not at all."""

from __future__ import annotations

import itertools
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from embedllm_bench.errors import StoreError, UsageError
from embedllm_bench.matrix import LabelConvention
from embedllm_bench.store.location import STARTER
from embedllm_bench.store.store import Store
from tests.store.contents import contents
from tests.store.old_stores import SCHEMAS, make_old, rows
from tests.store.test_cards import revision
from tests.store.test_store import source, table

ROOT = str(Path(__file__).parents[2])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_old(tmp_path / "s.db", SCHEMAS[-1])


def test_a_backup_says_what_the_store_says_in_one_file(path: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    target = tmp_path / "kept" / "b.db"
    with Store.open(path, write=True) as store:
        store.write_outcomes(table([("new", "x", 1)]), source("not in the file yet, but in its log"))
        report = store.backup(target)
    assert (report.path, report.size) == (target, target.stat().st_size)
    assert [file.name for file in target.parent.iterdir()] == ["b.db"]
    assert target.read_bytes()[18:20] == b"\1\1"  # it asks for no write-ahead log
    assert contents(target) == contents(path)
    with Store.open(target) as store:
        assert store.check().found == ()


def test_the_starter_and_an_older_store_are_copied_as_they_are(tmp_path: Path) -> None:
    old = make_old(tmp_path / "old.db", "0001")
    before = old.read_bytes()
    for number, path in enumerate((old, STARTER)):
        with Store.open(path, upgrade=False) as store:
            store.backup(tmp_path / f"{number}.db")
        assert rows(tmp_path / f"{number}.db") == rows(path)
    assert old.read_bytes() == before
    assert revision(tmp_path / "0.db") == "0001"


def test_an_existing_file_stays_unless_it_is_to_be_replaced(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "b.db"
    target.write_text("precious")
    with Store.open(path) as store:
        with pytest.raises(
            StoreError, match=r"b.db exists already; give another file, or replace it with --force"
        ):
            store.backup(target)
        assert target.read_text() == "precious"
        store.backup(target, force=True)
        assert contents(target) == contents(path)


def test_a_store_in_use_and_the_store_itself_are_never_replaced(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as raw:
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("CREATE TABLE t (x)")
        with Store.open(path) as store:
            with pytest.raises(StoreError, match=r"other.db-wal lies beside .* is in use"):
                store.backup(other, force=True)
            with pytest.raises(UsageError, match="is the store itself"):
                store.backup(path, force=True)
    raw.close()


@pytest.mark.parametrize(
    ("name", "message"), [("", "is a directory"), ("no/b.db", "There is no folder .*no; make it")]
)
def test_a_place_that_cannot_be_is_one_sentence(path: Path, tmp_path: Path, name: str, message: str) -> None:
    with Store.open(path) as store, pytest.raises(StoreError, match=message):
        store.backup(tmp_path / name)


WRITER = """
import sys
sys.path.insert(0, {root!r})
from tests.store.test_store import table, source
from embedllm_bench.store.store import Store
with Store.open({path!r}, write=True) as store:
    for number in range(10_000):
        answers = [(f"m{{number}}", f"q{{i}}", number % 2) for i in range(50)]
        store.write_outcomes(table(answers), source(str(number)))
        print(number, flush=True)
"""


def test_backups_while_a_process_writes_are_each_a_moment_of_the_store(tmp_path: Path) -> None:
    """Every import is in a backup whole or not at all, and later backups have all that earlier ones had."""
    path = tmp_path / "s.db"
    Store.open(path, write=True).close()
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER.format(root=ROOT, path=str(path))], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "0\n"
    read = threading.Thread(target=process.stdout.read)  # so that the writer is never held up
    read.start()
    models = []
    for number in range(8):
        with Store.open(path) as store:
            store.backup(tmp_path / f"{number}.db")
        assert process.poll() is None
        with Store.open(tmp_path / f"{number}.db") as copy:
            assert copy.check().sound
            found = copy.matrix(np.zeros((len(copy.questions()), 1), dtype=np.float32), LabelConvention.RAW)
            assert (found.attempts == 1).all()
            models.append(set(found.models))
    process.kill()
    process.wait()
    read.join()
    process.stdout.close()
    assert all(earlier <= later for earlier, later in itertools.pairwise(models))
    assert models[0] < models[-1]


KILLED = """
import sys, time
sys.path.insert(0, {root!r})
from pathlib import Path
from embedllm_bench.store import backup
from embedllm_bench.store.store import Store
def wait(path):
    print("WRITTEN", flush=True)
    time.sleep(60)
backup._to_disk = wait
with Store.open({path!r}) as store:
    store.backup(Path({target!r}))
"""


def test_a_kill_leaves_no_half_file_and_the_next_backup_clears_up(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "kept" / "b.db"
    target.parent.mkdir()
    code = KILLED.format(root=ROOT, path=str(path), target=str(target))
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "WRITTEN\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not target.exists()
    assert [file.suffix for file in target.parent.iterdir()] == [".part"]
    with Store.open(path) as store:
        store.backup(target)
    assert [file.name for file in target.parent.iterdir()] == ["b.db"]
