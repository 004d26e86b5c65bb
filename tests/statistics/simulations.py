"""Worlds with known truth, to see how often an interval holds and how often a verdict is false."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.statistics.auroc import auroc
from embedllm_bench.statistics.bootstrap import bootstrap, interval
from embedllm_bench.statistics.forecasting import GradedForecast, accuracy, brier, log_loss
from embedllm_bench.statistics.ranks import difference, rank
from embedllm_bench.statistics.routing import routing_accuracy
from embedllm_bench.statistics.units import QuestionUnits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import FloatArray, IndexArray
    from embedllm_bench.statistics.functionals import Functional

METRICS = {"accuracy": accuracy, "brier": brier, "log_loss": log_loss, "auroc": auroc}
REPLICATES = 1000
#: Noise whose effect on accuracy is about one standard error of a difference at one question, in ForecastWorld(20, 1).
ERROR_OF_NOISE = 3.0


@dataclass(frozen=True)
class Hits:
    """Shares of runs in which the interval held the truth, was below it, was above it."""

    covered: float
    below: float
    above: float

    @classmethod
    def of(cls, intervals: list[tuple[float, float]], truth: float) -> Hits:
        low, high = np.array(intervals).T
        inside = (low <= truth) & (truth <= high)
        return cls(float(inside.mean()), float((high < truth).mean()), float((low > truth).mean()))


def benchmarks(questions: int, number: int) -> IndexArray:
    """Benchmarks (Q,) of falling size, as in real mixtures: shares 1, 1/2, 1/3, ..."""
    shares = np.cumsum(1 / np.arange(1, number + 1))
    return np.searchsorted(shares / shares[-1], (np.arange(questions) + 0.5) / questions).astype(np.int64)


def repeated(questions: int, share: float) -> IndexArray:
    """Text groups (Q,): this share of the questions repeats the one before."""
    return np.cumsum(np.arange(questions) % max(round(1 / share), 2) != 1) if share else np.arange(questions)


def routing_coverage(
    questions: int, accuracy_: float, runs: int, strata: int = 1, repeats: float = 0.0, seed: int = 0
) -> Hits:
    """One 0/1 outcome per question; benchmarks differ in difficulty, repeated texts share their outcome."""
    random = np.random.default_rng([seed, questions, strata])
    where = benchmarks(questions, strata)
    units = QuestionUnits.of(repeated(questions, repeats), where)
    spread = (1 - accuracy_) * np.linspace(-0.9, 0.9, strata) if strata > 1 else np.zeros(1)
    p = accuracy_ + spread[where] - spread[where].mean()
    p = np.clip(p, 0, 1)
    found = []
    for run in range(runs):
        outcome = (random.random(len(units))[units.unit] < p).astype(np.float64)
        result = bootstrap([routing_accuracy(outcome, units)], units.strata, REPLICATES, run)
        shown = interval(result, 0)
        found.append((shown.low, shown.high))
    return Hits.of(found, float(p.mean()))


def routing_difference(
    questions: int, accuracies: tuple[float, float], overlap: float, runs: int, seed: int = 0
) -> Hits:
    """Two routers that agree on a share ``overlap`` of questions, at least."""
    random = np.random.default_rng([seed, questions])
    units = QuestionUnits.of(np.arange(questions), np.zeros(questions, dtype=np.int64))
    found = []
    for run in range(runs):
        common, own = random.random(questions), random.random(questions)
        other = np.where(random.random(questions) < overlap, common, own)
        methods: list[Functional] = [
            routing_accuracy((draw < a).astype(np.float64), units)
            for draw, a in zip((common, other), accuracies, strict=True)
        ]
        shown = difference(bootstrap(methods, units.strata, REPLICATES, run), 0, 1)
        found.append((shown.low, shown.high))
    return Hits.of(found, accuracies[0] - accuracies[1])


@dataclass(frozen=True)
class ForecastWorld:
    """Models answer correctly with sigmoid(ability + difficulty); difficulty is shared by a question's cells."""

    models: int
    mean: float  #: of the logit
    filled: float = 1.0
    noise: float = 0.7  #: of the forecast's logit
    difficulty: float = 1.5

    def draw(
        self, questions: int, noises: Sequence[float], random: np.random.Generator
    ) -> tuple[list[GradedForecast], IndexArray]:
        """Forecasts of the same cells, each with so much noise on its logit; and the questions' strata."""
        ability = np.linspace(-0.5, 0.5, self.models)[:, None]
        hard = self.difficulty * random.normal(size=questions)
        logit = self.mean + ability + hard  # (M, Q)
        attempts = (random.random(logit.shape) < self.filled).astype(np.uint8)
        correct = attempts * (random.random(logit.shape) < _sigmoid(logit)).astype(np.uint8)
        units = QuestionUnits.of(np.arange(questions), np.zeros(questions, dtype=np.int64))
        forecasts = []
        for size in noises:
            noise = size * (random.normal(size=questions) + 0.5 * random.normal(size=logit.shape))
            forecasts.append(
                GradedForecast.of(_sigmoid(logit + noise).astype(np.float32), correct, attempts, units)
            )
        return forecasts, units.strata

    def truths(self, metric: str, noises: Sequence[float]) -> list[float]:
        """From one draw of very many questions."""
        forecasts, _ = self.draw(4_000_000 // self.models, noises, np.random.default_rng(99))
        found = [METRICS[metric](f).evaluate(np.ones((1, len(f.units))))[0] for f in forecasts]
        return [float(values[0]) for values in found]

    def coverage(self, metric: str, questions: int, runs: int) -> Hits:
        random = np.random.default_rng([1, questions, self.models])
        found = []
        for run in range(runs):
            (forecast,), strata = self.draw(questions, [self.noise], random)
            shown = interval(bootstrap([METRICS[metric](forecast)], strata, REPLICATES, run), 0)
            found.append((shown.low, shown.high))
        return Hits.of(found, *self.truths(metric, [self.noise]))

    def false_verdicts(self, metric: str, questions: int, methods: int, runs: int) -> float:
        """Share of runs in which some method, all equal in truth, is called better than another."""
        random = np.random.default_rng([2, questions, methods])
        false = 0
        for run in range(runs):
            forecasts, strata = self.draw(questions, [self.noise] * methods, random)
            result = bootstrap([METRICS[metric](forecast) for forecast in forecasts], strata, REPLICATES, run)
            false += bool(rank(result).better.any())
        return false / runs


def routing_false_verdicts(
    questions: int, accuracy_: float, methods: int, runs: int, overlap: float = 0.6, seed: int = 0
) -> float:
    """The same for routers with one 0/1 outcome per question."""
    random = np.random.default_rng([seed, questions, methods])
    units = QuestionUnits.of(np.arange(questions), np.zeros(questions, dtype=np.int64))
    false = 0
    for run in range(runs):
        common = random.random(questions)
        routers: list[Functional] = []
        for _ in range(methods):
            draws = np.where(random.random(questions) < overlap, common, random.random(questions))
            routers.append(routing_accuracy((draws < accuracy_).astype(np.float64), units))
        false += bool(rank(bootstrap(routers, units.strata, REPLICATES, run)).better.any())
    return false / runs


def routing_power(
    questions: int, errors: float, runs: int, accuracy_: float = 0.7, overlap: float = 0.6
) -> tuple[float, float]:
    """A true difference of so many standard errors, and the share of runs in which the better router is called so."""
    # two routers that agree on a share of the questions differ on the others as independent ones do
    gap = errors * float(np.sqrt(2 * accuracy_ * (1 - accuracy_) * (1 - overlap) / questions))
    random = np.random.default_rng([3, questions, int(errors * 100)])
    units = QuestionUnits.of(np.arange(questions), np.zeros(questions, dtype=np.int64))
    called = 0
    for run in range(runs):
        common = random.random(questions)
        draws = np.where(random.random(questions) < overlap, common, random.random(questions))
        routers: list[Functional] = [
            routing_accuracy((draw < a).astype(np.float64), units)
            for draw, a in ((common, accuracy_ + gap), (draws, accuracy_))
        ]
        called += bool(rank(bootstrap(routers, units.strata, REPLICATES, run)).better[0, 1])
    return gap, called / runs


def forecast_power(questions: int, errors: float, runs: int) -> tuple[float, float]:
    """The same for the accuracy of two forecasts of 20 models, of which one is noisier."""
    world = ForecastWorld(20, 1.0)
    noises = [world.noise, world.noise + errors * ERROR_OF_NOISE / float(np.sqrt(questions))]
    better, worse = world.truths("accuracy", noises)
    random = np.random.default_rng([4, questions, int(errors * 100)])
    called = 0
    for run in range(runs):
        pair, strata = world.draw(questions, noises, random)
        called += bool(rank(bootstrap([accuracy(f) for f in pair], strata, REPLICATES, run)).better[0, 1])
    return better - worse, called / runs


def _sigmoid(logit: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-logit)))
