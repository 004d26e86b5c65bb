"""New models: how much is known of a model after a few outcomes, when others were asked everything?

Who is new and how the results are put together; what is done with a method is in :mod:`embedllm_bench.newcomers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.cards.naming import family_in_name
from embedllm_bench.results import Row, Score

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from embedllm_bench.arrays import IndexArray

NAME = "new-models"
OUTCOMES = (0, 8, 16, 32, 64, 128, 256)  #: how many a new model has
PARTS = 3
FEWEST_MODELS = 9
POOL = "pool"  #: the pool model's rows are named after the way their questions are chosen
MEAN, BENCHMARK_MEAN, RIDGE, IRT = "probe-mean", "probe-benchmark-mean", "probe-ridge", "probe-irt"
ALL, REFIT = "all_", "refit_"  #: before a metric: with all training outcomes, added or fitted again
LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class Division:
    """The models that are new, together; the others are known."""

    kind: str  #: models or families
    new: IndexArray

    def known(self, count: int) -> IndexArray:
        """The positions of the others among ``count`` models."""
        return np.setdiff1d(np.arange(count), self.new)


def divisions(models: Sequence[str], seed: int) -> Iterator[Division]:
    """Each third of the models in turn, drawn at random; then each third made of whole families.

    A family is what the names tell (:mod:`embedllm_bench.cards.naming`), and a model whose name tells none is one by
    itself. With fewer than three families there is no such division.
    """
    order = np.random.default_rng([seed, 6]).permutation(len(models))
    for part in range(PARTS):
        yield Division("models", np.sort(order[part::PARTS]))
    families: dict[str, list[int]] = {}
    for place in order.tolist():
        families.setdefault(family_in_name(models[place]) or models[place], []).append(place)
    parts: list[list[int]] = [[] for _ in range(PARTS)]
    for members in sorted(families.values(), key=len, reverse=True):
        min(parts, key=len).extend(members)
    if all(parts):
        for members in parts:
            yield Division("families", np.array(sorted(members), dtype=np.int64))


@dataclass(frozen=True)
class Record:
    """One number of one row about one new model, or about all new ones of a division where that is None."""

    row: str
    kind: str
    metric: str
    k: int | None
    benchmark: str | None
    model: int | None
    value: float


def score(records: Sequence[Record]) -> list[Score]:
    """Means over the new models; each counts once, however often it was new.

    Intervals are of the mean over models, by Student's t. Metrics of whole families left out carry that in their name.
    """
    collected: dict[tuple[str, str, int | None, str | None], dict[int | None, list[float]]] = {}
    for record in records:
        metric = record.metric if record.kind == "models" else f"families_{record.metric}"
        of = collected.setdefault((record.row, metric, record.k, record.benchmark), {})
        of.setdefault(record.model, []).append(record.value)
    return [
        _score(row, metric, k, benchmark, np.array([np.mean(values) for values in by.values()]))
        for (row, metric, k, benchmark), by in collected.items()
    ]


def _score(
    row: str,
    metric: str,
    k: int | None,
    benchmark: str | None,
    values: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> Score:
    from scipy.stats import t

    mean, low, high = float(values.mean()), None, None
    if len(values) > 1:
        half = float(t.ppf(0.5 + LEVEL / 2, len(values) - 1)) * float(values.std(ddof=1)) / len(values) ** 0.5
        low, high = mean - half, mean + half
    return Score(NAME, metric, row, benchmark, k, None, None, mean, low, high, len(values))


def rows(strategies: Sequence[str]) -> tuple[Row, ...]:
    """The rows of the table that are no methods."""
    pool = [Row(f"{POOL}-{way}", False, False, oracle=False, settings={}) for way in strategies]
    plain = [
        Row(name, True, name == BENCHMARK_MEAN, oracle=False, settings={})
        for name in (MEAN, BENCHMARK_MEAN, RIDGE, IRT)
    ]
    return (*pool, *plain)
