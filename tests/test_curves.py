"""The benchmark of new models adds up splits as they come, and its tables are of their means."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.curves import Curves, Key, Points, Table, kinships, markdown
from benchmarks.differences import differences


def result(seed: int, value: float, *, half: float | None = 0.1, models: int = 9) -> dict[str, Any]:
    """What one comparison wrote."""
    low, high = (None, None) if half is None else (value - half, value + half)
    shared = {"method": "pool-random", "value": value, "low": low, "high": high, "n": models}
    request = {"methods": ["mf"], "settings": {}, "encoder": "e", "labels": "majority", "split": "question"}
    return {
        "scores": [
            {"metric": "answered_mae", "benchmark": None, "k": 64, **shared},
            {"metric": "answered_mae", "benchmark": "b", "k": 64, **shared},
            {"metric": "refit_routing", "benchmark": None, "k": None, **shared, "low": None, "high": None},
        ],
        "manifest": {
            "request": {**request, "group": "exact", "seeds": [seed]},
            "data": {"models": models, "hash": "h"},
            "created": "2026-11-29", "versions": {"torch": "2.13.0"}, "splits": {f"question-{seed}": "s"},
        },
    }  # fmt: skip


def test_a_score_is_the_mean_of_its_splits_and_of_their_intervals() -> None:
    curves = Curves().with_split(result(0, 0.2)).with_split(result(1, 0.4, half=0.2))
    points = curves.at("", "answered_mae", "pool-random", 64)
    assert points == Points((0.2, 0.4), 0.15, 9)
    assert points.value == pytest.approx(0.3)
    assert points.deviation == pytest.approx(0.1414, abs=1e-4)
    assert curves.at("", "routing", "pool-random", "refit") == Points((0.2, 0.4), None, 9)


def test_what_is_kept_reads_back_and_goes_on() -> None:
    curves = Curves().with_split(result(0, 0.2))
    kept = Curves.read(json.loads(curves.written()))
    assert (kept.about, kept.splits, kept.scores) == (curves.about, curves.splits, curves.scores)
    both = kept.with_split(result(1, 0.4))
    assert both.scores == curves.with_split(result(1, 0.4)).scores
    assert list(both.splits) == [0, 1]


def test_splits_of_other_data_are_not_averaged() -> None:
    with pytest.raises(SystemExit, match="other data"):
        Curves().with_split(result(0, 0.2)).with_split(result(1, 0.4, models=8))


def test_a_table_has_points_and_leaves_out_rows_without_any() -> None:
    curves = Curves().with_split(result(0, 0.2)).with_split(result(1, 0.4))
    table = Table("MAE", "answered_mae", ("pool-random", "mf"), (0, 64), points=True)
    assert markdown(table, curves) == [
        "## MAE",
        "",
        "| models at random | 0 | 64 |",
        "| --- | --- | --- |",
        "| pool-random |  | 30.00 |",
        "",
        "pool-random at 64: 10.00 either side over 9 models; standard deviation 14.14 from split to split.",
        "",
    ]


def test_differences_are_split_by_split() -> None:
    scores: dict[Key, Points] = {
        ("answered_mae", "pool-random", 100): Points((0.03, 0.05), None, 9),
        ("answered_mae", "pool-accuracy", 100): Points((0.02, 0.03), None, 9),
        ("answered_mae", "pool-accuracy", 25): Points((0.05, 0.05), None, 9),
        ("accuracy", "pool-random", 64): Points((0.7, 0.7), None, 9),
        ("refit_accuracy", "pool-random", None): Points((0.71, 0.72), None, 9),
    }
    lines = differences(Curves(scores=scores))
    assert "| MAE of pool-accuracy less pool-random's, 100 | -1.50 ± 0.98 |  |" in lines
    assert "| refit less pool-random, accuracy, 64 | 1.50 ± 0.98 |  |" in lines
    # halfway from 5 points at 25 to 2.5 at 100, by the logarithm, 4 points are at 25 * 4 ** .4
    assert "| questions of pool-accuracy for the MAE of 100 random ones | 44 |  |" in lines


def test_cards_are_held_against_the_mean_of_the_size() -> None:
    scores: dict[Key, Points] = {
        ("kin_answered_mae", row, 0): Points((value,), 0.01, 5)
        for row, value in (("pool-card-random", 0.04), ("size-mean", 0.05), ("probe-mean", 0.1))
    }
    assert kinships(Curves(scores=scores))[4] == (
        "| family known | 5 | 4.00 [3.00, 5.00] | 5.00 [4.00, 6.00] | 10.00 [9.00, 11.00] | -20 % |"
    )
