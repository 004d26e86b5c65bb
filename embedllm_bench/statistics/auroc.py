"""Area under the ROC curve as a functional of question units.

The derivative is the one of DeLong, DeLong & Clarke-Pearson (1988) placements, summed over the cells of a unit
(Obuchowski 1997, clustered ROC data): a right attempt adds its share of wrong attempts forecast lower, a wrong
one its share of right attempts forecast higher, ties half.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.statistics.functionals import Scale

if TYPE_CHECKING:
    from embedllm_bench.arrays import BoolArray, Float32Array, FloatArray
    from embedllm_bench.statistics.forecasting import GradedForecast
    from embedllm_bench.statistics.functionals import Evaluation

AUROC_BINS = 128
RANKING = Scale(0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Auroc:
    """AUROC with replicates on binned forecasts, moved by ``correction`` so that the observed value is exact.

    The products with (G, H) histograms run in float32: counts are exact, influences good to about 1e-6.
    """

    right: Float32Array  #: (G, H) correct attempts of each unit in each bin of the forecast
    wrong: Float32Array  #: (G, H)
    correction: float  #: exact minus binned value of the observed data
    error_bound: float  #: no binned value of the observed data can be further off: half the mass of ties
    scale: Scale = RANKING

    @property
    def informative(self) -> BoolArray:
        return np.asarray((self.right > 0).any(axis=1) | (self.wrong > 0).any(axis=1))

    def evaluate(self, weights: FloatArray) -> Evaluation:
        """Values (B,) and influences (B, G); NaN where a class is missing."""
        light = weights.astype(np.float32)
        right = (light @ self.right).astype(np.float64)  # (B, H)
        wrong = (light @ self.wrong).astype(np.float64)
        rights, wrongs = right.sum(axis=1, keepdims=True), wrong.sum(axis=1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            below = (np.cumsum(wrong, axis=1) - wrong / 2) / wrongs  # share of wrong attempts forecast lower
            above = (
                1 - (np.cumsum(right, axis=1) - right / 2) / rights
            )  # share of right attempts forecast higher
            values = (right * below).sum(axis=1, keepdims=True) / rights
            gains = ((below - values) / rights).astype(np.float32)
            losses = ((above - values) / wrongs).astype(np.float32)
        influences = gains @ self.right.T + losses @ self.wrong.T  # (B, G)
        return values[:, 0] + self.correction, influences.astype(np.float64)


def auroc(graded: GradedForecast, bins: int = AUROC_BINS) -> Auroc:
    """AUROC over attempts; exact for the observed data and for up to ``bins`` distinct forecasts."""
    order, starts = graded.order
    lengths = np.diff(np.append(starts, len(order)))
    right = graded.correct[graded.asked].astype(np.float64)
    wrong = graded.wrong[graded.asked].astype(np.float64)
    exact, _ = _area(_blocks(right[order], lengths), _blocks(wrong[order], lengths))
    if len(starts) <= bins:
        codes = np.empty(len(order), dtype=np.int64)
        codes[order] = np.repeat(np.arange(len(starts)), lengths)
        bins = max(len(starts), 1)
    else:
        codes = graded.equal_mass_bins(bins)
    right_counts = graded.unit_histogram(codes, bins, right)
    wrong_counts = graded.unit_histogram(codes, bins, wrong)
    binned, bound = _area(right_counts.sum(axis=0), wrong_counts.sum(axis=0))
    return Auroc(right_counts.astype(np.float32), wrong_counts.astype(np.float32), exact - binned, bound)


def _blocks(counts: FloatArray, lengths: FloatArray) -> FloatArray:
    """Sums over consecutive runs of ``lengths``."""
    return np.diff(np.concatenate([[0.0], np.cumsum(counts)])[np.concatenate([[0], np.cumsum(lengths)])])


def _area(right: FloatArray, wrong: FloatArray) -> tuple[float, float]:
    """AUROC from counts by increasing forecast, and half the share of pairs that are tied."""
    pairs = right.sum() * wrong.sum()
    if pairs == 0:
        return float("nan"), float("nan")
    below = np.cumsum(wrong) - wrong / 2
    return float(right @ below / pairs), float(right @ wrong / pairs / 2)
