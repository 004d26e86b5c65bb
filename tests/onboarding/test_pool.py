from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from embedllm_bench.errors import DataError
from embedllm_bench.onboarding.choosing import STRATEGIES, Chooser
from embedllm_bench.onboarding.place import Probe
from embedllm_bench.onboarding.pool import PoolModel
from embedllm_bench.onboarding.text import TextFeatures, TextMap
from tests.onboarding.worlds import EVERY, KNOWN, MATRIX, NEW, POOL, TRUTH, chosen, codes, probe_of


def test_without_outcomes_a_model_is_the_mean_of_the_known_ones() -> None:
    place = POOL.place(probe_of(40, np.zeros(0, dtype=np.int64)))
    assert np.array_equal(place.mean, np.zeros(POOL.factors.shape[1]))
    assert np.allclose(POOL.forecast(place), MATRIX.correct[KNOWN].mean(0))


def test_forecasts_come_closer_to_the_truth_with_every_doubling() -> None:
    order = np.random.default_rng(1).permutation(600)
    errors = [
        np.mean([(POOL.forecast(POOL.place(probe_of(m, order[:k]))) - TRUTH[m]) ** 2 for m in NEW.tolist()])
        for k in (0, 8, 32, 128, 600)
    ]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0] / 3


def test_the_order_of_the_outcomes_does_not_matter() -> None:
    asked = np.array([5, 80, 200, 17])
    one, other = POOL.place(probe_of(50, asked)), POOL.place(probe_of(50, asked[::-1]))
    assert np.allclose(one.mean, other.mean, atol=1e-12)


def test_what_was_not_asked_is_no_wrong_answer() -> None:
    hidden = np.random.default_rng(2).random(MATRIX.correct[KNOWN].shape) < 0.3
    known = MATRIX.take_models(KNOWN)
    partly = dataclasses.replace(
        known,
        correct=np.where(hidden, 0, known.correct).astype(np.uint8),
        attempts=(~hidden).astype(np.uint8),
    )
    assert (
        abs(PoolModel.fit(partly).mean.mean() - POOL.mean.mean()) < 0.01
    )  # filled with 0 it would be 30 % lower
    asked = np.arange(0, 600, 6)
    estimates = [
        PoolModel.fit(matrix).forecast(PoolModel.fit(matrix).place(probe_of(45, asked))).mean()
        for matrix in (known, partly)
    ]
    assert abs(estimates[0] - estimates[1]) < 0.03


def test_known_models_that_are_all_alike_tell_of_a_new_one_what_they_are() -> None:
    same = dataclasses.replace(MATRIX, correct=np.repeat(MATRIX.correct[:1], 60, axis=0))
    pool = PoolModel.fit(same)
    probe = Probe(np.arange(10), np.zeros(10), np.ones(10))
    assert np.array_equal(pool.forecast(pool.place(probe)), same.correct[0])
    for strategy in STRATEGIES:
        assert len(Chooser(strategy, EVERY, codes(MATRIX)).choose(pool, 5).questions) == 5
    text = TextMap.fit(pool, TextFeatures.of(MATRIX.questions.embeddings))
    assert np.isfinite(text.left_out).all()


def test_too_few_known_models_are_said_to_be() -> None:
    with pytest.raises(DataError, match="2 known models are too few"):
        PoolModel.fit(MATRIX.take_models(np.arange(2)))


def test_families_are_left_out_whole_and_spread_evenly() -> None:
    families = [f"f{m % 7}" if m < 35 else m for m in range(40)]
    pool = PoolModel.fit(MATRIX.take_models(KNOWN), families)
    assert sorted(np.concatenate([part.others for part in pool.folds]).tolist()) == list(range(40))
    assert sorted(len(part.others) for part in pool.folds) == [1, 2, 2, *[5] * 7]
    assert (POOL.units, pool.units) == (40, 12)
    for part in pool.folds:
        assert not {families[m] for m in part.others} & {families[m] for m in part.models}


def test_names_that_tell_nothing_change_little() -> None:
    """Families that have nothing in common, one of them nearly half of all models."""
    families = ["big"] * 16 + [f"f{m}" for m in range(24)]
    apart = PoolModel.fit(MATRIX.take_models(KNOWN), families)
    asked = chosen("random", 64)
    errors = [
        np.mean([(pool.forecast(pool.place(probe_of(m, asked))) - TRUTH[m]) ** 2 for m in NEW.tolist()])
        for pool in (POOL, apart)
    ]
    assert apart.factors.shape[1] > POOL.factors.shape[1] - 10
    assert errors[1] < 1.1 * errors[0]


def test_the_noise_without_a_fold_knows_nothing_of_its_models() -> None:
    others = POOL.folds[0].others
    known = MATRIX.take_models(KNOWN)
    changed = known.correct.copy()
    changed[others] = 1 - changed[others]
    pool = PoolModel.fit(dataclasses.replace(known, correct=changed))
    assert np.array_equal(pool.folds[0].others, others)
    assert np.array_equal(pool.noise_without[0], POOL.noise_without[0])
    assert not np.allclose(pool.noise_without[1], POOL.noise_without[1])
    assert not np.allclose(pool.noise, POOL.noise)


def test_which_models_were_asked_the_same_questions() -> None:
    asked = np.ones((40, 600), dtype=bool)
    asked[:20, 100:] = False
    partly = dataclasses.replace(
        MATRIX.take_models(KNOWN),
        correct=np.where(asked, MATRIX.correct[KNOWN], 0).astype(np.uint8),
        attempts=asked.astype(np.uint8),
    )
    pool = PoolModel.fit(partly)
    for part, alike in zip(pool.folds, pool.told_alike, strict=True):
        for at, told in alike:
            assert {bool(model < 20) for model in part.others[at]} == {told is not None}
            assert told is None or np.flatnonzero(told).tolist() == list(range(100))
        assert sorted(np.concatenate([at for at, _ in alike]).tolist()) == list(range(len(part.others)))
    assert all(told is None for alike in POOL.told_alike for _, told in alike)
