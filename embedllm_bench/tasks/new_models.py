"""New models: how much is known of a model after a few outcomes, when others were asked everything?

Who is new and how the results are put together; what is done with a method is in
:mod:`embedllm_bench.newcomers`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.cards.kinship import family_of
from embedllm_bench.onboarding.pool import FEWEST_MODELS as FEWEST_KNOWN
from embedllm_bench.onboarding.settling import AMONG, AUTO
from embedllm_bench.results import Row, Score

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from embedllm_bench.arrays import FloatArray, IndexArray
    from embedllm_bench.cards import ModelCard

NAME = "new-models"
OUTCOMES = (0, 8, 16, 25, 32, 50, 64, 100, 128, 200, 256)  #: how many a new model has
PARTS = 3
FEWEST_MODELS = 9
POOL = "pool"  #: the pool model's rows are named after the way their questions are chosen
RANDOM = "random"
CARD = "pool-card"  #: with what a model's card tells as the prior
WITH_CARD = AMONG  #: the ways to choose that are also tried with cards
MEAN, BENCHMARK_MEAN, RIDGE, IRT = "probe-mean", "probe-benchmark-mean", "probe-ridge", "probe-irt"
SIZE = "size-mean"  #: the mean of the known models of its size
ALL, REFIT = "all_", "refit_"  #: before a metric: with all training outcomes, added or fitted again
NEW = "new_"  #: before a metric of routing: among the new models alone, as UniRoute does it
UNSEEN, ANSWERED = "unseen", "answered"  #: questions no model has seen; those the known models answered
LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class Division:
    """The models that are new, together; the others are known."""

    kind: str  #: models or families
    new: IndexArray

    def known(self, count: int) -> IndexArray:
        """The positions of the others among ``count`` models."""
        return np.setdiff1d(np.arange(count), self.new)


def divisions(
    models: Sequence[str], seed: int, cards: Mapping[str, ModelCard] | None = None
) -> Iterator[Division]:
    """Each third of the models in turn, drawn at random; then each third made of whole families.

    A family is what the cards tell, or else the names (:mod:`embedllm_bench.cards.naming`); a model of which neither
    tells is one by itself. With fewer than three families there is no such division, nor where one has so many models
    that too few others would be known.
    """
    order = np.random.default_rng([seed, 6]).permutation(len(models))
    for part in range(PARTS):
        yield Division("models", np.sort(order[part::PARTS]))
    families: dict[str, list[int]] = {}
    for place in order.tolist():
        families.setdefault(family_of(models[place], cards or {}) or models[place], []).append(place)
    parts: list[list[int]] = [[] for _ in range(PARTS)]
    for members in sorted(families.values(), key=len, reverse=True):
        min(parts, key=len).extend(members)
    if all(0 < len(members) <= len(models) - FEWEST_KNOWN for members in parts):
        for members in parts:
            yield Division("families", np.array(sorted(members), dtype=np.int64))


@dataclass(frozen=True)
class Measure:
    """What numbers about new models are of; ``kind`` is the division's, ``benchmark`` None over all questions."""

    row: str
    kind: str
    metric: str
    k: int | None
    benchmark: str | None

    @property
    def key(self) -> tuple[str, str, int | None, str | None]:
        """Row, metric, k and benchmark; metrics of whole families left out carry that in their name."""
        metric = self.metric if self.kind == "models" else f"families_{self.metric}"
        return self.row, metric, self.k, self.benchmark


@dataclass(eq=False)
class Tally:
    """Numbers summed up as they come: with many models and seeds there are too many to keep."""

    models: int
    sums: dict[tuple[str, str, int | None, str | None], FloatArray] = field(default_factory=dict)

    def add(self, measure: Measure, values: FloatArray, models: IndexArray | None = None) -> None:
        """Count a number (N,) of each of these models, which differ; without models one (1,) that is about none alone.

        What is not finite tells nothing.
        """
        at = np.array([self.models]) if models is None else models  # the last is of no single model
        told = np.isfinite(values)
        if told.any():
            of = self.sums.setdefault(measure.key, np.zeros((2, self.models + 1)))
            of[0, at[told]] += values[told]
            of[1, at[told]] += 1

    def scores(self) -> list[Score]:
        """Means over the new models; each counts once, however often it was new.

        Intervals are of the mean over models, by Student's t.
        """
        return [
            _score(*key, (total[count > 0] / count[count > 0])) for key, (total, count) in self.sums.items()
        ]


def _score(
    row: str,
    metric: str,
    k: int | None,
    benchmark: str | None,
    values: FloatArray,
) -> Score:
    from scipy.stats import t

    mean, low, high = float(values.mean()), None, None
    if len(values) > 1:
        half = float(t.ppf(0.5 + LEVEL / 2, len(values) - 1)) * float(values.std(ddof=1)) / len(values) ** 0.5
        low, high = mean - half, mean + half
    return Score(NAME, metric, row, benchmark, k, None, None, mean, low, high, len(values))


def rows(strategies: Sequence[str]) -> tuple[Row, ...]:
    """The rows of the table that are no methods."""
    names = [
        *(f"{POOL}-{way}" for way in (AUTO, *strategies)),
        *(f"{CARD}-{way}" for way in (AUTO, *WITH_CARD)),
    ]
    pool = [Row(name, False, False, oracle=False, settings={}) for name in names]
    plain = [
        Row(name, True, name == BENCHMARK_MEAN, oracle=False, settings={})
        for name in (MEAN, BENCHMARK_MEAN, RIDGE, IRT, SIZE)
    ]
    return (*pool, *plain)
