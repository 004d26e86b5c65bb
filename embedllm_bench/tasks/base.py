"""What the tasks share: a run of forecasts to score, and from metrics to scores with intervals and ranks."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.results import Score
from embedllm_bench.statistics.bootstrap import bootstrap, interval
from embedllm_bench.statistics.functionals import mean_of_seeds
from embedllm_bench.statistics.ranks import difference, rank_ranges
from embedllm_bench.statistics.units import QuestionUnits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedllm_bench.arrays import Float32Array, IndexArray
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.methods.base import Forecast
    from embedllm_bench.splits import Split
    from embedllm_bench.statistics.functionals import Functional


@dataclass(frozen=True, eq=False)
class Fitted:
    """What one method forecast for the test part of one split."""

    method: str
    seed: int
    split: Split
    forecast: Forecast
    fit_seconds: float
    predict_seconds: float


@dataclass(frozen=True, eq=False)
class Run:
    """One seed: the pooled test parts of its splits (T questions) and every row's forecast of them."""

    seed: int
    split: str
    test: IndexArray  #: (T,) positions among all questions
    forecasts: Mapping[str, Float32Array]  #: row name -> (M, T)
    preferences: Mapping[str, Float32Array] = field(
        default_factory=dict
    )  #: of rows that route by something else

    def on(self, matrix: CorrectnessMatrix, benchmark: str) -> Run:
        """The same run on the questions of one benchmark."""
        names, codes = matrix.questions.benchmark_codes
        keep = np.flatnonzero(codes[self.test] == names.index(benchmark))
        parts = ({k: p[:, keep] for k, p in part.items()} for part in (self.forecasts, self.preferences))
        return Run(self.seed, self.split, self.test[keep], *parts)


@dataclass(frozen=True)
class Scope:
    """What a block of scores is about."""

    task: str
    benchmark: str | None
    split: str | None
    seed: int | None
    n: int

    def score(
        self, metric: str, method: str, value: float, low: float | None = None, high: float | None = None
    ) -> Score:
        """A score in this scope; numbers that are not finite are undefined."""
        return Score(
            task=self.task,
            metric=metric,
            method=method,
            benchmark=self.benchmark,
            k=None,
            split=self.split,
            seed=self.seed,
            value=_finite(value),
            low=_finite(low),
            high=_finite(high),
            n=self.n,
        )


def _finite(number: float | None) -> float | None:
    return None if number is None or not math.isfinite(number) else float(number)


def pool(fitted: Sequence[Fitted]) -> list[Run]:
    """One run a seed: the disjoint test parts of its splits side by side, for rows present in all of them."""
    runs = []
    for seed in sorted({fit.seed for fit in fitted}):
        mine = [fit for fit in fitted if fit.seed == seed]
        splits = {fit.split.name: fit.split for fit in mine}
        names = list(dict.fromkeys(fit.method for fit in mine))
        found = {(fit.method, fit.split.name): fit.forecast for fit in mine}
        complete = [name for name in names if all((name, split) in found for split in splits)]
        runs.append(
            Run(
                seed,
                next(iter(splits)) if len(splits) == 1 else f"{len(splits)} splits of seed {seed}",
                np.concatenate([split.test for split in splits.values()]),
                {
                    name: np.concatenate([found[name, split].p for split in splits], axis=1)
                    for name in complete
                },
                {
                    name: p
                    for name in complete
                    if (p := _preferred([found[name, s] for s in splits])) is not None
                },
            )
        )
    return runs


def _preferred(forecasts: Sequence[Forecast]) -> Float32Array | None:
    parts = [forecast.preference for forecast in forecasts if forecast.preference is not None]
    return np.concatenate(parts, axis=1) if len(parts) == len(forecasts) else None


def common_units(matrix: CorrectnessMatrix, runs: Sequence[Run]) -> list[QuestionUnits]:
    """Units of all runs' questions together, as each run's questions belong to them.

    A question that several seeds test on is one unit, resampled once for all of them.
    """
    union = np.unique(np.concatenate([run.test for run in runs]))
    units = QuestionUnits.of(matrix.questions.groups[union], matrix.questions.benchmark_codes[1][union])
    places = [np.searchsorted(union, run.test) for run in runs]
    return [QuestionUnits(units.unit[at], units.strata, units.benchmark[at]) for at in places]


def scored(
    scope: Scope, metric: str, functionals: Mapping[str, Functional], strata: IndexArray, replicates: int
) -> list[Score]:
    """A score with its interval for every row of one metric."""
    result = bootstrap(list(functionals.values()), strata, replicates)
    scores = []
    for k, name in enumerate(functionals):
        bounds = interval(result, k)
        scores.append(scope.score(metric, name, float(result.values[k]), bounds.low, bounds.high))
    return scores


def ranked(
    scope: Scope,
    functionals: Mapping[str, Functional],
    strata: IndexArray,
    ranked_rows: Sequence[str],
    simple_rows: Sequence[str],
    replicates: int,
) -> list[Score]:
    """``rank`` of each competing row (value: place; low, high: its range) and ``lead`` over the best simple row.

    A lead is positive where the method is better, whichever end of the metric is good.
    """
    names = [name for name in ranked_rows if name in functionals]
    simple = [name for name in simple_rows if name in functionals]
    if not names:
        return []
    result = bootstrap([functionals[name] for name in names], strata, replicates)
    sign = 1.0 if functionals[names[0]].scale.higher_is_better else -1.0
    places = np.argsort(np.argsort(-sign * result.values, kind="stable"), kind="stable") + 1
    scores = [
        scope.score("rank", name, int(place), bounds.low, bounds.high)
        for name, place, bounds in zip(names, places, rank_ranges(result), strict=True)
    ]
    if not simple:
        return scores
    result = bootstrap([functionals[name] for name in (*names, *simple)], strata, replicates)
    best = len(names) + int(np.nanargmax(sign * result.values[len(names) :]))
    for k, name in enumerate(names):
        bounds = difference(result, k, best)
        lead = sign * float(result.values[k] - result.values[best])
        low, high = sorted((sign * bounds.low, sign * bounds.high))
        scores.append(scope.score("lead", name, lead, low, high))
    return scores


def averaged(parts: Mapping[str, list[Functional]]) -> dict[str, Functional]:
    """The mean over runs for each row."""
    return {name: mean_of_seeds(functionals) for name, functionals in parts.items()}


def speeds(task: str, fitted: Sequence[Fitted]) -> list[Score]:
    """``fit_seconds``, the mean of a fit, and ``decisions_per_second``, test questions over forecasting time."""
    scores = []
    for name in dict.fromkeys(fit.method for fit in fitted):
        mine = [fit for fit in fitted if fit.method == name]
        scope = Scope(task, None, None, None, len(mine))
        decisions = sum(len(fit.split.test) for fit in mine)
        seconds = sum(fit.predict_seconds for fit in mine)
        scores.append(scope.score("fit_seconds", name, float(np.mean([fit.fit_seconds for fit in mine]))))
        scores.append(scope.score("decisions_per_second", name, decisions / max(seconds, 1e-9)))
    return scores
