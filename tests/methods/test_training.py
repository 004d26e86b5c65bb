"""What authors of methods need not write themselves."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from embedllm_bench.matrix import CorrectnessMatrix
from embedllm_bench.methods.embedllm import EmbedLLM
from embedllm_bench.methods.knn import DEFAULT_K, KNN
from embedllm_bench.methods.mf import MatrixFactorization
from embedllm_bench.methods.progress import listening, steps
from embedllm_bench.methods.training import AttemptList, QuestionMajor, masked_log_loss, train_epochs
from embedllm_bench.methods.validation import usable
from tests.helpers import questions, random_matrix

CPU = torch.device("cpu")


def small() -> CorrectnessMatrix:
    """Model m was asked a once and right, b three times and right once; n was asked b alone, and wrong."""
    correct = np.array([[1, 1], [0, 0]], dtype=np.uint8)
    attempts = np.array([[1, 3], [0, 1]], dtype=np.uint8)
    return CorrectnessMatrix(("m", "n"), questions(["a", "b"]), correct, attempts)


def test_batches_of_questions_keep_what_was_not_asked_apart() -> None:
    data = QuestionMajor.from_matrix(small(), CPU)
    vectors, correct, attempts = data.batch(torch.tensor([1, 0]))
    assert vectors.tolist() == [[1, 1], [0, 1]]
    assert correct.tolist() == [[1, 0], [1, 0]]
    assert attempts.tolist() == [[3, 1], [1, 0]]


def test_batches_of_attempts_hold_every_attempt_once() -> None:
    data = AttemptList.from_matrix(small(), CPU)
    rows = list(data.shuffled(2, torch.Generator().manual_seed(0)))
    assert [len(batch) for batch in rows] == [2, 2, 1]
    model, vectors, label = data.batch(torch.cat(rows))
    found = sorted(zip(model.tolist(), vectors[:, 0].tolist(), label.tolist(), strict=True))
    assert found == [(0, 0, 1), (0, 1, 0), (0, 1, 0), (0, 1, 1), (1, 1, 0)]


def test_the_loss_is_the_mean_over_attempts() -> None:
    data = QuestionMajor.from_matrix(small(), CPU)
    _, correct, attempts = data.whole()
    logits = torch.tensor([[0.0, 50.0], [0.0, 0.0]])  # 50 stands where nobody was asked
    assert masked_log_loss(logits, correct, attempts).item() == pytest.approx(np.log(2))


def test_training_ends_and_goes_back_when_validation_got_no_better() -> None:
    parameter = torch.zeros(1)
    losses = iter([3.0, 1.0, 2.0, 2.0, 0.0])

    def epoch() -> None:
        parameter.add_(1)

    told = []
    with listening(lambda what, done, total: told.append((what, done, total))):
        train_epochs(
            [parameter], epoch, epochs=9, validation_loss=lambda: torch.tensor(next(losses)), patience=2
        )
    assert parameter.item() == 2  # of four epochs, the second had the lowest loss
    assert told == [("epoch", 1, 9), ("epoch", 2, 9), ("epoch", 3, 9)]


def test_steps_are_told_to_whoever_listens_and_to_nobody_else(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[tuple[str, int, int]] = []
    with listening(lambda what, done, total: told.append((what, done, total))):
        assert list(steps("ab", "letter")) == ["a", "b"]
    assert list(steps("c", "letter")) == ["c"]
    assert told == [("letter", 1, 2), ("letter", 2, 2)]
    assert capsys.readouterr() == ("", "")


def test_our_methods_tell_their_steps() -> None:
    told: list[str] = []
    with listening(lambda what, done, total: told.append(f"{what} {done} of {total}")):
        EmbedLLM(epochs=2).fit(random_matrix(2, 9))
        MatrixFactorization(sweeps=1).fit(random_matrix(2, 9))
    assert told == ["embedllm epoch 1 of 2", "embedllm epoch 2 of 2", "mf sweep 1 of 1"]


def test_a_validation_part_without_outcomes_chooses_nothing() -> None:
    train, blank = random_matrix(4, 200), random_matrix(4, 20)
    nothing = np.zeros_like(blank.attempts)
    blank = dataclasses.replace(blank, correct=nothing, attempts=nothing)
    assert usable(None) is None
    assert usable(blank) is None
    assert usable(train) is train
    assert KNN().fit(train, blank).k_ == DEFAULT_K
    for kind in (MatrixFactorization, EmbedLLM):
        with_blank = kind().fit(train, blank).predict_proba(train.questions)
        assert np.array_equal(with_blank, kind().fit(train).predict_proba(train.questions))
