from __future__ import annotations

import numpy as np
import pytest

from embedllm_bench.cards.traits import Traits
from embedllm_bench.onboarding.cards import (
    CardPrior,
    coordinates,
    families_to_leave_out,
    size_means,
)
from embedllm_bench.onboarding.estimating import AnsweredEstimator, Target, targets
from embedllm_bench.onboarding.place import Probe, by_covariance
from embedllm_bench.onboarding.pool import PoolModel
from tests.onboarding.worlds import BENCHMARKS, codes, world

MATRIX, _ = world(models=60, questions=400, seed=0)
KNOWN, NEW = np.arange(40), np.arange(40, 60)
#: Size tells how able a model is, but for chance.
ABILITY = MATRIX.correct.mean(1)
SIZE = 10 ** (9 + 3 * ABILITY + 0.1 * np.random.default_rng(0).normal(size=60))
TRAITS = [Traits(parameters=round(size), family=f"family-{m % 5}") for m, size in enumerate(SIZE.tolist())]
POOL = PoolModel.fit(MATRIX.take_models(KNOWN))
CARDS = CardPrior.fit(POOL, [TRAITS[m] for m in KNOWN], strangers=False)
NOTHING = Probe(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))


def error(asked: int, *, told: bool) -> float:
    """Mean absolute error of mean accuracy of the new models after so many outcomes."""
    target, questions = Target.of(POOL, targets(codes(MATRIX), BENCHMARKS)), np.arange(asked)
    estimator = AnsweredEstimator.of(target, questions, None, CARDS.left_out if told else None)
    new = NEW.tolist()
    probes = [Probe(questions, MATRIX.correct[m, questions].astype(float), np.ones(asked)) for m in new]
    places = POOL.places(probes, CARDS.read_all([TRAITS[m] for m in new]) if told else None)
    return float(np.abs(estimator.estimate(probes, places).value[:, -1] - ABILITY[NEW]).mean())


def test_a_known_model_stands_where_its_outcomes_lie_along_the_factors() -> None:
    places = coordinates(POOL, POOL.whole)
    mean, factors = POOL.whole.mixed(POOL.outcomes)
    assert places.shape == (40, factors.shape[1])
    assert places.mean(0) == pytest.approx(0, abs=1e-9)
    rest = POOL.outcomes - mean - places @ factors.T
    assert rest @ factors == pytest.approx(0, abs=1e-6)


def test_a_card_alone_is_better_than_nothing_and_outcomes_are_better_still() -> None:
    assert error(0, told=True) < 0.5 * error(0, told=False)
    assert error(8, told=True) < error(8, told=False)
    assert error(64, told=True) < error(0, told=True)
    assert error(400, told=True) < 0.01


def test_a_card_that_says_nothing_is_as_good_as_none() -> None:
    believed, plain = POOL.place(NOTHING, CARDS.read(Traits())), POOL.place(NOTHING)
    assert np.array_equal(believed.mean, plain.mean)
    assert np.array_equal(believed.covariance, plain.covariance)


def test_a_prior_of_zero_and_one_is_the_prior_that_there_is_without_cards() -> None:
    width = POOL.factors.shape[1]
    plain = POOL.place(NOTHING)
    asked = np.arange(30)
    probe = Probe(asked, MATRIX.correct[50, asked].astype(float), np.ones(30))
    assert plain.mean.tolist() == [0.0] * width
    assert POOL.place(probe, plain).mean == pytest.approx(POOL.place(probe).mean)


def test_several_are_read_and_placed_as_each_alone() -> None:
    asked = (np.arange(30), np.arange(10, 40), np.arange(30), np.arange(0))
    shares = [MATRIX.correct[50 + m, at].astype(float) for m, at in enumerate(asked)]
    probes = [Probe(at, share, np.ones(len(at))) for at, share in zip(asked, shares, strict=True)]
    probes[2] = Probe(asked[2], shares[2], np.full(30, 2.0))  # asked the same twice as often
    traits = [*TRAITS[50:53], Traits(parameters=10**9, family="unknown")]
    priors = CARDS.read_all(traits)
    for given in (None, priors):
        for number, place in enumerate(POOL.places(probes, given)):
            prior = None if given is None else CARDS.read(traits[number])
            alone = POOL.place(probes[number], prior)
            assert place.mean == pytest.approx(alone.mean, abs=1e-9)
            assert place.covariance == pytest.approx(alone.covariance, abs=1e-9)


def test_models_asked_the_same_are_placed_and_estimated_as_each_alone() -> None:
    asked = np.arange(30)
    new = NEW.tolist()[:6]
    probes = [Probe(asked, MATRIX.correct[m, asked].astype(float), np.ones(30)) for m in new]
    stranger = Traits(parameters=10**9, family="unknown")
    priors = CARDS.read_all([stranger if m % 2 else TRAITS[m] for m in new])
    assert by_covariance(priors) == [[0, 2, 4], [1, 3, 5]]
    places = POOL.places(probes, priors)
    target = Target.of(POOL, targets(codes(MATRIX), BENCHMARKS))
    estimator = AnsweredEstimator.of(target, asked, None, CARDS.left_out)
    together = estimator.estimate(probes, places)
    for row, (probe, prior, place) in enumerate(zip(probes, priors, places, strict=True)):
        alone = POOL.place(probe, prior)
        assert place.mean == pytest.approx(alone.mean, abs=1e-9)
        assert place.covariance == pytest.approx(alone.covariance, abs=1e-9)
        estimate = estimator.estimate([probe], [alone])
        for name in ("value", "low", "high"):
            assert getattr(together, name)[row] == pytest.approx(getattr(estimate, name)[0], abs=1e-9)


def test_families_are_left_out_where_there_are_three_and_none_is_most_of_all() -> None:
    known = [Traits(family="a"), Traits(family="b"), Traits(), Traits(family="a")]
    assert families_to_leave_out(known) == ["a", "b", 2, "a"]
    assert families_to_leave_out(known[:2]) is None
    assert families_to_leave_out([*known, Traits(family="a")]) is None


def test_for_strangers_known_models_are_read_as_strangers() -> None:
    """Then a card leaves more open."""
    kin, strangers = (
        CardPrior.fit(POOL, [TRAITS[m] for m in KNOWN], strangers=asked).left_out for asked in (False, True)
    )
    for fold, others in zip(kin, strangers, strict=True):
        assert len(fold) == len(others)
    wider = np.mean([
        np.diag(other.covariance).sum() > np.diag(one.covariance).sum()
        for fold, others in zip(kin, strangers, strict=True)
        for one, other in zip(fold, others, strict=True)
    ])  # fmt: skip
    assert wider == 1.0


def test_what_cards_say_of_a_fold_s_models_is_learned_from_the_others() -> None:
    for part, places in zip(POOL.folds, CARDS.left_out, strict=True):
        others = CARDS.whole.without(part.others, coordinates(POOL, part))
        said = others.read_all([TRAITS[m] for m in part.others])
        width = len(said[0].mean)
        for place, belief in zip(places, said, strict=True):
            assert np.array_equal(place.mean[:width], belief.mean)
            assert np.array_equal(np.diag(place.covariance)[:width], belief.variance)


def test_models_of_its_size_or_all() -> None:
    known = np.array([[0.2, 0.4, 0.9]])
    traits = [Traits(parameters=10**9), Traits(parameters=1_500_000_000), Traits(parameters=70 * 10**9)]
    assert size_means(known, traits, Traits(parameters=500_000_000)) == pytest.approx([0.3])
    assert size_means(known, traits, Traits(parameters=7 * 10**9)) == pytest.approx(
        [0.5]
    )  # none of that size
    assert size_means(known, traits, Traits()) == pytest.approx([0.5])
