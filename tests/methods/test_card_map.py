from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedllm_bench.cards.traits import Traits
from embedllm_bench.methods.card_map import GRID, SHARED, CardMap, related_to
from embedllm_bench.methods.embedllm import EmbedLLM
from tests.helpers import random_matrix

BILLION = 1_000_000_000
FAMILIES = ("Qwen", "Llama", "Gemma", "Phi", "Yi", "OLMo")


def made(count: int, seed: int = 0) -> tuple[list[Traits], np.ndarray]:
    """Models whose first coordinate is size and family, whose second is nothing but chance."""
    generator = np.random.default_rng(seed)
    size, family = generator.uniform(8, 11, count), generator.integers(len(FAMILIES), size=count)
    effect = generator.normal(size=len(FAMILIES))
    first = (size - 9.5) + effect[family] + 0.2 * generator.normal(size=count)
    coordinates = np.stack([first, generator.normal(size=count)], axis=1)
    traits = [
        Traits(parameters=round(10**s), family=FAMILIES[f], weights=f"model-{m}")
        for m, (s, f) in enumerate(zip(size.tolist(), family.tolist(), strict=True))
    ]
    return traits, coordinates - coordinates.mean(0)


def without(traits: Traits, gone: set[str]) -> Traits:
    """The same model with less known of it."""
    return Traits.of_content({k: None if k in gone else v for k, v in traits.content().items()})


def test_two_models_are_alike_in_what_is_known_of_both() -> None:
    one = Traits(7 * BILLION, "Qwen", "Qwen 2.5", "a", "Qwen", True, frozenset({"code", "math"}), 2025.0)
    other = Traits(7 * BILLION, "Qwen", "Qwen 2", "b", "org", True, frozenset({"code"}), 2024.0)
    size, rest, kin = related_to([one], [other])[:, 0, 0]
    assert size == 1
    assert rest == pytest.approx((1 + 0.5 + 0.5) / 4)  # tuned, a year apart, one of two tags
    assert kin == pytest.approx((1 + 1) / 5)  # family, and family of the same size
    assert related_to([one], [Traits()]).tolist() == [[[0.0]], [[0.0]], [[0.0]]]


def test_cards_tell_of_what_they_can_and_not_of_chance() -> None:
    traits, coordinates = made(120)
    known, new = np.arange(80), np.arange(80, 120)
    found = CardMap.fit([traits[m] for m in known], coordinates[known])
    beliefs = [found.read(traits[m]) for m in new]
    errors = np.array([belief.mean for belief in beliefs]) - coordinates[new]
    assert (errors[:, 0] ** 2).mean() < 0.15 * (coordinates[new, 0] ** 2).mean()
    assert beliefs[0].variance[0] < 0.2
    assert [(belief.mean[1], belief.variance[1]) for belief in beliefs] == [(0.0, 1.0)] * 40


def test_a_model_that_is_like_no_known_one_is_as_if_it_had_no_card() -> None:
    traits, coordinates = made(80)
    found = CardMap.fit(traits, coordinates)
    for nothing in (Traits(), Traits(family="Falcon", maker="org")):
        belief = found.read(nothing)
        assert (belief.mean.tolist(), belief.variance.tolist()) == ([0.0, 0.0], [1.0, 1.0])
    assert found.read(traits[0]).variance[0] < 0.5


def test_a_family_that_is_not_known_leaves_more_open() -> None:
    traits, coordinates = made(80)
    found = CardMap.fit(traits, coordinates)
    stranger = dataclasses.replace(traits[0], family="Falcon", weights="other")
    assert found.read(stranger).variance[0] > found.read(traits[0]).variance[0]
    assert [b.variance[0] for b in found.read_all([traits[0], stranger])] == [
        found.read(one).variance[0] for one in (traits[0], stranger)
    ]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.sets(st.sampled_from(["parameters", "family", "weights"])))
def test_any_field_may_be_missing_and_the_order_of_models_does_not_matter(seed: int, gone: set[str]) -> None:
    traits, coordinates = made(20, seed)
    new, traits[1] = (without(one, gone) for one in traits[:2])
    order = np.random.default_rng(seed).permutation(20)
    one = CardMap.fit(traits, coordinates).read(new)
    other = CardMap.fit([traits[m] for m in order], coordinates[order]).read(new)
    assert np.isfinite(one.mean).all()
    assert ((one.variance > 0) & (one.variance <= 1)).all()
    assert one.mean == pytest.approx(other.mean, abs=1e-8)
    assert one.variance == pytest.approx(other.variance, abs=1e-8)


def test_of_a_few_models_cards_tell_nothing_for_certain() -> None:
    traits, coordinates = made(3)
    belief = CardMap.fit(traits, coordinates).read(Traits())
    assert np.isfinite(belief.mean).all()


@pytest.mark.parametrize("vectors", ["card", "hybrid"])
def test_embedllm_reads_a_card_and_leaves_the_others_as_they_were(vectors: str) -> None:
    matrix = random_matrix(24, 200)
    named = tuple(f"org/{FAMILIES[m % 3]}-{1 + m}b" for m in range(24))
    matrix = dataclasses.replace(matrix, models=named)
    method = EmbedLLM(dimension=8, epochs=3, vectors=vectors, device="cpu").fit(matrix)  # type: ignore[arg-type]
    asked = matrix.questions, matrix.correct[0], matrix.attempts[0]
    nothing = matrix.questions, np.zeros_like(asked[1]), np.zeros_like(asked[2])
    traits = Traits(parameters=3 * BILLION, family="Qwen")
    added, untold = (method.add_described_model(traits, *outcomes) for outcomes in (asked, nothing))
    for one in (added, untold, added.add_described_model(Traits(), *asked)):
        assert np.array_equal(one.embeddings()[:24], method.embeddings())
        assert np.allclose(
            one.predict_proba(matrix.questions)[:24], method.predict_proba(matrix.questions), atol=1e-6
        )
    moved = not np.allclose(added.embeddings()[24], untold.embeddings()[24])
    assert moved == (vectors == "hybrid")  # outcomes count only there


def test_a_hybrid_without_a_card_is_what_outcomes_alone_make_of_it() -> None:
    matrix = random_matrix(24, 200)
    asked = matrix.questions, matrix.correct[0], matrix.attempts[0]
    made = [
        EmbedLLM(dimension=8, epochs=3, vectors=vectors, device="cpu").fit(matrix).add_model(*asked)
        for vectors in ("outcomes", "hybrid")
    ]
    assert np.array_equal(made[0].embeddings(), made[1].embeddings())


def test_without_some_models_it_is_what_the_others_say_by_the_same_settings() -> None:
    traits, coordinates = made(60)
    whole = CardMap.fit(traits, coordinates)
    left, rest = np.array([3, 17, 18, 40]), np.setdiff1d(np.arange(60), [3, 17, 18, 40])
    related = related_to(traits, traits)[:, rest][:, :, rest]
    own = coordinates[rest] - coordinates[rest].mean(0)
    part = whole.without(left, own)
    assert part.traits == tuple(traits[m] for m in rest.tolist())
    for reading, as_was in ((part.kin, whole.kin), (part.strangers, whole.strangers)):
        assert reading.setting.tolist() == as_was.setting.tolist()
        assert reading.left.tolist() == as_was.left.tolist()
        for at, setting in enumerate(reading.setting.tolist()):
            covariance = SHARED + np.tensordot(GRID[setting], related, axes=1) + np.eye(56)
            expected = np.linalg.solve(covariance, own[:, at]) if reading.left[at] < 1 else np.zeros(56)
            assert reading.weights[:, at] == pytest.approx(expected, abs=1e-9)
    assert (whole.kin.left < 1).any()
