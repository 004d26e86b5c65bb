"""Taking models and benchmarks out: all that hangs on them or nothing, and the store stays sound."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from embedllm_bench.cards import BenchmarkCard, ModelCard
from embedllm_bench.errors import StoreError, UnknownNameError, UsageError
from embedllm_bench.question_set import Item, QuestionSet
from embedllm_bench.store.collecting import Overwrite
from embedllm_bench.store.records import Source
from embedllm_bench.store.store import Store
from tests.store.contents import contents
from tests.store.test_store import source, table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SET = QuestionSet((Item("1", "What?", ("7",)),))
CARD = BenchmarkCard(
    id="mine", task="mine", metric="exact_match", text="{question}", output_type="generate_until",
    questions=SET.sha256,
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "s.db", write=True) as opened:
        yield opened


def test_a_card_alone_goes_at_once(store: Store) -> None:
    store.write_model_card(ModelCard(id="m", backend="dummy"))
    store.write_question_set(SET)
    store.write_benchmark_card(CARD)
    store.write_benchmark_card(replace(CARD, id="same"))
    assert store.remove_model("m").card
    store.remove_benchmark("mine")
    assert store.question_set(SET.sha256) == SET  # the other one still asks it
    store.remove_benchmark("same")
    assert store.is_empty()
    assert store.check().found == ()


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("model", "m", "m has 2 outcomes on 1 benchmark, which would go too; say --with-outcomes"),
        ("benchmark", "b", "b has 3 outcomes of 2 models at its 2 questions, which would go too"),
    ],
)
def test_what_has_outcomes_stays_unless_they_go_too(store: Store, kind: str, name: str, message: str) -> None:
    store.write_outcomes(table([("m", "q", 1), ("m", "r", 0), ("n", "q", 1)]), source("a"))
    before = contents(store.path)
    remove = getattr(store, f"remove_{kind}")
    with pytest.raises(UsageError, match=message):
        remove(name)
    assert contents(store.path) == before
    remove(name, with_outcomes=True)
    after = store.models()
    assert after == (["n"] if kind == "model" else [])
    assert store.questions().ids == (("q",) if kind == "model" else ())
    assert store.check().found == ()


def test_a_source_that_lost_all_its_outcomes_can_come_again(store: Store) -> None:
    store.write_outcomes(table([("m", "q", 1)]), source("a"))
    store.remove_model("m", with_outcomes=True)
    assert store.write_outcomes(table([("m", "q", 1)]), source("a")).added == 1


def test_a_source_that_lost_a_part_does_not_pass_for_one_that_is_there(store: Store) -> None:
    store.write_outcomes(table([("m", "q", 1), ("n", "q", 1)]), source("a"))
    store.remove_model("m", with_outcomes=True)
    assert not store.has_fingerprint("a")


def test_a_collection_goes_with_its_model(store: Store) -> None:
    facts = '{"model": "m", "benchmark": "b", "planned_questions": 9, "benchmark_questions": 9}'
    run = store.start_collection(Source("collect", "m on b", ""), facts)
    store.add_chunk(run, table([("m", "q", 1)]), 1, Overwrite.MISSING)
    store.start_collection(Source("collect", "m on b", ""), facts)  # and was killed
    assert [cell.missing for cell in store.coverage()] == [8]
    store.remove_model("m", with_outcomes=True)
    assert store.coverage() == []
    assert store.provenance() == []


def test_names_that_are_not_there_are_one_sentence(store: Store) -> None:
    store.write_model_card(ModelCard(id="org/model", backend="dummy"))
    with pytest.raises(UnknownNameError, match=r"no model 'org/modle'\. Did you mean 'org/model'"):
        store.remove_model("org/modle")
    with pytest.raises(UnknownNameError, match="no benchmark 'x'"):
        store.remove_benchmark("x")


def test_nothing_goes_while_something_is_being_imported(store: Store) -> None:
    store.write_outcomes(table([("m", "q", 1)]), source("a"))
    with sqlite3.connect(store.path) as raw:
        raw.execute("UPDATE runs SET status = 'running'")  # by this process, which is alive
    raw.close()
    with pytest.raises(StoreError, match="Something is being imported"):
        store.remove_model("m", with_outcomes=True)


def test_a_withdrawn_card_leaves_outcomes(store: Store) -> None:
    store.write_outcomes(table([("m", "q", 1)]), source("a"))
    for name in "mn":
        store.write_model_card(ModelCard(id=name, backend="dummy"))
        store.withdraw_model_card(name)
    assert store.model_cards() == {}
    assert store.models() == ["m"]
    assert store.check().found == ()
