"""Clusters of questions, and the models' accuracies on them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from embedllm_bench.errors import UsageError
from embedllm_bench.matrix import CorrectnessMatrix
from embedllm_bench.methods.uniroute import PRIOR_ATTEMPTS, SMALLEST_P, UniRoute
from tests.helpers import questions, random_matrix

FAR = [[0.0, 0.1], [0.0, -0.1], [9.0, 0.1], [9.0, -0.1]]  #: two clusters of two


def far_apart() -> CorrectnessMatrix:
    """Model m is right on the first cluster, three times on its second question; n was asked the second alone."""
    asked = questions(["a", "b", "c", "d"], vectors=FAR)
    attempts = np.array([[1, 3, 1, 1], [0, 0, 1, 1]], dtype=np.uint8)
    correct = np.array([[1, 3, 0, 0], [0, 0, 1, 0]], dtype=np.uint8)
    return CorrectnessMatrix(("m", "n"), asked, correct, attempts)


def log_loss(p: np.ndarray, matrix: CorrectnessMatrix) -> float:
    return -float((matrix.correct * np.log(p) + matrix.wrong * np.log(1 - p)).sum() / matrix.attempts.sum())


def test_a_forecast_is_the_accuracy_on_the_nearest_cluster_drawn_to_the_model_s_mean() -> None:
    train = far_apart()
    method = UniRoute(clusters=2, assignment="nearest").fit(train)
    p = method.predict_proba(questions(["x", "y"], vectors=[[1.0, 0], [7.0, 0]]))
    weight, m, n = PRIOR_ATTEMPTS, 4 / 6, 1 / 2
    expected = [
        [(4 + weight * m) / (4 + weight), weight * m / (2 + weight)],
        [n, (1 + weight * n) / (2 + weight)],  # where it was not asked: its mean
    ]
    assert p == pytest.approx(np.array(expected), abs=1e-6)
    assert np.sort(method.embeddings()) == pytest.approx(np.sort(np.array(expected)), abs=1e-6)


def test_a_learned_map_mixes_the_clusters_accuracies() -> None:
    method = UniRoute()
    method.weight_ = np.array([[0.0, np.log(3)], [0.0, 0.0]], dtype=np.float32)
    method.offset_ = np.zeros(2, dtype=np.float32)
    method.rates_ = np.array([[0.2, 0.6], [0.0, 0.0]], dtype=np.float32)
    p = method.predict_proba(questions(["x", "y"], vectors=[[0.0, 5], [1.0, 5]]))
    assert p[0] == pytest.approx([0.4, 0.25 * 0.2 + 0.75 * 0.6], abs=1e-6)
    assert p[1] == pytest.approx([SMALLEST_P, SMALLEST_P])


def test_the_learned_map_forecasts_better_than_the_centres_it_begins_at() -> None:
    matrix = random_matrix(20, 400)
    train, validation, test = (matrix.take(np.arange(a, b)) for a, b in ((0, 300), (300, 350), (350, 400)))
    losses = [
        log_loss(UniRoute(assignment=kind).fit(train, validation).predict_proba(test.questions), test)
        for kind in ("nearest", "learned")
    ]
    assert losses[1] < losses[0] - 0.02


def test_the_number_of_clusters_is_the_one_of_the_lowest_validation_loss() -> None:
    matrix = random_matrix(10, 300)
    train, validation = matrix.take(np.arange(250)), matrix.take(np.arange(250, 300))
    losses = {
        count: log_loss(
            UniRoute(clusters=count, assignment="nearest").fit(train).predict_proba(validation.questions),
            validation,
        )
        for count in (16, 32, 64, 128)
    }
    chosen = UniRoute(assignment="nearest").fit(train, validation).embeddings().shape[1]
    assert chosen == min(losses, key=losses.__getitem__)


def test_a_new_model_is_counted_on_the_clusters() -> None:
    method = UniRoute(clusters=2, assignment="nearest").fit(far_apart())
    ones = np.ones(2, dtype=np.uint8)
    added = method.add_model(questions(["x", "y"], vectors=[[0.0, 0], [1.0, 0]]), ones, 2 * ones)
    p = added.predict_proba(questions(["x", "y"], vectors=[[0.0, 0], [9.0, 0]]))[2]
    mean = float(added.means_[2])
    assert p == pytest.approx([(2 + PRIOR_ATTEMPTS * mean) / (4 + PRIOR_ATTEMPTS), mean], abs=1e-6)


def test_more_clusters_than_different_questions_are_no_fault() -> None:
    matrix = random_matrix(3, 40)
    same = matrix.questions.with_embeddings(np.repeat(matrix.questions.embeddings[:2], 20, axis=0))
    p = UniRoute().fit(dataclasses.replace(matrix, questions=same)).predict_proba(same)
    assert np.isfinite(p).all()


def test_no_cluster_is_refused() -> None:
    with pytest.raises(UsageError, match=r"uniroute\.clusters is 0; it starts at 1"):
        UniRoute(clusters=0).fit(random_matrix(2, 9))
