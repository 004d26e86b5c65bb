"""Item response theory: what each form of it says, and whether it finds what made the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest

from embedllm_bench.errors import UsageError
from embedllm_bench.matrix import CorrectnessMatrix
from embedllm_bench.methods.irt import ItemResponse
from embedllm_bench.testing.data import repeated
from tests.helpers import questions, random_matrix

if TYPE_CHECKING:
    from embedllm_bench.arrays import FloatArray

UNIDIMENSIONAL: tuple[Literal["1pl", "2pl"], ...] = ("1pl", "2pl")


def logits(p: np.ndarray) -> FloatArray:
    wide = p.astype(np.float64)
    found: FloatArray = np.log(wide) - np.log1p(-wide)
    return found


def rasch(models: int, count: int) -> tuple[CorrectnessMatrix, FloatArray, FloatArray]:
    """Answers by one ability and a difficulty that is linear in the question's vector; both with them."""
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(count, 6))
    ability, difficulty = generator.normal(size=models), vectors @ generator.normal(size=6)
    p = 1 / (1 + np.exp(difficulty - ability[:, None]))
    correct = (generator.random(p.shape) < p).astype(np.uint8)
    asked = questions([f"t{i}" for i in range(count)], vectors=vectors.tolist())
    matrix = CorrectnessMatrix(tuple(f"m{i}" for i in range(models)), asked, correct, np.ones_like(correct))
    return matrix, ability, difficulty


def test_one_parameter_is_an_ability_less_a_difficulty() -> None:
    matrix = random_matrix(5, 60)
    found = logits(ItemResponse(parameters="1pl").fit(matrix).predict_proba(matrix.questions))
    between = found - found[0]
    np.testing.assert_allclose(between, np.repeat(between[:, :1], 60, axis=1), atol=1e-3)
    assert np.ptp(found[0]) > 0.1  # and questions do differ


def test_two_parameters_stretch_the_distances_between_models_alike() -> None:
    matrix = random_matrix(5, 60)
    found = logits(ItemResponse(parameters="2pl").fit(matrix).predict_proba(matrix.questions))
    between = found - found[0]
    stretch = between[1] / between[1, 0]  # (Q,), the discriminations relative to the first question's
    assert (stretch > 0).all()
    assert np.ptp(stretch) > 0.05
    np.testing.assert_allclose(between, between[:, :1] * stretch, atol=1e-3)


@pytest.mark.parametrize("parameters", UNIDIMENSIONAL)
def test_abilities_and_difficulties_are_those_that_made_the_answers(
    parameters: Literal["1pl", "2pl"],
) -> None:
    matrix, ability, difficulty = rasch(40, 600)
    train, validation = matrix.take(np.arange(500)), matrix.take(np.arange(500, 600))
    method = ItemResponse(parameters=parameters, hidden=0).fit(train, validation)
    assert np.corrcoef(method.embeddings()[:, 0], ability)[0, 1] > 0.98
    found = logits(method.predict_proba(validation.questions))
    assert np.corrcoef(found.mean(0), -difficulty[500:])[0, 1] > 0.98


def test_the_distance_of_two_models_is_how_differently_they_are_scored() -> None:
    matrix = random_matrix(6, 200)
    method = ItemResponse(device="cpu").fit(matrix)
    found = logits(method.predict_proba(matrix.questions))
    squared = ((found[:, None] - found[None]) ** 2).mean(-1)  # (M, M)
    vectors = method.embeddings()
    assert vectors.shape == (6, 32)
    distance = ((vectors[:, None] - vectors[None]) ** 2).sum(-1)
    np.testing.assert_allclose(distance, squared, rtol=1e-3, atol=1e-4)


def test_without_a_hidden_layer_items_are_linear_in_the_vector() -> None:
    matrix = random_matrix(4, 80)
    method = ItemResponse(hidden=0).fit(matrix)
    vectors = matrix.questions.embeddings[:3].copy()
    vectors[2] = (vectors[0] + vectors[1]) / 2
    found = logits(method.predict_proba(matrix.questions.take(np.arange(3)).with_embeddings(vectors)))
    np.testing.assert_allclose(found[:, 2], found[:, :2].mean(1), atol=1e-3)


def test_attempts_weigh_as_often_as_they_were_made() -> None:
    matrix = random_matrix(4, 80, missing=0.3)
    once, thrice = (
        ItemResponse().fit(given).predict_proba(matrix.questions) for given in (matrix, repeated(matrix, 3))
    )
    np.testing.assert_allclose(once, thrice, atol=1e-3)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (ItemResponse(dimension=0), "irt needs dimension >= 1 and hidden >= 0"),
        (ItemResponse(dropout=1.0), r"irt\.dropout is 1; it is at least 0 and below 1"),
        (ItemResponse(epochs=0), r"irt\.epochs is 0; it has to be above 0"),
        (ItemResponse(weight_decay=-1.0), r"irt\.weight_decay is -1; it starts at 0"),
    ],
)
def test_a_setting_that_makes_no_sense_is_one_sentence(method: ItemResponse, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        method.fit(random_matrix(2, 9))
