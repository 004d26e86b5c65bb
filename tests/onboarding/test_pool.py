from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedllm_bench.errors import DataError, UsageError
from embedllm_bench.onboarding.baselines import Ridge, benchmark_means, plain_mean
from embedllm_bench.onboarding.choosing import STRATEGIES, Chooser
from embedllm_bench.onboarding.estimating import AnsweredEstimator, Target, Unseen, UnseenEstimator, targets
from embedllm_bench.onboarding.irt import ItemResponse
from embedllm_bench.onboarding.place import Probe
from embedllm_bench.onboarding.pool import PoolModel
from embedllm_bench.onboarding.text import TextFeatures, TextMap
from tests.onboarding.worlds import BENCHMARKS, codes, world

if TYPE_CHECKING:
    from embedllm_bench.arrays import IndexArray
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.onboarding.estimating import Estimates

MATRIX, TRUTH = world(models=60, questions=600, seed=0)
KNOWN, NEW = np.arange(40), np.arange(40, 60)
POOL = PoolModel.fit(MATRIX.take_models(KNOWN))
EVERY = np.ones(600, dtype=bool)


def probe_of(model: int, asked: IndexArray) -> Probe:
    return Probe(asked, MATRIX.correct[model, asked].astype(float), np.ones(len(asked)))


def estimated(estimator: AnsweredEstimator, *probes: Probe) -> Estimates:
    return estimator.estimate(probes, POOL.places(probes))


def chosen(strategy: str, count: int) -> IndexArray:
    return Chooser(strategy, EVERY, codes(MATRIX)).choose(POOL, count).questions


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


def test_two_attempts_are_one_with_half_the_noise() -> None:
    asked = np.array([3])
    doubled = POOL.place(Probe(asked, np.ones(1), np.full(1, 2.0)))
    halved = dataclasses.replace(POOL, noise=POOL.noise / 2).place(Probe(asked, np.ones(1), np.ones(1)))
    assert np.allclose(doubled.mean, halved.mean)


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


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_way_to_choose_gives_as_many_different_allowed_questions_as_there_are(strategy: str) -> None:
    allowed = np.arange(600) % 7 == 0  # 86 of them
    chooser = Chooser(strategy, allowed, codes(MATRIX), seed=3)
    for count, expected in ((0, 0), (20, 20), (100, 86)):
        found = chooser.choose(POOL, count).questions
        assert len(set(found.tolist())) == len(found) == expected
        assert allowed[found].all()
    assert np.array_equal(chooser.choose(POOL, 20).questions, chooser.choose(POOL, 20).questions)


def test_an_unknown_way_to_choose_names_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"no way 'magic'.*random"):
        Chooser("magic", EVERY, codes(MATRIX))


def test_greedy_choice_takes_away_what_the_covariance_says() -> None:
    """The rank-one updates against the covariance computed anew."""
    choice = Chooser("accuracy", EVERY, codes(MATRIX)).choose(POOL, 12)
    mean = POOL.factors.mean(0)
    left = [float(mean @ mean)]
    for k in range(1, 13):
        covariance = POOL.place(probe_of(40, choice.questions[:k])).covariance
        left.append(float(mean @ covariance @ mean))
    assert np.allclose(choice.gain, -np.diff(left) / left[0])
    assert choice.gain[0] == max(choice.gain)


def test_chosen_questions_leave_less_open_than_random_ones() -> None:
    mean = POOL.factors.mean(0)
    left = {
        way: float(mean @ POOL.place(probe_of(40, chosen(way, 24))).covariance @ mean)
        for way in ("accuracy", "random")
    }
    assert left["accuracy"] < 0.8 * left["random"]


def test_stratified_questions_are_spread_as_the_benchmarks_are() -> None:
    assert np.bincount(codes(MATRIX)[chosen("stratified", 30)]).tolist() == [10, 10, 10]


def test_what_is_chosen_without_a_fold_does_not_depend_on_its_models_outcomes() -> None:
    """How much factors count is learned from all known models, but is the same at every question."""
    other = MATRIX.correct[KNOWN].copy()
    left_out = POOL.folds[0].others
    chooser = Chooser("anchors", EVERY, codes(MATRIX))
    before = chooser.without_each_fold(POOL, 10)
    other[left_out] = 1 - other[left_out]
    changed = dataclasses.replace(POOL, outcomes=other.astype(float))
    after = chooser.without_each_fold(changed, 10)
    assert before is not None
    assert after is not None
    assert np.array_equal(before[0], after[0])
    assert Chooser("random", EVERY, codes(MATRIX)).without_each_fold(POOL, 10) is None


@pytest.mark.parametrize("strategy", ["random", "accuracy"])
def test_estimates_beat_the_plain_mean_and_their_intervals_hold(strategy: str) -> None:
    target = Target.of(POOL, targets(codes(MATRIX), BENCHMARKS))
    chooser = Chooser(strategy, EVERY, codes(MATRIX))
    asked = chooser.choose(POOL, 40).questions
    estimator = AnsweredEstimator.of(target, asked, chooser.without_each_fold(POOL, 40))
    truth = MATRIX.correct[NEW] @ target.weights.T  # (20, 4)
    found = estimated(estimator, *(probe_of(m, asked) for m in NEW.tolist()))
    errors = np.abs(found.value - truth)
    plain = np.abs([plain_mean(POOL, probe_of(m, chosen("random", 40))) for m in NEW.tolist()] - truth[:, -1])
    assert errors[:, -1].mean() < plain.mean()
    held = np.mean((found.low <= truth) & (truth <= found.high))
    assert 0.8 <= held <= 0.98  # nominal .9; 20 models, four targets that hang together


def test_all_outcomes_leave_no_doubt() -> None:
    target = Target.of(POOL, targets(codes(MATRIX), BENCHMARKS))
    asked = np.arange(600)
    found = estimated(AnsweredEstimator.of(target, asked), probe_of(41, asked))
    assert np.allclose(found.value, [target.weights @ MATRIX.correct[41]], atol=1e-9)
    assert found.half_width.max() < 0.01


def test_texts_carry_a_place_to_questions_nobody_answered() -> None:
    seen, unseen = np.arange(480), np.arange(480, 600)
    pool = PoolModel.fit(MATRIX.take(seen).take_models(KNOWN))
    text = TextMap.fit(pool, TextFeatures.of(MATRIX.questions.embeddings[seen]))
    forecasts = text.forecast(MATRIX.questions.embeddings[unseen])
    mean, factors = pool.whole.at(forecasts)
    asked = np.arange(0, 480, 4)
    accuracies = []
    for k in (0, 120):
        p = np.stack([mean + factors @ pool.place(probe_of(m, asked[:k])).mean for m in NEW.tolist()])
        accuracies.append(((p > 0.5) == MATRIX.correct[np.ix_(NEW, unseen)]).mean())
    assert accuracies[1] > accuracies[0] + 0.05
    sets = Unseen.of(
        forecasts, targets(codes(MATRIX)[unseen], BENCHMARKS), targets(codes(MATRIX)[seen], BENCHMARKS)
    )
    estimator = UnseenEstimator.of(pool, text, asked, sets)
    truth = targets(codes(MATRIX)[unseen], BENCHMARKS) @ MATRIX.correct[np.ix_(NEW, unseen)].T  # (4, 20)
    found = estimator.estimate(pool.places([probe_of(m, asked) for m in NEW.tolist()]))
    held = np.mean((found.low <= truth.T) & (found.high >= truth.T))
    assert held >= 0.8


def test_a_question_left_out_is_forecast_as_if_it_had_not_been_there() -> None:
    pool = PoolModel.fit(MATRIX.take(np.arange(60)).take_models(KNOWN))
    text = TextMap.fit(pool, TextFeatures.of(MATRIX.questions.embeddings[:60]))
    distance = (
        np.abs(text.left_out - pool.outcomes).mean(),
        np.abs(text.forecast(MATRIX.questions.embeddings[:60]) - pool.outcomes).mean(),
    )
    assert distance[0] > distance[1]  # a forecast that has seen the answer is closer to it


def test_families_are_left_out_whole_and_spread_evenly() -> None:
    families = [f"f{m % 7}" if m < 35 else m for m in range(40)]
    pool = PoolModel.fit(MATRIX.take_models(KNOWN), families)
    assert sorted(np.concatenate([part.others for part in pool.folds]).tolist()) == list(range(40))
    assert sorted(len(part.others) for part in pool.folds) == [1, 2, 2, *[5] * 7]
    assert (POOL.units, pool.units) == (40, 12)
    for part in pool.folds:
        assert not {families[m] for m in part.others} & {families[m] for m in part.models}


def test_the_intervals_of_strangers_allow_for_what_families_have_in_common() -> None:
    held = []
    for seed in range(5):
        matrix, families = relatives(seed)
        known, new = np.arange(60), np.arange(60, 80)
        asked = np.random.default_rng(seed).permutation(400)[:30]
        both = []
        for told in (None, families[:60]):
            pool = PoolModel.fit(matrix.take_models(known), told)
            target = Target.of(pool, targets(codes(matrix), BENCHMARKS))
            estimator = AnsweredEstimator.of(target, asked)
            probes = [Probe(asked, matrix.correct[m, asked].astype(float), np.ones(30)) for m in new.tolist()]
            found, truth = estimator.estimate(probes, pool.places(probes)), matrix.correct[new].mean(1)
            both.append(np.mean((found.low[:, -1] <= truth) & (truth <= found.high[:, -1])))
        held.append(both)
    plain, apart = np.mean(held, axis=0)
    assert apart > plain
    assert 0.85 <= apart <= 0.97  # nominal .9


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


def relatives(seed: int) -> tuple[CorrectnessMatrix, list[str]]:
    """Twenty families of four models that are hardly different, each family with a factor of its own."""
    generator = np.random.default_rng(seed)
    matrix, _ = world(models=80, questions=400, seed=seed)
    own = np.repeat(generator.normal(size=(20, 400)), 4, axis=0) + generator.normal(size=(20, 1)).repeat(4, 0)
    p = 1 / (1 + np.exp(-1.5 * own - 0.2 * generator.normal(size=(80, 1))))
    correct = (generator.random(p.shape) < p).astype(np.uint8)
    return dataclasses.replace(matrix, correct=correct), [f"f{m // 4}" for m in range(80)]


def test_the_plain_ways_on_a_case_done_by_hand() -> None:
    weights = targets(codes(MATRIX), BENCHMARKS)
    asked = np.array([0, 3, 1])  # two of b0, one of b1, none of b2
    probe = Probe(asked, np.array([1.0, 0.0, 1.0]), np.ones(3))
    assert plain_mean(POOL, probe) == pytest.approx(2 / 3)
    assert benchmark_means(POOL, probe, weights) == pytest.approx([0.5, 1.0, 2 / 3, (0.5 + 1 + 2 / 3) / 3])
    nothing = Probe(asked[:0], np.zeros(0), np.zeros(0))
    assert Ridge.fit(POOL, asked[:0], weights).estimate(nothing) == pytest.approx(weights @ POOL.mean)


def test_item_response_and_ridge_read_more_than_the_mean_of_the_known_models() -> None:
    weights = targets(codes(MATRIX), BENCHMARKS)
    responses, asked = ItemResponse.fit(POOL), chosen("random", 60)
    regression = Ridge.fit(POOL, asked, weights)
    truth = MATRIX.correct[NEW].mean(1)
    known = np.abs(POOL.mean.mean() - truth).mean()
    for estimate in (
        [responses.estimate(probe_of(m, asked), weights)[-1] for m in NEW.tolist()],
        [regression.estimate(probe_of(m, asked))[-1] for m in NEW.tolist()],
    ):
        assert np.abs(np.array(estimate) - truth).mean() < known / 2


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 40))
def test_intervals_hold_their_estimate_and_are_shares(seed: int, k: int) -> None:
    generator = np.random.default_rng(seed)
    asked = generator.permutation(600)[:k]
    target = Target.of(POOL, targets(codes(MATRIX), BENCHMARKS))
    probe = Probe(asked, generator.random(k).round(), np.ones(k))
    found = estimated(AnsweredEstimator.of(target, asked), probe)
    assert (found.low >= 0).all()
    assert (found.high <= 1).all()
    assert ((found.low <= found.value) & (found.value <= found.high)).all()


def test_models_estimated_together_are_estimated_as_each_alone() -> None:
    target = Target.of(POOL, targets(codes(MATRIX), BENCHMARKS))
    asked = chosen("random", 30)
    estimator = AnsweredEstimator.of(target, asked)
    probes = [probe_of(m, asked if m % 3 else asked[::2]) for m in NEW.tolist()]
    together = estimated(estimator, *probes)
    for row, probe in enumerate(probes):
        alone = estimated(estimator, probe)
        for name in ("value", "low", "high"):
            assert getattr(together, name)[row] == pytest.approx(getattr(alone, name)[0], abs=1e-12)
