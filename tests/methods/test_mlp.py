"""The perceptron, and the layers it shares with irt."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from embedllm_bench.errors import UsageError
from embedllm_bench.methods.logistic import Logistic
from embedllm_bench.methods.mlp import MultiLayerPerceptron
from embedllm_bench.methods.networks import BLIND_EPOCHS, Layers, in_parts
from embedllm_bench.methods.progress import listening
from embedllm_bench.methods.training import batch_size
from tests.helpers import random_matrix


def test_it_learns_what_no_linear_score_can_tell() -> None:
    """Half the models are right where the first two coordinates have one sign, the others where they have not."""
    matrix = random_matrix(8, 1000)
    vectors = matrix.questions.embeddings
    same = vectors[:, 0] * vectors[:, 1] > 0
    correct = np.array([same if m % 2 else ~same for m in range(8)]).astype(np.uint8)
    matrix = dataclasses.replace(matrix, correct=correct)
    train, validation, test = (matrix.take(np.arange(a, b)) for a, b in ((0, 700), (700, 850), (850, 1000)))
    hits = [
        float(((method.fit(train, validation).predict_proba(test.questions) > 0.5) == test.correct).mean())
        for method in (MultiLayerPerceptron(), Logistic())
    ]
    assert hits[0] > 0.85
    assert hits[1] < 0.65


def test_the_distance_of_two_models_is_how_differently_they_are_scored() -> None:
    matrix = random_matrix(6, 200)
    method = MultiLayerPerceptron(hidden=32, device="cpu").fit(matrix)
    p = method.predict_proba(matrix.questions).astype(np.float64)
    found = np.log(p) - np.log1p(-p)
    squared = ((found[:, None] - found[None]) ** 2).mean(-1)  # (M, M)
    vectors = method.embeddings()
    assert vectors.shape == (6, 33)
    distance = ((vectors[:, None] - vectors[None]) ** 2).sum(-1)
    np.testing.assert_allclose(distance, squared, rtol=1e-3, atol=1e-4)


def test_without_validation_it_trains_for_as_long_as_it_usually_takes() -> None:
    told: list[str] = []
    with listening(lambda what, done, total: told.append(f"{what} {done} of {total}")):
        MultiLayerPerceptron().fit(random_matrix(2, 20))
    assert told == [f"mlp epoch {i + 1} of {BLIND_EPOCHS}" for i in range(BLIND_EPOCHS)]


def test_layers_are_rectified_sums_and_leave_units_out_by_the_generator_alone() -> None:
    weight, offset = torch.tensor([[1.0, -1.0], [2.0, 0.0]]), torch.tensor([0.5, 0.5])
    layers = Layers(2.0, (weight,), (offset,))
    vectors = torch.tensor([[2.0, 4.0]])
    assert layers(vectors, 0.5).tolist() == [[5.5, 0.0]]
    kept = {layers(vectors, 0.5, torch.Generator().manual_seed(seed))[0, 0].item() for seed in range(20)}
    assert kept == {0.0, 11.0}  # those that stay count double, so that the mean is the same


def test_layers_keep_the_size_of_what_passes() -> None:
    generator = torch.Generator().manual_seed(0)
    vectors = 0.01 * torch.randn(500, 64, generator=generator)
    layers = Layers.drawn(vectors, [256, 256], generator)
    assert float(layers(vectors).square().mean()) == pytest.approx(1, rel=0.3)
    assert float(Layers.drawn(vectors, [], generator)(vectors).square().mean()) == pytest.approx(1, rel=1e-4)


def test_many_questions_are_forecast_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedllm_bench.methods.networks.ROWS", 3)
    sizes: list[int] = []

    def logits(vectors: torch.Tensor, generator: torch.Generator | None) -> torch.Tensor:
        assert generator is None
        sizes.append(len(vectors))
        return 2 * vectors

    assert in_parts(logits, torch.arange(8.0)[:, None])[:, 0].tolist() == [0, 2, 4, 6, 8, 10, 12, 14]
    assert sizes == [3, 3, 2]


@pytest.mark.parametrize(("questions", "size"), [(1, 16), (480, 16), (3000, 100), (29_673, 256)])
def test_few_questions_come_in_small_batches(questions: int, size: int) -> None:
    assert batch_size(questions) == size


def test_a_perceptron_without_hidden_units_is_refused() -> None:
    with pytest.raises(UsageError, match="mlp needs hidden >= 1 and layers >= 1; without hidden layers"):
        MultiLayerPerceptron(layers=0).fit(random_matrix(2, 9))
