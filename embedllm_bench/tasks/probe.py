"""The paper's probe of model vectors: does a linear regression read off them how good a model is elsewhere?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedllm_bench.arrays import Float32Array, FloatArray

DIVISIONS = 100
TEST_SHARE = 0.2
SIGNIFICANT = 0.05
FEWEST_TEST = 5  # with four models even a perfect order is not significant at 5 %
PENALTIES = tuple(10.0**e for e in (-3, -2, -1, 0, 1, 2, 3))


@dataclass(frozen=True)
class ProbeResult:
    """Metric id -> mean over ``divisions`` of the models into training and test."""

    values: Mapping[str, float]
    divisions: int


def probe(vectors: Float32Array, accuracy: FloatArray, seed: int) -> ProbeResult | None:
    """Regress accuracy (M,) on a benchmark the vectors (M, K) never saw; None with too few models.

    100 random divisions, 80 % of the models for training (after arXiv 2410.02223). With more
    numbers a vector than models least squares is undetermined: ``ridge`` chooses its penalty by
    leave-one-out within the training models, ``minimum_norm`` is the paper's. ``random`` is ridge on
    Gaussian vectors of the same size. A share is of divisions with Kendall's tau > 0 at p < 0.05.
    """
    from scipy.stats import kendalltau  # heavy, and needed nowhere else in this room

    asked = np.flatnonzero(np.isfinite(accuracy))
    test_size = max(FEWEST_TEST, round(TEST_SHARE * len(asked)))
    if len(asked) < 2 * test_size:
        return None
    generator = np.random.default_rng([seed, 2])
    rows = {
        "ridge": _scaled(vectors[asked]),
        "minimum_norm": _scaled(vectors[asked]),
        "random": _scaled(generator.normal(size=vectors[asked].shape)),
    }
    truth = accuracy[asked]
    orders = np.stack([generator.permutation(len(asked)) for _ in range(DIVISIONS)])
    tests, trains = orders[:, :test_size], orders[:, test_size:]
    values: dict[str, float] = {}
    for name, rows_of in rows.items():
        fit = _minimum_norm if name == "minimum_norm" else _ridge
        forecasts = np.stack(
            [
                fit(rows_of[train], truth[train], rows_of[test])
                for train, test in zip(trains, tests, strict=True)
            ]
        )  # (divisions, test models)
        # at once: one by one, checking its arguments takes longer than the test; nan where all are equal
        found = kendalltau(forecasts, truth[tests], axis=1)
        residual = ((truth[tests] - forecasts) ** 2).sum(1)
        spread = ((truth[tests] - truth[trains].mean(1, keepdims=True)) ** 2).sum(1)
        values[f"probe_{name}_significant"] = float(
            np.mean((found.statistic > 0) & (found.pvalue < SIGNIFICANT))
        )
        values[f"probe_{name}_r2"] = float(np.mean(1 - residual / np.maximum(spread, 1e-12)))
    return ProbeResult(values, DIVISIONS)


def _scaled(vectors: Float32Array | FloatArray) -> FloatArray:
    """Centred, mean square length 1, so that penalties mean the same for every method."""
    centred = vectors.astype(np.float64) - vectors.mean(0)
    scaled: FloatArray = centred / max(float(np.sqrt((centred**2).sum(1).mean())), 1e-12)
    return scaled


def _ridge(train: FloatArray, target: FloatArray, test: FloatArray) -> FloatArray:
    """Kernel form with the leave-one-out error of every penalty from one eigendecomposition."""
    mean, level = train.mean(0), target.mean()
    gram = (train - mean) @ (train - mean).T  # (n, n)
    values, basis = np.linalg.eigh(gram)
    rotated = basis.T @ (target - level)
    best, weights = np.inf, np.zeros(len(target))
    for penalty in PENALTIES:
        inverse = 1 / (np.maximum(values, 0) + penalty)
        dual = basis @ (inverse * rotated)  # (n,)
        left_out = dual / ((basis**2) @ inverse)  # residual without the point itself
        error = float((left_out**2).mean())
        if error < best:
            best, weights = error, dual
    predicted: FloatArray = (test - mean) @ ((train - mean).T @ weights) + level
    return predicted


def _minimum_norm(train: FloatArray, target: FloatArray, test: FloatArray) -> FloatArray:
    mean, level = train.mean(0), target.mean()
    slope = np.linalg.lstsq(train - mean, target - level, rcond=None)[0]
    predicted: FloatArray = (test - mean) @ slope + level
    return predicted
