from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedllm_bench.onboarding.baselines import plain_mean
from embedllm_bench.onboarding.choosing import Chooser
from embedllm_bench.onboarding.estimating import AnsweredEstimator, Target, Unseen, UnseenEstimator, targets
from embedllm_bench.onboarding.place import Probe
from embedllm_bench.onboarding.pool import PoolModel
from embedllm_bench.onboarding.text import TextFeatures, TextMap
from tests.onboarding.worlds import (
    BENCHMARKS,
    EVERY,
    KNOWN,
    MATRIX,
    NEW,
    POOL,
    chosen,
    codes,
    probe_of,
    world,
)

if TYPE_CHECKING:
    from embedllm_bench.arrays import FloatArray
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.onboarding.estimating import Estimates


def estimated(estimator: AnsweredEstimator, *probes: Probe) -> Estimates:
    return estimator.estimate(probes, POOL.places(probes))


@pytest.mark.parametrize("strategy", ["random", "accuracy"])
def test_estimates_beat_the_plain_mean_and_their_intervals_hold(strategy: str) -> None:
    target = Target.of(POOL, targets(codes(MATRIX), BENCHMARKS))
    chooser = Chooser(strategy, EVERY, codes(MATRIX))
    asked, without = chooser.choices(POOL, 40).of(40)
    estimator = AnsweredEstimator.of(target, asked, without)
    truth = MATRIX.correct[NEW] @ target.weights.T  # (20, 4)
    found = estimated(estimator, *(probe_of(m, asked) for m in NEW.tolist()))
    errors = np.abs(found.value - truth)
    plain = np.abs([plain_mean(POOL, probe_of(m, chosen("random", 40))) for m in NEW.tolist()] - truth[:, -1])
    assert errors[:, -1].mean() < plain.mean()
    held = np.mean((found.low <= truth) & (truth <= found.high))
    assert 0.8 <= held <= 0.98  # nominal .9; 20 models, four targets that hang together


def test_known_models_are_asked_what_would_have_been_chosen_without_them() -> None:
    target = Target.of(POOL, targets(codes(MATRIX), BENCHMARKS))
    asked, without = Chooser("accuracy", EVERY, codes(MATRIX)).choices(POOL, 40).of(40)
    assert without is not None
    told = AnsweredEstimator.of(target, asked, without)
    first = AnsweredEstimator.of(target, asked, (without[0], *[asked] * (len(without) - 1)))
    untold = AnsweredEstimator.of(target, asked)
    assert not np.allclose(told.scale, untold.scale)
    assert not np.allclose(first.scale, untold.scale)  # every fold by its own
    assert np.allclose(
        first.missed.without[0], untold.missed.without[0]
    )  # of the models outside the first fold


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


def relatives(seed: int) -> tuple[CorrectnessMatrix, list[str]]:
    """Twenty families of four models that are hardly different, each family with a factor of its own."""
    generator = np.random.default_rng(seed)
    matrix, _ = world(models=80, questions=400, seed=seed)
    own = np.repeat(generator.normal(size=(20, 400)), 4, axis=0) + generator.normal(size=(20, 1)).repeat(4, 0)
    p = 1 / (1 + np.exp(-1.5 * own - 0.2 * generator.normal(size=(80, 1))))
    correct = (generator.random(p.shape) < p).astype(np.uint8)
    return dataclasses.replace(matrix, correct=correct), [f"f{m // 4}" for m in range(80)]


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


@pytest.mark.parametrize("gaps", ["a benchmark of half the models", "a benchmark of all but five", "45 %"])
def test_what_known_models_were_not_asked_they_do_not_vouch_for(gaps: str) -> None:
    for held in held_with_gaps(gaps, taken_for_answers=False):
        assert held.min() >= 0.86  # nominal .9; of every benchmark and of all questions
        assert held.max() <= 0.98


@pytest.mark.parametrize("gaps", ["a benchmark of all but five", "45 %"])
def test_taken_for_answers_fits_of_known_models_would_make_intervals_too_narrow(gaps: str) -> None:
    """Prints the shares; `-s` shows them."""
    answered, unseen = held_with_gaps(gaps, taken_for_answers=True)
    print(gaps, answered.round(3), unseen.round(3))  # noqa: T201 - the figures
    assert max(answered[2], unseen[2]) < 0.86  # of the benchmark with gaps; nominal .9


def held_with_gaps(gaps: str, *, taken_for_answers: bool) -> tuple[FloatArray, FloatArray]:
    """Of new models in twelve worlds, shares (4,) whose truth is in their intervals: of all questions, and unseen."""
    held = [held_in_a_world(gaps, seed, taken_for_answers=taken_for_answers) for seed in range(12)]
    answered, unseen = zip(*held, strict=True)
    return np.mean(answered, axis=0), np.mean(unseen, axis=0)


def held_in_a_world(gaps: str, seed: int, *, taken_for_answers: bool) -> tuple[FloatArray, FloatArray]:
    """Of 30 new models after 48 questions, with 30 known ones that were not asked everything."""
    matrix, _ = world(models=60, questions=300, seed=seed)
    generator, known, new = np.random.default_rng(seed + 1000), np.arange(30), np.arange(30, 60)
    asked = np.ones((30, 300), dtype=bool)
    if gaps == "45 %":
        asked = generator.random(asked.shape) > 0.45
    else:
        asked[np.ix_(np.arange(15 if "half" in gaps else 25), np.flatnonzero(codes(matrix) == 2))] = False
    partly = dataclasses.replace(
        matrix.take_models(known),
        correct=np.where(asked, matrix.correct[known], 0).astype(np.uint8),
        attempts=asked.astype(np.uint8),
    )
    seen, test, probed = np.arange(240), np.arange(240, 300), generator.permutation(240)[:48]
    probes = [Probe(probed, matrix.correct[m, probed].astype(float), np.ones(48)) for m in new.tolist()]
    whole, pool = (PoolModel.fit(part) for part in (partly, partly.take(seen)))
    if taken_for_answers:
        whole, pool = (dataclasses.replace(one, asked=np.ones_like(one.asked)) for one in (whole, pool))
    target = Target.of(whole, targets(codes(matrix), BENCHMARKS))
    found = AnsweredEstimator.of(target, probed).estimate(probes, whole.places(probes))
    text = TextMap.fit(pool, TextFeatures.of(matrix.questions.embeddings[seen]))
    weights = targets(codes(matrix)[test], BENCHMARKS)
    sets = Unseen.of(
        text.forecast(matrix.questions.embeddings[test]), weights, targets(codes(matrix)[seen], BENCHMARKS)
    )
    estimator = UnseenEstimator.of(pool, text, probed, sets)
    return (
        _held(found, matrix.correct[new] @ target.weights.T),
        _held(estimator.estimate(pool.places(probes)), matrix.correct[np.ix_(new, test)] @ weights.T),
    )


def _held(found: Estimates, truth: FloatArray) -> FloatArray:
    return np.asarray(((found.low <= truth) & (truth <= found.high)).mean(0))


def test_intervals_hold_where_every_question_was_asked_five_times() -> None:
    """Were noise, which is read off shares, divided by the attempts, they would not."""
    held: list[FloatArray] = []
    divided: list[FloatArray] = []
    for seed in range(12):
        matrix, p = world(models=60, questions=300, seed=seed)
        generator = np.random.default_rng(seed + 1000)
        five = np.full(p.shape, 5, dtype=np.uint8)
        matrix = dataclasses.replace(
            matrix, correct=generator.binomial(five, p).astype(np.uint8), attempts=five
        )
        pool, asked = PoolModel.fit(matrix.take_models(np.arange(30))), generator.permutation(300)[:16]
        target, share = Target.of(pool, targets(codes(matrix), BENCHMARKS)), matrix.correct / five
        probes = [Probe(asked, share[m, asked], np.full(16, 5.0)) for m in range(30, 60)]
        estimator, fifth = (
            AnsweredEstimator.of(target, asked),
            dataclasses.replace(pool, noise=pool.noise / 5),
        )
        for shares, placed in ((held, pool), (divided, fifth)):
            found = estimator.estimate(probes, placed.places(probes))
            shares.append(_held(found, share[30:] @ target.weights.T))
    assert np.mean(divided, axis=0).max() < 0.75
    assert np.mean(held, axis=0).min() >= 0.86  # nominal .9
    assert np.mean(held, axis=0).max() <= 0.98


def test_a_benchmark_that_no_known_model_was_asked_has_an_interval_that_says_nothing() -> None:
    asked = np.ones((40, 600), dtype=bool)
    asked[:, codes(MATRIX) == 2] = False
    correct = np.where(asked, MATRIX.correct[KNOWN], 0).astype(np.uint8)
    partly = dataclasses.replace(MATRIX.take_models(KNOWN), correct=correct, attempts=asked.astype(np.uint8))
    pool = PoolModel.fit(partly)
    target = Target.of(pool, targets(codes(MATRIX), BENCHMARKS))
    probed = np.flatnonzero(codes(MATRIX) == 0)[:30]
    estimator = AnsweredEstimator.of(target, probed)
    found = estimator.estimate([probe_of(50, probed)], pool.places([probe_of(50, probed)]))
    assert np.isfinite(found.value).all()
    assert estimator.units.tolist() == [40, 40, 0, 40]
    assert found.half_width[0, 2] > 2 * found.half_width[0, 1]
