"""Small data and the checks every functional must pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.statistics.forecasting import GradedForecast
from embedllm_bench.statistics.units import QuestionUnits

if TYPE_CHECKING:
    from embedllm_bench.arrays import FloatArray
    from embedllm_bench.statistics.functionals import Functional


def graded(
    seed: int = 0, models: int = 5, questions: int = 12, attempts: int = 3, steps: int = 7, groups: int = 9
) -> GradedForecast:
    """Counts with gaps, repeated attempts and texts, tied forecasts and two benchmarks."""
    random = np.random.default_rng(seed)
    shape = (models, questions)
    asked = random.integers(0, attempts + 1, shape).astype(np.uint8)
    correct = random.binomial(asked, 0.6).astype(np.uint8)
    p = (random.integers(1, steps, shape) / steps).astype(np.float32)
    units = QuestionUnits.of(np.arange(questions) % groups, np.arange(questions) % 2)
    return GradedForecast.of(p, correct, asked, units)


def value(functional: Functional, weights: FloatArray | None = None) -> float:
    weights = np.ones(len(functional.informative)) if weights is None else weights
    return float(functional.evaluate(weights[None])[0][0])


def numerical_influences(functional: Functional, weights: FloatArray, step: float = 1e-5) -> FloatArray:
    """Central differences of the value by every weight (G,)."""
    shifts = step * np.eye(len(weights))
    return (functional.evaluate(weights + shifts)[0] - functional.evaluate(weights - shifts)[0]) / (2 * step)
