"""Which known models are left out together, to see how well a pool forecasts models that it has not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import IndexArray

FOLDS = 10  #: at most


def random_folds(count: int) -> IndexArray:
    """The fold (M,) of every model; the same data give the same ones, as they are part of the estimator."""
    return np.random.default_rng(0).permutation(count) % min(FOLDS, count)


def family_folds(families: Sequence[object]) -> IndexArray:
    """The same with families (M,) kept together, the largest spread first."""
    members: dict[object, list[int]] = {}
    for model in np.random.default_rng(0).permutation(len(families)).tolist():
        members.setdefault(families[model], []).append(model)
    fold = np.zeros(len(families), dtype=np.int64)
    filled = np.zeros(min(FOLDS, len(members)), dtype=np.int64)
    for family in sorted(members.values(), key=len, reverse=True):
        smallest = int(filled.argmin())
        fold[family] = smallest
        filled[smallest] += len(family)
    return fold
