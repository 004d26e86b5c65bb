"""Merging random small stores: twice is once, and either way round is the same."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedllm_bench.cards import ModelCard
from embedllm_bench.store.records import OnConflict
from embedllm_bench.store.store import Store
from tests.store.contents import contents

if TYPE_CHECKING:
    from collections.abc import Iterator

MODELS, QUESTIONS = ("org/m", "org/n"), ("p", "q", "r")
#: Runs that either store may have: two files that were imported, and four collections.
IMPORTED = ("file one", "file two")
COLLECTED = tuple(f"2026-01-0{day}T00:00:00+00:00" for day in range(1, 5))


def card(tag: str | None) -> str | None:
    return None if tag is None else ModelCard("org/m", family="f" if tag == "f" else None,
                                              price_in=1.0 if tag == "p" else None).to_json()  # fmt: skip


outcome = st.tuples(
    st.sampled_from(MODELS), st.sampled_from(QUESTIONS), st.integers(0, 2), st.sampled_from([1.0, 0.5])
)
side = st.fixed_dictionaries(
    {
        "imports": st.dictionaries(st.sampled_from(IMPORTED), st.lists(outcome, max_size=4), max_size=2),
        "collects": st.dictionaries(st.sampled_from(COLLECTED), st.lists(outcome, max_size=4), max_size=4),
        "machine": st.sampled_from(["alice", "bob"]),
        "card": st.sampled_from([None, "f", "p", "both"]),
        "subtasks": st.sets(st.sampled_from(QUESTIONS)),
        "parts": st.sets(st.sampled_from(QUESTIONS)),
        "vectors": st.dictionaries(st.sampled_from(QUESTIONS), st.sampled_from([b"\0\0\x80\x3f", b"\1\0\x80\x3f"])),
        "abilities": st.sets(st.sampled_from(MODELS)),
        "order": st.permutations(QUESTIONS),
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def empty() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        with Store.open(path, write=True) as store:
            store.compact()
        yield path


def make(path: Path, empty: Path, facts: dict[str, object]) -> None:
    """A store of these facts, with row numbers of its own."""
    shutil.copy(empty, path)
    raw = sqlite3.connect(path)
    run = raw.execute
    run("INSERT INTO models (name, card) VALUES ('org/m', ?), ('org/n', NULL)", (card(facts["card"]),))  # type: ignore[arg-type]
    run("INSERT INTO benchmarks (name) VALUES ('b')")
    for name in facts["order"]:  # type: ignore[attr-defined]
        row = run(
            "INSERT INTO texts (hash, text) VALUES (?, ?)", (sha256(name.encode()).digest(), name)
        ).lastrowid
        run(
            "INSERT INTO questions (benchmark_id, question_id, text_id, subtask) VALUES (1, ?, ?, ?)",
            (name, row, "s" if name in facts["subtasks"] else None),  # type: ignore[operator]
        )
    number = dict(run("SELECT question_id, id FROM questions").fetchall())
    run("INSERT INTO splits (name) VALUES ('published')")
    run("INSERT INTO encoders (name, revision, dimension, dtype) VALUES ('e', '', 1, 'float32')")
    for name in facts["parts"]:  # type: ignore[attr-defined]
        run("INSERT INTO split_parts VALUES (1, ?, 'train')", (number[name],))
    for name, blob in facts["vectors"].items():  # type: ignore[attr-defined]
        run("INSERT INTO question_vectors VALUES (1, ?, ?)", (number[name], blob))
    for name in facts["abilities"]:  # type: ignore[attr-defined]
        run("INSERT INTO simulated_models SELECT id, x'00000000' FROM models WHERE name = ?", (name,))
    for source, answers in facts["imports"].items():  # type: ignore[attr-defined]
        add_run(
            raw,
            ("import", f"/home/{facts['machine']}", source, f"2026-02-0{len(answers) + 1}", source),
            answers,
        )
    for started, answers in facts["collects"].items():  # type: ignore[attr-defined]
        add_run(raw, ("collect", "m on b", "", started, "x"), answers)
    raw.commit()
    raw.close()


def add_run(
    raw: sqlite3.Connection, facts: tuple[str, ...], answers: list[tuple[str, str, int, float]]
) -> None:
    kind, source, fingerprint, started, host = facts
    row = raw.execute(
        "INSERT INTO runs (kind, status, source, fingerprint, started, finished, host, process, version)"
        " VALUES (?, 'complete', ?, ?, ?, ?, ?, 1, '0')",
        (kind, source, fingerprint, started, f"2026-03-0{len(answers) + 1}", host),
    ).lastrowid
    for model, question, label, score in answers:
        raw.execute(
            "INSERT INTO outcomes (model_id, question_id, attempt, run_id, state, correct, score)"
            " SELECT m.id, q.id, 1 + (SELECT count(*) FROM outcomes WHERE model_id = m.id AND question_id = q.id),"
            " ?, ?, ?, ? FROM models m, questions q WHERE m.name = ? AND q.question_id = ?",
            (row, int(label == 2), None if label == 2 else label, score, model, question),
        )


def merged(one: Path, two: Path, name: str, times: int = 1) -> Path:
    target = one.with_name(name)
    shutil.copy(one, target)
    with Store.open(target, write=True) as store:
        for _ in range(times):
            report = store.merge(two, OnConflict.ATTEMPT)
            assert report.written, report
        assert store.check().sound
        store.compact()
    return target


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=side, two=side)
def test_merging_is_idempotent_and_commutative(
    empty: Path, one: dict[str, object], two: dict[str, object]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder / "a.db", empty, one)
        make(folder / "b.db", empty, two)
        before = (folder / "b.db").read_bytes()
        there = contents(merged(folder / "a.db", folder / "b.db", "ab.db"))
        assert contents(merged(folder / "b.db", folder / "a.db", "ba.db")) == there
        assert contents(merged(folder / "a.db", folder / "b.db", "abb.db", times=2)) == there
        assert contents(merged(folder / "ab.db", folder / "a.db", "aba.db")) == there
        assert (folder / "b.db").read_bytes() == before
        lost = {
            (row[:3], row[4:12]) for side in "ab" for row in contents(folder / f"{side}.db")["outcomes"]
        } - {(row[:3], row[4:12]) for row in there["outcomes"]}
        assert lost == set()


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=side, two=side)
def test_refused_merges_change_nothing_and_are_refused_either_way(
    empty: Path, one: dict[str, object], two: dict[str, object]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder / "a.db", empty, one)
        make(folder / "b.db", empty, two)
        before = {path: contents(path) for path in (folder / "a.db", folder / "b.db")}
        reports = []
        for mine, other in (("a.db", "b.db"), ("b.db", "a.db")):
            with Store.open(folder / mine, write=True) as store:
                reports.append(store.merge(folder / other, dry_run=True))
        assert {path: contents(path) for path in before} == before
        assert [(found.kind, found.count) for found in reports[0].conflicts] == [
            (found.kind, found.count) for found in reports[1].conflicts
        ]
        assert reports[0].refused == reports[1].refused == bool(reports[0].conflicts)
