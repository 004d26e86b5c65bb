"""Forecasts beside what happened, on the same questions: values with intervals, and differences of two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedllm_bench.analysis.base import Estimate
from embedllm_bench.statistics import forecasting as metrics
from embedllm_bench.statistics.auroc import auroc
from embedllm_bench.statistics.bootstrap import bootstrap, interval
from embedllm_bench.statistics.forecasting import GradedForecast
from embedllm_bench.statistics.ranks import difference
from embedllm_bench.statistics.units import QuestionUnits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.statistics.bootstrap import BootstrapResult
    from embedllm_bench.statistics.functionals import Functional

REPLICATES = 1000
POINT = 0.01  #: what counts as no worse: one point of accuracy
METRICS: dict[str, Callable[[GradedForecast], Functional]] = {
    "accuracy": metrics.accuracy,
    "AUROC": auroc,
    "log-loss": metrics.log_loss,
}


@dataclass(frozen=True, eq=False)
class Measured:
    """Several forecasts of the same cells."""

    names: tuple[str, ...]
    results: Mapping[str, BootstrapResult]  #: by metric

    @classmethod
    def of(cls, forecasts: Mapping[str, Float32Array], outcomes: CorrectnessMatrix) -> Measured:
        """Forecasts (M, Q) by name, of the outcomes' models and questions."""
        questions = outcomes.questions
        units = QuestionUnits.of(questions.groups, questions.benchmark_codes[1])
        graded = [
            GradedForecast.of(p, outcomes.correct, outcomes.attempts, units) for p in forecasts.values()
        ]
        results = {
            metric: bootstrap([function(one) for one in graded], units.strata, REPLICATES)
            for metric, function in METRICS.items()
        }
        return cls(tuple(forecasts), results)

    def value(self, name: str, metric: str) -> Estimate:
        at, result = self.names.index(name), self.results[metric]
        bounds = interval(result, at)
        return Estimate.of(float(result.values[at]), bounds.low, bounds.high)

    def gap(self, name: str, other: str, metric: str = "accuracy") -> Estimate:
        """``name`` less ``other``, paired over questions."""
        here, there, result = self.names.index(name), self.names.index(other), self.results[metric]
        bounds = difference(result, here, there)
        return Estimate.of(float(result.values[here] - result.values[there]), bounds.low, bounds.high)

    def row(self, name: str) -> tuple[Estimate, ...]:
        """Every metric of one forecast."""
        return tuple(self.value(name, metric) for metric in METRICS)

    def smallest_as_good(self) -> tuple[str, Estimate]:
        """The first forecast within a point of the most accurate, and its difference from that."""
        values = self.results["accuracy"].values
        best = self.names[int(values.argmax())]
        first = next(
            name for name, value in zip(self.names, values, strict=True) if value >= values.max() - POINT
        )
        return first, self.gap(first, best)
