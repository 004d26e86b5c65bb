from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedllm_bench import Store, compare
from embedllm_bench.leaderboard import boards
from embedllm_bench.results import Comparison
from embedllm_bench.simulation import simulate, write
from embedllm_bench.tasks.new_models import Record, divisions, score

if TYPE_CHECKING:
    from pathlib import Path


def compared(
    path: Path, *, models: int = 15, missing: float = 0.0, methods: tuple[str, ...] = ("mf",)
) -> Comparison:
    with Store.open(path, write=True) as store:
        write(store, simulate(models, 200, benchmarks=2, dimension=8, missing=missing), "test")
        return compare(store, tasks=["new-models"], methods=methods)


def test_every_model_is_new_once_and_families_stay_together() -> None:
    models = [f"org/{family}-{i}" for family in ("qwen", "llama", "gemma", "phi") for i in range(5)]
    found = list(divisions(models, seed=0))
    assert [division.kind for division in found] == ["models"] * 3 + ["families"] * 3
    for kind in ("models", "families"):
        new = np.concatenate([division.new for division in found if division.kind == kind])
        assert sorted(new.tolist()) == list(range(20))
    for division in found[3:]:
        known = {models[m].split("-")[0] for m in division.known(20)}
        assert not known & {models[m].split("-")[0] for m in division.new}


def test_models_of_two_families_are_not_divided_by_family() -> None:
    assert [d.kind for d in divisions(["qwen-1", "qwen-2", "llama-1", "llama-2"], 0)] == ["models"] * 3


def test_a_model_that_was_new_twice_counts_once() -> None:
    values = {0: [0.2, 0.4], 1: [0.5]}
    found = score(
        [Record("mf", "models", "accuracy", 8, None, m, v) for m, many in values.items() for v in many]
        + [Record("mf", "families", "accuracy", 8, None, 0, 0.9)]
    )
    assert [(s.metric, s.k, s.n) for s in found] == [("accuracy", 8, 2), ("families_accuracy", 8, 1)]
    assert found[0].value == pytest.approx(0.4)  # of 0.3 and 0.5
    assert found[0].low == pytest.approx(
        0.4 - 12.706 * 0.1, abs=1e-3
    )  # Student's t with one degree of freedom
    assert found[1].low is None


def test_the_task_has_a_curve_of_every_row_and_a_table(tmp_path: Path) -> None:
    comparison = compared(tmp_path / "s.db", methods=("mf",))
    assert comparison.failures == ()
    table = comparison.overall("new-models")
    pool = {
        f"pool-{way}" for way in ("accuracy", "forecasts", "information", "random", "stratified", "anchors")
    }
    assert {"mf", "model-mean", *pool} < set(table)
    for row in ("mf", "pool-random", "pool-accuracy"):
        assert {f"accuracy@{k}" for k in (0, 8, 16, 32, 64, 128)} < set(table[row])
        assert table[row]["accuracy@8"].n == 15
    for row in ("pool-random", "probe-mean", "probe-benchmark-mean", "probe-ridge", "probe-irt"):
        assert table[row]["answered_mae@128"].value < table[row]["answered_mae@0"].value  # type: ignore[operator]
    assert table["mf"]["refit_accuracy"].value > table["mf"]["accuracy@0"].value  # type: ignore[operator]
    assert table["pool-random"]["accuracy@128"].value > table["pool-random"]["accuracy@0"].value  # type: ignore[operator]
    assert {s.benchmark for s in comparison.scores if s.metric == "unseen_coverage"} == {
        "simulated-1",
        "simulated-2",
        None,
    }
    board = next(board for board in boards(comparison) if board.task == "new-models")
    assert len(board.rows) == len(table)
    assert Comparison.from_json(comparison.to_json(), "here").scores == comparison.scores


def test_models_that_were_asked_different_questions_can_be_new(tmp_path: Path) -> None:
    comparison = compared(tmp_path / "s.db", missing=0.3)
    table = comparison.overall("new-models")
    assert comparison.failures == ()
    assert 0.5 < table["pool-random"]["accuracy@64"].value <= 1  # type: ignore[operator]


def test_too_few_models_are_said_to_be(tmp_path: Path) -> None:
    comparison = compared(tmp_path / "s.db", models=8)
    assert comparison.scores == ()
    assert [(s.task, s.reason) for s in comparison.manifest.skipped] == [
        ("new-models", "The store has 8 models; leaving a third out needs 9.")
    ]
