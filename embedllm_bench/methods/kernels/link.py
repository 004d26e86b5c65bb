"""From linear forecasts to probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import CountArray, FloatArray

WEIGHT = 10.0  #: in units of a logit's precision
EDGE = 0.01  #: forecasts are held so far off 0 and 1
ITERATIONS = 20


def mean_of(forecasts: int) -> FloatArray:
    """Offset and slopes (1 + forecasts,) that give the mean of forecasts' logits."""
    return np.array([0.0] + [1 / forecasts] * forecasts)


def logit(p: FloatArray) -> FloatArray:
    """Of p, held off 0 and 1."""
    held = p.clip(EDGE, 1 - EDGE)
    result: FloatArray = np.log(held / (1 - held))
    return result


def probability(logits: FloatArray) -> FloatArray:
    """The logistic function."""
    result: FloatArray = 0.5 * (1 + np.tanh(logits / 2))
    return result


def calibrate(forecasts: Sequence[FloatArray], correct: CountArray, attempts: CountArray) -> FloatArray:
    """Offset, and slope of each forecast (1 + L,), by which logits (each (M, T)) fit counts (M, T) best.

    Newton's method (Platt 1999; of several, stacking). Drawn to the forecasts' mean as it is, where it stays
    if there is no outcome.
    """
    asked = attempts > 0
    n = attempts[asked].astype(np.float64)
    right = correct[asked].astype(np.float64)
    line = mean_of(len(forecasts))
    beginning = line.copy()
    columns = np.stack([np.ones_like(n), *(logits[asked] for logits in forecasts)])  # (1 + L, cells)
    for _ in range(ITERATIONS):
        p = probability(line @ columns)
        gradient = columns @ (right - n * p) - WEIGHT * (line - beginning)
        curvature = (columns * (n * p * (1 - p))) @ columns.T + WEIGHT * np.eye(len(line))
        step = np.linalg.solve(curvature, gradient)
        line += step.clip(-1, 1)
        if np.abs(step).max() < 1e-8:
            break
    return line


def weigh(line: FloatArray, forecasts: Sequence[FloatArray]) -> FloatArray:
    """Logits (M, T) by what :func:`calibrate` gave, of forecasts' logits (each (M, T))."""
    total = line[0] + sum(slope * logits for slope, logits in zip(line[1:], forecasts, strict=True))
    return np.asarray(total)


def combine(line: FloatArray, forecasts: Sequence[FloatArray]) -> FloatArray:
    """The same as P(correct)."""
    return probability(weigh(line, forecasts))
