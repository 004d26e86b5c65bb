"""Do intervals hold, and are equal methods left tied? A quick look always, a real one when asked for long tests."""

import numpy as np
import pytest

from tests.statistics.simulations import (
    ForecastWorld,
    Hits,
    routing_coverage,
    routing_difference,
    routing_false_verdicts,
)

RUNS = 2000
#: A share of RUNS is known to this, three standard errors at 95 %.
NOISE = 3 * float(np.sqrt(0.95 * 0.05 / RUNS))


def holds(hits: Hits, low: float = 0.93, high: float = 0.97) -> bool:
    return low - NOISE <= hits.covered <= high + NOISE


def test_a_quick_look() -> None:
    assert 0.91 <= routing_coverage(30, 0.95, 300).covered <= 0.99
    assert 0.91 <= ForecastWorld(10, 1.0).coverage("brier", 60, 200).covered <= 0.99
    assert routing_false_verdicts(60, 0.8, 4, 100) <= 0.12


@pytest.mark.simulation
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("accuracy", [0.5, 0.8, 0.95, 0.97])
@pytest.mark.parametrize("questions", [30, 100, 1000])
def test_one_outcome_a_question(questions: int, accuracy: float) -> None:
    assert holds(routing_coverage(questions, accuracy, RUNS))


@pytest.mark.simulation
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("accuracy", [0.5, 0.8, 0.95, 0.97])
@pytest.mark.parametrize(("strata", "repeats"), [(5, 0.0), (1, 0.3), (5, 0.3)])
def test_benchmarks_and_repeated_texts(strata: int, repeats: float, accuracy: float) -> None:
    assert holds(routing_coverage(100, accuracy, RUNS, strata, repeats))


@pytest.mark.simulation
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("accuracies", [(0.5, 0.5), (0.8, 0.7), (0.97, 0.9)])
@pytest.mark.parametrize("questions", [30, 100, 1000])
def test_differences_of_routers(questions: int, accuracies: tuple[float, float]) -> None:
    """Too wide where few questions are decided differently, never too narrow."""
    assert holds(routing_difference(questions, accuracies, 0.5, RUNS), high=1.0)


@pytest.mark.simulation
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("metric", ["accuracy", "brier", "log_loss", "auroc"])
@pytest.mark.parametrize("filled", [1.0, 0.5])
@pytest.mark.parametrize(("mean", "questions"), [(0.0, 30), (0.0, 300), (2.0, 100), (4.5, 1000)])
def test_many_models_a_question(mean: float, questions: int, filled: float, metric: str) -> None:
    """4.5 is an accuracy of .97, where the few hard questions decide: 30 to 100 of them are too few, see intervals."""
    assert holds(ForecastWorld(20, mean, filled).coverage(metric, questions, RUNS))


@pytest.mark.simulation
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("methods", [2, 10])
@pytest.mark.parametrize(("questions", "accuracy"), [(30, 0.8), (100, 0.5), (100, 0.95), (1000, 0.8)])
def test_nobody_is_better_among_equal_routers(questions: int, accuracy: float, methods: int) -> None:
    runs = RUNS // 4
    assert routing_false_verdicts(questions, accuracy, methods, runs) <= 0.07 + NOISE


@pytest.mark.simulation
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("methods", [2, 10])
@pytest.mark.parametrize("metric", ["accuracy", "brier", "auroc"])
def test_nobody_is_better_among_equal_forecasts(metric: str, methods: int) -> None:
    world = ForecastWorld(20, 2.0)
    assert world.false_verdicts(metric, 100, methods, RUNS // 4) <= 0.07 + NOISE
