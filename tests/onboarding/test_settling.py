from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedllm_bench.onboarding.choosing import Chooser
from embedllm_bench.onboarding.estimating import AnsweredEstimator, Missed, Target, quantile, targets
from embedllm_bench.onboarding.settling import AMONG, IN_BATCHES, Settled, Trial, least_missed
from tests.onboarding.worlds import BENCHMARKS, EVERY, MATRIX, POOL, codes

if TYPE_CHECKING:
    from embedllm_bench.onboarding.settling import Asked

TARGET = Target.of(POOL, targets(codes(MATRIX), BENCHMARKS))


@pytest.mark.parametrize(
    ("accuracy", "anchors", "random", "taken"),
    [
        (0.020, 0.030, 0.040, "accuracy"),
        (0.020, 0.0195, 0.040, "accuracy"),  # within a twentieth
        (0.020, 0.018, 0.040, "anchors"),
        (0.020, 0.018, 0.017, "random"),
    ],
)
def test_the_way_that_known_models_are_told_best_by_is_taken(
    accuracy: float, anchors: float, random: float, taken: str
) -> None:
    assert least_missed({"accuracy": accuracy, "anchors": anchors, "random": random}) == taken


def test_the_ways_are_tried_after_as_many_questions_as_the_probe_has() -> None:
    trial = Trial.of(TARGET, codes(MATRIX), None, [24])
    assert trial.asked == 24
    assert tuple(trial.missed) == AMONG
    for way, missed in trial.missed.items():
        chooser = Chooser(way, EVERY, codes(MATRIX))
        assert missed == AnsweredEstimator.of(TARGET, *chooser.choices(POOL, 24).of(24)).missed.all[-1]
    assert trial.settled.way == least_missed(trial.missed)


def test_what_was_missed_is_the_error_for_models_left_out() -> None:
    """Random questions; each fold's models are placed by components that they are no part of."""
    asked = Chooser("random", EVERY, codes(MATRIX)).choose(POOL, 40).questions
    errors = []
    for part, noise in zip(POOL.folds, POOL.noise_without, strict=True):
        mean, factors = part.at(POOL.outcomes)  # (Q,), (Q, R)
        own = factors[asked]
        covariance = np.linalg.inv(np.eye(own.shape[1]) + own.T @ (own / noise[asked, None]))
        for model in part.others:
            moved = own.T @ ((POOL.outcomes[model, asked] - mean[asked]) / noise[asked])
            told = mean + factors @ covariance @ moved
            told[asked] = POOL.outcomes[model, asked]
            errors.append(POOL.outcomes[model].mean() - told.mean())
    expected = float(np.sqrt(np.mean(np.square(errors))))
    assert AnsweredEstimator.of(TARGET, asked).missed.all[-1] == pytest.approx(expected)


def test_in_batches_the_ways_are_tried_where_one_of_them_is_narrow_enough() -> None:
    counts = [16, 32, 48]
    widths = [
        float(quantile(POOL.units))
        * min(Trial.of(TARGET, codes(MATRIX), None, [k]).missed[way] for way in IN_BATCHES)
        for k in counts
    ]
    assert widths[0] > widths[1] > widths[2]
    for until, asked in ((1.0, 16), (widths[0], 16), (widths[1], 32), (widths[2], 48), (1e-6, 48)):
        trial = Trial.of(TARGET, codes(MATRIX), None, counts, until)
        assert (trial.asked, tuple(trial.missed)) == (asked, IN_BATCHES)


def missed(all_models: float, *without: float) -> Missed:
    """Of one target, after three folds."""
    return Missed(np.array([all_models]), np.array(without)[:, None])


def test_each_fold_vouches_for_the_way_that_the_others_would_have_had_taken() -> None:
    """Not for the way that its own models had taken: the least of several errors is less than what is to come."""
    settled = Settled.by(
        {
            "accuracy": missed(0.030, 0.030, 0.020, 0.035),
            "anchors": missed(0.020, 0.020, 0.029, 0.030),
            "random": missed(0.025, 0.030, 0.030, 0.020),
        }
    )
    assert settled == Settled("anchors", ("anchors", "accuracy", "random"))
    three = tuple(np.array([fold]) for fold in range(3))
    ways = {
        "accuracy": (np.array([10]), tuple(fold + 10 for fold in three)),
        "anchors": (np.array([20]), tuple(fold + 20 for fold in three)),
        "random": (np.array([30]), None),
    }
    asked, without = settled.chosen(ways)
    assert asked.tolist() == [20]
    assert without is not None
    assert [one.tolist() for one in without] == [[20], [11], [30]]


def test_what_was_missed_without_a_fold_is_the_error_for_the_models_outside_of_it() -> None:
    errors = [np.array([[3.0], [4.0]]), np.array([[0.0], [1.0]]), np.array([[2.0]])]
    found = Missed.of(errors)
    assert found.all.tolist() == pytest.approx([(30 / 5) ** 0.5])
    assert found.without.ravel().tolist() == pytest.approx([(5 / 3) ** 0.5, (29 / 3) ** 0.5, (26 / 4) ** 0.5])


def test_what_vouches_for_a_probe_that_a_greedy_way_began_is_that_way() -> None:
    three = tuple(np.array([fold]) for fold in range(3))
    ways: dict[str, Asked] = {
        "accuracy": (np.array([7, 8]), tuple(fold + 10 for fold in three)),
        "forecasts": (np.array([8, 9]), tuple(fold + 40 for fold in three)),
        "information": (np.array([1, 2]), tuple(fold + 50 for fold in three)),
        "anchors": (np.array([20]), tuple(fold + 20 for fold in three)),
        "random": (np.array([30]), None),
    }
    anchors = Settled("anchors", ("anchors", "accuracy", "random"))
    random = Settled("random", ("random", "accuracy", "random"))
    for settled, asked, expected in (
        (anchors, [5, 6], [[20], [11], [30]]),  # its own
        (anchors, [5, 7], [[10], [11], [12]]),
        (anchors, [5, 7, 9], [[20], [11], [30]]),  # of two others one, which is not more than half
        (anchors, [5, 8, 9], [[40], [41], [42]]),
        (random, [5], [[5], [11], [5]]),
        (random, [5, 7, 8], [[10], [11], [12]]),
        (random, [5, 60], [[5, 60], [11], [5, 60]]),  # no greedy way asks 60
        (Settled("accuracy", ("accuracy", "anchors", "accuracy")), [60], [[10], [21], [12]]),
    ):
        without = settled.vouching(np.array(asked), np.array([5, 6]), 1000, lambda way: ways[way])[1]
        assert [one.tolist() for one in without or ()] == expected


@pytest.mark.parametrize(("questions", "vouching"), [(1000, 10), (8, 30)])
def test_what_a_greedy_way_would_ask_too_by_chance_is_no_sign_of_it(questions: int, vouching: int) -> None:
    ways: dict[str, Asked] = {
        way: (np.array([7, 8, 1, 2]), (np.array([10]),)) for way in ("accuracy", "forecasts", "information")
    }
    asked = np.array([5, 7, 8, 60])  # of the three that are not its own two are
    found = Settled("anchors", ("anchors",)).vouching(
        asked, np.array([5, 6]), questions, lambda way: ways.get(way, (asked, (np.array([30]),)))
    )
    assert found[1] is not None
    assert found[1][0].tolist() == [vouching]
