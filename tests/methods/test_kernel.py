"""The kernel machine: its parts against what they are to compute."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from embedllm_bench.errors import UsageError
from embedllm_bench.matrix import CorrectnessMatrix
from embedllm_bench.methods.kernel import Kernel
from embedllm_bench.methods.kernels.components import Components
from embedllm_bench.methods.kernels.link import fit_line, probability
from embedllm_bench.methods.kernels.ridge import JITTER, PENALTIES, Spectrum
from embedllm_bench.methods.kernels.views import likeness, look
from tests.helpers import questions, random_matrix


def gram(count: int) -> torch.Tensor:
    points = torch.tensor(np.random.default_rng(0).normal(size=(count, 3)), dtype=torch.float32)
    return torch.exp(-torch.cdist(points, points))


def test_with_all_questions_as_landmarks_the_regression_is_exact() -> None:
    kernel = gram(40)
    targets = np.random.default_rng(1).normal(size=(40, 3))
    ridge = Spectrum.of(kernel, [kernel[:25], kernel[25:]]).solve(targets)
    for output, penalty in enumerate(ridge.penalties):
        whole = kernel.double().numpy() + (penalty + JITTER) * np.eye(40)
        expected = kernel.double().numpy() @ np.linalg.solve(whole, targets[:, output])
        assert ridge.forecast(kernel)[:, output] == pytest.approx(expected, abs=5e-3)


def test_what_is_left_out_is_what_a_regression_without_that_question_forecasts() -> None:
    kernel = gram(30)
    targets = np.random.default_rng(1).normal(size=(30, 1))
    ridge = Spectrum.of(kernel, [kernel]).solve(targets)
    wide = kernel.double().numpy()
    for row in (0, 7, 29):
        others = np.delete(np.arange(30), row)
        whole = wide[np.ix_(others, others)] + (ridge.penalties[0] + JITTER) * np.eye(29)
        expected = wide[row, others] @ np.linalg.solve(whole, targets[others, 0])
        assert ridge.left_out[row, 0] == pytest.approx(expected, abs=5e-3)


def test_noise_gets_a_larger_penalty_than_what_the_kernel_tells() -> None:
    kernel = gram(200)
    generator = np.random.default_rng(2)
    told = torch.linalg.cholesky(kernel + 1e-3 * torch.eye(200)).double().numpy() @ generator.normal(size=200)
    ridge = Spectrum.of(kernel, [kernel]).solve(np.column_stack([told, generator.normal(size=200)]))
    assert ridge.penalties[0] < 1 < ridge.penalties[1]
    assert np.isin(ridge.penalties.astype(np.float32), np.array(PENALTIES, dtype=np.float32)).all()


def test_components_give_the_outcomes_again() -> None:
    matrix = random_matrix(6, 80)
    components = Components.of(matrix)
    again = components.means[:, None] + components.loadings @ components.scores.T
    assert again == pytest.approx(matrix.correct.astype(float), abs=1e-6)
    assert components.loadings.T @ components.loadings == pytest.approx(np.eye(6), abs=1e-9)


def test_attempts_count_as_their_share() -> None:
    matrix = random_matrix(4, 50)
    thrice = dataclasses.replace(matrix, correct=matrix.correct * 3, attempts=matrix.attempts * 3)
    assert np.array_equal(Components.of(thrice).scores, Components.of(matrix).scores)


def test_a_gap_is_filled_from_the_models_that_answer_alike() -> None:
    base = np.random.default_rng(0).integers(0, 2, size=400)
    correct = np.stack([base, base, base, 1 - base, 1 - base]).astype(np.uint8)
    attempts = np.ones_like(correct)
    attempts[0, 200:] = 0
    asked = random_matrix(5, 400).questions
    components = Components.of(CorrectnessMatrix(tuple("abcde"), asked, correct * attempts, attempts))
    filled = components.means[0] + components.loadings[0] @ components.scores[200:].T
    assert ((filled > 0.5) == base[200:]).all()


def test_questions_are_alike_by_what_each_view_sees() -> None:
    asked = questions(
        ["Is 3 < 4?", "Is 3 < 4?", "Name a river of France and say why."],
        vectors=[[0.0, 0], [3.0, 4], [0.0, 0]],
    )
    viewed, scales = look(asked, seed=0)
    vectors, features, words = (likeness(view, viewed, viewed, scales).numpy() for view in range(3))
    assert vectors[0, 2] == pytest.approx(1, abs=2e-3)
    assert vectors[0, 1] == pytest.approx(np.exp(-5 / scales.widths[0]), abs=1e-4)
    for view in (features, words):
        assert view[0, 1] == pytest.approx(1, abs=2e-3)
        assert view[0, 2] < 0.8


def test_calibration_finds_the_line_that_outcomes_were_drawn_from() -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(20, 2000))
    correct = (generator.random(logits.shape) < probability(0.3 + 0.5 * logits)).astype(np.uint8)
    assert fit_line(logits, correct, np.ones_like(correct)) == pytest.approx([0.3, 0.5], abs=0.05)
    nothing = np.zeros_like(correct)
    assert fit_line(logits, nothing, nothing).tolist() == [0.0, 1.0]


def test_the_distance_of_two_vectors_is_how_differently_the_models_are_forecast() -> None:
    matrix = random_matrix(6, 300)
    method = Kernel().fit(matrix)
    linear = method.means_[:, None] + method.loadings_ @ method.machine_.ridge.left_out.T
    vectors = method.embeddings().astype(np.float64)
    squared = ((linear[:, None] - linear[None]) ** 2).mean(-1)
    distance = ((vectors[:, None] - vectors[None]) ** 2).sum(-1)
    # left-out scores of different components are nearly, not wholly, uncorrelated
    assert np.corrcoef(squared[np.triu_indices(6, 1)], distance[np.triu_indices(6, 1)])[0, 1] > 0.97


def test_landmarks_are_counted_from_one() -> None:
    with pytest.raises(UsageError, match=r"kernel.landmarks is 0; it counts questions, so it starts at 1."):
        Kernel(landmarks=0).fit(random_matrix(3, 20))
