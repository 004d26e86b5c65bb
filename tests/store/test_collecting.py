"""Outcomes as collectors bring them, where something went wrong before or goes wrong meanwhile."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from embedllm_bench.store.collecting import Overwrite
from embedllm_bench.store.records import Source
from embedllm_bench.store.store import Store
from tests.store.contents import contents
from tests.store.test_store import source, table

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.db"


def collect(store: Store, answers: list[tuple[str, str, int]]) -> int:
    run = store.start_collection(Source("collect", "m on b", ""), "{}")
    return store.add_chunk(run, table(answers), 1, Overwrite.MISSING).written


def change_runs(path: Path, change: str) -> None:
    with sqlite3.connect(path) as raw:
        raw.execute(f"UPDATE runs SET {change}")
    raw.close()


def test_what_a_killed_import_left_is_in_no_collector_s_place(path: Path) -> None:
    with Store.open(path, write=True) as store:
        store.write_outcomes(table([("m", "q", 0)]), source("killed"))
        change_runs(path, f"status = 'running', process = {2**22 - 1}")
        assert store.attempts("m", "b") == {}
        assert collect(store, [("m", "q", 1)]) == 1
    assert [row[:6] for row in contents(path)["outcomes"]] == [("m", "b", "q", 1, 0, 1)]


@pytest.mark.parametrize(
    ("change", "rate"),
    [
        ("started = '2026-01-01T00:00:10+00:00', finished = '2026-01-01T00:00:20+00:00'", 0.2),
        ("started = '2026-01-01T00:00:10+00:00', finished = '2026-01-01T00:00:10+00:00'", 2.0),
        ("started = '2026-01-01T00:00:10+00:00', finished = '2020-01-01T00:00:10+00:00'", None),
        ("started = 'yesterday', finished = '2020-01-01T00:00:10+00:00'", None),
    ],
    ids=["ten seconds", "within a second", "a clock set back", "no time at all"],
)
def test_a_clock_set_back_tells_no_speed_and_loses_nothing(
    path: Path, change: str, rate: float | None
) -> None:
    with Store.open(path, write=True) as store:
        collect(store, [("m", "q", 1), ("m", "r", 0)])
        change_runs(path, change)
        assert store.collection_rate("m", "b") == rate
        assert store.attempts("m", "b") == {"q": (1, 0), "r": (1, 0)}
        assert collect(store, [("m", "s", 1)]) == 1
        assert store.check().found == ()
