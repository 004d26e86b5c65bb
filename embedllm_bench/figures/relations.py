"""How models lie to each other: by a method's vectors, and by how often they answer alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.figure_data import Agreement, ModelMap
from embedllm_bench.figures.choices import gaps
from embedllm_bench.figures.curves import DIGITS

if TYPE_CHECKING:
    from embedllm_bench.arrays import Float32Array, FloatArray, IndexArray
    from embedllm_bench.matrix import CorrectnessMatrix

NEAREST = 5
MOST_SHOWN = 80  #: models of the heat map, whose names are still to be read


def model_map(method: str, vectors: Float32Array) -> ModelMap | None:
    """The vectors (M, K) in the plane that keeps most of their variance; None for fewer than three models.

    An axis points to where its largest coordinate is, so that a map does not depend on a library's choice of signs.
    """
    centred = vectors.astype(np.float64) - vectors.mean(0, dtype=np.float64)
    variance = float((centred**2).sum())
    if len(vectors) < 3 or variance == 0:
        return None
    left, size, _ = np.linalg.svd(centred, full_matrices=False)
    plane = np.zeros((len(vectors), 2))
    kept = min(2, len(size))
    plane[:, :kept] = left[:, :kept] * size[:kept]
    largest = np.abs(plane).argmax(0)
    plane *= np.where(plane[largest, [0, 1]] < 0, -1.0, 1.0)
    explained = [float(s**2 / variance) for s in size[:2]] + [0.0]
    unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    cosine = unit @ unit.T
    np.fill_diagonal(cosine, -np.inf)
    near = np.argsort(-cosine, axis=1, kind="stable")[:, : min(NEAREST, len(vectors) - 1)]
    return ModelMap(
        method=method,
        x=tuple(np.round(plane[:, 0], DIGITS).tolist()),
        y=tuple(np.round(plane[:, 1], DIGITS).tolist()),
        explained=(round(explained[0], DIGITS), round(explained[1], DIGITS)),
        nearest=tuple(map(tuple, near.tolist())),
        cosines=tuple(map(tuple, np.round(np.take_along_axis(cosine, near, axis=1), DIGITS).tolist())),
    )


def disagreement(matrix: CorrectnessMatrix) -> FloatArray:
    """(M, M) share of the questions asked of both that two models answer differently, NaN without any."""
    asked = (matrix.attempts > 0).astype(np.float32)
    right = (2 * matrix.correct.astype(np.int32) > matrix.attempts).astype(np.float32)
    common = asked @ asked.T
    both = right @ right.T
    one = right @ asked.T
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((one + one.T - 2 * both) / common, dtype=np.float64)


def agreement(matrix: CorrectnessMatrix) -> Agreement | None:
    """Agreement of all models, or of some evenly drawn over their accuracies; None for fewer than three."""
    if len(matrix.models) < 3:
        return None
    chosen = _spread(matrix)
    differing = disagreement(matrix.take_models(chosen))
    order = _clustered(differing)
    share = 1 - differing[np.ix_(order, order)]
    return Agreement(tuple(chosen[order].tolist()), tuple(map(gaps, share)))


def _spread(matrix: CorrectnessMatrix) -> IndexArray:
    count = len(matrix.models)
    if count <= MOST_SHOWN:
        return np.arange(count)
    accuracy = matrix.correct.sum(1, dtype=np.int64) / np.maximum(matrix.attempts.sum(1, dtype=np.int64), 1)
    ranks = np.linspace(0, count - 1, MOST_SHOWN).round().astype(np.int64)
    return np.sort(np.argsort(accuracy, kind="stable")[ranks])


def _clustered(differing: FloatArray) -> IndexArray:
    """The models in the order of a tree's leaves (average linkage), neighbours being alike."""
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
    from scipy.spatial.distance import squareform

    known = np.where(np.isfinite(differing), differing, 0.5)  # nothing in common says nothing
    np.fill_diagonal(known, 0)
    distances = squareform((known + known.T) / 2, checks=False)
    tree = optimal_leaf_ordering(linkage(distances, "average"), distances)
    return np.asarray(leaves_list(tree), dtype=np.int64)
