"""A router chooses what the method it is of forecasts highest."""

from __future__ import annotations

import numpy as np
import pytest

from embedllm_bench import Router
from embedllm_bench.errors import UsageError
from embedllm_bench.methods.base import Method, ScoresLinearly
from embedllm_bench.methods.embedllm import EmbedLLM
from embedllm_bench.methods.kernel import Kernel
from embedllm_bench.methods.knn import KNN
from embedllm_bench.methods.logistic import Logistic
from embedllm_bench.methods.mf import MatrixFactorization
from embedllm_bench.methods.reference import BenchmarkMean, ModelMean
from tests.helpers import random_matrix

METHODS: list[Method] = [
    KNN(k=9),
    MatrixFactorization(seed=2, dimension=4),
    Logistic(),
    EmbedLLM(dimension=8, epochs=2, device="cpu"),
    ModelMean(),
]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_the_choice_is_the_highest_forecast(method: Method) -> None:
    matrix = random_matrix(5, 60, missing=0.2)
    method.fit(matrix)
    router = Router.of(method, matrix.models)
    vectors = matrix.questions.embeddings
    best = method.predict_proba(matrix.questions).argmax(0)
    assert router.choose_many(vectors).tolist() == best.tolist()
    assert [router.choose(vector) for vector in vectors] == [matrix.models[m] for m in best]
    assert router.choose_many(vectors[:0]).tolist() == []


def test_scores_are_linear_where_the_method_is() -> None:
    assert [isinstance(method, ScoresLinearly) for method in METHODS] == [False, True, True, True, False]


def test_the_logits_of_embedllm_are_its_scores() -> None:
    matrix = random_matrix(5, 60)
    method = EmbedLLM(dimension=8, epochs=2, device="cpu").fit(matrix)
    scores = method.linear_scores()
    logits = scores.weight @ matrix.questions.embeddings.T + scores.offset[:, None]
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), method.predict_proba(matrix.questions), atol=1e-6)


def test_a_method_that_needs_benchmark_names_routes_no_new_question() -> None:
    matrix = random_matrix(5, 60)
    with pytest.raises(UsageError, match="benchmark-mean forecasts from benchmark names"):
        Router.of(BenchmarkMean().fit(matrix), matrix.models)


def test_a_method_that_reads_texts_is_refused_as_there_are_none() -> None:
    matrix = random_matrix(5, 60)
    with pytest.raises(UsageError, match="kernel reads a question's text beside its vector; route with"):
        Router.of(Kernel().fit(matrix), matrix.models)
