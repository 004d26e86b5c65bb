"""The deferral curve on cases done by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedllm_bench.statistics.deferral import DeferralCurve, quality_neutral_cost

COST = np.array([1.0, 10.0])
#: The cheap model answers the first two questions, the dear one all but the first.
SHARE = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 1.0, 1.0, 1.0]])


def test_a_router_that_knows_pays_for_the_dear_model_only_where_it_helps() -> None:
    curve = DeferralCurve.of(SHARE, SHARE, COST)
    assert curve.cost.tolist() == pytest.approx([0.1, 0.55])
    assert curve.accuracy.tolist() == [0.5, 1.0]
    # from .1 to .55 the mean of .5 and 1, from there to 1 all right
    assert curve.area == pytest.approx((0.45 * 0.75 + 0.45 * 1.0) / 0.9)
    # the dear model has .75: half way between the two points, of a cost of 1
    assert quality_neutral_cost(curve, SHARE, COST) == pytest.approx(0.1 + 0.45 / 2)


def test_a_router_that_is_never_as_good_as_the_best_model_costs_as_much() -> None:
    curve = DeferralCurve.of(1 - SHARE, SHARE, COST)
    assert curve.accuracy[-1] < 0.75
    assert quality_neutral_cost(curve, SHARE, COST) == 1.0


def test_the_best_single_model_is_the_cheapest_of_equals_and_no_lucky_one() -> None:
    share = np.array([[1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 1.0, 0.0], [np.nan, np.nan, 1.0, np.nan]])
    for cost in (np.array([1.0, 10.0, 5.0]), np.array([10.0, 1.0, 5.0])):
        curve = DeferralCurve.of(np.nan_to_num(share), share, cost)
        assert quality_neutral_cost(curve, share, cost) == pytest.approx(1.0)  # of the cheapest


def test_models_of_one_cost_have_one_point() -> None:
    curve = DeferralCurve.of(SHARE, SHARE, np.array([3.0, 3.0]))
    assert curve.cost.tolist() == [1.0]
    assert curve.area == 1.0
    assert quality_neutral_cost(curve, SHARE, np.array([3.0, 3.0])) == 1.0


def test_a_model_that_was_not_asked_is_not_chosen_and_a_question_without_one_is_left_out() -> None:
    share = np.array([[np.nan, 1.0, np.nan], [0.0, 1.0, np.nan]])
    curve = DeferralCurve.of(np.array([[0.9, 0.2, 0.5], [0.1, 0.8, 0.5]]), share, COST)
    assert curve.cost.tolist() == pytest.approx([0.55, 1.0])
    assert curve.accuracy.tolist() == [0.5, 0.5]


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 30))
def test_a_curve_rises_within_0_and_1(seed: int, models: int, questions: int) -> None:
    generator = np.random.default_rng(seed)
    share = generator.integers(0, 2, size=(models, questions)).astype(float)
    cost = generator.uniform(0.1, 100, size=models)
    curve = DeferralCurve.of(generator.random(share.shape), share, cost)
    assert (np.diff(curve.cost) > 0).all()
    assert (np.diff(curve.accuracy) >= 0).all()
    assert curve.cost[0] == pytest.approx((cost / cost.max()).min())
    assert 0 <= curve.accuracy[0] <= curve.area + 1e-12
    assert curve.area <= curve.accuracy[-1] + 1e-12
    assert 0 < quality_neutral_cost(curve, share, cost) <= 1
