"""`embedllm-bench store` as a user runs it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest

from embedllm_bench.store.location import STARTER
from tests.cli.test_cli import call

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def db(tmp_path: Path) -> Path:
    (tmp_path / "t.csv").write_text(
        "model,benchmark,question_id,prompt,correct\nm,b,1,What?,1\nn,b,1,What?,0\n"
    )
    call("import", tmp_path / "t.csv", "--store", tmp_path / "s.db")
    return tmp_path / "s.db"


def test_check_says_sound_or_what_harms_and_the_exit_code_tells(db: Path) -> None:
    assert call("store", "check", "--store", db) == (
        f"{db} is sound: 19 kinds of fault looked for, none that does harm.\n"
    )
    with sqlite3.connect(db) as raw:
        raw.execute("UPDATE texts SET text = 'Who?'")
        raw.execute("INSERT INTO models (name) VALUES ('nobody')")
    raw.close()
    out = call("store", "check", "--store", db, code=1)
    rows = [" ".join(line.replace("│", " ").split()) for line in out.splitlines() if line.startswith("│")]
    assert rows == [
        "models without a card or an outcome 1 no nobody",
        "texts without their hash 1 yes 'Who?'",
    ]
    assert out.endswith(f"{db} is not sound: restore it from a backup, or mend what does harm.\n")
    content = json.loads(call("store", "check", "--store", db, "--format", "json", code=1))
    assert content["sound"] is False
    assert [f for f in content["findings"] if f["count"]] == [
        {"kind": "models without a card or an outcome", "harmful": False, "count": 1, "example": "nobody"},
        {"kind": "texts without their hash", "harmful": True, "count": 1, "example": "'Who?'"},
    ]
    assert len(content["findings"]) == 19


def test_the_starter_is_checked_where_there_is_no_store() -> None:
    assert "starter.db is sound" in call("store", "check", XDG_DATA_HOME="/nonexistent")


def test_a_damaged_store_is_one_sentence(tmp_path: Path) -> None:
    shutil.copy(STARTER, tmp_path / "s.db")
    with (tmp_path / "s.db").open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 2000)
    out = call("store", "check", "--store", tmp_path / "s.db", code=1)
    assert out == (
        f"Error: {tmp_path / 's.db'} is damaged (database disk image is malformed); restore it from a backup.\n"
    )


def test_backup_makes_a_store_and_refuses_to_replace_one(db: Path, tmp_path: Path) -> None:
    copy = tmp_path / "b.db"
    out = call("store", "backup", copy, "--store", db)
    assert out == f"{copy}: a copy of {db}, {copy.stat().st_size:,} bytes.\n"
    assert "2 models x 1 question" in call("status", "--store", copy)
    assert "exists already; give another file, or replace it with --force" in call(
        "store", "backup", copy, "--store", db, code=1
    )
    call("store", "backup", copy, "--store", db, "--force")


def test_merge_adds_refuses_and_is_told_how_to_settle(db: Path, tmp_path: Path) -> None:
    (tmp_path / "u.csv").write_text(
        "model,benchmark,question_id,prompt,correct\nm,b,1,What?,0\nm,b,2,Why?,1\n"
    )
    other = tmp_path / "o.db"
    call("import", tmp_path / "u.csv", "--store", other)
    out = call("store", "merge", other, "--store", db, code=1)
    rows = [" ".join(line.replace("│", " ").split()) for line in out.splitlines() if line.startswith("│")]
    assert rows[0].startswith("cells that both have asked 1 m on b 1: ")
    assert out.splitlines()[-1] == (
        f"Nothing of {other} was merged into {db}, as the two contradict each other; with --on-conflict skip keeps"
        " what it has, attempt keeps outcomes of both."
    )
    arguments = ("store", "merge", other, "--store", db, "--on-conflict", "skip")
    new = "1 outcome, 0 models, 0 benchmarks, 1 question and 0 vectors"
    said = f"{db}: {new} of {other} are new, 0 outcomes were there already, 1 were left out.\n"
    assert call(*arguments, "--dry-run").endswith(f"{said}A dry run: nothing was written.\n")
    assert "2 models x 1 question" in call("status", "--store", db)
    assert call(*arguments).endswith(said)
    assert "2 models x 2 questions" in call("status", "--store", db)


def test_merge_into_a_new_store_makes_it_and_in_vain_leaves_none(db: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.db"
    assert "There is no store at" in call("store", "merge", db, "--store", new, "--dry-run", code=1)
    assert "There is no store at" in call("store", "merge", tmp_path / "no.db", "--store", new, code=1)
    assert not new.exists()
    assert "2 outcomes, 2 models" in call("store", "merge", db, "--store", new)
