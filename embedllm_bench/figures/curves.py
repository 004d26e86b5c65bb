"""Calibration and ROC curves, over the attempts of all test cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.figure_data import Curve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import FloatArray
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.tasks.base import Run

BINS = 15
ROC_POINTS = 101
DIGITS = 4


def curves(
    matrix: CorrectnessMatrix, runs: Sequence[Run], methods: Sequence[str]
) -> tuple[tuple[Curve, ...], tuple[Curve, ...]]:
    """Calibration and ROC of every method that forecast all runs; runs with different seeds are pooled."""
    calibrations, rocs = [], []
    for name in methods:
        if not runs or any(name not in run.forecasts for run in runs):
            continue
        p, right, wrong = _cells(matrix, runs, name)
        if len(p):
            calibrations.append(calibration(name, p, right, wrong))
        if right.sum() and wrong.sum():
            rocs.append(roc(name, p, right, wrong))
    return tuple(calibrations), tuple(rocs)


def _cells(
    matrix: CorrectnessMatrix, runs: Sequence[Run], method: str
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Forecast, right and wrong attempts (n,) of the cells that were asked, by ascending forecast."""
    columns: list[list[FloatArray]] = [[], [], []]
    for run in runs:
        attempts, correct = matrix.attempts[:, run.test], matrix.correct[:, run.test]
        asked = attempts > 0
        values = (run.forecasts[method][asked], correct[asked], (attempts - correct)[asked])
        for column, part in zip(columns, values, strict=True):
            column.append(part.astype(np.float64))
    p, right, wrong = (np.concatenate(column) for column in columns)
    order = np.argsort(p, kind="stable")
    return p[order], right[order], wrong[order]


def calibration(method: str, p: FloatArray, right: FloatArray, wrong: FloatArray) -> Curve:
    """Mean forecast and share right in bins of equal mass, as the calibration error takes them."""
    attempts = right + wrong
    mass = np.cumsum(attempts) - attempts / 2
    at = np.minimum((BINS * mass / attempts.sum()).astype(np.int64), BINS - 1)
    n, forecast, share = (
        np.bincount(at, weights=values, minlength=BINS) for values in (attempts, attempts * p, right)
    )
    used = n > 0
    return Curve(
        method,
        _rounded(forecast[used] / n[used]),
        _rounded(share[used] / n[used]),
        tuple(n[used].astype(np.int64).tolist()),
    )


def roc(method: str, p: FloatArray, right: FloatArray, wrong: FloatArray) -> Curve:
    """True positive rate at evenly spaced false positive rates; equal forecasts are crossed in a straight line."""
    last = np.append(np.flatnonzero(np.diff(p)), len(p) - 1)  # equal forecasts are passed at once
    true = 1 - np.concatenate([[0.0], np.cumsum(right)[last]]) / right.sum()
    false = 1 - np.concatenate([[0.0], np.cumsum(wrong)[last]]) / wrong.sum()
    grid = np.linspace(0, 1, ROC_POINTS)
    # by ascending false positive rate; of several points above one another the highest ends the step
    order = np.lexsort((true, false))
    return Curve(method, _rounded(grid), _rounded(np.interp(grid, false[order], true[order])), ())


def _rounded(values: FloatArray) -> tuple[float, ...]:
    return tuple(np.round(values, DIGITS).tolist())
