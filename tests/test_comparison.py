from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner

from embedllm_bench import Plugins, Store, compare
from embedllm_bench.cli.main import main
from embedllm_bench.errors import DataError, UsageError
from embedllm_bench.leaderboard import boards
from embedllm_bench.matrix import CorrectnessMatrix
from embedllm_bench.results import Comparison
from embedllm_bench.simulation import simulate, write
from embedllm_bench.tasks.routing import Candidates, single_preference
from tests.helpers import questions, store_texts

if TYPE_CHECKING:
    from pathlib import Path


def made(path: Path, models: int = 8, count: int = 240, missing: float = 0.2) -> Path:
    with Store.open(path, write=True) as store:
        write(store, simulate(models, count, benchmarks=3, dimension=16, missing=missing), "test")
    return path


def run(path: Path, **options: object) -> Comparison:
    chosen = {"methods": ["knn"], "replicates": 100, **options}
    with Store.open(path) as store:
        return compare(store, **chosen)  # type: ignore[arg-type]


def numbers(comparison: Comparison) -> list[object]:
    """All scores but the times, which no two runs share."""
    timed = ("fit_seconds", "decisions_per_second")
    return [score for score in comparison.scores if score.metric not in timed]


def test_a_comparison_has_every_row_with_intervals_and_survives_its_file(tmp_path: Path) -> None:
    comparison = run(made(tmp_path / "s.db"), methods=["knn", "mf", "embedllm"])
    forecasting = comparison.overall("forecasting")
    assert {"knn", "mf", "embedllm", "model-mean", "benchmark-mean", "subtask-mean"} < set(forecasting)
    for row in forecasting.values():
        score = row["accuracy"]
        assert score.value is not None
        assert score.low is not None
        assert score.high is not None
        assert score.low <= score.value <= score.high
        assert score.n == 24
    assert {"random", "best-single", "oracle"} < set(comparison.overall("routing"))
    assert {"knn", "mf", "embedllm", "model-mean"} < set(comparison.overall("benchmark-prediction"))
    assert Comparison.from_json(comparison.to_json(), "here") == replace(
        comparison, manifest=Comparison.from_json(comparison.to_json(), "here").manifest
    )


def test_the_same_request_gives_the_same_numbers_to_the_last_bit(tmp_path: Path) -> None:
    path = made(tmp_path / "s.db")
    first, second = (run(path, methods=["knn", "mf", "embedllm"]) for _ in range(2))
    assert numbers(first) == numbers(second)
    assert first.manifest.data.hash == second.manifest.data.hash
    assert first.manifest.splits == second.manifest.splits


def test_nothing_forecasts_better_than_the_true_probabilities(tmp_path: Path) -> None:
    losses = {
        name: row["log_loss"].value
        for name, row in run(made(tmp_path / "s.db", 20, 1200)).overall("forecasting").items()
        if name != "difficulty-oracle"  # it knows the answers
    }
    assert min(losses, key=lambda name: losses[name] or 9.0) == "true-probabilities"


def test_folds_test_every_question(tmp_path: Path) -> None:
    comparison = run(made(tmp_path / "s.db", missing=0), folds=3, tasks=["forecasting"])
    assert comparison.overall("forecasting")["knn"]["accuracy"].n == 240
    assert len(comparison.manifest.splits) == 3


def test_several_seeds_give_a_score_each_and_one_over_all(tmp_path: Path) -> None:
    comparison = run(made(tmp_path / "s.db"), seeds=[0, 1], tasks=["forecasting"])
    scores = [s for s in comparison.scores if (s.method, s.metric, s.benchmark) == ("knn", "accuracy", None)]
    by_seed = {score.seed: score.value for score in scores}
    assert set(by_seed) == {None, 0, 1}
    assert by_seed[None] == pytest.approx(((by_seed[0] or 0) + (by_seed[1] or 0)) / 2)


def test_with_one_model_two_tasks_say_why_not(tmp_path: Path) -> None:
    comparison = run(made(tmp_path / "s.db", models=1, missing=0))
    assert {skip.task for skip in comparison.manifest.skipped} == {"routing", "benchmark-prediction"}
    assert comparison.overall("forecasting")["knn"]["accuracy"].value is not None
    assert comparison.failures == ()


def test_a_table_says_why_a_number_has_no_interval(tmp_path: Path) -> None:
    tiny = run(made(tmp_path / "s.db", models=2, count=40, missing=0), tasks=["routing"])
    gap = tiny.overall("routing")["knn"]["gap_closed"]
    assert gap.value is not None
    assert gap.low is None
    (board,) = boards(tiny)
    assert board.notes[0] == (
        "gap closed without an interval: too few test questions for one, or the same as the best single model or"
        " the oracle."
    )


def test_the_best_of_those_that_compete_is_bold_with_or_without_colours(tmp_path: Path) -> None:
    comparison = run(made(tmp_path / "s.db"), methods=["knn", "mf"], tasks=["forecasting"])
    (board,) = boards(comparison)
    scores = comparison.overall("forecasting")
    place = board.header.index("log-loss")
    lowest = min(("knn", "mf"), key=lambda name: scores[name]["log_loss"].value or 0)
    assert [row[1] for row, best in zip(board.rows, board.best, strict=True) if place in best] == [lowest]
    assert not {row[1] for row, best in zip(board.rows, board.best, strict=True) if best} - {"knn", "mf"}
    (tmp_path / "r.json").write_text(comparison.to_json())
    for colours in ({"FORCE_COLOR": "1"}, {"FORCE_COLOR": "1", "NO_COLOR": "1"}):
        shown = CliRunner(env=colours).invoke(main, ["show", str(tmp_path / "r.json")]).output
        (line,) = (line for line in shown.splitlines() if f" {lowest} " in line)
        assert "\x1b[1m" in line
    assert "\x1b" not in CliRunner().invoke(main, ["show", str(tmp_path / "r.json")]).output


def test_benchmarks_can_be_held_out_for_forecasting_too(tmp_path: Path) -> None:
    comparison = run(made(tmp_path / "s.db"), split="benchmark", tasks=["forecasting"])
    assert len(comparison.manifest.splits) == 3


def test_the_device_is_that_of_the_methods_that_compute_on_one(tmp_path: Path) -> None:
    settings = {"knn": {"device": "auto"}, "embedllm": {"epochs": 1}}
    comparison = run(
        made(tmp_path / "s.db"),
        methods=["knn", "mf", "embedllm"],
        tasks=["forecasting"],
        device="cpu",
        settings=settings,
    )
    devices = {row.name: row.settings.get("device") for row in comparison.manifest.rows}
    assert (devices["embedllm"], devices["knn"], devices["mf"]) == ("cpu", "auto", None)


def test_a_device_that_is_not_here_is_told_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="torch cannot compute on device 'tpu9' here; give auto, cpu"):
        run(made(tmp_path / "s.db"), tasks=["forecasting"], device="tpu9")


PEEKING = """
from dataclasses import dataclass

from embedllm_bench.hookspecs import hookimpl
from embedllm_bench.methods.reference import ModelMean


@dataclass
class Peeking(ModelMean):
    name = "peeking"
    summary = "fails where a test answer can be reached, and once on purpose"
    reference = False

    def predict_proba(self, questions):
        assert not hasattr(questions, "correct")
        raise RuntimeError("diverged at step 3")


@hookimpl
def register_methods(register):
    register(Peeking)
"""


def test_a_method_that_raises_is_a_row_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "peeking.py").write_text(PEEKING)
    plugins = Plugins((str(tmp_path / "peeking.py"),))
    comparison = run(
        made(tmp_path / "s.db"), methods=["knn", "peeking"], tasks=["forecasting"], plugins=plugins
    )
    (failure,) = comparison.failures
    assert (failure.method, failure.reason) == (
        "peeking",
        "RuntimeError: diverged at step 3, peeking.py line 16 (of plugin 'peeking')",
    )
    assert "knn" in comparison.overall("forecasting")
    assert comparison.manifest.versions[str(tmp_path / "peeking.py")].startswith("sha256:")


def test_a_manifest_names_the_methods_it_was_made_with(tmp_path: Path) -> None:
    comparison = run(made(tmp_path / "s.db", models=4, count=60), methods=[], tasks=["routing"])
    assert comparison.manifest.request.methods == (
        "knn",
        "mf",
        "logistic",
        "embedllm",
        "uniroute",
        "irt",
        "mlp",
        "kernel",
        "boosting",
        "ensemble",
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"methods": ["knm"]}, "There is no method 'knm'.*Did you mean 'knn'"),
        ({"tasks": ["chess"]}, "There is no task chess"),
        ({"split": "random"}, "There is no split 'random'"),
        ({"group": "far"}, "Questions are not grouped by 'far'; there are exact, near"),
        ({"split": "published", "folds": 5}, "leave --folds out"),
        ({"settings": {"knn": {"k": "x"}}}, "knn.k is of type int"),
    ],
)
def test_a_wrong_request_is_one_sentence(tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        run(made(tmp_path / "s.db"), **options)


def test_without_a_published_split_asking_for_it_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="have no published part"):
        run(made(tmp_path / "s.db"), split="published")


def test_who_was_not_asked_is_no_candidate() -> None:
    counts = np.array([[1, 0], [0, 1]], dtype=np.uint8)
    matrix = CorrectnessMatrix(
        ("m", "n"), questions(["a", "b"]), counts, np.array([[1, 0], [1, 1]], dtype=np.uint8)
    )
    candidates = Candidates.of(matrix, np.arange(2))
    assert candidates.choose(np.array([[0.9, 0.9], [0.1, 0.1]], dtype=np.float32)).tolist() == [0, 1]
    assert candidates.expectation(np.ones(2)).tolist() == [0.5, 1.0]


def test_the_best_single_model_is_compared_over_shared_questions() -> None:
    # n is right on the two easy questions it was asked; m does as well there and better than chance elsewhere
    correct = np.array([[1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 0, 0]], dtype=np.uint8)
    attempts = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [1, 1, 1, 1]], dtype=np.uint8)
    matrix = CorrectnessMatrix(("m", "n", "o"), questions(["a", "b", "c", "d"]), correct, attempts)
    assert single_preference(matrix).argmax() == 0


def test_nearly_the_same_questions_can_be_kept_together(tmp_path: Path) -> None:
    """Texts that differ in a mark only: another division of the same data, and in the manifest."""
    path = tmp_path / "s.db"
    with Store.open(path, write=True) as store:
        store_texts(store, [f"Which of these {i // 2} is it{'?' * (i % 2)}" for i in range(60)])
        store_texts(store, [f"Who wrote number {i}" for i in range(30)], benchmark="c")
    exact, near = run(path, tasks=["forecasting"]), run(path, tasks=["forecasting"], group="near")
    assert exact.manifest.data.hash == near.manifest.data.hash
    assert set(exact.manifest.splits.values()).isdisjoint(near.manifest.splits.values())
    assert (exact.manifest.request.group, near.manifest.request.group) == ("exact", "near")
