import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as sklearn_log_loss

from embedllm_bench.arrays import FloatArray
from embedllm_bench.errors import DataError
from embedllm_bench.statistics.auroc import auroc
from embedllm_bench.statistics.forecasting import (
    GradedForecast,
    accuracy,
    brier,
    brier_skill,
    ece,
    log_loss,
    macro,
    macro_accuracy,
)
from embedllm_bench.statistics.functionals import Functional, Sums
from embedllm_bench.statistics.units import QuestionUnits
from tests.statistics.worlds import graded, numerical_influences, value


def skill(forecast: GradedForecast) -> Functional:
    return brier_skill(forecast, np.full(forecast.p.shape, 0.6, dtype=np.float32))


METRICS: dict[str, Callable[[GradedForecast], Functional]] = {
    "accuracy": accuracy,
    "brier": brier,
    "log_loss": log_loss,
    "ece": ece,
    "auroc": auroc,
    "skill": skill,
    "macro_accuracy": macro_accuracy,
    "macro_auroc": lambda forecast: macro(auroc, forecast),
}
each_metric = pytest.mark.parametrize("name", METRICS)


def one_by_one(forecast: GradedForecast, weights: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Every attempt as a row: forecast, outcome, weight of its unit."""
    unit = np.broadcast_to(forecast.units.unit, forecast.p.shape).ravel()
    p = np.tile(forecast.p.astype(np.float64).ravel(), 2)
    outcome = np.repeat([1.0, 0.0], forecast.p.size)
    weight = np.concatenate([forecast.correct.ravel(), forecast.wrong.ravel()]) * np.tile(weights[unit], 2)
    return p, outcome, weight


def three_questions(p: list[float], correct: list[int], attempts: list[int]) -> GradedForecast:
    units = QuestionUnits.of(np.arange(3), np.array([0, 0, 1]))
    return GradedForecast.of(
        np.array([p], dtype=np.float32),
        np.array([correct], dtype=np.uint8),
        np.array([attempts], dtype=np.uint8),
        units,
    )


def test_values_by_hand() -> None:
    forecast = three_questions([0.75, 0.25, 0.5], [1, 1, 0], [1, 2, 1])
    # attempts: .75 right; .25 right, .25 wrong; .5 wrong
    assert value(accuracy(forecast)) == pytest.approx(2 / 4)
    assert value(brier(forecast)) == pytest.approx((0.0625 + 0.5625 + 0.0625 + 0.25) / 4)
    assert value(log_loss(forecast)) == pytest.approx(-np.log(0.75 * 0.25 * 0.75 * 0.5) / 4)
    assert value(auroc(forecast)) == pytest.approx((1 + 1 + 0.5 + 0) / 4)
    assert value(macro_accuracy(forecast)) == pytest.approx((2 / 3 + 0) / 2)
    assert value(ece(forecast)) == pytest.approx((0.25 + 0.5 + 0.5) / 4)
    assert value(brier_skill(forecast, np.full((1, 3), 0.5, dtype=np.float32))) == pytest.approx(
        1 - 0.234375 / 0.25
    )


@pytest.mark.parametrize("seed", range(4))
def test_agreement_with_scikit_learn(seed: int) -> None:
    forecast = graded(seed)
    weights = np.random.default_rng(seed).integers(0, 4, len(forecast.units)).astype(np.float64)
    p, outcome, weight = one_by_one(forecast, weights)
    assert value(auroc(forecast), weights) == pytest.approx(roc_auc_score(outcome, p, sample_weight=weight))
    assert value(brier(forecast), weights) == pytest.approx(
        brier_score_loss(outcome, p, sample_weight=weight)
    )
    assert value(log_loss(forecast), weights) == pytest.approx(
        sklearn_log_loss(outcome, p, sample_weight=weight)
    )
    assert value(accuracy(forecast), weights) == pytest.approx(
        accuracy_score(outcome, p >= 0.5, sample_weight=weight)
    )


@each_metric
@given(seed=st.integers(0, 10_000))
def test_influences_are_derivatives(name: str, seed: int) -> None:
    functional = METRICS[name](graded(seed))
    weights = np.random.default_rng(seed).integers(1, 4, len(functional.informative)).astype(np.float64)
    if isinstance(functional, Sums) and name == "ece":
        filled = functional.components.any(axis=0)
        assume((np.abs(weights @ functional.components)[filled] > 1e-3).all())  # |gap| has a kink at 0
    # AUROC multiplies in float32, so its differences need a wider step
    step, tolerance = (1e-2, 2e-3) if "auroc" in name else (1e-5, 1e-6)
    _, influences = functional.evaluate(weights[None])
    assert influences[0] == pytest.approx(numerical_influences(functional, weights, step), abs=tolerance)
    assert weights @ influences[0] == pytest.approx(0, abs=1e-5)  # all weights scaled: nothing changes


@each_metric
@given(seed=st.integers(0, 10_000))
def test_what_does_not_matter(name: str, seed: int) -> None:
    forecast, metric = graded(seed), METRICS[name]
    expected = value(metric(forecast))

    noise = np.random.default_rng(seed).random(forecast.p.shape).astype(np.float32)
    noise[0] = np.nan
    attempts = forecast.correct + forecast.wrong
    unasked = GradedForecast.of(
        np.where(attempts > 0, forecast.p, noise), forecast.correct, attempts, forecast.units
    )
    assert value(metric(unasked)) == expected

    doubled = dataclasses.replace(forecast, correct=2 * forecast.correct, wrong=2 * forecast.wrong)
    assert value(metric(doubled)) == pytest.approx(expected)

    order = np.random.default_rng(seed).permutation(forecast.p.shape[1])
    units = QuestionUnits(forecast.units.unit[order], forecast.units.strata, forecast.units.benchmark[order])
    shuffled = GradedForecast(
        forecast.p[:, order], forecast.correct[:, order], forecast.wrong[:, order], units
    )
    assert value(metric(shuffled)) == pytest.approx(expected)


@given(seed=st.integers(0, 10_000))
def test_a_unit_of_weight_two_counts_as_two_copies(seed: int) -> None:
    forecast = graded(seed)
    weights = np.ones(len(forecast.units))
    weights[3] = 2
    columns = np.concatenate([np.arange(forecast.p.shape[1]), np.flatnonzero(forecast.units.unit == 3)])
    units = QuestionUnits(
        forecast.units.unit[columns], forecast.units.strata, forecast.units.benchmark[columns]
    )
    copied = GradedForecast(
        forecast.p[:, columns], forecast.correct[:, columns], forecast.wrong[:, columns], units
    )
    for name in set(METRICS) - {"ece"}:  # whose bins are fixed on the data
        metric = METRICS[name]
        assert value(metric(forecast), weights) == pytest.approx(value(metric(copied)))


def test_binned_auroc_is_exact_on_the_data_and_close_on_replicates() -> None:
    forecast = graded(1, models=40, questions=300, steps=100_000, groups=300)
    functional = auroc(forecast)
    p, outcome, weight = one_by_one(forecast, np.ones(300))
    assert value(functional) == pytest.approx(roc_auc_score(outcome, p, sample_weight=weight))
    assert abs(functional.correction) <= functional.error_bound < 0.005
    weights = np.random.default_rng(0).multinomial(300, np.full(300, 1 / 300)).astype(np.float64)
    p, outcome, weight = one_by_one(forecast, weights)
    assert value(functional, weights) == pytest.approx(
        roc_auc_score(outcome, p, sample_weight=weight), abs=2e-4
    )


def test_equal_forecasts_share_a_bin_and_bins_have_equal_mass() -> None:
    forecast = graded(2, models=30, questions=100, steps=100_000, groups=100)
    codes = forecast.equal_mass_bins(15)
    mass = np.bincount(codes, weights=(forecast.correct + forecast.wrong)[forecast.asked])
    assert len(mass) == 15
    assert mass == pytest.approx(mass.mean(), rel=0.02)
    constant = dataclasses.replace(forecast, p=np.full_like(forecast.p, 0.3))
    assert len(np.unique(constant.equal_mass_bins(15))) == 1
    share = forecast.correct.sum() / (forecast.correct.sum() + forecast.wrong.sum())
    assert value(ece(constant)) == pytest.approx(abs(share - 0.3))


def test_undefined_values_are_nan() -> None:
    assert np.isnan(value(auroc(three_questions([0.5, 0.4, 0.1], [1, 1, 1], [1, 1, 1]))))
    nothing = three_questions([0.5, 0.4, 0.1], [0, 0, 0], [0, 0, 0])
    assert all(np.isnan(value(metric(nothing))) for metric in METRICS.values())
    assert np.isnan(value(macro_accuracy(three_questions([0.5, 0.4, 0.1], [1, 1, 0], [1, 1, 0]))))


def test_wrong_inputs_are_named() -> None:
    with pytest.raises(DataError, match=r"number in \[0, 1\]"):
        three_questions([0.5, np.nan, 0.5], [0, 0, 0], [0, 1, 0])
    with pytest.raises(DataError, match="counts of its shape"):
        three_questions([0.5, 0.5], [0, 0, 0], [0, 1, 0])
