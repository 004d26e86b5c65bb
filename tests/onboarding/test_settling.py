from __future__ import annotations

import numpy as np
import pytest

from embedllm_bench.onboarding.choosing import Chooser
from embedllm_bench.onboarding.estimating import AnsweredEstimator, Target, quantile, targets
from embedllm_bench.onboarding.settling import AMONG, IN_BATCHES, Settled, least_missed
from tests.onboarding.worlds import BENCHMARKS, EVERY, MATRIX, POOL, codes

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
    settled = Settled.of(TARGET, codes(MATRIX), None, [24])
    assert settled.asked == 24
    assert tuple(settled.missed) == AMONG
    for way, missed in settled.missed.items():
        chooser = Chooser(way, EVERY, codes(MATRIX))
        assert missed == AnsweredEstimator.of(TARGET, *chooser.choices(POOL, 24).of(24)).missed[-1]
    assert settled.way == least_missed(settled.missed)


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
    assert AnsweredEstimator.of(TARGET, asked).missed[-1] == pytest.approx(expected)


def test_in_batches_the_ways_are_tried_where_one_of_them_is_narrow_enough() -> None:
    counts = [16, 32, 48]
    widths = [
        quantile(POOL.units)
        * min(Settled.of(TARGET, codes(MATRIX), None, [k]).missed[way] for way in IN_BATCHES)
        for k in counts
    ]
    assert widths[0] > widths[1] > widths[2]
    for until, asked in ((1.0, 16), (widths[0], 16), (widths[1], 32), (widths[2], 48), (1e-6, 48)):
        settled = Settled.of(TARGET, codes(MATRIX), None, counts, until)
        assert (settled.asked, tuple(settled.missed)) == (asked, IN_BATCHES)
