import math

import numpy as np
import pytest

from embedllm_bench.errors import DataError
from embedllm_bench.statistics import bootstrap as module
from embedllm_bench.statistics.auroc import auroc
from embedllm_bench.statistics.bootstrap import bootstrap, interval
from embedllm_bench.statistics.forecasting import LOSS, accuracy, brier, log_loss
from embedllm_bench.statistics.functionals import SHARE, MeanOf, ratio
from embedllm_bench.statistics.intervals import Interval, paired_share, wilson
from embedllm_bench.statistics.ranks import difference, rank, rank_ranges, step_down
from embedllm_bench.statistics.routing import gap_closed, routing_accuracy
from embedllm_bench.statistics.units import QuestionUnits, collapse_single
from tests.statistics.worlds import graded


def units(questions: int, strata: int = 1) -> QuestionUnits:
    return QuestionUnits.of(np.arange(questions), np.arange(questions) % strata)


def test_the_variance_of_a_mean_by_hand() -> None:
    values = np.array([0.1, 0.5, 0.9, 0.2])
    result = bootstrap([routing_accuracy(values, units(4))], np.zeros(4, dtype=np.int64))
    assert result.covariance[0, 0] == pytest.approx(values.var(ddof=1) / 4)
    strata = np.array([0, 0, 1, 1])
    result = bootstrap([routing_accuracy(values, units(4))], strata)
    within = values[:2].var(ddof=1) * 2 + values[2:].var(ddof=1) * 2
    assert result.covariance[0, 0] == pytest.approx(within / 16)


def test_linearised_variances_agree_with_the_replicates() -> None:
    forecast = graded(0, models=20, questions=400, steps=1000, groups=400)
    for metric in (accuracy, brier, log_loss, auroc):
        result = bootstrap([metric(forecast)], forecast.units.strata, 2000)
        assert result.replicate_values.var() == pytest.approx(result.covariance[0, 0], rel=0.12)
        assert result.replicate_covariance.mean() == pytest.approx(result.covariance[0, 0], rel=0.05)


def test_covariances_give_the_variance_of_a_difference() -> None:
    a, b = np.random.default_rng(0).random((2, 50))
    here = units(50, 3)
    both = bootstrap([routing_accuracy(a, here), routing_accuracy(b, here)], here.strata, 20)
    single = bootstrap([routing_accuracy(a - b + 1, here)], here.strata, 20)
    contrast = np.array([1, -1])
    assert contrast @ both.covariance @ contrast == pytest.approx(single.covariance[0, 0])
    assert np.einsum("i,bij,j->b", contrast, both.replicate_covariance, contrast) == pytest.approx(
        single.replicate_covariance[:, 0, 0]
    )


def test_replicates_depend_on_the_seed_only(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = np.random.default_rng(0).random((2, 50))
    here = units(50, 3)
    first, second = routing_accuracy(a, here), routing_accuracy(b, here)
    alone = bootstrap([first], here.strata, 100, seed=3)
    monkeypatch.setattr(module, "WORKING_MEMORY", 10_000)
    together = bootstrap([second, first], here.strata, 100, seed=3)
    assert np.allclose(together.replicate_values[:, 1], alone.replicate_values[:, 0], rtol=1e-12)
    other = bootstrap([first], here.strata, 100, seed=4)
    assert not np.allclose(other.replicate_values, alone.replicate_values)


def test_weights_keep_the_size_of_every_stratum() -> None:
    strata = np.array([1, 0, 1, 0, 1, 2, 2])
    (weights,) = module._Design.of(strata).draw(500, 500, 0)
    for stratum in range(3):
        assert (weights[:, strata == stratum].sum(axis=1) == (strata == stratum).sum()).all()
    assert weights.mean(axis=0) == pytest.approx(1, abs=0.15)


def test_lone_units_are_put_together() -> None:
    assert collapse_single(np.array([4, 4, 7, 9])).tolist() == [0, 0, 1, 1]
    assert collapse_single(np.array([4, 4, 4, 7, 8, 8])).tolist() == [0, 0, 0, 1, 1, 1]
    assert collapse_single(np.array([4])).tolist() == [0]
    assert collapse_single(np.array([4, 5])).tolist() == [0, 0]


def test_one_unit_says_nothing_about_its_variance() -> None:
    result = bootstrap([ratio(np.array([0.3]), np.ones(1), LOSS)], np.array([0]), 50)
    assert result.values[0] == pytest.approx(0.3)
    assert math.isnan(interval(result, 0).low)


@pytest.mark.parametrize(("right", "low", "high"), [(0.0, 0.0, 0.7935), (1.0, 0.2065, 1.0)])
def test_a_share_of_one_unit_has_wilson_s_interval_for_one(right: float, low: float, high: float) -> None:
    result = bootstrap([ratio(np.array([right]), np.ones(1), SHARE)], np.array([0]), 50)
    found = interval(result, 0)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


def test_undefined_values_have_undefined_intervals() -> None:
    here = units(20)
    same = np.ones(20)
    result = bootstrap([gap_closed(same, same, same, here)], here.strata, 50)
    assert math.isnan(result.values[0])
    assert math.isnan(interval(result, 0).low)
    assert not rank(result).better.any()


def test_replicates_without_a_value_are_left_out_unless_they_are_many() -> None:
    here, outcome = units(12), (np.arange(12) % 2).astype(np.float64)
    for counted, defined in ((1, False), (6, True)):
        weights = (np.arange(12) < counted).astype(np.float64)
        functional = MeanOf((gap_closed(outcome, np.zeros(12), np.ones(12), here, weights),) * 2)
        other = gap_closed(outcome / 2, np.zeros(12), np.ones(12), here, weights)
        result = bootstrap([functional, other], here.strata, 500)
        assert np.isnan(result.replicate_values).any() or defined
        assert np.isfinite(interval(result, 0).low) == defined
        assert np.isfinite(difference(result, 0, 1).low) == defined
        assert not rank(result).better.any() or defined


def test_metrics_of_different_kinds_or_units_do_not_mix() -> None:
    forecast, here = graded(0), units(20)
    with pytest.raises(DataError, match="one kind"):
        bootstrap([accuracy(forecast), brier(forecast)], forecast.units.strata)
    with pytest.raises(DataError, match="over the 20 units"):
        bootstrap([accuracy(forecast)], here.strata)


def test_wilson_against_published_values() -> None:
    """Newcombe 1998, Statistics in Medicine 17, table I: 81/263, 15/148, 0/20, 1/29."""
    for right, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (1, 29, 0.0061, 0.1718),
    ):
        outcome = (np.arange(n) < right).astype(np.float64)
        result = bootstrap([routing_accuracy(outcome, units(n))], np.zeros(n, dtype=np.int64), 2)
        found = interval(result, 0)
        assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert wilson(0.0, 0.0, 20).high == pytest.approx(0.1611, abs=5e-5)


def test_paired_shares_by_hand() -> None:
    """Two discordant pairs one way, one the other, of ten: (2 + 1) / 12 and (1 + 1) / 12 (Bonett & Price 2012)."""
    unit_differences = np.array([1.0, 1, -1] + [0] * 7)
    found = paired_share(0.1, unit_differences.var(ddof=1) / 10, 10)
    half = 1.959964 * np.sqrt((3 / 12 + 2 / 12 - (1 / 12) ** 2) / 12)
    assert (found.low, found.high) == pytest.approx((1 / 12 - half, 1 / 12 + half))


def test_intervals_stay_in_range_and_have_a_width() -> None:
    here = units(30)
    sure, nearly = np.ones(30), (np.arange(30) > 0).astype(np.float64)
    result = bootstrap([routing_accuracy(sure, here), routing_accuracy(nearly, here)], here.strata, 500)
    assert 0.85 < interval(result, 0).low < interval(result, 1).high <= 1
    gap = difference(result, 0, 1)
    assert gap.low < 0 < gap.high < 0.3


def test_identical_methods_are_tied_and_a_far_better_one_is_first() -> None:
    random = np.random.default_rng(0)
    here = units(200, 4)
    weak, strong = (random.random(200) < 0.4).astype(float), (random.random(200) < 0.9).astype(float)
    result = bootstrap([routing_accuracy(x, here) for x in (weak, strong, weak)], here.strata)
    ranking = rank(result)
    assert ranking.first.tolist() == [2, 1, 2]
    assert ranking.last.tolist() == [3, 1, 3]
    assert rank_ranges(result)[0] == Interval(2.0, 3.0)
    assert difference(result, 1, 0).low > 0
    assert difference(result, 0, 2).low < 0 < difference(result, 0, 2).high


def test_a_loss_is_better_when_lower() -> None:
    here = units(100)
    losses = np.random.default_rng(0).random((2, 100)) * 0.2 + np.array([[0.0], [0.5]])
    result = bootstrap([ratio(loss, np.ones(100), LOSS) for loss in losses], here.strata)
    assert rank(result).first.tolist() == [1, 2]


def test_step_down_finds_what_one_step_does_not() -> None:
    replicates = np.abs(np.random.default_rng(0).normal(size=(5000, 40)))
    observed = np.concatenate([np.full(39, 9.0), [2.1]])
    found, _ = step_down(observed, replicates, 0.95)
    assert found.all()  # 2.1 alone is beyond 1.96, among 40 it would need 3.2
    found, critical = step_down(np.full(40, 2.1), replicates, 0.95)
    assert not found.any()
    assert critical == pytest.approx(3.22, abs=0.1)


def test_equal_runs_are_no_more_certain_than_one() -> None:
    outcome = (np.random.default_rng(0).random(60) < 0.7).astype(float)
    one = routing_accuracy(outcome, units(60))
    result = bootstrap([one, MeanOf((one, one, one))], units(60).strata, 50)
    assert result.covariance == pytest.approx(result.covariance[0, 0])
