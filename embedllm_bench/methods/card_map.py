"""From what is known of a model to where it stands, learned from models of which both are known.

A Gaussian process over cards (Rasmussen and Williams 2006, "Gaussian Processes for Machine Learning", section 2.7 for
its mean): models of like size, of like traits, and of the same kin (family, generation, weights, maker) are alike, each
family a random effect that is partially pooled. What is not known makes nobody alike. How much each of the three
counts is chosen for every coordinate by its error for models left out: one at a time where the family of a new model
is known, whole families at a time where it is not. A coordinate that cards do not tell of by more than a standard
error stays where it is without them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Self

import numpy as np

from embedllm_bench.cards.traits import are_strangers
from embedllm_bench.methods.adding import Belief

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from embedllm_bench.arrays import FloatArray, IndexArray
    from embedllm_bench.cards.traits import Traits

DECADES, YEARS = 0.4, 1.0  #: how far apart two sizes or two releases are half alike
SHARED = 100.0  #: variance of what all models share, like the others in units of what no card tells
SIZE, OTHER, KIN = (0.0, 0.3, 1.0, 3.0), (0.0, 0.5), (0.0, 1.0, 4.0, 16.0)
GRID = np.array(list(product(SIZE, OTHER, KIN)))  #: (S, 3) variances
LEAST_OPEN = 0.05  #: share of a coordinate's variance that a card never takes away


@dataclass(frozen=True, eq=False)
class Reading:
    """How cards are read into R coordinates."""

    setting: IndexArray  #: (R,) which of the grid's
    left: FloatArray  #: (R,) share of the variance that cards leave open; 1 where they tell nothing
    weights: FloatArray  #: (M, R)

    def read(self, related: FloatArray) -> Belief:
        """Of a model related (3, M) to the known ones; one that is like none of them is as if it had no card."""
        if not related.any():
            return self._nothing
        likeness = SHARED + np.einsum("rp,pm->mr", GRID[self.setting], related)  # (M, R)
        mean = (likeness * self.weights).sum(0)
        return Belief(np.where(self.left < 1, mean, 0.0), self.left)

    @cached_property
    def _nothing(self) -> Belief:
        return Belief(np.zeros_like(self.left), np.ones_like(self.left))


@dataclass(frozen=True, eq=False)
class CardMap:
    """What cards tell of the coordinates of a model, by M known ones."""

    traits: tuple[Traits, ...]
    kin: Reading  #: for models of a family that is known
    strangers: Reading  #: for the others

    @classmethod
    def fit(cls, traits: Sequence[Traits], coordinates: FloatArray) -> Self:
        """Learn from the known models' coordinates (M, R), which have mean 0."""
        known, related = tuple(traits), related_to(traits, traits)
        alone = [np.array([m]) for m in range(len(known))]
        found = _searched(related, coordinates, (alone, _families(known)))

        def solved(setting: int, wanted: FloatArray) -> FloatArray:
            return np.asarray(np.linalg.solve(_covariance(related, setting), wanted))

        return cls(known, *(_weighed(solved, coordinates, one) for one in found))

    def without(self, left: IndexArray, coordinates: FloatArray) -> CardMap:
        """Of the other models' coordinates (M - L, R), which may be others; what counts how much stays as it was."""
        rest = np.setdiff1d(np.arange(len(self.traits)), left)

        def solved(setting: int, wanted: FloatArray) -> FloatArray:
            inverse = self._inverse(setting)
            across = inverse[np.ix_(rest, left)]
            taken = across @ np.linalg.solve(inverse[np.ix_(left, left)], across.T @ wanted)
            return np.asarray(inverse[np.ix_(rest, rest)] @ wanted - taken)

        known = tuple(self.traits[m] for m in rest.tolist())
        return CardMap(known, *(_weighed(solved, coordinates, one) for one in (self.kin, self.strangers)))

    def _inverse(self, setting: int) -> FloatArray:
        """Of what a setting says the models (M, M) have in common; each is computed once."""
        if setting not in self._inverses:
            self._inverses[setting] = np.asarray(np.linalg.inv(_covariance(self._related, setting)))
        return self._inverses[setting]

    @cached_property
    def _inverses(self) -> dict[int, FloatArray]:
        return {}

    @cached_property
    def _related(self) -> FloatArray:
        return related_to(self.traits, self.traits)

    def read(self, traits: Traits) -> Belief:
        """What is believed of a model."""
        return self.read_all([traits])[0]

    def read_all(self, traits: Sequence[Traits], *, strangers: bool = False) -> list[Belief]:
        """What is believed of N models; as if their families were not known, if so asked."""
        apart = [True] * len(traits) if strangers else are_strangers(traits, self.traits)
        seen = [
            replace(one, family=None, generation=None) if strange else one
            for one, strange in zip(traits, apart, strict=True)
        ]
        related = related_to(seen, self.traits)  # (3, N, M)
        return [
            (self.strangers if strange else self.kin).read(related[:, at]) for at, strange in enumerate(apart)
        ]


def related_to(some: Sequence[Traits], others: Sequence[Traits]) -> FloatArray:
    """How alike N models are to M others (3, N, M): in size, in other traits, as kin; each from 0 to 1."""
    size = _near(_column(some, "parameters"), _column(others, "parameters"), DECADES, logarithm=True)
    released = _near(_column(some, "released"), _column(others, "released"), YEARS)
    names = ("family", "generation", "weights", "maker", "tuned", "prompting")
    family, generation, weights, maker, tuned, prompting = (_same(some, others, name) for name in names)
    other = (tuned + prompting + released + _shared_tags(some, others)) / 4
    kin = (family + family * size + generation * size + weights + maker) / 5
    return np.stack([size, other, kin])


def _column(traits: Sequence[Traits], name: str) -> FloatArray:
    """NaN where it is not known."""
    return np.array([getattr(one, name) for one in traits], dtype=np.float64)


def _near(some: FloatArray, others: FloatArray, width: float, *, logarithm: bool = False) -> FloatArray:
    if logarithm:
        some, others = np.log10(some), np.log10(others)
    apart = (some[:, None] - others) / width
    near: FloatArray = np.nan_to_num(np.exp(-np.log(2) * apart**2))
    return near


def _same(some: Sequence[Traits], others: Sequence[Traits], name: str) -> FloatArray:
    codes: dict[object, int] = {}
    left, right = (
        np.array(
            [-1 if (v := getattr(one, name)) is None else codes.setdefault(v, len(codes)) for one in side]
        )
        for side in (some, others)
    )
    same: FloatArray = ((left[:, None] == right) & (left[:, None] >= 0)).astype(np.float64)
    return same


def _shared_tags(some: Sequence[Traits], others: Sequence[Traits]) -> FloatArray:
    """Tags that both have, of those that either has (Jaccard)."""
    tags = sorted(set().union(*(one.tags for one in (*some, *others))))
    if not tags:
        return np.zeros((len(some), len(others)))
    left, right = (
        np.array([[tag in one.tags for tag in tags] for one in side], float) for side in (some, others)
    )
    both = left @ right.T
    either = left.sum(1)[:, None] + right.sum(1) - both
    return np.asarray(both / np.maximum(either, 1))


def _families(traits: Sequence[Traits]) -> list[IndexArray]:
    """The positions of each family's members; one whose family is not known is one by itself."""
    parts: dict[object, list[int]] = {}
    for place, one in enumerate(traits):
        parts.setdefault(place if one.family is None else one.family, []).append(place)
    return [np.array(members) for members in parts.values()]


def _covariance(related: FloatArray, setting: int) -> FloatArray:
    """What a setting says known models (M, M) have in common, and each for itself."""
    return np.asarray(SHARED + np.tensordot(GRID[setting], related, axes=1) + np.eye(related.shape[1]))


def _left_out(inverse: FloatArray, coordinates: FloatArray, parts: Sequence[IndexArray]) -> FloatArray:
    """Errors (M, R) for each part of the models left out (Rasmussen and Williams, equation 5.12, for blocks)."""
    errors = inverse @ coordinates
    for part in parts:
        errors[part] = np.linalg.solve(inverse[np.ix_(part, part)], errors[part])
    return np.asarray(errors)


@dataclass(eq=False)
class _Search:
    """For each coordinate the setting with the smallest error for the parts left out, so far."""

    coordinates: FloatArray
    parts: Sequence[IndexArray]

    def __post_init__(self) -> None:
        width = self.coordinates.shape[1]
        self.setting, self.left = np.zeros(width, dtype=np.int64), np.ones(width)
        self.least = np.full(width, np.inf)

    def consider(self, setting: int, inverse: FloatArray) -> None:
        """Take it where it is better; where cards gain less than a standard error they tell nothing."""
        square, errors = self.coordinates**2, _left_out(inverse, self.coordinates, self.parts) ** 2
        gain, error = square - errors, errors.mean(0)
        sure = gain.mean(0) > gain.std(0) / len(gain) ** 0.5
        share = np.clip(error / np.maximum(square.mean(0), 1e-30), LEAST_OPEN, 1)
        better = error < self.least
        self.setting[better], self.least[better] = setting, error[better]
        self.left[better] = np.where(sure, share, 1.0)[better]

    @property
    def found(self) -> Reading:
        return Reading(self.setting, self.left, np.zeros_like(self.coordinates))


def _searched(
    related: FloatArray, coordinates: FloatArray, divisions: Sequence[Sequence[IndexArray]]
) -> list[Reading]:
    """The best settings for each way to divide the models into parts."""
    searches = [_Search(coordinates, parts) for parts in divisions]
    for setting in range(len(GRID)):
        inverse = np.linalg.inv(_covariance(related, setting)).astype(np.float64)
        for search in searches:
            search.consider(setting, inverse)
    return [search.found for search in searches]


def _weighed(
    solved: Callable[[int, FloatArray], FloatArray], coordinates: FloatArray, like: Reading
) -> Reading:
    """The same settings with weights for these models, for as many coordinates as both have.

    ``solved`` takes a setting and coordinates to what the models' covariance takes to these.
    """
    width = min(len(like.setting), coordinates.shape[1])
    setting, left = like.setting[:width], like.left[:width]
    weights = np.zeros((len(coordinates), coordinates.shape[1]))
    for one in np.unique(setting[left < 1]):
        at = np.flatnonzero((setting == one) & (left < 1))
        weights[:, at] = solved(int(one), coordinates[:, at])
    return Reading(
        np.append(setting, np.zeros(coordinates.shape[1] - width, dtype=np.int64)),
        np.append(left, np.ones(coordinates.shape[1] - width)),
        weights,
    )
