"""From linear forecasts to probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from embedllm_bench.arrays import CountArray, FloatArray

WEIGHT = 10.0  #: in units of a logit's precision
EDGE = 0.01  #: forecasts are held so far off 0 and 1
ITERATIONS = 20
AS_IT_IS = np.array([0.0, 1.0])  #: the offset and the slope that change nothing
AS_IT_IS.setflags(write=False)


def logit(p: FloatArray) -> FloatArray:
    """Of p, held off 0 and 1."""
    held = p.clip(EDGE, 1 - EDGE)
    result: FloatArray = np.log(held / (1 - held))
    return result


def probability(logits: FloatArray) -> FloatArray:
    """The logistic function."""
    result: FloatArray = 0.5 * (1 + np.tanh(logits / 2))
    return result


def fit_line(logits: FloatArray, correct: CountArray, attempts: CountArray) -> FloatArray:
    """Offset and slope (2,) by which logits (M, T) fit counts (M, T) best.

    Newton's method (Platt 1999), drawn to the logits as they are, where it stays if there is no outcome.
    """
    asked = attempts > 0
    n = attempts[asked].astype(np.float64)
    right = correct[asked].astype(np.float64)
    line = AS_IT_IS.copy()
    columns = np.stack([np.ones_like(n), logits[asked]])  # (2, cells)
    for _ in range(ITERATIONS):
        p = probability(line @ columns)
        gradient = columns @ (right - n * p) - WEIGHT * (line - AS_IT_IS)
        curvature = (columns * (n * p * (1 - p))) @ columns.T + WEIGHT * np.eye(len(line))
        step = np.linalg.solve(curvature, gradient)
        line += step.clip(-1, 1)
        if np.abs(step).max() < 1e-8:
            break
    return line


def along(line: FloatArray, logits: FloatArray) -> FloatArray:
    """Logits (M, T) by what :func:`fit_line` gave."""
    made: FloatArray = line[0] + line[1] * logits
    return made
