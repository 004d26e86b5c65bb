"""Cards in a store, and stores of before there were cards."""

from __future__ import annotations

import os
import shutil
import sqlite3
from typing import TYPE_CHECKING

import numpy as np
import pytest
from alembic import command

from embedllm_bench.cards import BenchmarkCard, ModelCard
from embedllm_bench.errors import DataError, StoreError
from embedllm_bench.store import connection, migrating
from embedllm_bench.store.schema import APPLICATION_ID
from embedllm_bench.store.store import Store
from tests.store.test_store import source, table

if TYPE_CHECKING:
    from pathlib import Path

MODEL = ModelCard("org/m", model_args={"dtype": "float16"}, num_fewshot=5, parameters=7, price_in=0.5)
BENCHMARK = BenchmarkCard("b", "gsm8k", "exact_match", "generate_until", "strict-match", text="{question}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def old(path: Path) -> Path:
    """A store as the first schema left it, with two outcomes."""
    engine = connection.writing_engine(path)
    with engine.begin() as opened:
        config = migrating._config()
        config.attributes["connection"] = opened
        command.upgrade(config, "0001")
        for statement in (
            f"PRAGMA application_id = {APPLICATION_ID}",
            "INSERT INTO models (name) VALUES ('m'), ('n')",
            "INSERT INTO benchmarks (name) VALUES ('b')",
            "INSERT INTO texts (hash, text) VALUES (x'00', 'What?')",
            "INSERT INTO questions (benchmark_id, question_id, text_id) VALUES (1, 'q', 1)",
            "INSERT INTO runs VALUES (1, 'import', 'complete', 'a.csv', 'a', '2026-01-01', NULL, 'here', 1, '0')",
            "INSERT INTO outcomes (model_id, question_id, attempt, run_id, state, correct) VALUES (1, 1, 1, 1, 0, 1)",
            "INSERT INTO outcomes (model_id, question_id, attempt, run_id, state, correct) VALUES (2, 1, 1, 1, 0, 0)",
        ):
            opened.exec_driver_sql(statement)
    connection.compact(engine)
    return path


def revision(path: Path) -> str:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as raw:
        found: str = raw.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    raw.close()
    return found


def correct(store: Store) -> list[list[int]]:
    counts: list[list[int]] = store.matrix(np.zeros((1, 1), dtype=np.float32)).correct.tolist()
    return counts


def test_cards_come_back_equal(path: Path) -> None:
    with Store.open(path, write=True) as store:
        store.write_model_card(MODEL)
        store.write_benchmark_card(BENCHMARK)
    with Store.open(path) as store:
        assert store.model_cards() == {"org/m": MODEL}
        assert store.benchmark_cards() == {"b": BENCHMARK}


def test_an_imported_model_has_no_card_and_a_model_without_outcomes_is_in_no_matrix(path: Path) -> None:
    with Store.open(path, write=True) as store:
        store.write_outcomes(table([("imported", "q", 1)]), source("a"))
        store.write_model_card(MODEL)
        store.write_benchmark_card(BenchmarkCard("other", "t", "acc", "multiple_choice"))
        assert list(store.model_cards()) == ["org/m"]
        assert store.matrix(np.zeros((1, 1), dtype=np.float32)).models == ("imported",)
        assert [(cell.model, cell.benchmark) for cell in store.coverage()] == [("imported", "b")]


def test_what_describes_a_model_can_be_said_anew_and_outcomes_stay(path: Path) -> None:
    described = ModelCard("m", family="f", price_in=0.25, tags=("t",))
    with Store.open(path, write=True) as store:
        store.write_outcomes(table([("m", "q", 1)]), source("a"))
        store.write_model_card(ModelCard("m"))
        store.write_model_card(described)
        assert store.model_cards() == {"m": described}
        assert correct(store) == [[1]]


def test_another_configuration_under_a_known_id_is_refused_and_says_what_differs(path: Path) -> None:
    with Store.open(path, write=True) as store:
        store.write_model_card(MODEL)
        with pytest.raises(DataError) as error:
            store.write_model_card(ModelCard("org/m", num_fewshot=0, family="f"))
        assert str(error.value) == (
            'The store has \'org/m\' in another configuration (now model_args {}, not {"dtype": "float16"};'
            " num_fewshot 0, not 5); give this one an id of its own, such as org/m+variant."
        )
        assert store.model_cards() == {"org/m": MODEL}


def test_a_benchmark_graded_in_another_way_is_refused(path: Path) -> None:
    with Store.open(path, write=True) as store:
        store.write_benchmark_card(BENCHMARK)
        other = BenchmarkCard("b", "gsm8k", "exact_match", "generate_until", text="{question}")
        with pytest.raises(DataError, match=r'now filter "none", not "strict-match"\); .* as b-variant'):
            store.write_benchmark_card(other)


def test_a_card_is_not_written_into_a_store_opened_for_reading(path: Path) -> None:
    Store.open(path, write=True).close()
    with Store.open(path) as store:
        with pytest.raises(StoreError, match="open for reading only"):
            store.write_model_card(MODEL)
        with pytest.raises(StoreError, match="open for reading only"):
            store.write_benchmark_card(BENCHMARK)


def test_a_damaged_card_is_one_sentence_that_names_it(path: Path) -> None:
    with Store.open(path, write=True) as store:
        store.write_model_card(MODEL)
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE models SET card = '{'")
    raw.close()
    with Store.open(path) as store, pytest.raises(DataError, match="The stored card of 'org/m' is no card"):
        store.model_cards()


@pytest.mark.parametrize("write", [False, True])
def test_an_older_store_is_upgraded_when_opened_and_keeps_its_outcomes(old: Path, write: bool) -> None:
    with Store.open(old, write=write) as store:
        assert correct(store) == [[1], [0]]
        assert store.model_cards() == {}
    assert revision(old) == "0003"
    with Store.open(old, write=True) as store:
        store.write_model_card(ModelCard("m", family="f"))
        assert correct(store) == [[1], [0]]


def test_an_upgraded_store_has_the_tables_of_a_new_one(old: Path, tmp_path: Path) -> None:
    Store.open(old).close()
    Store.open(tmp_path / "new.db", write=True).close()
    shapes = []
    for path in (old, tmp_path / "new.db"):
        with sqlite3.connect(path) as raw:
            names = [row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            shapes.append({name: raw.execute(f"PRAGMA table_info({name})").fetchall() for name in names})
        raw.close()
    assert shapes[0] == shapes[1]


def test_an_older_store_that_may_not_be_written_to_is_left_and_the_remedy_works(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = old.read_bytes()
    access = os.access
    with monkeypatch.context() as context:  # a superuser may write whatever the permissions say
        context.setattr("os.access", lambda place, mode: mode != os.W_OK and access(place, mode))
        with pytest.raises(StoreError, match="is read-only; copy it to a folder of yours and give the copy"):
            Store.open(old)
    assert old.read_bytes() == before
    copy = tmp_path / "mine.db"
    shutil.copy(old, copy)
    with Store.open(copy) as store:
        assert correct(store) == [[1], [0]]


def test_a_failed_upgrade_leaves_the_older_store_as_it_was(old: Path) -> None:
    """A column of that name is there already: the third step fails, and takes the first two with it."""
    with sqlite3.connect(old) as raw:
        raw.execute("ALTER TABLE runs ADD COLUMN provenance INTEGER")
    raw.close()
    with pytest.raises(StoreError, match="duplicate column"):
        Store.open(old)
    assert revision(old) == "0001"
    with sqlite3.connect(old) as raw:
        assert "card" not in [row[1] for row in raw.execute("PRAGMA table_info(models)")]
    raw.close()
