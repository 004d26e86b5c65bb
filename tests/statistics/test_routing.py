import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedllm_bench.errors import DataError
from embedllm_bench.statistics.functionals import MeanOf
from embedllm_bench.statistics.routing import (
    gap_closed,
    routing_accuracy,
    routing_gain,
    routing_macro_accuracy,
)
from embedllm_bench.statistics.units import QuestionUnits
from tests.statistics.worlds import numerical_influences, value

UNITS = QuestionUnits.of(np.array([7, 7, 2, 5]), np.array([0, 0, 0, 1]))
ROUTER, SINGLE, ORACLE = np.array([1, 0, 1, 0.5]), np.array([1, 0, 0, 0.0]), np.array([1, 1, 1, 0.5])


def test_values_by_hand() -> None:
    assert value(routing_accuracy(ROUTER, UNITS)) == pytest.approx(2.5 / 4)
    assert value(routing_accuracy(ROUTER, UNITS, np.array([1, 1, 2, 0]))) == pytest.approx(3 / 4)
    assert value(routing_macro_accuracy(ROUTER, UNITS)) == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert value(routing_gain(ROUTER, SINGLE, UNITS)) == pytest.approx(1.5 / 4)
    assert value(gap_closed(ROUTER, SINGLE, ORACLE, UNITS)) == pytest.approx(1.5 / 2.5)
    assert np.isnan(value(gap_closed(ROUTER, SINGLE, SINGLE, UNITS)))


def test_questions_of_weight_zero_need_no_outcome() -> None:
    router = np.array([1, 0, 1, np.nan])
    weights = np.array([1, 1, 1, 0.0])
    assert value(routing_accuracy(router, UNITS, weights)) == pytest.approx(2 / 3)
    with pytest.raises(DataError, match="give it weight 0"):
        routing_accuracy(router, UNITS)


def test_the_mean_of_runs_shares_units() -> None:
    first, second = np.array([1, 1, 1, 0.0]), np.array([1, 1, 0, 0.0])
    runs = MeanOf((routing_accuracy(ROUTER, UNITS, first), routing_accuracy(1 - ROUTER, UNITS, second)))
    assert value(runs) == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert runs.informative.tolist() == [True, False, True]
    with pytest.raises(DataError, match="one kind"):
        MeanOf((routing_accuracy(ROUTER, UNITS), routing_gain(ROUTER, SINGLE, UNITS)))


@given(st.integers(0, 10_000))
def test_influences_are_derivatives(seed: int) -> None:
    random = np.random.default_rng(seed)
    units = QuestionUnits.of(random.integers(0, 8, 20), random.integers(0, 3, 20))
    single, router = random.random(20), random.random(20)
    oracle, importance = np.maximum(single, router) + 0.1, random.random(20)
    weights = random.integers(1, 4, len(units)).astype(np.float64)
    for functional in (
        routing_accuracy(router, units, importance),
        routing_macro_accuracy(router, units, importance),
        routing_gain(router, single, units, importance),
        gap_closed(router, single, oracle, units, importance),
    ):
        _, influences = functional.evaluate(weights[None])
        assert influences[0] == pytest.approx(numerical_influences(functional, weights), abs=1e-6)
