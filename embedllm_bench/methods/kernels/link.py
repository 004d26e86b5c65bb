"""From linear forecasts to probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from embedllm_bench.arrays import CountArray, FloatArray

IDENTITY = np.array([0.0, 1.0])  #: what offset and slope are drawn to
WEIGHT = 10.0  #: in units of a logit's precision
EDGE = 0.01  #: forecasts are held so far off 0 and 1
ITERATIONS = 20


def logit(p: FloatArray) -> FloatArray:
    """Of p, held off 0 and 1."""
    held = p.clip(EDGE, 1 - EDGE)
    result: FloatArray = np.log(held / (1 - held))
    return result


def probability(logits: FloatArray) -> FloatArray:
    """The logistic function."""
    result: FloatArray = 0.5 * (1 + np.tanh(logits / 2))
    return result


def calibrate(logits: FloatArray, correct: CountArray, attempts: CountArray) -> FloatArray:
    """Offset and slope (2,) by which the logits (M, T) of forecasts fit counts (M, T) best (Platt 1999).

    Newton's method; drawn to leaving the forecasts as they are, which they stay where there is no outcome.
    """
    asked = attempts > 0
    x, n = logits[asked], attempts[asked].astype(np.float64)
    right = correct[asked].astype(np.float64)
    line = IDENTITY.copy()
    columns = np.stack([np.ones_like(x), x])  # (2, cells)
    for _ in range(ITERATIONS):
        p = probability(line @ columns)
        gradient = columns @ (right - n * p) - WEIGHT * (line - IDENTITY)
        curvature = (columns * (n * p * (1 - p))) @ columns.T + WEIGHT * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        line += step.clip(-1, 1)
        if np.abs(step).max() < 1e-8:
            break
    return line
