"""Disks that are full or read-only: one sentence each, and nothing lost. The file systems are real ones."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedllm_bench.errors import StoreError
from embedllm_bench.store.collecting import Overwrite
from embedllm_bench.store.records import OnConflict, Source
from embedllm_bench.store.store import Store
from tests.store.contents import contents
from tests.store.old_stores import SCHEMAS, make_old
from tests.store.test_store import source, table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SMALL = 600 * 1024


def mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)  # noqa: S607
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 600 KiB, with a store of two outcomes on it."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(folder))
    try:
        with Store.open(folder / "s.db", write=True) as store:
            store.write_outcomes(table([("m", "q", 1), ("m", "r", 0)]), source("a"))
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=False)  # noqa: S607


def fill(folder: Path, left: int) -> Path:
    """Leave so many bytes."""
    free = os.statvfs(folder)
    file = folder / "filler"
    file.write_bytes(bytes(max(free.f_bavail * free.f_frsize - left, 0)))
    return file


def many(models: int, questions: int = 50) -> list[tuple[str, str, int]]:
    return [(f"model {i}", f"question {j}", j % 2) for i in range(models) for j in range(questions)]


def test_a_full_disk_keeps_every_chunk_that_was_collected(small: Path) -> None:
    filler = fill(small, left=100 * 1024)
    with Store.open(small / "s.db", write=True) as store:
        run = store.start_collection(Source("collect", "m on b", ""), "{}")
        written = [2]

        def collect() -> None:
            for number in range(10_000):
                answers = [(f"model {number}", name, 1) for name in "qr"]
                written.append(store.add_chunk(run, table(answers), 1, Overwrite.MISSING).written)

        with pytest.raises(StoreError) as error:
            collect()
        assert str(error.value) == (
            f"The disk is full: {small / 's.db'} was left as it was before; free some space and try again."
        )
        assert len(contents(small / "s.db")["outcomes"]) == sum(written) > 2
        filler.unlink()
        assert store.add_chunk(run, table([("later", "q", 1)]), 1, Overwrite.MISSING).written == 1
        assert store.check().sound


def test_a_full_disk_keeps_the_store_when_vectors_merges_and_imports_do_not_fit(
    small: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.db"
    with Store.open(other, write=True) as store:
        store.write_outcomes(table(many(200)), source("large"))
    path = small / "s.db"
    before = contents(path)
    filler = fill(small, left=80 * 1024)
    vectors = np.ones((2, 60_000), dtype=np.float32)
    with Store.open(path, write=True) as store:
        for write in (
            lambda: store.write_vectors("e", "", [("b", "q"), ("b", "r")], vectors),
            lambda: store.merge(other, OnConflict.SKIP),
            lambda: store.write_outcomes(table(many(200)), source("large")),
            store.compact,
        ):
            try:
                with pytest.raises(StoreError, match=r"The disk is full: .*s\.db was left as it was before"):
                    write()
            finally:
                assert contents(path) == before
        filler.unlink()
        assert store.check().sound
        assert store.write_vectors("e", "", [("b", "q")], vectors[:1, :100]) == 1


def test_a_backup_that_does_not_fit_leaves_no_file(small: Path, tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.db", write=True) as store:
        store.write_outcomes(table(many(200)), source("large"))
        fill(small, left=80 * 1024)
        before = sorted(small.iterdir())
        with pytest.raises(StoreError, match=r"The disk is full: .*small/b\.db was left as it was before"):
            store.backup(small / "b.db")
    assert sorted(small.iterdir()) == before


def test_a_merge_without_room_for_its_copy_says_where(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(small))
    with Store.open(tmp_path / "o.db", write=True) as store:
        store.write_outcomes(table(many(200)), source("large"))
        store.compact()
    with Store.open(tmp_path / "s.db", write=True) as store:
        with pytest.raises(StoreError, match=r"small has no room for a copy of .*o\.db .* with TMPDIR"):
            store.merge(tmp_path / "o.db")
        assert store.is_empty()


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[Path]:
    """Stores on a read-only mount: a closed one, an older one, and one whose writer was killed."""
    folder = tmp_path / "sealed"
    folder.mkdir()
    make_old(folder / "s.db", SCHEMAS[-1])
    make_old(folder / "old.db", "0001")
    with Store.open(tmp_path / "killed.db", write=True) as store:
        store.write_outcomes(table([("m", "q", 1)]), source("a"))
        with store._transaction():  # holds the log open
            for suffix in ("", "-wal", "-shm"):
                file = tmp_path / f"killed.db{suffix}"
                (folder / file.name).write_bytes(file.read_bytes())
    mount("--bind", str(folder), str(folder))
    try:
        mount("-o", "remount,ro,bind", str(folder))
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=False)  # noqa: S607


@pytest.mark.parametrize("name", ["s.db", "killed.db"])
def test_a_store_on_a_read_only_mount_is_read_checked_copied_and_merged_from(
    sealed: Path, tmp_path: Path, name: str
) -> None:
    with Store.open(sealed / name) as store:
        assert len(store.questions())
        assert store.check().sound
        store.backup(tmp_path / "b.db")
    with Store.open(tmp_path / "new.db", write=True) as store:
        assert store.merge(sealed / name).written
    assert contents(tmp_path / "new.db") == contents(tmp_path / "b.db")


def test_writing_to_a_read_only_mount_is_one_sentence(sealed: Path) -> None:
    with pytest.raises(
        StoreError, match=r"s\.db is read-only; change its permissions or give another --store"
    ):
        Store.open(sealed / "s.db", write=True)
    with pytest.raises(
        StoreError, match=r"old\.db was made by an older version .* and is read-only; copy it"
    ):
        Store.open(sealed / "old.db")
    with Store.open(sealed / "old.db", upgrade=False) as store:
        assert store.check().sound
        with pytest.raises(StoreError, match=r"sealed/b\.db cannot be opened or made there"):
            store.backup(sealed / "b.db")
