"""Extremely randomised trees as arrays, so that they can be kept in a folder and read without pickle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from sklearn.ensemble import ExtraTreesRegressor
    from sklearn.tree._tree import Tree

    from embedllm_bench.arrays import Float32Array, FloatArray, IndexArray

LEAF = 5  #: training rows in a leaf, at least
TRIED = 0.2  #: share of a row's numbers among which a split is sought


@dataclass(frozen=True, eq=False)
class Trees:
    """The nodes of all trees, one after another; a child's number counts from the first node of all."""

    roots: IndexArray  #: (trees,)
    left: IndexArray  #: (nodes,); a leaf's is the leaf itself
    right: IndexArray
    number: IndexArray  #: (nodes,) which of a row's numbers is looked at
    threshold: FloatArray  #: (nodes,); at most this goes left
    value: Float32Array  #: (nodes, C)

    @classmethod
    def grow(cls, rows: Float32Array, targets: FloatArray, trees: int, seed: int) -> Self:
        """On rows (T, F) to forecast targets (T, C)."""
        forest = _forest(rows, targets, trees, seed, bagged=False)
        return cls._of([tree.tree_ for tree in forest.estimators_])

    @classmethod
    def _of(cls, grown: Sequence[Tree]) -> Self:
        sizes = [tree.node_count for tree in grown]
        roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)

        def children(side: str) -> IndexArray:
            parts = []
            for root, tree in zip(roots, grown, strict=True):
                child = getattr(tree, f"children_{side}").astype(np.int64)
                parts.append(np.where(child < 0, np.arange(len(child)), child) + root)
            return np.concatenate(parts)

        return cls(
            roots,
            children("left"),
            children("right"),
            np.concatenate([tree.feature for tree in grown]).astype(np.int64).clip(min=0),
            np.concatenate([tree.threshold for tree in grown]),
            np.concatenate([tree.value[:, :, 0] for tree in grown]).astype(np.float32),
        )

    def forecast(self, rows: Float32Array) -> FloatArray:
        """The trees' mean (n, C)."""
        total = np.zeros((len(rows), self.value.shape[1]))
        for root in self.roots:
            total += self.value[self._leaves(root, rows)]
        return total / len(self.roots)

    def _leaves(self, root: int, rows: Float32Array) -> IndexArray:
        """The node (n,) in which each row ends."""
        every = np.arange(len(rows))
        node = np.full(len(rows), root)
        while len(rows):
            goes_left = rows[every, self.number[node]] <= self.threshold[node]
            following = np.where(goes_left, self.left[node], self.right[node])
            if np.array_equal(following, node):
                break
            node = following
        return node

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """For a folder."""
        return {f"trees.{name}": getattr(self, name) for name in NODES}

    @classmethod
    def from_arrays(cls, arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """What :meth:`arrays` gave."""
        return cls(*(arrays[f"trees.{name}"] for name in NODES))


NODES = ("roots", "left", "right", "number", "threshold", "value")


def out_of_bag(rows: Float32Array, targets: FloatArray, trees: int, seed: int) -> FloatArray:
    """What trees that were not shown a row say of it (T, C); of one that all were shown, the targets' mean.

    Each tree is grown on as many rows drawn with replacement (Breiman 1996, "Out-of-bag estimation").
    """
    forest = _forest(rows, targets, trees, seed, bagged=True)
    total = np.zeros(targets.shape)
    count = np.zeros(len(rows))
    for tree, shown in zip(forest.estimators_, forest.estimators_samples_, strict=True):
        others = np.setdiff1d(np.arange(len(rows)), shown)
        if len(others):
            total[others] += tree.predict(rows[others]).reshape(len(others), -1)
            count[others] += 1
    made: FloatArray = np.where(count[:, None] > 0, total / np.maximum(count, 1)[:, None], targets.mean(0))
    return made


def _forest(
    rows: Float32Array, targets: FloatArray, trees: int, seed: int, *, bagged: bool
) -> ExtraTreesRegressor:
    from sklearn.ensemble import ExtraTreesRegressor  # heavy: only where it is used

    forest = ExtraTreesRegressor(
        trees, min_samples_leaf=LEAF, max_features=TRIED, bootstrap=bagged, n_jobs=-1, random_state=seed
    )
    return forest.fit(rows, targets if targets.shape[1] > 1 else targets[:, 0])
