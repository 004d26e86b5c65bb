"""Several seeds: what a method's randomness adds to an interval, and what other questions explain already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedllm_bench.statistics.bootstrap import bootstrap, interval
from embedllm_bench.statistics.functionals import MeanOf, MeanOfSeeds
from embedllm_bench.statistics.ranks import rank
from embedllm_bench.statistics.routing import routing_accuracy
from embedllm_bench.statistics.units import QuestionUnits

if TYPE_CHECKING:
    from embedllm_bench.arrays import FloatArray

SEEDS, QUESTIONS = 5, 200


def one_each(questions: int) -> QuestionUnits:
    return QuestionUnits.of(np.arange(questions), np.zeros(questions, dtype=np.int64))


def mean(runs: FloatArray, kind: type[MeanOf] = MeanOfSeeds) -> MeanOf:
    """Of runs (S, Q), one graded outcome a question."""
    return kind(tuple(routing_accuracy(run, one_each(runs.shape[1])) for run in runs))


def drawn(random: np.random.Generator, methods: int, between: float) -> FloatArray:
    """Runs (K, S, Q): right with a chance that questions share, and that every run moves up or down as a whole."""
    easy = 0.7 + 0.15 * random.normal(size=QUESTIONS)
    chance = easy + between * random.normal(size=(methods, SEEDS, 1))
    return (random.random((methods, SEEDS, QUESTIONS)) < chance).astype(np.float64)


def test_runs_that_questions_explain_nothing_of_differ_by_their_seed() -> None:
    values = np.array([0.2, 0.4, 0.9])
    result = bootstrap([mean(np.repeat(values[:, None], 50, axis=1))], np.zeros(50, dtype=np.int64), 20)
    assert result.covariance[0, 0] == pytest.approx(0)
    assert result.seeds.of(np.ones(1)).variance == pytest.approx(values.var(ddof=1) / 3)


def test_seeds_that_test_on_other_questions_are_not_counted_twice() -> None:
    """A perfect split of 1,000 outcomes into five disjoint tests: on average the seeds' share is nothing."""
    random, found = np.random.default_rng(0), []
    for _ in range(200):
        outcome, at = (random.random(1000) < 0.7).astype(np.float64), random.permutation(1000).reshape(5, 200)
        whole = QuestionUnits.of(np.arange(1000), np.zeros(1000, dtype=np.int64))
        runs = [
            routing_accuracy(outcome[own], QuestionUnits(whole.unit[own], whole.strata, whole.benchmark[own]))
            for own in at
        ]
        result = bootstrap([MeanOfSeeds(tuple(runs))], whole.strata, 2)
        found.append(result.seeds.covariance[0, 0] / result.covariance[0, 0])
    assert abs(np.mean(found)) < 3 * np.std(found) / 200**0.5
    assert np.std(found) < 1


def test_what_two_methods_share_of_a_seed_cancels() -> None:
    runs = drawn(np.random.default_rng(0), 1, 0.1)[0]
    result = bootstrap([mean(runs), mean(runs)], np.zeros(QUESTIONS, dtype=np.int64), 50)
    assert result.seeds.of(np.array([1, 0])).variance > 0
    assert result.seeds.of(np.array([1, -1])).variance == 0
    assert not rank(result).better.any()


@pytest.mark.parametrize(("kind", "low", "high"), [(MeanOfSeeds, 0.92, 0.99), (MeanOf, 0.0, 0.75)])
def test_the_interval_holds_what_the_method_comes_to_over_all_seeds(
    kind: type[MeanOf], low: float, high: float
) -> None:
    random, covered = np.random.default_rng(1), []
    for run in range(300):
        runs = drawn(random, 1, 0.06)[0]
        shown = interval(bootstrap([mean(runs, kind)], np.zeros(QUESTIONS, dtype=np.int64), 200, run), 0)
        covered.append(shown.low <= 0.7 <= shown.high)
    assert low <= np.mean(covered) <= high


@pytest.mark.parametrize(("kind", "low", "high"), [(MeanOfSeeds, 0.0, 0.08), (MeanOf, 0.3, 1.0)])
def test_a_lucky_seed_makes_nobody_better(kind: type[MeanOf], low: float, high: float) -> None:
    random, called = np.random.default_rng(2), []
    for run in range(200):
        methods = [mean(runs, kind) for runs in drawn(random, 3, 0.06)]
        result = bootstrap(methods, np.zeros(QUESTIONS, dtype=np.int64), 200, run)
        called.append(bool(rank(result).better.any()))
    assert low <= np.mean(called) <= high
