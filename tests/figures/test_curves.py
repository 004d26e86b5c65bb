from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from embedllm_bench.figures.curves import BINS, calibration, curves, roc
from embedllm_bench.tasks.base import Run
from tests.helpers import random_matrix


def test_calibration_is_mean_forecast_and_share_right_in_bins_of_equal_mass() -> None:
    p = np.repeat(np.linspace(0.1, 0.9, BINS), 2)
    right, wrong = np.tile([1.0, 0.0], BINS), np.tile([0.0, 1.0], BINS)
    curve = calibration("knn", p, right, wrong)
    assert curve.x == tuple(np.round(np.linspace(0.1, 0.9, BINS), 4))
    assert curve.y == (0.5,) * BINS
    assert curve.n == (2,) * BINS


def test_roc_of_a_perfect_and_of_a_constant_forecast() -> None:
    right = np.array([0.0, 0.0, 1.0, 1.0])
    perfect = roc("a", np.array([0.1, 0.2, 0.8, 0.9]), right, 1 - right)
    assert set(perfect.y[1:]) == {1.0}
    constant = roc("b", np.full(4, 0.5), right, 1 - right)
    assert constant.y == constant.x


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=2, max_size=60))
def test_the_area_below_the_curve_is_auroc(cells: list[tuple[int, bool]]) -> None:
    labels = np.array([right for _, right in cells])
    if labels.all() or not labels.any():
        return
    p = np.array([value / 10 for value, _ in cells])
    order = np.argsort(p, kind="stable")
    curve = roc("m", p[order], labels[order].astype(float), 1.0 - labels[order])
    # between the grid's points the curve is cut straight, at most a step of the true rate each
    assert np.trapezoid(curve.y, curve.x) == pytest.approx(roc_auc_score(labels, p), abs=0.011)


def test_cells_that_were_not_asked_take_no_part() -> None:
    matrix = random_matrix(4, 30, missing=0.5)
    forecast = np.full((4, 30), 0.5, dtype=np.float32)
    run = Run(0, "s", np.arange(30), {"m": forecast})
    (found,), _ = curves(matrix, [run], ["m", "failed"])
    assert sum(found.n) == np.count_nonzero(matrix.attempts)
