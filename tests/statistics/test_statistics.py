from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from embedllm_bench.statistics import across_models, forecasting, routing
from embedllm_bench.statistics.auroc import auroc
from embedllm_bench.statistics.bootstrap import bootstrap, interval
from embedllm_bench.statistics.forecasting import GradedForecast
from embedllm_bench.statistics.functionals import SHARE, Functional, ratio
from embedllm_bench.statistics.ranks import difference, rank_ranges
from embedllm_bench.statistics.units import QuestionUnits

if TYPE_CHECKING:
    from collections.abc import Callable


def units(count: int) -> QuestionUnits:
    return QuestionUnits.of(np.arange(count), np.arange(count) % 2)


def graded(seed: int, models: int = 4, count: int = 30, ties: int = 7) -> GradedForecast:
    generator = np.random.default_rng(seed)
    p = (generator.integers(0, ties, size=(models, count)) / (ties - 1)).astype(np.float32)
    attempts = generator.integers(0, 3, size=p.shape).astype(np.uint8)
    correct = generator.binomial(attempts, 0.2 + 0.6 * p).astype(np.uint8)
    return GradedForecast.of(p, correct, attempts, units(count))


def observed(functional: Functional) -> float:
    return float(functional.evaluate(np.ones((1, len(functional.informative))))[0][0])


def cells(forecast: GradedForecast) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, forecasts and weights as scikit-learn wants them."""
    p = forecast.p.ravel().astype(float)
    labels = np.repeat([1, 0], len(p))
    weights = np.concatenate([forecast.correct.ravel(), forecast.wrong.ravel()]).astype(float)
    return labels, np.tile(p, 2), weights


@pytest.mark.parametrize("seed", range(5))
def test_forecasting_metrics_are_scikit_learn_s(seed: int) -> None:
    forecast = graded(seed)
    labels, p, weights = cells(forecast)
    clipped = np.clip(p, forecasting.CLIP, 1 - forecasting.CLIP)
    assert observed(auroc(forecast)) == pytest.approx(roc_auc_score(labels, p, sample_weight=weights))
    assert observed(forecasting.brier(forecast)) == pytest.approx(
        brier_score_loss(labels, p, sample_weight=weights)
    )
    assert observed(forecasting.log_loss(forecast)) == pytest.approx(
        log_loss(labels, clipped, sample_weight=weights)
    )
    hits = np.average((p >= 0.5) == labels, weights=weights)
    assert observed(forecasting.accuracy(forecast)) == pytest.approx(hits)


@pytest.mark.parametrize("seed", range(5))
def test_rank_correlations_are_scipy_s_with_ties(seed: int) -> None:
    generator = np.random.default_rng(seed)
    x, y = generator.integers(0, 6, size=(2, 25)).astype(float)
    assert observed(across_models.kendall(x, y)) == pytest.approx(kendalltau(x, y).statistic)
    assert observed(across_models.spearman(x, y)) == pytest.approx(spearmanr(x, y).statistic)


def gap(chosen: np.ndarray, single: np.ndarray, oracle: np.ndarray) -> Functional:
    return routing.gap_closed(chosen, single, oracle, units(12))


FUNCTIONALS: dict[str, Callable[[int], Functional]] = {
    "accuracy": lambda seed: forecasting.accuracy(graded(seed)),
    "brier": lambda seed: forecasting.brier(graded(seed)),
    "log_loss": lambda seed: forecasting.log_loss(graded(seed)),
    "macro": lambda seed: forecasting.macro_accuracy(graded(seed)),
    "auroc": lambda seed: auroc(graded(seed)),
    "kendall": lambda seed: across_models.kendall(*np.random.default_rng(seed).normal(size=(2, 12))),
    "spearman": lambda seed: across_models.spearman(*np.random.default_rng(seed).normal(size=(2, 12))),
    "rmse": lambda seed: across_models.rmse(*np.random.default_rng(seed).normal(size=(2, 12))),
    "gap": lambda seed: gap(*np.random.default_rng(seed).random(size=(3, 12))),
}


@pytest.mark.parametrize("name", FUNCTIONALS)
def test_influences_are_the_numerical_derivative(name: str) -> None:
    functional = FUNCTIONALS[name](3)
    count = len(functional.informative)
    weights = np.random.default_rng(0).integers(1, 4, size=count).astype(float)
    step = 1e-2 if name == "auroc" else 1e-5  # its products run in float32
    moved = np.concatenate([weights + step * np.eye(count), weights - step * np.eye(count)])
    values = functional.evaluate(moved)[0]
    slopes = (values[:count] - values[count:]) / (2 * step)
    tolerance = 2e-4 if name == "auroc" else 1e-6
    assert functional.evaluate(weights[None])[1][0] == pytest.approx(slopes, abs=tolerance)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_forecasts_of_cells_nobody_asked_never_matter(seed: int) -> None:
    forecast = graded(seed)
    p = np.where(forecast.asked, forecast.p, np.random.default_rng(seed).random(forecast.p.shape))
    attempts = forecast.correct + forecast.wrong
    changed = GradedForecast.of(p.astype(np.float32), forecast.correct, attempts, forecast.units)
    for metric in (forecasting.accuracy, forecasting.brier, forecasting.ece, auroc):
        assert observed(metric(changed)) == observed(metric(forecast))


def shares(p: float, count: int, seed: int) -> Functional:
    answers = (np.random.default_rng(seed).random(count) < p).astype(float)
    return ratio(answers, np.ones(count), SHARE)


def test_all_right_is_not_certain() -> None:
    result = bootstrap([ratio(np.ones(30), np.ones(30), SHARE)], np.zeros(30, dtype=np.int64), 200)
    bounds = interval(result, 0)
    assert bounds.high == 1.0
    assert bounds.low == pytest.approx(0.8865, abs=1e-3)  # Wilson's, for 30 of 30


def test_intervals_cover_about_as_often_as_they_say() -> None:
    covered = 0
    for seed in range(200):
        result = bootstrap([shares(0.8, 100, seed)], np.zeros(100, dtype=np.int64), 400, seed=seed)
        bounds = interval(result, 0)
        covered += bounds.low <= 0.8 <= bounds.high
    assert 180 <= covered <= 198


def test_a_clearly_better_method_ranks_first_and_twins_tie() -> None:
    good, poor = np.ones(200), np.zeros(200)
    good[::10], poor[::4] = 0, 1
    methods = [ratio(values, np.ones(200), SHARE) for values in (poor, good, poor)]
    result = bootstrap(methods, np.zeros(200, dtype=np.int64), 500)
    assert [(r.low, r.high) for r in rank_ranges(result)] == [(2, 3), (1, 1), (2, 3)]
    assert difference(result, 0, 2).low == difference(result, 0, 2).high == 0.0
    assert difference(result, 1, 0).low > 0.5


@pytest.mark.long
@pytest.mark.parametrize("methods", [2, 10])
def test_equal_methods_are_called_different_in_few_runs(methods: int) -> None:
    verdicts = 0
    for seed in range(300):
        # answers share the question's difficulty, as those of real methods do
        generator = np.random.default_rng(seed)
        ease = generator.beta(2, 1, size=300)
        answers = (generator.random((methods, 300)) < ease).astype(float)
        rows = [ratio(row, np.ones(300), SHARE) for row in answers]
        result = bootstrap(rows, np.zeros(300, dtype=np.int64), 1000, seed=seed)
        verdicts += any(r.low > 1 for r in rank_ranges(result))
    assert verdicts <= 0.08 * 300
