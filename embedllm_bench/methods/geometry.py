"""Coordinates in which the distance between two models is how differently they score questions.

A method's raw vectors may differ where no question tells: EmbedLLM's start as random numbers, and training moves them
only along what questions vary in. Scaled by the questions' second moment that part vanishes; what is left to see is
what ``embedllm-bench analyze similarity`` measures, such as how far distance follows disagreement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from embedllm_bench.arrays import Float32Array


def score_geometry(factors: Float32Array) -> Float32Array:
    """The symmetric root (K, K) of the second moment of question factors (Q, K).

    For scores p . q of models p (K,) on questions q, the squared distance of p @ root and p' @ root is the mean
    squared difference of their scores over these questions.
    """
    wide = factors.astype(np.float64)
    values, basis = np.linalg.eigh(wide.T @ wide / max(len(wide), 1))
    root: Float32Array = ((basis * np.sqrt(np.maximum(values, 0))) @ basis.T).astype(np.float32)
    return root
