import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr

from embedllm_bench.errors import DataError
from embedllm_bench.statistics.across_models import kendall, mae, rmse, spearman
from tests.statistics.worlds import numerical_influences, value

METRICS = (mae, rmse, kendall, spearman)


def test_errors_by_hand() -> None:
    predicted = np.array([[0.5, 0.7, 0.9], [0.2, np.nan, 0.4]])
    actual = np.array([[0.5, 0.4, 0.9], [0.2, 0.3, 0.5]])
    assert value(mae(predicted[0], actual[0])) == pytest.approx(0.1)
    assert value(rmse(predicted[0], actual[0])) == pytest.approx(np.sqrt(0.03))
    assert value(mae(predicted, actual)) == pytest.approx((0.1 + 0.05) / 2)
    assert value(rmse(predicted[0], predicted[0])) == 0


@given(st.integers(0, 10_000))
def test_correlations_agree_with_scipy(seed: int) -> None:
    """Ties on both sides, and models repeated by weights as if they stood in the table as often."""
    random = np.random.default_rng(seed)
    x, y = random.integers(0, 6, (2, 15)).astype(np.float64)
    x[:2], y[:2] = [0, 5], [0, 5]
    counts = random.integers(0, 4, 15)
    counts[:2] = 1
    weights = counts.astype(np.float64)
    copies = np.repeat(np.arange(15), counts)
    assert value(kendall(x, y), weights) == pytest.approx(kendalltau(x[copies], y[copies]).statistic)
    assert value(spearman(x, y), weights) == pytest.approx(spearmanr(x[copies], y[copies]).statistic)


@pytest.mark.parametrize("metric", METRICS)
@given(seed=st.integers(0, 10_000))
def test_influences_are_derivatives(metric: object, seed: int) -> None:
    random = np.random.default_rng(seed)
    predicted, actual = random.integers(0, 9, (2, 3, 12)) / 9
    predicted[:, :2], actual[:, :2] = [0, 1], [0, 0.9]
    predicted[1, 3] = np.nan
    assert callable(metric)
    functional = metric(predicted, actual)
    weights = random.integers(1, 4, 12).astype(np.float64)
    # integers are exact in float32, fractions of a step are not; a step of 1/64 is
    numerical = numerical_influences(functional, weights, 2**-6)
    _, influences = functional.evaluate(weights[None])
    assert influences[0] == pytest.approx(numerical, abs=3e-4)
    assert weights @ influences[0] == pytest.approx(0, abs=1e-9)


def test_models_not_asked_have_no_influence() -> None:
    predicted, actual = np.random.default_rng(0).random((2, 8))
    predicted[3] = np.nan
    for metric in METRICS:
        functional = metric(predicted, actual)
        assert functional.evaluate(np.ones((1, 8)))[1][0, 3] == 0
        assert value(functional) == value(metric(np.delete(predicted, 3), np.delete(actual, 3)))


def test_a_constant_side_is_undefined_and_shapes_are_checked() -> None:
    assert np.isnan(value(kendall(np.ones(5), np.arange(5.0))))
    assert np.isnan(value(spearman(np.ones(5), np.arange(5.0))))
    with pytest.raises(DataError, match="one shape"):
        mae(np.ones(5), np.ones((1, 5)))
