"""What the curves of new models differ by, from split to split: how far from a refit, how much less than at random."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.tasks.new_models import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.curves import Curves

ROWS = (
    "pool-auto",
    "pool-card-auto",
    "pool-forecasts",
    "pool-accuracy",
    "pool-anchors",
    "pool-card-accuracy",
    "pool-card-random",
)
RANDOM, PLAIN = "pool-random", "probe-mean"
SURE = 1.96  #: standard errors of a mean over splits


def differences(curves: Curves) -> list[str]:
    """In points, each the mean over splits and 1.96 standard errors of it; then how many chosen questions do."""
    lines = ["## Differences", "", "| points | models at random | families out |", "| --- | --- | --- |"]
    for k in (64, 128, 256):
        lines += [
            _both(curves, f"refit less {row}, accuracy, {k}", row, k, "accuracy", None)
            for row in (*ROWS, RANDOM)
        ]
    for k in (100, 200):
        lines += [
            _both(curves, f"MAE of {row}, all questions, {k}", row, k, "answered_mae", None)
            for row in (*ROWS, RANDOM, PLAIN)
        ]
        lines += [
            _both(curves, f"MAE of {row} less {RANDOM}'s, {k}", row, k, "answered_mae", RANDOM)
            for row in ROWS
        ]
    for k in (25, 50, 100):
        found = [_enough(curves, prefix, k) for prefix in ("", "families_")]
        label = f"questions of pool-accuracy for the MAE of {k} random ones"
        lines.append(f"| {label} | {found[0]} | {found[1]} |")
    return [*lines, ""]


def _both(curves: Curves, label: str, row: str, k: int, metric: str, against: str | None) -> str:
    cells = []
    for prefix in ("", "families_"):
        points = curves.at(prefix, metric, row, k)
        other = curves.at(prefix, metric, against, k) if against else None
        if metric == "accuracy":
            other = curves.at(prefix, metric, RANDOM, "refit")
        if points is None or ((against or metric == "accuracy") and other is None):
            cells.append("")
            continue
        sign = -1 if metric == "accuracy" else 1
        base = (0.0,) * len(points.values) if other is None else other.values
        cells.append(_mean([sign * (a - b) for a, b in zip(points.values, base, strict=True)]))
    return f"| {label} | {cells[0]} | {cells[1]} |"


def _mean(values: Sequence[float]) -> str:
    mean = f"{100 * statistics.fmean(values):.2f}"
    if len(values) < 2:
        return mean
    return f"{mean} ± {100 * SURE * statistics.stdev(values) / math.sqrt(len(values)):.2f}"


def _enough(curves: Curves, prefix: str, k: int) -> str:
    """How many chosen questions have the error of ``k`` random ones, between those tried by the logarithm."""
    wanted = curves.at(prefix, "answered_mae", RANDOM, k)
    tried = {
        n: points.value
        for n in OUTCOMES[1:]
        if (points := curves.at(prefix, "answered_mae", "pool-accuracy", n)) is not None
    }
    if wanted is None or not tried:
        return ""
    if wanted.value >= tried[min(tried)]:
        return f"at most {min(tried)}"
    errors = [-value for value in tried.values()]
    return f"{math.exp(np.interp(-wanted.value, errors, np.log(list(tried)))):.0f}"
