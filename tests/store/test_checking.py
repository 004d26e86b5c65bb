"""`Store.check`: every kind of fault is found by its name, and a sound store is sound."""

from __future__ import annotations

import random
import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest

from embedllm_bench.errors import BenchError
from embedllm_bench.store.location import STARTER
from embedllm_bench.store.store import Store
from tests.store.old_stores import SCHEMAS, make_old

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.store.checking import CheckReport

NO_CHECKS = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;"
#: What is done to the store -> (kind, harmful, count, example) of each fault it makes.
FAULTS = {
    "UPDATE texts SET text = 'What?' WHERE id = 2": [
        ("texts stored twice", True, 1, "'What?'"),
        ("texts without their hash", True, 1, "'What?'"),
    ],
    "UPDATE outcomes SET cost = -1 WHERE model_id = 5": [
        ("outcomes that cannot be", True, 1, "org/n on b r, attempt 1")
    ],
    "UPDATE question_vectors SET vector = x'00'": [
        ("vectors that do not fit their encoder", True, 1, "e, 1 bytes for 2 x float16")
    ],
    "UPDATE simulated_questions SET loading = x'0000'": [
        ("latent vectors of another length than the first", True, 1, "2 bytes")
    ],
    "UPDATE models SET card = '{' WHERE id = 3": [
        (
            "cards that do not read",
            True,
            1,
            ("The stored card of 'org/m' is no card: Expecting property name enclosed in double quotes: line 1"
            " column 2 (char 1)"),
        )
    ],
    "UPDATE models SET card = '{\"id\": \"org/x\"}' WHERE id = 3": [
        ("cards that do not read", True, 1, "The stored card of 'org/m' is that of 'org/x'")
    ],
    "DELETE FROM question_sets": [
        ("cards whose questions are missing", True, 1, "own names ee1118ba170c...")
    ],
    "UPDATE question_sets SET content = content || ' '": [
        ("question sets without their hash", True, 1, "ee1118ba170c...")
    ],
    "UPDATE benchmarks SET card = NULL WHERE id = 4": [
        ("question sets of no card", False, 1, "ee1118ba170c..."),
        ("benchmarks without a card or a question", False, 1, "own"),
    ],
    "DELETE FROM questions WHERE id = 7": [
        ("rows that name a missing row", True, 2, "outcomes names questions"),
        ("rows that name a missing row", True, 1, "question_vectors names questions"),
        ("rows that name a missing row", True, 1, "split_parts names questions"),
        ("texts of no question", False, 1, "'What?'"),
    ],
    "DELETE FROM question_vectors": [("encoders without vectors", False, 1, "e@r")],
    "UPDATE runs SET status = 'running' WHERE id = 1": [
        ("runs that are not complete", False, 1, "a.csv, process 1 on h, 2 outcomes")
    ],
    "DELETE FROM outcomes WHERE model_id = 5": [
        ("questions without an outcome", False, 1, "b r"),
        ("models without a card or an outcome", False, 1, "org/n"),
    ],
    "DELETE FROM split_parts": [("splits without a question", False, 1, "published")],
}  # fmt: skip


def checked(path: Path) -> CheckReport:
    with Store.open(path, upgrade=False) as store:
        return store.check()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_old(tmp_path / "s.db", SCHEMAS[-1])


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_sound_store_is_sound_and_left_byte_for_byte(tmp_path: Path, schema: str) -> None:
    path = make_old(tmp_path / "s.db", schema)
    before = path.read_bytes()
    report = checked(path)
    assert report.sound
    unused = "benchmarks without a card or a question"  # no cards yet, or no sets of questions
    older = "tables of an older version, upgraded when next opened"
    assert [finding.kind for finding in report.found] == ([] if schema == SCHEMAS[-1] else [unused, older])
    assert path.read_bytes() == before


def test_the_starter_is_sound() -> None:
    assert checked(STARTER).found == ()


@pytest.mark.parametrize("statement", FAULTS)
def test_each_fault_is_found_with_its_number_and_an_example(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as raw:
        raw.executescript(f"{NO_CHECKS} {statement};")
    raw.close()
    report = checked(path)
    found = [(finding.kind, finding.harmful, finding.count, finding.example) for finding in report.found]
    assert sorted(found) == sorted(FAULTS[statement])
    assert report.sound is not any(harmful for _, harmful, _, _ in found)


def test_a_label_that_is_none_is_found_with_its_cell(path: Path) -> None:
    with sqlite3.connect(path) as raw:
        raw.executescript(f"{NO_CHECKS} UPDATE outcomes SET correct = 3 WHERE model_id = 5;")
    raw.close()
    found = {finding.kind: finding.example for finding in checked(path).found}
    found.pop("damage to the file", None)  # as some releases of SQLite call it too
    assert found == {"outcomes that cannot be": "org/n on b r, attempt 1"}


def test_flipped_bytes_are_a_finding_or_a_sentence_and_never_a_traceback(tmp_path: Path) -> None:
    """Anywhere in the file; a byte that nothing reads, or that makes another text of the same kind, may pass."""
    draw = random.Random(0)  # noqa: S311 - where to damage, not a secret
    whole = make_old(tmp_path / "whole.db", SCHEMAS[-1]).read_bytes()
    used = [place for place, byte in enumerate(whole) if byte]
    noticed = 0
    sentences = []
    for number in range(150):
        damaged = bytearray(whole)
        for place in draw.sample(used, 3):
            damaged[place] ^= draw.randrange(1, 256)
        path = tmp_path / f"{number}.db"
        path.write_bytes(damaged)
        try:
            noticed += not checked(path).sound
        except BenchError as error:
            noticed += 1
            sentences.append(str(error))
        assert path.read_bytes() == damaged
    assert noticed > 75
    assert [sentence for sentence in sentences if "\n" in sentence or str(tmp_path) not in sentence] == []


def test_a_page_of_noise_in_a_larger_store_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    shutil.copy(STARTER, path)
    with path.open("r+b") as file:
        file.seek(4096 * 100)
        file.write(random.Random(1).randbytes(4096))  # noqa: S311
    report = checked(path)
    assert not report.sound
    assert report.found[0].kind == "damage to the file"
