"""Gradient boosted trees on cells, as arrays that can be kept in a folder and read without pickle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch

if TYPE_CHECKING:
    import numpy.typing as npt

    from embedllm_bench.arrays import BoolArray, Float32Array, FloatArray, IndexArray

RATE = 0.08  #: how far a tree is believed
LEAVES = 31
LEAF = 100  #: cells in a leaf, at least
TRIED = 0.3  #: share of a row's numbers among which a split is sought
BINS = (
    63  #: in which a number is told; with 255 nothing was gained, and on few cells most of the time is theirs
)
PENALTY = 1.0  #: on the squares of leaves' values
PATIENCE = 10  #: trees that may be added in vain
#: What of scikit-learn's nodes tells where a row goes; children count from their tree's first node.
FIELDS = ("value", "feature_idx", "num_threshold", "missing_go_to_left", "left", "right", "is_leaf")


@dataclass(frozen=True, eq=False)
class Answers:
    """n answers of models at questions."""

    rows: Float32Array  #: (n, F)
    right: BoolArray  #: (n,)


@dataclass(frozen=True, eq=False)
class Boosted:
    """logit P(correct) = beginning + the sum of what the trees say of a cell's row.

    Friedman 2001, Annals of Statistics 29, on binned numbers as in LightGBM (Ke et al. 2017, NIPS 30), by
    scikit-learn. It offers no way to write its trees but pickle, so that this is the one place that reads its nodes.
    """

    beginning: float
    sizes: IndexArray  #: (trees,) nodes of each
    nodes: dict[str, npt.NDArray[Any]]  #: FIELDS, each (nodes,)

    @classmethod
    def grow(cls, answers: Answers, validation: Answers | None, rounds: int, seed: int) -> Self:
        """At most ``rounds`` trees, as many as help on ``validation``."""
        from sklearn.ensemble import HistGradientBoostingClassifier  # heavy: only where it is used

        right = answers.right
        if right.all() or not right.any():
            share = (np.count_nonzero(right) + 1) / (len(right) + 2)
            nothing = {name: np.zeros(0) for name in FIELDS}
            return cls(float(np.log(share / (1 - share))), np.zeros(0, dtype=np.int64), nothing)
        model = HistGradientBoostingClassifier(
            max_iter=rounds, learning_rate=RATE, max_leaf_nodes=LEAVES, min_samples_leaf=LEAF, max_features=TRIED,
            max_bins=BINS, l2_regularization=PENALTY, early_stopping=validation is not None,
            n_iter_no_change=PATIENCE, random_state=seed,
        )  # fmt: skip
        held_out = {} if validation is None else {"X_val": validation.rows, "y_val": validation.right}
        # no weights, which would make the binning several times slower: answers are drawn as often as they were given
        model.fit(answers.rows, right, **held_out)
        trees = [tree.nodes for (tree,) in model._predictors]  # noqa: SLF001 - no public way, see the class
        nodes = {name: np.concatenate([tree[name] for tree in trees]) for name in FIELDS}
        sizes = np.array([len(tree) for tree in trees], dtype=np.int64)
        return cls(float(np.ravel(model._baseline_prediction)[0]), sizes, nodes)  # noqa: SLF001 - the same

    def logits(self, rows: Float32Array) -> FloatArray:
        """Of cells (n,) with these rows (n, F)."""
        from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE
        from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor

        total = np.full(len(rows), self.beginning)
        numbers = rows.astype(np.float64)
        no_bits = np.zeros((0, 8), dtype=np.uint32)  # categories, of which there are none
        no_map = np.zeros(rows.shape[1], dtype=np.uint32)
        ends = np.cumsum(self.sizes)
        for start, end in zip(ends - self.sizes, ends, strict=True):
            tree = np.zeros(end - start, dtype=PREDICTOR_RECORD_DTYPE)
            for name in FIELDS:
                tree[name] = self.nodes[name][start:end]
            predictor = TreePredictor(tree, no_bits, no_bits)
            total += predictor.predict(numbers, no_bits, no_map, torch.get_num_threads())
        return total

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """For a folder."""
        nodes = {f"boosted.{name}": values for name, values in self.nodes.items()}
        return {"boosted.beginning": np.array([self.beginning]), "boosted.sizes": self.sizes, **nodes}

    @classmethod
    def from_arrays(cls, arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """What :meth:`arrays` gave."""
        nodes = {name: arrays[f"boosted.{name}"] for name in FIELDS}
        return cls(float(arrays["boosted.beginning"][0]), arrays["boosted.sizes"], nodes)
