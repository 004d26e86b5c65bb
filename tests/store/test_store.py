from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from embedllm_bench.errors import DataError, StoreError
from embedllm_bench.matrix import LabelConvention
from embedllm_bench.store import connection
from embedllm_bench.store.records import FAILED, GRADED, OnConflict, OutcomeTable, QuestionRecord, Source
from embedllm_bench.store.schema import Base
from embedllm_bench.store.store import Store


def table(answers: list[tuple[str, str, int]], state: int = GRADED) -> OutcomeTable:
    """Outcomes from (model, question, correct), attempts in order."""
    models = sorted({model for model, _, _ in answers})
    names = sorted({question for _, question, _ in answers})
    seen: dict[tuple[str, str], int] = {}
    attempts = []
    for model, question, _ in answers:
        seen[model, question] = seen.get((model, question), 0) + 1
        attempts.append(seen[model, question])
    return OutcomeTable(
        models=tuple(models),
        questions=tuple(QuestionRecord("b", name, f"text of {name}") for name in names),
        model=np.array([models.index(model) for model, _, _ in answers]),
        question=np.array([names.index(question) for _, question, _ in answers]),
        attempt=np.array(attempts),
        state=np.full(len(answers), state, dtype=np.uint8),
        correct=np.array([correct for _, _, correct in answers], dtype=np.int8),
    )


def source(name: str) -> Source:
    return Source("import", name, name)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def test_what_is_written_comes_back_as_counts(path: Path) -> None:
    with Store.open(path, write=True) as store:
        store.write_outcomes(table([("m", "q", 1), ("m", "q", 0), ("n", "r", 1)]), source("a"))
    with Store.open(path) as store:
        matrix = store.matrix(np.zeros((2, 1), dtype=np.float32), LabelConvention.RAW)
    assert matrix.models == ("m", "n")
    assert matrix.questions.ids == ("q", "r")
    assert matrix.attempts.tolist() == [[2, 0], [0, 1]]
    assert matrix.correct.tolist() == [[1, 0], [0, 1]]


def test_a_failed_outcome_is_counted_apart_and_never_wrong(path: Path) -> None:
    with Store.open(path, write=True) as store:
        store.write_outcomes(table([("m", "q", 1), ("n", "q", 0)]), source("a"))
        store.write_outcomes(table([("m", "r", -1)], FAILED), source("b"))
        matrix = store.matrix(np.zeros((2, 1), dtype=np.float32))
        coverage = {cell.model: cell for cell in store.coverage()}
    assert matrix.attempts.tolist() == [[1, 0], [1, 0]]
    assert (coverage["m"].graded, coverage["m"].failed, coverage["m"].missing) == (1, 1, 0)
    assert (coverage["n"].graded, coverage["n"].failed, coverage["n"].missing) == (1, 0, 1)


def test_the_same_source_again_changes_nothing(path: Path) -> None:
    with Store.open(path, write=True) as store:
        assert store.write_outcomes(table([("m", "q", 1)]), source("a")).added == 1
        again = store.write_outcomes(table([("m", "q", 1)]), source("a"))
    assert (again.added, again.already_imported) == (0, True)


def test_a_source_that_another_process_is_writing_is_not_doubled(path: Path) -> None:
    with Store.open(path, write=True) as store, Store.open(path, write=True) as other:

        def meanwhile(_rows: int) -> None:  # all outcomes are there, and none counts yet
            with pytest.raises(
                DataError, match="Another process is importing a or a file like it; try again"
            ):
                other.write_outcomes(table([("m", "q", 1)]), source("a"), OnConflict.ATTEMPT)

        store.write_outcomes(table([("m", "q", 1)]), source("a"), progress=meanwhile)
        assert [cell.attempts for cell in store.coverage()] == [1]


@pytest.mark.parametrize(
    ("rule", "added", "attempts"), [(OnConflict.SKIP, 1, [1, 1]), (OnConflict.ATTEMPT, 2, [2, 1])]
)
def test_known_cells_are_kept_or_become_attempts(
    path: Path, rule: OnConflict, added: int, attempts: list[int]
) -> None:
    with Store.open(path, write=True) as store:
        store.write_outcomes(table([("m", "q", 1)]), source("a"))
        report = store.write_outcomes(table([("m", "q", 0), ("m", "r", 1)]), source("b"), rule)
        matrix = store.matrix(np.zeros((2, 1), dtype=np.float32), LabelConvention.RAW)
    assert report.added == added
    assert matrix.attempts.tolist() == [attempts]


def test_known_cells_are_refused_with_their_number_and_nothing_is_kept(path: Path) -> None:
    with Store.open(path, write=True) as store:
        store.write_outcomes(table([("m", "q", 1)]), source("a"))
        with pytest.raises(DataError, match="1 of 2 outcomes"):
            store.write_outcomes(table([("m", "q", 0), ("new", "r", 1)]), source("b"))
        assert [cell.model for cell in store.coverage()] == ["m"]


def test_a_question_with_another_text_is_refused(path: Path) -> None:
    other = table([("n", "q", 1)])
    changed = OutcomeTable(
        other.models, (QuestionRecord("b", "q", "another text"),), other.model, other.question,
        other.attempt, other.state, other.correct,
    )  # fmt: skip
    with Store.open(path, write=True) as store:
        store.write_outcomes(table([("m", "q", 1)]), source("a"))
        with pytest.raises(DataError, match="question 'q' of 'b' with another text"):
            store.write_outcomes(changed, source("b"))


def test_a_source_that_failed_or_was_killed_leaves_no_text_that_refuses_the_mended_one(path: Path) -> None:
    wrong = table([("m", "q", 1), ("new", "r", 1)])
    wrong = replace(wrong, questions=tuple(replace(q, text="mistaken") for q in wrong.questions))

    def stop(_rows: int) -> None:
        raise KeyboardInterrupt

    with Store.open(path, write=True) as store:
        with pytest.raises(KeyboardInterrupt):
            store.write_outcomes(wrong, source("wrong"), progress=stop)
        assert store.is_empty()
        store.write_outcomes(wrong, source("killed"))
        with sqlite3.connect(path) as raw:
            raw.execute("UPDATE runs SET status = 'running', process = ?", (2**22 - 1,))
        raw.close()
        assert store.write_outcomes(table([("m", "q", 1)]), source("right")).added == 1
        assert store.questions().texts == ("text of q",)
        assert store.check().found == ()


def test_a_store_that_is_not_there_is_one_sentence(path: Path) -> None:
    with pytest.raises(StoreError, match="There is no store at"):
        Store.open(path)


def test_a_store_without_a_log_is_opened_while_another_process_writes_to_it(path: Path) -> None:
    with Store.open(path, write=True) as store:
        store.write_outcomes(table([("m", "q", 1)]), source("a"))
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("PRAGMA journal_mode = DELETE")  # as a store is copied, and as a new one begins
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, other.execute, ["COMMIT"])
    release.start()
    with Store.open(path, write=True) as store:  # SQLite refuses its write-ahead log at once, without waiting
        assert [cell.graded for cell in store.coverage()] == [1]
    release.join()
    other.close()


@pytest.mark.parametrize("content", [b"not a database at all", b"SQLite format 3\0" + bytes(200)])
def test_what_is_no_store_is_refused_and_left_as_it_is(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for write in (False, True):
        with pytest.raises(StoreError, match="is no embedllm-bench store"):
            Store.open(path, write=write)
    assert path.read_bytes() == content


def test_a_directory_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a directory"):
        Store.open(tmp_path)


def test_a_newer_version_s_store_is_refused_and_left_as_it_is(path: Path) -> None:
    Store.open(path, write=True).close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    for write in (False, True):
        with pytest.raises(StoreError, match="made by a newer version"):
            Store.open(path, write=write)


def test_migrations_make_the_tables_the_schema_describes(path: Path) -> None:
    Store.open(path, write=True).close()
    with connection.reading_engine(path).connect() as opened:
        differences = compare_metadata(MigrationContext.configure(opened), Base.metadata)
    assert differences == []


def test_a_full_disk_is_one_sentence_and_nothing_is_kept(path: Path) -> None:
    """SQLite's own page limit gives the error a full disk gives."""
    from sqlalchemy import event

    with Store.open(path, write=True) as store:
        store.write_outcomes(table([("m", "q", 1)]), source("a"))

        @event.listens_for(store._engine, "connect")
        def limit(raw: sqlite3.Connection, _record: object) -> None:
            raw.execute("PRAGMA max_page_count = 40")

        many = table([(f"model {i}", f"question {j}", 1) for i in range(60) for j in range(60)])
        with pytest.raises(StoreError, match="disk is full"):
            store.write_outcomes(many, source("b"))
    with Store.open(path) as store:
        assert [cell.model for cell in store.coverage()] == ["m"]


def test_a_read_only_store_can_be_read(path: Path) -> None:
    with Store.open(path, write=True) as store:
        store.write_outcomes(table([("m", "q", 1)]), source("a"))
        store.compact()
    path.chmod(0o444)
    path.parent.chmod(0o555)
    try:
        with Store.open(path) as store:
            assert len(store.questions()) == 1
    finally:
        path.parent.chmod(0o755)


KILLED = """
import sys, time
sys.path.insert(0, {root!r})
from tests.store.test_store import table, source
from embedllm_bench.store import writing
from embedllm_bench.store.store import Store
writing.CHUNK = 10
with Store.open({path!r}, write=True) as store:
    def wait(rows):
        print("CHUNK", flush=True)
        time.sleep(60)
    store.write_outcomes(table([("m", f"q{{i}}", 1) for i in range(50)]), source("killed"), progress=wait)
"""


def test_a_kill_in_the_middle_leaves_nothing_and_the_next_import_works(path: Path) -> None:
    root = str(Path(__file__).parents[2])
    code = KILLED.format(root=root, path=str(path))
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "CHUNK\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    time.sleep(0.1)
    with Store.open(path) as store:
        assert store.coverage() == []
    with Store.open(path, write=True) as store:
        report = store.write_outcomes(table([("m", f"q{i}", 1) for i in range(50)]), source("killed"))
        assert (report.added, len(store.questions())) == (50, 50)


def test_vectors_keep_their_precision_and_are_not_overwritten(path: Path) -> None:
    vectors = np.array([[0.5, 1.0], [0.25, 3.0]], dtype=np.float16)
    keys = [("b", "q"), ("b", "r")]
    with Store.open(path, write=True) as store:
        store.write_outcomes(table([("m", "q", 1), ("m", "r", 0)]), source("a"))
        assert store.write_vectors("e", "", keys, vectors) == 2
        assert store.write_vectors("e", "", keys, vectors) == 0
        assert store.vectors("e").tolist() == vectors.tolist()
        assert store.encoders()[0].dtype == "float16"
        with pytest.raises(DataError, match="other vectors of encoder 'e' for 2"):
            store.write_vectors("e", "", keys, vectors + 1)
        with pytest.raises(StoreError, match="no vectors of encoder 'f'; it has: e"):
            store.vectors("f")


def test_a_network_mount_is_told_from_a_local_one(monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = "/dev/sda / ext4 rw 0 0\nserver:/x /mnt/share nfs4 rw 0 0\n"
    monkeypatch.setattr(Path, "read_text", lambda *_args, **_kw: mounts)
    assert connection.on_network_file_system(Path("/mnt/share/a/store.db"))
    assert not connection.on_network_file_system(Path("/mnt/other/store.db"))


INTERRUPTED = """
import signal, sys, threading
sys.path.insert(0, {root!r})
import numpy as np
from embedllm_bench.store import writing
from embedllm_bench.store.records import OutcomeTable, QuestionRecord, Source
from embedllm_bench.store.store import Store

n = 3_000_000  # so many that the interrupt finds the statement at work
table = OutcomeTable(
    ("m",), tuple(QuestionRecord("b", f"q{{i}}", f"t{{i}}") for i in range(10)), np.zeros(n, dtype=np.int64),
    np.arange(n) % 10, np.arange(n) // 10 + 1, np.zeros(n, dtype=np.uint8), np.ones(n, dtype=np.int8),
)
writing.CHUNK = n
plain = writing.insert_rows
def insert(*arguments):
    threading.Timer(1.0, signal.raise_signal, [signal.SIGINT]).start()
    plain(*arguments)
writing.insert_rows = insert
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
with Store.open({path!r}, write=True) as store:
    try:
        store.write_outcomes(table, Source("test", "i", "i"))
    except KeyboardInterrupt:
        print("INTERRUPTED", store.coverage(), flush=True)
"""


def test_an_interrupt_in_the_middle_of_a_write_lets_go_of_the_store(path: Path) -> None:
    """The statement that was at work held the lock against its own process's clearing up."""
    code = INTERRUPTED.format(root=str(Path(__file__).parents[2]), path=str(path))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=50
    )
    assert done.stdout == "INTERRUPTED []\n", done.stderr
