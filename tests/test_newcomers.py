from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from embedllm_bench import Store, compare
from embedllm_bench.cards import ModelCard
from embedllm_bench.leaderboard import boards
from embedllm_bench.newcomers.pools import _settled
from embedllm_bench.onboarding.estimating import Missed
from embedllm_bench.registry import Plugins
from embedllm_bench.results import Comparison
from embedllm_bench.simulation import simulate, write
from embedllm_bench.tasks.new_models import Measure, Tally, divisions

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.newcomers.sides import Side
    from embedllm_bench.onboarding.settling import Asked


BACKWARDS = """
from embedllm_bench.hookspecs import hookimpl
from embedllm_bench.methods.reference import ModelMean


class Backwards(ModelMean):
    name = "backwards"
    summary = "the model's mean, but routes to the worst"
    reference = False

    def preference(self, questions, p):
        return -p


@hookimpl
def register_methods(register):
    register(Backwards)
"""


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


def test_a_family_is_not_left_out_where_too_few_others_would_be_known() -> None:
    models = [*(f"llama-{m}" for m in range(7)), "qwen-1", "phi-1"]
    assert [d.kind for d in divisions(models, 0)] == ["models"] * 3
    assert [d.kind for d in divisions([*models, "yi-1"], 0)] == ["models"] * 3 + ["families"] * 3


def test_a_model_that_was_new_twice_counts_once() -> None:
    tally = Tally(models=2)
    measure = Measure("mf", "models", "accuracy", 8, None)
    tally.add(measure, np.array([0.2, 0.5]), np.array([0, 1]))
    tally.add(measure, np.array([0.4, np.nan]), np.array([0, 1]))
    tally.add(Measure("mf", "families", "accuracy", 8, None), np.array([0.9]), np.array([0]))
    tally.add(Measure("mf", "models", "accuracy", 16, None), np.array([np.nan]))
    found = tally.scores()
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
        f"pool-{way}"
        for way in ("auto", "accuracy", "forecasts", "information", "random", "stratified", "anchors")
    }
    carded = {f"pool-card-{way}" for way in ("auto", "accuracy", "random", "anchors")}
    assert {"mf", "model-mean", "size-mean", *carded, *pool} < set(table)
    without = {s.metric: s.n for s in comparison.scores if s.method == "size-mean" and s.benchmark is None}
    assert without == dict.fromkeys(
        [
            f"{which}{setting}_mae"
            for setting in ("unseen", "answered")
            for which in ("", "strangers_", "families_")
        ],
        15,
    )  # simulated names tell no family
    for row in ("mf", "pool-random", "pool-accuracy", "pool-auto", "pool-card-auto", "pool-card-random"):
        assert {f"accuracy@{k}" for k in (0, 8, 16, 25, 32, 50, 64, 100, 128)} < set(table[row])
        assert table[row]["accuracy@8"].n == 15
    for row in ("pool-random", "probe-mean", "probe-benchmark-mean", "probe-ridge", "probe-irt"):
        for setting in ("answered", "unseen"):
            before, after = (table[row][f"{setting}_mae@{k}"].value for k in (0, 128))
            assert after < before  # type: ignore[operator]
    for metric in ("unseen_mae@8", "all_unseen_mae", "refit_unseen_mae"):
        assert 0 < table["mf"][metric].value < 0.5  # type: ignore[operator]
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


def test_progress_is_told_of_every_row_and_none_too_many(tmp_path: Path) -> None:
    class Counter:
        total = done = 0

        def expected(self, fits: int) -> None:
            self.total = fits

        def fitted(self, *_: object) -> None:
            self.done += 1

        def added(self, _: str) -> None:
            self.done += 1

        def failed(self, failure: object) -> None:
            raise AssertionError(failure)

    counter = Counter()
    with Store.open(tmp_path / "s.db", write=True) as store:
        write(store, simulate(9, 120, benchmarks=2, dimension=8), "test")
        compare(store, tasks=["new-models"], methods=["mf"], listener=counter)
    assert (counter.done, counter.total) == (counter.total, 4 + 6 * (4 + 8))  # the simple rows too


@pytest.mark.long
def test_a_card_is_read_where_the_store_has_one(tmp_path: Path) -> None:
    """Cards that tell how able a model is make up for having no outcome."""
    simulation = simulate(30, 200, benchmarks=2, dimension=4)
    with Store.open(tmp_path / "s.db", write=True) as store:
        write(store, simulation, "test")
        before = compare(store, tasks=["new-models"], methods=["mf"])
        matrix = store.matrix(np.zeros((200, 1), dtype=np.float32))
        for model, right in zip(matrix.models, matrix.correct.mean(1).tolist(), strict=True):
            store.write_model_card(ModelCard(model, parameters=round(10 ** (8 + 4 * right))))
        after = compare(store, tasks=["new-models"], methods=["mf"])
    errors = [
        one.overall("new-models")["pool-card-random"]["answered_mae@0"].value for one in (before, after)
    ]
    assert errors[1] < 0.6 * errors[0]  # type: ignore[operator]
    costed = ("area", "qnc", "families_area", "new_area", "new_qnc")
    for row in ("mf", "pool-random", "pool-card-accuracy"):
        without, with_costs = (
            {s.metric for s in one.scores if s.method == row and s.k == 8} for one in (before, after)
        )
        assert not without & set(costed)
        assert set(costed) - {"families_area"} <= with_costs
    found = after.overall("new-models")["mf"]
    assert 0 < found["qnc@64"].value <= 1  # type: ignore[operator]
    assert 0.3 < found["area@64"].value <= 1  # type: ignore[operator]
    assert {"refit_area", "all_qnc"} <= set(found)
    assert before.manifest.data.hash == after.manifest.data.hash
    assert before.manifest.data.cards != after.manifest.data.cards


def test_routing_goes_by_what_a_method_prefers_not_by_its_forecasts(tmp_path: Path) -> None:
    (tmp_path / "backwards.py").write_text(BACKWARDS)
    plugins = Plugins((str(tmp_path / "backwards.py"),))
    with Store.open(tmp_path / "s.db", write=True) as store:
        write(store, simulate(15, 200, benchmarks=2, dimension=8), "test")
        comparison = compare(store, tasks=["new-models"], methods=["backwards"], plugins=plugins)
    assert comparison.failures == ()
    backwards, plain = (comparison.overall("new-models")[row] for row in ("backwards", "model-mean"))
    for metric in ("accuracy@64", "refit_accuracy"):
        assert backwards[metric].value == plain[metric].value
    for metric in ("routing@64", "all_routing", "refit_routing"):
        assert backwards[metric].value < plain[metric].value - 0.1  # type: ignore[operator]


def test_auto_is_settled_for_kin_and_for_strangers_apart_and_vouched_for_by_the_other_folds() -> None:
    kin, strangers = cast("Side", "kin"), cast("Side", "strangers")

    def missed(of_all: float, *without: float) -> Missed:
        return Missed(np.array([of_all]), np.array(without)[:, None])

    def asked(first: int) -> Asked:
        return np.array([first]), (np.array([first + 1]), np.array([first + 2]))

    found = _settled(
        {
            "accuracy": (
                [(kin, asked(10)), (strangers, asked(20))],
                [missed(0.02, 0.02, 0.04), missed(0.05, 0.05, 0.05)],
            ),
            "anchors": (
                [(kin, asked(30)), (strangers, asked(40))],
                [missed(0.03, 0.03, 0.03), missed(0.03, 0.03, 0.03)],
            ),
        }
    )
    said = [
        (str(side), first.tolist(), [one.tolist() for one in without or ()])
        for side, (first, without) in found
    ]
    assert said == [("kin", [10], [[11], [32]]), ("strangers", [40], [[41], [42]])]
