"""A new model among the known ones, without a new fit."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from embedllm_bench.matrix import CorrectnessMatrix
from embedllm_bench.methods.adding import Prior, shrunken_mean
from embedllm_bench.methods.base import AddsModels, HasEmbeddings, Method
from embedllm_bench.methods.boosting import Boosting
from embedllm_bench.methods.embedllm import EmbedLLM
from embedllm_bench.methods.ensemble import Ensemble
from embedllm_bench.methods.irt import ItemResponse
from embedllm_bench.methods.kernel import Kernel
from embedllm_bench.methods.knn import KNN
from embedllm_bench.methods.logistic import Logistic
from embedllm_bench.methods.mf import MatrixFactorization
from embedllm_bench.methods.mlp import MultiLayerPerceptron
from embedllm_bench.methods.reference import BenchmarkMean, ModelMean, SubtaskMean
from embedllm_bench.methods.uniroute import UniRoute
from tests.helpers import questions, random_matrix

METHODS: list[type[Method]] = [
    KNN,
    MatrixFactorization,
    Logistic,
    EmbedLLM,
    ModelMean,
    BenchmarkMean,
    SubtaskMean,
    UniRoute,
    ItemResponse,
    MultiLayerPerceptron,
    Kernel,
    Boosting,
    Ensemble,
]
LEARNED: list[type[Method]] = [
    KNN,
    MatrixFactorization,
    Logistic,
    EmbedLLM,
    UniRoute,
    ItemResponse,
    MultiLayerPerceptron,
    Kernel,
    Boosting,
    Ensemble,
]
NEW = 80  #: the model of the matrix that is held back


def rows(matrix: CorrectnessMatrix, models: slice) -> CorrectnessMatrix:
    return dataclasses.replace(
        matrix,
        models=matrix.models[models],
        correct=matrix.correct[models],
        attempts=matrix.attempts[models],
    )


def matrices() -> tuple[CorrectnessMatrix, CorrectnessMatrix, CorrectnessMatrix]:
    """Training and test questions of 80 known models, and all questions of 81."""
    matrix = random_matrix(NEW + 1, 400, seed=3)
    known = rows(matrix, slice(NEW))
    return known.take(np.arange(300)), known.take(np.arange(300, 400)), matrix


def added(method: Method, matrix: CorrectnessMatrix, asked: int) -> Method:
    assert isinstance(method, AddsModels)
    made = method.add_model(
        matrix.questions.take(np.arange(asked)),
        matrix.correct[NEW, :asked],
        matrix.attempts[NEW, :asked],
    )
    assert isinstance(made, Method)
    return made


@pytest.mark.parametrize("kind", METHODS)
def test_the_new_model_is_the_last_and_nothing_else_moves(kind: type[Method]) -> None:
    train, test, matrix = matrices()
    method = kind().fit(train)
    before = method.predict_proba(test.questions)
    after = added(method, matrix, 64).predict_proba(test.questions)
    assert after.shape == (NEW + 1, 100)
    assert after[:NEW] == pytest.approx(before, abs=1e-6)
    assert np.array_equal(method.predict_proba(test.questions), before)


@pytest.mark.parametrize("kind", [kind for kind in LEARNED if kind not in (Boosting, Ensemble)])
def test_three_hundred_outcomes_place_it_nearly_as_well_as_a_new_fit(kind: type[Method]) -> None:
    train, test, matrix = matrices()
    truth = matrix.correct[NEW, 300:]
    placed = added(kind().fit(train), matrix, 300).predict_proba(test.questions)[NEW]
    refit = kind().fit(matrix.take(np.arange(300))).predict_proba(test.questions)[NEW]
    hits = [float(((p >= 0.5) == truth).mean()) for p in (placed, refit)]
    assert hits[0] >= hits[1] - 0.03


@pytest.mark.parametrize("kind", [MatrixFactorization, EmbedLLM, ItemResponse, MultiLayerPerceptron])
def test_without_outcomes_it_is_the_mean_of_the_known_vectors(kind: type[Method]) -> None:
    train, _, matrix = matrices()
    method = added(kind().fit(train), matrix, 0)
    assert isinstance(method, HasEmbeddings)
    vectors = method.embeddings()
    assert vectors[NEW] == pytest.approx(vectors[:NEW].mean(0), abs=1e-5)


def test_knn_counts_an_outcome_elsewhere_at_the_nearest_training_question() -> None:
    asked = questions(["a", "b", "c"], vectors=[[0.0, 0], [5.0, 0], [9.0, 0]])
    ones = np.ones((2, 3), dtype=np.uint8)
    correct = np.array([[1, 1, 0], [1, 0, 0]], dtype=np.uint8)
    method = KNN(k=1).fit(CorrectnessMatrix(("m", "n"), asked, correct, ones))
    elsewhere = dataclasses.replace(questions(["x"], vectors=[[8.0, 0]]), ids=("elsewhere",))
    one = np.ones(1, dtype=np.uint8)
    more = method.add_model(elsewhere, one, one)
    assert more.attempts_[:, 2].tolist() == [0, 0, 1]
    # the mean of (2/3, 1/3) at its weight of 8, and one right answer
    assert float(more.means_[2]) == pytest.approx((8 * 0.5 + 1) / 9)


def test_a_place_is_a_mixture_of_the_known_vectors() -> None:
    vectors = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    prior = Prior.of(vectors)
    z = np.array([0.5, -1.0, 2.0])
    mixture = prior.mixture(z)
    assert mixture.sum() == pytest.approx(1, abs=1e-6)
    directions = prior.mixtures @ vectors
    assert mixture @ vectors == pytest.approx(vectors.mean(0) + z @ directions, abs=1e-5)
    assert directions.T @ directions == pytest.approx(np.cov(vectors.T, bias=True), abs=1e-6)


def test_a_logistic_place_is_where_the_gradient_vanishes() -> None:
    generator = np.random.default_rng(1)
    prior = Prior.of(generator.normal(size=(9, 4)).astype(np.float32))
    columns, offset = generator.normal(size=(50, 4)), generator.normal(size=50)
    attempts = generator.integers(0, 4, size=50).astype(np.uint8)
    correct = np.minimum(attempts, generator.integers(0, 4, size=50)).astype(np.uint8)
    z = prior.by_logistic(columns, offset, correct, attempts)
    p = 1 / (1 + np.exp(-(offset + columns @ z)))
    assert columns.T @ (correct - attempts * p) == pytest.approx(z, abs=1e-9)


def test_a_mixture_of_models_is_found_by_their_logits() -> None:
    """One ability and a discrimination of 1: the new model's ability is the most probable one."""
    abilities = np.array([[-1.0], [0.0], [4.0]], dtype=np.float32)
    known = np.repeat(abilities.T, 10, axis=0)  # (Q, M)
    asked = np.ones(10, dtype=np.uint8)
    correct = (np.arange(10) < 7).astype(np.uint8)
    mixture = Prior.of(abilities).mixture_by_logits(known, correct, asked)
    ability = float(mixture @ abilities[:, 0])
    p = 1 / (1 + np.exp(-ability))
    assert mixture.sum() == pytest.approx(1, abs=1e-6)
    assert 7 - 10 * p == pytest.approx((ability - 1) / abilities.var(), abs=1e-4)


def test_a_pool_of_one_model_places_every_other_beside_it() -> None:
    prior = Prior.of(np.array([[1.0, 2.0]], dtype=np.float32))
    z = prior.by_logistic(np.zeros((3, 0)), np.zeros(3), np.ones(3, np.uint8), np.ones(3, np.uint8))
    assert z.shape == (0,)
    assert prior.mixture(z).tolist() == [1.0]


@pytest.mark.parametrize(
    ("means", "right", "asked", "expected"),
    [
        ([0.4, 0.6], 0, 0, 0.5),
        ([0.4, 0.6], 8, 8, (24 * 0.5 + 8) / 32),  # .25 / .01 - 1 = 24 attempts
        ([0.5, 0.5], 8, 8, (100 * 0.5 + 8) / 108),
        ([0.0, 1.0], 1, 1, 0.75),  # known models all over the place weigh one attempt
    ],
)
def test_a_few_outcomes_move_the_mean_as_far_as_models_differ(
    means: list[float], right: int, asked: int, expected: float
) -> None:
    attempts = np.ones(asked, dtype=np.uint8)
    correct = (np.arange(asked) < right).astype(np.uint8)
    assert shrunken_mean(np.array(means, dtype=np.float32), correct, attempts) == pytest.approx(expected)
