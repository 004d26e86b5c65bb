"""Benchmark prediction: how would each model do on a benchmark nobody in the training data was asked?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.statistics import across_models as metrics
from embedllm_bench.statistics.functionals import mean_of_seeds
from embedllm_bench.tasks.base import Scope, ranked, scored
from embedllm_bench.tasks.probe import probe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedllm_bench.arrays import Float32Array, FloatArray
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.results import Score
    from embedllm_bench.splits import Split
    from embedllm_bench.statistics.functionals import Functional
    from embedllm_bench.tasks.base import Fitted

NAME = "benchmark-prediction"
PRIMARY = "mae"
METRICS = {
    "mae": metrics.mae,
    "rmse": metrics.rmse,
    "kendall": metrics.kendall,
    "spearman": metrics.spearman,
}


def mean_forecast(p: Float32Array, test: CorrectnessMatrix) -> FloatArray:
    """Mean forecast (M,) over the attempts each model made, NaN for a model not asked."""
    attempts = test.attempts.astype(np.float64)
    return _ratio((p * attempts).sum(1), attempts.sum(1))


def accuracies(test: CorrectnessMatrix) -> FloatArray:
    """Share of right attempts (M,), NaN for a model not asked."""
    return _ratio(test.correct.sum(1, dtype=np.int64), test.attempts.sum(1, dtype=np.int64))


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    values = np.full(len(numerator), np.nan)
    np.divide(numerator, denominator, out=values, where=denominator > 0)
    return values


def score_fits(
    matrix: CorrectnessMatrix,
    fitted: Sequence[Fitted],
    splits: Mapping[int, Mapping[str, Split]],
    competitors: Sequence[str],
    simple: Sequence[str],
    replicates: int,
) -> list[Score]:
    """Scores over models, by benchmark and as the mean over benchmarks; ``splits`` by seed and benchmark.

    The units are models: the question is how well the next model's accuracy would be foretold.
    """
    benchmarks = matrix.questions.benchmark_codes[0]
    actual = np.stack([accuracies(matrix.take(splits[min(splits)][b].test)) for b in benchmarks])  # (B, M)
    predicted = predictions(matrix, fitted, splits)
    strata = np.zeros(len(matrix.models), dtype=np.int64)
    scores: list[Score] = []
    for metric, function in METRICS.items():
        places: list[tuple[int | slice, str | None]] = [*enumerate(benchmarks), (slice(None), None)]
        for place, benchmark in places:
            functionals: dict[str, Functional] = {
                name: mean_of_seeds([function(values[place], actual[place]) for values in runs.values()])
                for name, runs in predicted.items()
            }
            asked = (
                np.isfinite(actual[place]).any(0).sum()
                if benchmark is None
                else np.isfinite(actual[place]).sum()
            )
            seeds = list(splits)
            scope = Scope(
                NAME,
                benchmark,
                "benchmark" if len(seeds) == 1 else None,
                seeds[0] if len(seeds) == 1 else None,
                int(asked),
            )
            scores += scored(scope, metric, functionals, strata, replicates)
            if metric == PRIMARY and benchmark is None:
                scores += ranked(scope, functionals, strata, competitors, simple, replicates)
    return scores + _probes(fitted, benchmarks, actual, splits)


def predictions(
    matrix: CorrectnessMatrix, fitted: Sequence[Fitted], splits: Mapping[int, Mapping[str, Split]]
) -> dict[str, dict[int, FloatArray]]:
    """Method -> seed -> predicted accuracy (B, M), for methods that managed every benchmark of every seed."""
    found = {(fit.method, fit.seed, fit.split.name): fit for fit in fitted}
    predicted: dict[str, dict[int, FloatArray]] = {}
    for name in dict.fromkeys(fit.method for fit in fitted):
        runs = {}
        for seed, by_benchmark in splits.items():
            fits = [found.get((name, seed, split.name)) for split in by_benchmark.values()]
            complete = [fit for fit in fits if fit is not None]
            if len(complete) == len(fits):
                runs[seed] = np.stack(
                    [mean_forecast(fit.forecast.p, matrix.take(fit.split.test)) for fit in complete]
                )
        if len(runs) == len(splits):
            predicted[name] = runs
    return predicted


def _probes(
    fitted: Sequence[Fitted],
    benchmarks: Sequence[str],
    actual: FloatArray,
    splits: Mapping[int, Mapping[str, Split]],
) -> list[Score]:
    """The paper's probe, the mean over benchmarks and seeds; divisions of the models overlap, so no interval."""
    scores = []
    place = {split.name: list(by).index(b) for by in splits.values() for b, split in by.items()}
    for name in dict.fromkeys(fit.method for fit in fitted):
        fits = [fit for fit in fitted if fit.method == name]
        if len(fits) != len(splits) * len(benchmarks) or any(fit.forecast.embeddings is None for fit in fits):
            continue
        results = [
            probe(fit.forecast.embeddings, actual[place[fit.split.name]], fit.seed)
            for fit in fits
            if fit.forecast.embeddings is not None
        ]
        known = [result for result in results if result is not None]
        if len(known) != len(results):
            continue
        scope = Scope(NAME, None, None, None, sum(result.divisions for result in known))
        for metric in known[0].values:
            mean = float(np.mean([result.values[metric] for result in known]))
            scores.append(scope.score(metric, name, mean))
    return scores
