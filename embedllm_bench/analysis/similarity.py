"""Are relatives close? Distances between model vectors beside family, size and how often two models disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.analysis.base import Analysis, Estimate
from embedllm_bench.analysis.communities import communities
from embedllm_bench.errors import DataError, UsageError
from embedllm_bench.figures.relations import disagreement
from embedllm_bench.methods.base import vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from embedllm_bench.analysis.base import Cell, Subject
    from embedllm_bench.analysis.communities import Community
    from embedllm_bench.arrays import BoolArray, Float32Array, FloatArray, IndexArray
    from embedllm_bench.cards import ModelCard

FEWEST_MODELS = 5
REPLICATES = 200
MOST_DRAWN = 200  #: models in a replicate
DISAGREEMENT = "disagreement"


def similarity(subject: Subject, cards: Mapping[str, ModelCard]) -> Analysis:
    """Distances of model vectors, learned and random ones of the same size, with intervals over models.

    For a community: the mean cosine distance of centred vectors within and to the others, and the AUROC of "both are
    members" against "one is" by it. For all families, or sizes, together: of "the same". For disagreement: Spearman's
    rank correlation of the Euclidean distance with the share of common questions that two models answer differently.

    Raises:
        UsageError: the method learns no vectors.
        DataError: there are too few models.
    """
    models = subject.matrix.models
    if len(models) < FEWEST_MODELS:
        raise DataError(f"{len(models)} models are too few to compare; {FEWEST_MODELS} are needed.")
    learned = vectors(subject.fitted(subject.train, subject.validation), len(models))
    if learned is None:
        raise UsageError(
            f"{subject.method.name} learns no model vectors; analyze one that does, such as embedllm."
        )
    random = np.random.default_rng([subject.seed, 6]).normal(size=learned.shape).astype(np.float32)
    distances = [_distances(learned), _distances(random)]
    differing = disagreement(subject.matrix)
    found = communities(models, cards)
    rows: list[tuple[Cell, ...]] = []
    closer = 0
    for group in found:
        pairs, relevant = _pairs(group.members), group.members[:, None] | group.members[None]
        within, between = (
            _interval(_mean_over(mask), distances[0], (0, 2)) for mask in (pairs, relevant & ~pairs)
        )
        closeness = [_interval(_auroc(pairs, relevant), one, (0, 1)) for one in distances]
        rows.append((f"{group.kind} {group.name}", int(group.members.sum()), within, between, *closeness))
        closer += (within.value or 0) < (between.value or 0)
    for kind in dict.fromkeys(group.kind for group in found):
        same, known = _same(found, kind)
        closeness = [_interval(_auroc(same, known), one, (0, 1)) for one in distances]
        rows.append((f"any {kind}", int(known.any(0).sum()), None, None, *closeness))
    correlation = [_interval(_spearman(differing), _euclidean(one), (-1, 1)) for one in (learned, random)]
    rows.append((DISAGREEMENT, len(models), None, None, *correlation))
    return Analysis(
        "similarity",
        ("of", "models", "distance within", "distance to others", "closeness", "with random vectors"),
        tuple(rows),
        f"{closer} of {len(found)} communities are closer within than to others; distance and disagreement correlate by"
        f" {correlation[0]}.",
        subject.facts(),
    )


def _distances(values: Float32Array) -> FloatArray:
    centred = values - values.mean(0)
    unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    return np.asarray(1 - unit @ unit.T, dtype=np.float64)


def _euclidean(values: Float32Array) -> FloatArray:
    wide = values.astype(np.float64)
    squares = (wide**2).sum(1)
    return np.asarray(np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * wide @ wide.T, 0)))


def _pairs(members: BoolArray) -> BoolArray:
    return np.asarray(members[:, None] & members[None])


def _same(found: list[Community], kind: str) -> tuple[BoolArray, BoolArray]:
    """(M, M): of one group, and both of some group."""
    groups = [group.members for group in found if group.kind == kind]
    known = np.logical_or.reduce(groups)
    return np.logical_or.reduce([_pairs(members) for members in groups]), _pairs(known)


def _mean_over(mask: BoolArray) -> Callable[[FloatArray, IndexArray, BoolArray], float]:
    def mean(distances: FloatArray, rows: IndexArray, distinct: BoolArray) -> float:
        chosen = mask[np.ix_(rows, rows)] & distinct
        return float(distances[np.ix_(rows, rows)][chosen].mean()) if chosen.any() else float("nan")

    return mean


def _auroc(same: BoolArray, known: BoolArray) -> Callable[[FloatArray, IndexArray, BoolArray], float]:
    from scipy.stats import rankdata

    def area(distances: FloatArray, rows: IndexArray, distinct: BoolArray) -> float:
        at = np.ix_(rows, rows)
        chosen = known[at] & distinct
        labels = same[at][chosen]
        positive, negative = int(labels.sum()), int((~labels).sum())
        if not positive or not negative:
            return float("nan")
        ranks = rankdata(-distances[at][chosen])
        return float((ranks[labels].sum() - positive * (positive + 1) / 2) / (positive * negative))

    return area


def _spearman(differing: FloatArray) -> Callable[[FloatArray, IndexArray, BoolArray], float]:
    from scipy.stats import spearmanr

    def correlation(distances: FloatArray, rows: IndexArray, distinct: BoolArray) -> float:
        at = np.ix_(rows, rows)
        chosen = distinct & np.isfinite(differing[at])
        return (
            float(spearmanr(distances[at][chosen], differing[at][chosen]).statistic)
            if chosen.sum() > 1
            else float("nan")
        )

    return correlation


def _interval(
    statistic: Callable[[FloatArray, IndexArray, BoolArray], float],
    distances: FloatArray,
    within: tuple[float, float],
) -> Estimate:
    """Bootstrap over models, held ``within`` what the statistic can be; a model drawn twice is no pair with itself.

    Of many models fewer are drawn, and the deviations made as much smaller as all of them would make them
    (m out of n; Bickel, Goetze and van Zwet 1997, Statistica Sinica 7).
    """
    count = len(distances)
    random = np.random.default_rng(0)
    value = statistic(distances, np.arange(count), np.triu(np.ones((count, count), dtype=bool), 1))
    size = min(count, MOST_DRAWN)
    upper = np.triu(np.ones((size, size), dtype=bool), 1)
    drawn = np.empty(REPLICATES)
    for replicate in range(REPLICATES):
        rows = random.integers(count, size=size)
        drawn[replicate] = statistic(distances, rows, upper & (rows[:, None] != rows[None]))
    finite = drawn[np.isfinite(drawn)]
    if len(finite) < REPLICATES / 2:
        return Estimate.of(value, float("nan"), float("nan"))
    deviations = (finite - np.median(finite)) * (size / count) ** 0.5
    bounds = np.clip(value + np.percentile(deviations, [2.5, 97.5]), *within)
    return Estimate.of(value, *bounds.tolist())
