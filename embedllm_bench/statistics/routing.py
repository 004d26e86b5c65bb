"""Routing metrics as functionals of question units.

Inputs are per question: the share (Q,) of right attempts of the model that was chosen, of the best single model
and of the best model there (oracle). ``weights`` (Q,) are how much a question counts; 0 leaves it out, and what
stands there may be NaN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.errors import DataError
from embedllm_bench.statistics.functionals import SHARE, Scale, Sums, mean_of, ratio
from embedllm_bench.statistics.units import sums_by

if TYPE_CHECKING:
    from embedllm_bench.arrays import FloatArray
    from embedllm_bench.statistics.functionals import Functional
    from embedllm_bench.statistics.units import QuestionUnits

DIFFERENCE = Scale(-1.0, 1.0, proportion=True)
GAP_CLOSED = Scale(high=1.0)


def routing_accuracy(
    chosen: FloatArray, units: QuestionUnits, weights: FloatArray | None = None
) -> Functional:
    """Weighted mean over questions."""
    return _weighted_mean(chosen, units, weights, SHARE)


def routing_macro_accuracy(
    chosen: FloatArray, units: QuestionUnits, weights: FloatArray | None = None
) -> Functional:
    """Mean over benchmarks of the weighted mean over the questions of each."""
    weights = np.ones(len(chosen)) if weights is None else weights
    parts = [
        _weighted_mean(chosen, units, np.where(units.benchmark == benchmark, weights, 0.0), SHARE)
        for benchmark in np.unique(units.benchmark)
    ]
    return mean_of(parts)


def routing_gain(
    chosen: FloatArray, single: FloatArray, units: QuestionUnits, weights: FloatArray | None = None
) -> Functional:
    """Accuracy of the choices minus accuracy of the best single model, on the same questions."""
    return _weighted_mean(chosen - single, units, weights, DIFFERENCE)


def gap_closed(
    chosen: FloatArray,
    single: FloatArray,
    oracle: FloatArray,
    units: QuestionUnits,
    weights: FloatArray | None = None,
) -> Functional:
    """(router - best single) / (oracle - best single); NaN where the oracle is no better than the single model."""
    gained, _ = _per_unit(chosen - single, units, weights)
    possible, _ = _per_unit(oracle - single, units, weights)
    return Sums(np.column_stack([gained, possible]), _share_of_gap, GAP_CLOSED)


def _share_of_gap(sums: FloatArray) -> tuple[FloatArray, FloatArray]:
    gap = np.where(np.abs(sums[:, 1]) > 1e-9, sums[:, 1], np.nan)  # shares of attempts add up with rounding
    values = sums[:, 0] / gap
    return values, np.column_stack([1 / gap, -values / gap])


def _weighted_mean(
    values: FloatArray, units: QuestionUnits, weights: FloatArray | None, scale: Scale
) -> Functional:
    return ratio(*_per_unit(values, units, weights), scale)


def _per_unit(
    values: FloatArray, units: QuestionUnits, weights: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Weighted sums of ``values`` (Q,) and sums of weights, by unit (G,) each."""
    weights = np.ones(len(values)) if weights is None else weights
    if not values.shape == weights.shape == units.unit.shape:
        raise DataError(f"Routing needs one value and weight for each of {len(units.unit)} questions.")
    if not np.isfinite(values[weights > 0]).all():
        raise DataError("A routed question that counts has no outcome; give it weight 0.")
    counted = weights > 0
    weighted = np.zeros(len(values))
    np.multiply(values, weights, out=weighted, where=counted)
    return (
        sums_by(units.unit, weighted, len(units)),
        sums_by(units.unit, weights, len(units)),
    )
