"""What is resampled: groups of questions with the same text, within benchmarks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.errors import DataError

if TYPE_CHECKING:
    from embedllm_bench.arrays import FloatArray, IndexArray


@dataclass(frozen=True, eq=False)
class QuestionUnits:
    """G groups of Q questions; each group is drawn as a whole and belongs to one stratum."""

    unit: IndexArray  #: (Q,) each question's group, 0 ... G - 1
    strata: IndexArray  #: (G,) each group's benchmark
    benchmark: IndexArray  #: (Q,) each question's benchmark

    def __len__(self) -> int:
        return len(self.strata)

    @classmethod
    def of(cls, groups: IndexArray, benchmarks: IndexArray) -> QuestionUnits:
        """Units from the text group (Q,) and the benchmark (Q,) of every question.

        A text that stands in several benchmarks is one unit, in the stratum of its first question.
        """
        if groups.shape != benchmarks.shape or groups.ndim != 1:
            raise DataError(
                f"Questions need one group and one benchmark each, not {groups.shape}, {benchmarks.shape}."
            )
        _, first, unit = np.unique(groups, return_index=True, return_inverse=True)
        return cls(unit.astype(np.int64), benchmarks[first].astype(np.int64), benchmarks.astype(np.int64))


def collapse_single(strata: IndexArray) -> IndexArray:
    """Stratum numbers 0 ... S - 1 (G,) without a stratum of one unit, where there are two units at all.

    A lone unit is drawn in every replicate and would pass for certain. Lone units are put together in one
    stratum, or, if there is just one, with the smallest other: the collapsed strata of survey sampling
    (Wolter 2007, Introduction to Variance Estimation, 2.5), which errs on the wide side.
    """
    _, codes, sizes = np.unique(strata, return_inverse=True, return_counts=True)
    lone = np.flatnonzero(sizes == 1)
    if len(lone) == 0 or len(sizes) == 1:
        return codes.astype(np.int64)
    target = lone[0]
    if len(lone) == 1:
        others = np.where(sizes == 1, len(strata) + 1, sizes)
        target = int(np.argmin(others))
    codes = np.where(np.isin(codes, lone), target, codes)
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)


def sums_by(index: IndexArray, values: FloatArray, size: int) -> FloatArray:
    """Sums (size,) of ``values`` (n,) by ``index`` (n,)."""
    return np.bincount(index, weights=values, minlength=size).astype(np.float64, copy=False)
