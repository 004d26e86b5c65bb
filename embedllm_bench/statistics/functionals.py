"""What a metric is here: a function of unit weights that also knows its derivative.

A unit is what is resampled: a group of questions of identical text, or a model. All-ones weights give the
observed value, multinomial counts give a bootstrap replicate. ``influences`` are the derivatives of the value
with respect to every unit's weight, so that the variance of the value in *any* replicate follows by
linearisation (infinitesimal jackknife; Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 21)
and no bootstrap inside the bootstrap is needed. Every metric here is unchanged when all weights are scaled.

An undefined value (no attempt, one class only, a gap of zero) is NaN, and so is its interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from embedllm_bench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from embedllm_bench.arrays import BoolArray, FloatArray, IndexArray

#: values (B,) and influences (B, G)
Evaluation: TypeAlias = "tuple[FloatArray, FloatArray]"


@dataclass(frozen=True)
class Scale:
    """The values a metric can take and which end is good."""

    low: float = -math.inf
    high: float = math.inf
    higher_is_better: bool = True
    proportion: bool = False  #: a share of 0/1 outcomes, one a unit, or the difference of two such shares


SHARE = Scale(0.0, 1.0, proportion=True)


class Functional(Protocol):
    """A metric of one method on G units."""

    @property
    def scale(self) -> Scale: ...

    @property
    def informative(self) -> BoolArray:
        """(G,): can the unit move the value at all?"""
        ...

    def evaluate(self, weights: FloatArray) -> Evaluation:
        """Values (B,) and influences (B, G) under ``weights`` (B, G)."""
        ...


@dataclass(frozen=True, eq=False)
class Sums:
    """A smooth function of C weighted sums over units.

    ``formula`` takes sums (B, C) and returns values (B,) and their gradients (B, C).
    """

    components: FloatArray  #: (G, C)
    formula: Callable[[FloatArray], tuple[FloatArray, FloatArray]]
    scale: Scale

    @property
    def informative(self) -> BoolArray:
        return np.asarray((self.components != 0).any(axis=1))

    def evaluate(self, weights: FloatArray) -> Evaluation:
        with np.errstate(divide="ignore", invalid="ignore"):
            values, gradients = self.formula(weights @ self.components)
            return values, gradients @ self.components.T


@dataclass(frozen=True, eq=False)
class MeanOf:
    """The mean of several functionals of the same units, benchmarks say, which are held fixed.

    A unit that takes part in some of them only is resampled once for all, which is what keeps runs on
    overlapping questions from counting as independent.
    """

    parts: tuple[Functional, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise DataError("A mean of no metrics has no value; give at least one.")
        if (
            len({part.scale for part in self.parts}) != 1
            or len({len(p.informative) for p in self.parts}) != 1
        ):
            raise DataError("Only metrics of one kind and over the same units can be averaged.")

    @property
    def scale(self) -> Scale:
        return self.parts[0].scale

    @property
    def informative(self) -> BoolArray:
        return np.asarray(np.logical_or.reduce([part.informative for part in self.parts]))

    def evaluate(self, weights: FloatArray) -> Evaluation:
        values, influences = np.zeros(len(weights)), np.zeros(weights.shape)
        for part in self.parts:
            value, influence = part.evaluate(weights)
            influence[~np.isfinite(value)] = np.nan
            values += value / len(self.parts)
            influences += influence / len(self.parts)
        return values, influences


class MeanOfSeeds(MeanOf):
    """The mean of runs with different seeds: a sample of the runs there could be, see ``seeds``."""


@dataclass(frozen=True, eq=False)
class Among:
    """A functional of n of the G units, seen as one of all of them; the others have no influence."""

    part: Functional
    members: IndexArray  #: (n,) positions of the part's units, without repeats
    units: int

    @property
    def scale(self) -> Scale:
        return self.part.scale

    @property
    def informative(self) -> BoolArray:
        informative = np.zeros(self.units, dtype=bool)
        informative[self.members] = self.part.informative
        return informative

    def evaluate(self, weights: FloatArray) -> Evaluation:
        values, part = self.part.evaluate(np.ascontiguousarray(weights[:, self.members]))
        influences = np.zeros(weights.shape)
        influences[:, self.members] = part
        return values, influences


def ratio(numerator: FloatArray, denominator: FloatArray, scale: Scale) -> Sums:
    """Sum of ``numerator`` (G,) over sum of ``denominator`` (G,); NaN where the latter is zero."""
    return Sums(np.column_stack([numerator, denominator]), _ratio, scale)


def _ratio(sums: FloatArray) -> tuple[FloatArray, FloatArray]:
    values = sums[:, 0] / sums[:, 1]
    return values, np.column_stack([1 / sums[:, 1], -values / sums[:, 1]])


def mean_of(parts: Sequence[Functional]) -> Functional:
    """The mean of ``parts``, or the only one."""
    return parts[0] if len(parts) == 1 else MeanOf(tuple(parts))


def mean_of_seeds(runs: Sequence[Functional]) -> Functional:
    """The mean of runs that differ by their seed, or the only one."""
    return runs[0] if len(runs) == 1 else MeanOfSeeds(tuple(runs))
