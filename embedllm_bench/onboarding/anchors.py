"""Questions that stand for clusters of questions that are alike (Polo et al. 2024, "tinyBenchmarks").

There clusters are of item parameters; here of the questions' means and factors in the pool. Eight anchors are the
largest of twenty clusters: of eight clusters some are of a few odd questions, and the largest eight of 256 would stand
for a part of the questions alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from embedllm_bench.arrays import FloatArray, IndexArray

#: Of questions, that fewer clusters are made of: found at once for every number, and at most a tenth less tight than
#: k-means of the questions (Open LLM v1 and v2, 8 to 128 clusters).
GROUPS = 256


@dataclass(frozen=True, eq=False)
class Anchors:
    """What anchors are among: questions (A,) at points (A, D)."""

    questions: IndexArray
    points: FloatArray
    seed: int

    def choose(self, count: int) -> IndexArray:
        """The questions nearest to the centres of the ``count`` largest clusters, the largest's first; A at most.

        Clusters are half again as many and eight. Where the questions fall into fewer, others fill up, in their order.
        """
        count = min(count, len(self.questions))
        if not count:
            return self.questions[:0]
        distance = _distances(self.points, self._centres(count + count // 2 + 8))  # (A, C)
        size = np.bincount(distance.argmin(1), minlength=distance.shape[1])
        found = dict.fromkeys(distance.argmin(0)[np.argsort(-size, kind="stable")].tolist())
        spare = [place for place in range(len(self.questions)) if place not in found]
        return self.questions[[*found, *spare][:count]]

    def _centres(self, count: int) -> FloatArray:
        """Of ``count`` clusters at most (C, D)."""
        from scipy.cluster.hierarchy import fcluster

        count = min(count, len(self.questions))
        if count > GROUPS:
            return _batched(self.points, count, self.seed)
        groups, sizes, tree = self._groups
        cluster = fcluster(tree, count, "maxclust") if len(groups) > 1 else np.ones(1, dtype=np.int64)
        member = sizes * (cluster == np.unique(cluster)[:, None])  # (C, G)
        return np.asarray(member @ groups / member.sum(1, keepdims=True))

    @cached_property
    def _groups(self) -> tuple[FloatArray, IndexArray, FloatArray]:
        """Centres (G, D), sizes (G,), and the tree in which the groups come together (Ward 1963)."""
        from scipy.cluster.hierarchy import ward

        centres = self.points if len(self.points) <= GROUPS else _batched(self.points, GROUPS, self.seed)
        sizes = np.bincount(_distances(self.points, centres).argmin(1), minlength=len(centres))
        centres, sizes = centres[sizes > 0], sizes[sizes > 0]
        return centres, sizes, ward(centres) if len(centres) > 1 else np.zeros((0, 4))


def _batched(points: FloatArray, count: int, seed: int) -> FloatArray:
    """Centres (count, D) of clusters of many points."""
    from sklearn.cluster import MiniBatchKMeans

    return np.asarray(
        MiniBatchKMeans(count, init="random", n_init=1, random_state=seed).fit(points).cluster_centers_
    )


def _distances(points: FloatArray, centres: FloatArray) -> FloatArray:
    """(A, C)."""
    from sklearn.metrics.pairwise import euclidean_distances

    return np.asarray(euclidean_distances(points, centres))
