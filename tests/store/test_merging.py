"""`Store.merge`: what two people have goes together, and what contradicts is listed and never overwritten."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedllm_bench.cards import BenchmarkCard, ModelCard
from embedllm_bench.errors import StoreError, UsageError
from embedllm_bench.store.collecting import Overwrite
from embedllm_bench.store.location import STARTER
from embedllm_bench.store.merging_conflicts import Conflict
from embedllm_bench.store.records import FAILED, OnConflict, Source
from embedllm_bench.store.store import Store
from tests.store.contents import contents
from tests.store.old_stores import SCHEMAS, SET, make_old
from tests.store.test_cards import revision
from tests.store.test_store import source, table

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = str(Path(__file__).parents[2])


def made(path: Path, *fill: Callable[[Store], object]) -> Path:
    with Store.open(path, write=True) as store:
        for step in fill:
            step(store)
    return path


def imported(name: str, answers: list[tuple[str, str, int]], **question: str) -> Callable[[Store], object]:
    whole = table(answers)
    changed = replace(whole, questions=tuple(replace(record, **question) for record in whole.questions))
    return lambda store: store.write_outcomes(changed, source(name))


def collected(provenance: str, answers: list[tuple[str, str, int]]) -> Callable[[Store], object]:
    def collect(store: Store) -> None:
        run = store.start_collection(Source("collect", "m on b", ""), provenance)
        store.add_chunk(run, table(answers), 1, Overwrite.MISSING)

    return collect


def said(path: Path) -> list[tuple[object, ...]]:
    """(model, question, attempt, state, correct) of every outcome."""
    return [(row[0], *row[2:6]) for row in contents(path)["outcomes"]]


def merge(path: Path, other: Path, rule: OnConflict = OnConflict.REFUSE) -> tuple[Conflict, ...]:
    with Store.open(path, write=True) as store:
        before = contents(path)
        report = store.merge(other, rule)
        assert report.refused is not report.written
        if report.refused:
            assert contents(path) == before
        assert store.check().sound
        return report.conflicts


@pytest.fixture
def a(tmp_path: Path) -> Path:
    return tmp_path / "a.db"


@pytest.fixture
def b(tmp_path: Path) -> Path:
    return tmp_path / "b.db"


def test_all_of_another_store_comes_along(a: Path, b: Path) -> None:
    make_old(b, SCHEMAS[-1])
    made(a, imported("a", [("mine", "x", 1)]))
    assert merge(a, b) == ()
    there, theirs = contents(a), contents(b)
    for what, rows in theirs.items():
        assert set(rows) <= set(there[what])
        assert rows  # nothing of it was forgotten here
    with Store.open(a) as store:
        assert store.question_set(SET.sha256) == SET
        assert store.models() == ["mine", "org/m", "org/n"]


def test_a_store_merged_into_an_empty_one_is_the_store(a: Path, b: Path) -> None:
    make_old(b, SCHEMAS[-1])
    made(a)
    merge(a, b)
    assert contents(a) == contents(b)


def test_a_file_that_both_imported_counts_once(a: Path, b: Path) -> None:
    made(a, imported("same file", [("m", "q", 1), ("m", "r", 0)]))
    made(b, imported("same file", [("m", "q", 1), ("m", "r", 0)]), imported("b", [("n", "q", 0)]))
    with Store.open(a, write=True) as store:
        report = store.merge(b)
    assert (report.outcomes, report.known, report.runs, report.conflicts) == (1, 2, 1, ())
    assert said(a) == [("m", "q", 1, 0, 1), ("m", "r", 1, 0, 0), ("n", "q", 1, 0, 0)]


def test_a_copy_that_went_on_is_taken_over(a: Path, b: Path) -> None:
    """Neither the run's new end nor its further outcomes contradict the older copy."""
    made(a, collected("one", [("m", "q", 1)]))
    with Store.open(a) as store:
        store.backup(b)
    made(b, lambda store: store.add_chunk(1, table([("m", "r", 0)]), 1, Overwrite.MISSING))
    assert merge(a, b) == ()
    assert contents(a) == contents(b)


@pytest.mark.parametrize("answer", [0, 1])
def test_two_who_asked_the_same_independently_have_to_choose(a: Path, b: Path, answer: int) -> None:
    made(a, collected("alice", [("m", "q", 1), ("m", "r", 1)]))
    made(b, collected("bob", [("m", "q", answer), ("m", "s", 0)]))
    word = "right" if answer else "wrong"
    (found,) = merge(a, b)
    assert (found.kind, found.count) == ("cells that both have asked", 1)
    assert found.examples[0] in {f"m on b q: right, {word}", f"m on b q: {word}, right"}
    for name, rule, labels in (
        ("skip", OnConflict.SKIP, [1]),
        ("attempt", OnConflict.ATTEMPT, sorted([1, answer])),
    ):
        copy = a.with_name(name)
        with Store.open(a) as store:
            store.backup(copy)
        merge(copy, b, rule)
        assert sorted(row[4] for row in said(copy) if row[1] == "q") == labels  # type: ignore[type-var]
        assert [row[1] for row in said(copy) if row[1] != "q"] == ["r", "s"]


def test_a_failure_asked_again_elsewhere_is_a_conflict_too(a: Path, b: Path) -> None:
    made(a, lambda store: store.write_outcomes(table([("m", "q", -1)], FAILED), source("a")))
    made(b, imported("b", [("m", "q", 1)]))
    (found,) = merge(a, b)
    assert found.examples in {("m on b q: failed, right",), ("m on b q: right, failed",)}


OTHER_CARD = ModelCard("m", num_fewshot=5)


@pytest.mark.parametrize(
    ("ours", "theirs", "kind", "example", "after_skip"),
    [
        (
            [imported("a", [("m", "q", 1)])],
            [imported("b", [("n", "q", 1), ("n", "x", 1)], text="another")],
            "questions with another text", "b q", [("m", "q", 1, 0, 1)],
        ),
        (
            [imported("a", [("m", "q", 1)], subtask="s")],
            [imported("b", [("n", "q", 1)], subtask="t")],
            "questions with another sub-task", "b q: s, t", [("m", "q", 1, 0, 1), ("n", "q", 1, 0, 1)],
        ),
        (
            [imported("a", [("m", "q", 1)], part="train")],
            [imported("b", [("n", "q", 1)], part="test")],
            "questions in another part of a split", "published: b q, train, test",
            [("m", "q", 1, 0, 1), ("n", "q", 1, 0, 1)],
        ),
        (
            [imported("a", [("m", "q", 1)]), lambda store: store.write_model_card(ModelCard("m"))],
            [imported("b", [("m", "r", 1), ("n", "r", 0)]), lambda store: store.write_model_card(OTHER_CARD)],
            "models in another configuration", "m", [("m", "q", 1, 0, 1), ("n", "r", 1, 0, 0)],
        ),
        (
            [
                imported("a", [("m", "q", 1)]),
                lambda store: store.write_benchmark_card(BenchmarkCard("b", "t", "acc", "multiple_choice")),
            ],
            [
                imported("b", [("m", "r", 1)]),
                lambda store: store.write_benchmark_card(BenchmarkCard("b", "t", "em", "multiple_choice")),
            ],
            "benchmarks in another configuration", "b", [("m", "q", 1, 0, 1)],
        ),
        (
            [lambda store: store.write_model_card(ModelCard("m", price_in=1.0))],
            [lambda store: store.write_model_card(ModelCard("m", price_in=2.0)), imported("b", [("m", "q", 1)])],
            "models described differently", "m (price_in 1.0 and 2.0)", [("m", "q", 1, 0, 1)],
        ),
    ],
    ids=["text", "sub-task", "part", "model", "benchmark", "description"],
)  # fmt: skip
def test_what_contradicts_is_listed_and_skip_leaves_out_what_hangs_on_it(
    a: Path, b: Path, ours: list[Callable[[Store], object]], theirs: list[Callable[[Store], object]],
    kind: str, example: str, after_skip: list[tuple[object, ...]],
) -> None:  # fmt: skip
    if kind == "questions with another text":  # x is of theirs only
        after_skip = [*after_skip, ("n", "x", 1, 0, 1)]
    made(a, *ours)
    made(b, *theirs)
    for rule in (OnConflict.REFUSE, OnConflict.ATTEMPT):
        (found,) = merge(a, b, rule)
        assert (found.kind, found.count, found.examples) == (kind, 1, (example,))
    before = contents(a)
    merge(a, b, OnConflict.SKIP)
    assert said(a) == after_skip
    after = contents(a)
    for what in ("models", "benchmarks", "questions", "parts"):
        assert set(before[what]) <= set(after[what])
    merge(a, b, OnConflict.SKIP)
    assert contents(a) == after


def vectors(values: list[list[float]], revision: str = "") -> Callable[[Store], object]:
    keys = [("b", name) for name in ("q", "r")[: len(values)]]
    return lambda store: store.write_vectors("e", revision, keys, np.array(values, dtype=np.float32))


def test_vectors_that_differ_by_rounding_are_the_same_and_others_are_not(a: Path, b: Path) -> None:
    same = imported("same", [("m", "q", 1), ("m", "r", 1)])
    made(a, same, vectors([[0.5, 0.5], [0.6, 0.8]]))
    made(b, same, vectors([[0.5, 0.500001], [0.6, 0.8]]))
    assert merge(a, b) == ()
    assert merge(b, a) == ()
    assert contents(a)["vectors"] == contents(b)["vectors"]
    made(c := a.with_name("c.db"), same, vectors([[0.5, 0.5], [0.8, 0.6]]))
    made(d := a.with_name("d.db"), same, vectors([[0.5], [0.8]]))
    assert merge(a, c) == (Conflict("vectors that are others", 1, ("e of question r",)),)
    assert merge(a, d) == (
        Conflict("encoders with vectors of another shape", 1, ("e: 2 x float32, 1 x float32",)),
    )
    before = contents(a)["vectors"]
    for other in (c, d):
        merge(a, other, OnConflict.SKIP)
        assert contents(a)["vectors"] == before


def test_simulations_that_differ_are_told_apart(a: Path, b: Path) -> None:
    for path in (a, b):
        make_old(path, SCHEMAS[-1])
    with sqlite3.connect(b) as raw:
        raw.execute("UPDATE simulated_models SET ability = x'00000040'")
        raw.execute('UPDATE simulated_questions SET "offset" = 2')
    raw.close()
    assert merge(a, b) == (
        Conflict("simulated models with another ability", 1, ("org/n",)),
        Conflict("simulated questions with another truth", 1, ("b r",)),
    )


def test_cards_say_together_what_each_says(a: Path, b: Path) -> None:
    made(a, lambda store: store.write_model_card(ModelCard("m", family="f")))
    made(b, lambda store: store.write_model_card(ModelCard("m", price_in=1.0)))
    assert merge(a, b) == ()
    with Store.open(a) as store:
        assert store.model_cards() == {"m": ModelCard("m", family="f", price_in=1.0)}


def test_examples_are_few_and_the_number_is_whole(a: Path, b: Path) -> None:
    made(a, imported("a", [("m", f"q{i}", 1) for i in range(9)]))
    made(b, imported("b", [("m", f"q{i}", 0) for i in range(9)]))
    (found,) = merge(a, b)
    assert (found.count, len(found.examples)) == (9, 3)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_older_store_is_merged_from_a_copy(a: Path, b: Path, schema: str) -> None:
    make_old(b, schema)
    before = b.read_bytes()
    made(a)
    assert merge(a, b) == ()
    assert (b.read_bytes(), revision(b)) == (before, schema)
    assert len(said(a)) == 3


def test_the_starter_and_a_store_in_use_can_be_merged(a: Path, b: Path) -> None:
    made(a)
    assert merge(a, STARTER) == ()
    with Store.open(a) as store:
        assert len(store.questions()) == 1200
    made(b, imported("b", [("m", "q", 1)]))
    with sqlite3.connect(b, isolation_level=None) as raw:
        raw.execute("BEGIN IMMEDIATE")
        raw.execute("INSERT INTO models (name) VALUES ('not yet')")
        merge(a, b)
        raw.execute("ROLLBACK")
    raw.close()
    with Store.open(a) as store:
        assert "m" in store.models()


def test_what_cannot_be_merged_is_one_sentence(a: Path, b: Path) -> None:
    made(a)
    make_old(b, SCHEMAS[-1])
    with sqlite3.connect(b) as raw:
        raw.execute("DELETE FROM question_sets")
    raw.close()
    with Store.open(a, write=True) as store:
        with pytest.raises(UsageError, match="is the store itself"):
            store.merge(a)
        with pytest.raises(StoreError, match=r"There is no store at .*nowhere\.db"):
            store.merge(a.with_name("nowhere.db"))
        with pytest.raises(StoreError, match=r"b.db is not sound \(cards whose questions are missing"):
            store.merge(b)
    with Store.open(a) as store, pytest.raises(StoreError, match="open for reading only"):
        store.merge(b)


def test_an_import_under_way_is_waited_for_and_a_killed_one_is_cleared(a: Path, b: Path) -> None:
    made(a, imported("a", [("m", "q", 1)]))
    made(b, imported("b", [("m", "q", 0)]))
    for process, alive in ((os.getpid(), True), (2**22 - 1, False)):
        with sqlite3.connect(a) as raw:
            raw.execute("UPDATE runs SET status = 'running', process = ?", (process,))
        raw.close()
        with Store.open(a, write=True) as store:
            if alive:
                with pytest.raises(StoreError, match="a is being imported into"):
                    store.merge(b)
            else:
                assert store.merge(b).written
    assert said(a) == [("m", "q", 1, 0, 0)]


KILLED = """
import sys, time
sys.path.insert(0, {root!r})
from embedllm_bench.store import merging
from embedllm_bench.store.store import Store
plain = merging.merge_outcomes
def wait(*arguments, **keywords):
    counts = plain(*arguments, **keywords)
    print("MERGED", flush=True)
    time.sleep(60)
    return counts
merging.merge_outcomes = wait
with Store.open({a!r}, write=True) as store:
    store.merge({b!r})
"""


def test_a_kill_before_the_end_leaves_the_store_as_it_was(a: Path, b: Path, tmp_path: Path) -> None:
    made(a, imported("a", [("m", f"q{i}", 1) for i in range(300)]))
    made(b, imported("b", [("n", f"r{i}", 1) for i in range(3000)]))
    before = contents(a)
    (tmp_path / "tmp").mkdir()
    code = KILLED.format(root=ROOT, a=str(a), b=str(b))
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "MERGED\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with Store.open(a) as store:
        assert store.check().sound
    assert contents(a) == before
    assert merge(a, b) == ()
    assert len(said(a)) == 3300
