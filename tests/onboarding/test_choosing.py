from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from embedllm_bench.errors import UsageError
from embedllm_bench.onboarding import choosing
from embedllm_bench.onboarding.choosing import STRATEGIES, Chooser
from tests.onboarding.worlds import EVERY, KNOWN, MATRIX, POOL, chosen, codes, probe_of


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


@pytest.mark.parametrize("strategy", ["accuracy", "forecasts", "information"])
def test_a_greedy_choice_goes_on_in_batches_as_it_would_at_once(strategy: str) -> None:
    """Whatever the answers were; choosing by the variance of forecasts had errors half again as large."""
    at_once = Chooser(strategy, EVERY, codes(MATRIX)).choose(POOL, 24).questions
    asked = at_once[:8]
    while len(asked) < 24:
        allowed = EVERY.copy()
        allowed[asked] = False
        place = POOL.place(probe_of(40, asked))
        more = Chooser(strategy, allowed, codes(MATRIX)).choose(POOL, 8, place).questions
        asked = np.concatenate([asked, more])
    assert asked.tolist() == at_once.tolist()


def test_chosen_questions_leave_less_open_than_random_ones() -> None:
    mean = POOL.factors.mean(0)
    left = {
        way: float(mean @ POOL.place(probe_of(40, chosen(way, 24))).covariance @ mean)
        for way in ("accuracy", "random")
    }
    assert left["accuracy"] < 0.8 * left["random"]


def test_stratified_questions_are_spread_as_the_benchmarks_are() -> None:
    assert np.bincount(codes(MATRIX)[chosen("stratified", 30)]).tolist() == [10, 10, 10]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_of_fewer_questions_what_was_chosen_is_what_fewer_would_have_been(strategy: str) -> None:
    chooser = Chooser(strategy, EVERY, codes(MATRIX), seed=2)
    many, without = chooser.choices(POOL, 300), chooser.without_each_fold(POOL, 24)
    asked, apart = many.of(24)
    assert asked.tolist() == chooser.choose(POOL, 24).questions.tolist()
    assert (apart is None) == (without is None)
    for one, other in zip(apart or (), without or (), strict=True):
        assert one.tolist() == other.questions.tolist()
    assert many.of(300)[0].tolist() == many.choice.questions.tolist()


@pytest.mark.parametrize("strategy", ["accuracy", "forecasts", "information"])
def test_a_later_batch_looks_at_the_questions_that_the_first_one_looked_at(
    strategy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there are more of them than a greedy way looks at."""
    monkeypatch.setattr(choosing, "CANDIDATES", 60)
    chooser = Chooser(strategy, EVERY, codes(MATRIX))
    looked_at = set(chooser.choose(POOL, 60).questions.tolist())
    asked = chooser.choose(POOL, 30).questions
    allowed = EVERY.copy()
    allowed[asked] = False
    later = (
        Chooser(strategy, allowed, codes(MATRIX)).choose(POOL, 60, POOL.place(probe_of(40, asked))).questions
    )
    assert set(asked.tolist()) <= looked_at
    assert looked_at - set(asked.tolist()) <= set(later.tolist())  # and as many that follow in the same order


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
    assert np.array_equal(before[0].questions, after[0].questions)
    assert Chooser("random", EVERY, codes(MATRIX)).without_each_fold(POOL, 10) is None
