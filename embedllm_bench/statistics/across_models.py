"""Benchmark prediction metrics: predicted beside true accuracy, the units are M models.

Inputs are (M,) for one benchmark or (benchmarks, M), then the metric is the mean over benchmarks. NaN marks a
model that was not asked there. Sign matrices cost 12 M^2 bytes for a benchmark: 16 MB at 1,149 models.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.errors import DataError
from embedllm_bench.statistics.functionals import Among, Scale, Sums, mean_of, ratio

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedllm_bench.arrays import BoolArray, Float32Array, FloatArray
    from embedllm_bench.statistics.functionals import Evaluation, Functional

ERROR = Scale(0.0, 1.0, higher_is_better=False)
CORRELATION = Scale(-1.0, 1.0)


def mae(predicted: FloatArray, actual: FloatArray) -> Functional:
    """Mean absolute error."""
    return _per_benchmark(lambda x, y: ratio(np.abs(x - y), np.ones(len(x)), ERROR), predicted, actual)


def rmse(predicted: FloatArray, actual: FloatArray) -> Functional:
    """Root of the mean squared error; the mean over benchmarks is one of roots."""

    def one(x: FloatArray, y: FloatArray) -> Functional:
        return Sums(np.column_stack([(x - y) ** 2, np.ones(len(x))]), _root_of_ratio, ERROR)

    return _per_benchmark(one, predicted, actual)


def kendall(predicted: FloatArray, actual: FloatArray) -> Functional:
    """Kendall's tau-b; NaN where one side is constant."""
    return _per_benchmark(lambda x, y: Kendall(_signs(x), _signs(y)), predicted, actual)


def spearman(predicted: FloatArray, actual: FloatArray) -> Functional:
    """Spearman's rho with mid-ranks; NaN where one side is constant."""
    return _per_benchmark(lambda x, y: Spearman(_signs(x), _signs(y)), predicted, actual)


@dataclass(frozen=True, eq=False)
class Kendall:
    """w'(X o Y)w / sqrt(w'|X|w w'|Y|w) with sign matrices X, Y.

    A model drawn twice is tied with itself on both sides and so drops out of all three forms; the products are
    sums of small integers, exact in float32 up to 4,000 models.
    """

    x: Float32Array  #: (M, M) sign of predicted_i - predicted_j
    y: Float32Array  #: (M, M)
    scale: Scale = CORRELATION

    @property
    def informative(self) -> BoolArray:
        return np.ones(len(self.x), dtype=bool)

    def evaluate(self, weights: FloatArray) -> Evaluation:
        light = weights.astype(np.float32)
        rows = [
            (light @ form).astype(np.float64) for form in (self.x * self.y, np.abs(self.x), np.abs(self.y))
        ]
        agreement, x_untied, y_untied = ((weights * row).sum(axis=1) for row in rows)
        with np.errstate(divide="ignore", invalid="ignore"):
            norm = np.sqrt(x_untied * y_untied)
            values = agreement / norm
            # d(w'Aw) = 2 Aw, so half of each untied form's logarithmic derivative is Aw / w'Aw
            shrink = rows[1] / x_untied[:, None] + rows[2] / y_untied[:, None]
            return values, 2 * rows[0] / norm[:, None] - values[:, None] * shrink


@dataclass(frozen=True, eq=False)
class Spearman:
    """Pearson's correlation of weighted mid-ranks.

    Mid-ranks are, but for a factor and a constant, r = S w with the sign matrix S; their weighted mean w'Sw is 0
    because S is antisymmetric, so no centring is needed.
    """

    x: Float32Array  #: (M, M) sign of predicted_i - predicted_j
    y: Float32Array  #: (M, M)
    scale: Scale = CORRELATION

    @property
    def informative(self) -> BoolArray:
        return np.ones(len(self.x), dtype=bool)

    def evaluate(self, weights: FloatArray) -> Evaluation:
        x, y = self.x.astype(np.float64), self.y.astype(np.float64)
        ranks_x, ranks_y = -weights @ x, -weights @ y  # (B, M): S w = (w'S')' = -(w'S)'
        back_x, back_y = weights * ranks_x, weights * ranks_y
        covariance = (back_x * ranks_y).sum(axis=1)[:, None]
        spread_x = (back_x * ranks_x).sum(axis=1)[:, None]
        spread_y = (back_y * ranks_y).sum(axis=1)[:, None]
        # d/dw_k of sum_i w_i a_i b_i is a_k b_k + sum_i w_i (S_ik b_i + a_i S'_ik)
        d_covariance = ranks_x * ranks_y + back_y @ x + back_x @ y
        d_x = ranks_x**2 + 2 * back_x @ x
        d_y = ranks_y**2 + 2 * back_y @ y
        with np.errstate(divide="ignore", invalid="ignore"):
            norm = np.sqrt(spread_x * spread_y)
            values = covariance / norm
            influences = d_covariance / norm - values / 2 * (d_x / spread_x + d_y / spread_y)
        return values[:, 0], influences


def _per_benchmark(
    metric: Callable[[FloatArray, FloatArray], Functional], predicted: FloatArray, actual: FloatArray
) -> Functional:
    if predicted.shape != actual.shape or predicted.ndim not in (1, 2):
        raise DataError(f"Predictions {predicted.shape} and accuracies {actual.shape} must be of one shape.")
    parts: list[Functional] = []
    for x, y in zip(np.atleast_2d(predicted), np.atleast_2d(actual), strict=True):
        asked = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        parts.append(Among(metric(x[asked], y[asked]), asked, len(x)))
    return mean_of(parts)


def _signs(values: FloatArray) -> Float32Array:
    return np.sign(values[:, None] - values[None, :]).astype(np.float32)


def _root_of_ratio(sums: FloatArray) -> tuple[FloatArray, FloatArray]:
    square = sums[:, 0] / sums[:, 1]
    values = np.sqrt(square)
    # without any error the root has no derivative; its influence is set to 0
    slope = np.where(square > 0, 0.5 / np.where(square > 0, values, 1.0), 0.0)
    return values, np.column_stack([slope / sums[:, 1], -slope * square / sums[:, 1]])
