"""Models in the coordinates of a pool: what they answered, and where they are believed to be by that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import CountArray, FloatArray, IndexArray


@dataclass(frozen=True, eq=False)
class Place:
    """Where a model is believed to be: z ~ N(mean, covariance) in the pool's R coordinates."""

    mean: FloatArray  #: (R,)
    covariance: FloatArray  #: (R, R)

    @cached_property
    def precision(self) -> FloatArray:
        """The covariance's inverse."""
        return np.asarray(np.linalg.inv(self.covariance))


@dataclass(frozen=True, eq=False)
class Probe:
    """A model's outcomes at n of a pool's questions."""

    asked: IndexArray  #: (n,) positions
    share: FloatArray  #: (n,) of its attempts that were correct
    attempts: FloatArray  #: (n,) at least 1

    @classmethod
    def of(cls, correct: CountArray, attempts: CountArray) -> Probe:
        """The probe that counts (Q,) over all questions are; where there is no attempt it was not asked."""
        asked = np.flatnonzero(attempts)
        return cls(asked, correct[asked] / attempts[asked], attempts[asked].astype(np.float64))


def solve(
    factors: FloatArray, noise: FloatArray, deviations: FloatArray, priors: Sequence[Place] | None
) -> list[Place]:
    """The places of L models with deviations (L, n) from the mean, all asked the same n questions.

    ``priors`` (L,) are what is believed of each without them; N(0, I) if there are none. Those that have one covariance
    array in common share the one that is found.
    """
    weighted = factors / noise[:, None]  # (n, R)
    told, moved = factors.T @ weighted, deviations @ weighted  # (R, R), (L, R)
    if priors is None:
        covariance = np.asarray(np.linalg.inv(np.eye(len(told)) + told))
        return [Place(mean, covariance) for mean in moved @ covariance]
    found: dict[int, Place] = {}
    for alike in by_covariance(priors):
        precision = priors[alike[0]].precision
        covariance = np.asarray(np.linalg.inv(precision + told))
        believed = np.stack([priors[at].mean for at in alike]) @ precision
        found |= {
            at: Place(mean, covariance)
            for at, mean in zip(alike, (moved[alike] + believed) @ covariance, strict=True)
        }
    return [found[at] for at in range(len(priors))]


def asked_alike(probes: Sequence[Probe]) -> list[list[int]]:
    """Which probes are of the same questions."""
    alike: dict[bytes, list[int]] = {}
    for at, probe in enumerate(probes):
        alike.setdefault(probe.asked.tobytes(), []).append(at)
    return list(alike.values())


def by_covariance(places: Sequence[Place]) -> list[list[int]]:
    """Which places have the same covariance array."""
    alike: dict[int, list[int]] = {}
    for at, place in enumerate(places):
        alike.setdefault(id(place.covariance), []).append(at)
    return list(alike.values())
