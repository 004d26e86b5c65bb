"""Outcomes as a mean a model, and a few scores a question that all models share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.methods.reference import ModelMean

if TYPE_CHECKING:
    from embedllm_bench.arrays import FloatArray
    from embedllm_bench.matrix import CorrectnessMatrix

MOST_COMPONENTS = 32
SMALLEST_SHARE = 1e-6  #: of the largest component's variance; what is below is rounding
FILLS = 15  #: repetitions in which gaps and components settle


@dataclass(frozen=True, eq=False)
class Components:
    """P(m correct on q) = means_m + loadings_m . scores_q, about: principal components of the residuals.

    Questions that a model was not asked are estimated from the other models' answers there, which is the E step of
    probabilistic principal component analysis (Tipping and Bishop 1999, J. R. Stat. Soc. B 61, section 3).
    """

    means: FloatArray  #: (M,)
    loadings: FloatArray  #: (M, C), orthonormal columns
    scores: FloatArray  #: (T, C)

    @classmethod
    def of(cls, matrix: CorrectnessMatrix, around: Components | None = None) -> Components:
        """Of all outcomes; gaps are estimated beginning with the forecasts ``around``, or with the models' means."""
        means = ModelMean().fit(matrix).means_.astype(np.float64)
        asked = matrix.attempts > 0
        share = np.zeros(asked.shape)
        np.divide(matrix.correct, matrix.attempts, out=share, where=asked)
        base = np.zeros(asked.shape)
        if around is not None:
            base = around.loadings @ around.scores.T + (around.means - means)[:, None]
        residual = np.where(asked, share - means[:, None] - base, 0.0)  # (M, T)
        return cls(means, *_principal(residual, asked, base))


def _principal(residual: FloatArray, asked: np.ndarray, base: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Loadings (M, C) and scores (T, C) of residual + base, gaps filled by the residual's own components."""
    if not asked.all():
        for _ in range(FILLS):
            values, vectors = np.linalg.eigh(residual @ residual.T)
            # fewer than would explain any outcomes, gaps among them
            keep = slice(-min(MOST_COMPONENTS, max(len(values) // 3, 1)), None)
            noise = float(np.mean(values[: keep.start])) if len(values) > 1 else 0.0
            shrunk = np.maximum(values[keep] - noise, 0) / np.maximum(values[keep], 1e-12)
            estimate = (vectors[:, keep] * shrunk) @ (vectors[:, keep].T @ residual)
            residual = np.where(asked, residual, estimate)
    whole = residual + base
    values, vectors = np.linalg.eigh(whole @ whole.T)
    order = np.argsort(values)[::-1][:MOST_COMPONENTS]
    kept = order[values[order] > SMALLEST_SHARE * max(float(values.max(initial=0)), 1e-12)]
    kept = kept if len(kept) else order[:1]
    loadings = vectors[:, kept]
    # a component's sign is arbitrary: most models load on it positively
    loadings = loadings * np.where(loadings.sum(0) < 0, -1.0, 1.0)
    return loadings, whole.T @ loadings
