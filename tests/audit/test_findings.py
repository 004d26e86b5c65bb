"""Each kind of oddity planted into a clean matrix is found, alone, where it was planted; a clean one is clean."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedllm_bench.audit.audit import find
from embedllm_bench.audit.effect import effects
from embedllm_bench.audit.models import pairwise_kappa
from embedllm_bench.audit.noise import label_noise
from embedllm_bench.matrix import CorrectnessMatrix, LabelConvention, Questions

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

MODELS, QUESTIONS, BENCHMARKS = 24, 240, 3


def clean(seed: int = 0) -> CorrectnessMatrix:
    """Models of accuracies .35 to .65 that answer independently, so that no two and no question are alike."""
    random = np.random.default_rng(seed)
    accuracy = np.linspace(0.35, 0.65, MODELS)[:, None]
    correct = (random.random((MODELS, QUESTIONS)) < accuracy).astype(np.uint8)
    words = [f"w{i}" for i in random.permutation(2000)]
    questions = Questions(
        ids=tuple(f"q{q:03}" for q in range(QUESTIONS)),
        texts=tuple(" ".join(words[8 * q : 8 * q + 8]) for q in range(QUESTIONS)),
        benchmarks=tuple(f"b{q % BENCHMARKS}" for q in range(QUESTIONS)),
        subtasks=(None,) * QUESTIONS,
        embeddings=random.normal(size=(QUESTIONS, 4)).astype(np.float32),
    )
    names = tuple(f"m{m:02}" for m in range(MODELS))
    return CorrectnessMatrix(names, questions, correct, np.ones_like(correct), LabelConvention.MAJORITY)


def with_text(matrix: CorrectnessMatrix, question: int, text: str) -> CorrectnessMatrix:
    texts = list(matrix.questions.texts)
    texts[question] = text
    return replace(matrix, questions=replace(matrix.questions, texts=tuple(texts)))


def with_answers(
    matrix: CorrectnessMatrix, models: slice | int, questions: slice | int, right: npt.NDArray[np.uint8] | int
) -> CorrectnessMatrix:
    correct = matrix.correct.copy()
    correct[models, questions] = right
    return replace(matrix, correct=correct)


def unasked(matrix: CorrectnessMatrix, models: slice | int, questions: slice) -> CorrectnessMatrix:
    correct, attempts = matrix.correct.copy(), matrix.attempts.copy()
    correct[models, questions] = attempts[models, questions] = 0
    return replace(matrix, correct=correct, attempts=attempts)


def long_text(matrix: CorrectnessMatrix) -> CorrectnessMatrix:
    text = " ".join(f"x{i}" for i in range(60))
    return with_text(with_text(matrix, 7, text), 9, f"{text} now")


def equal_models(matrix: CorrectnessMatrix) -> CorrectnessMatrix:
    random = np.random.default_rng(1)
    even = (random.random((MODELS, QUESTIONS // BENCHMARKS)) < 0.5).astype(np.uint8)
    return with_answers(matrix, slice(None), slice(1, None, BENCHMARKS), even)


def ceiling(matrix: CorrectnessMatrix) -> CorrectnessMatrix:
    """Nine models miss half of the benchmark's questions between them, so that the models still differ."""
    high = np.ones((MODELS, QUESTIONS // BENCHMARKS), dtype=np.uint8)
    for q in range(QUESTIONS // BENCHMARKS):
        high[q % 3, q] = 0
    return with_answers(matrix, slice(None), slice(2, None, BENCHMARKS), high)


PLANTED: dict[str, tuple[Callable[[CorrectnessMatrix], CorrectnessMatrix], str]] = {
    "repeated question": (
        lambda m: with_text(m, 9, m.questions.texts[7]),
        "b1 q007 and b0 q009: ",
    ),
    "nearly repeated question": (long_text, "b1 q007 and b0 q009: x0 x1"),
    "question that no model answers": (lambda m: with_answers(m, slice(None), 4, 0), "b1 q004 ("),
    "question that every model answers": (lambda m: with_answers(m, slice(None), 5, 1), "b2 q005 ("),
    "benchmark near its ceiling": (ceiling, "b2: 24 models from 0.66"),
    "benchmark on which models may be equal": (equal_models, "b1: 24 models from 0."),
    "benchmark asked of few models": (
        lambda m: unasked(
            unasked(m, slice(1, None, 2), slice(0, None, BENCHMARKS)), 22, slice(0, None, BENCHMARKS)
        ),
        "b0: 11 of 24 models",
    ),
    "model always right or always wrong": (lambda m: with_answers(m, 3, slice(None), 0), "m03: 0 of 240"),
    "model asked few questions": (lambda m: unasked(m, 3, slice(20, None)), "m03: 8.3% of the questions"),
    "pair of nearly identical models": (
        lambda m: with_answers(m, 5, slice(None), m.correct[11]),
        "m05 and m11: kappa 1.000 on 240 questions",
    ),
}


@pytest.mark.parametrize("seed", range(3))
def test_a_clean_matrix_gives_a_clean_report(seed: int) -> None:
    assert find(clean(seed), clean(seed)) == []


@pytest.mark.parametrize("kind", PLANTED)
def test_what_is_planted_is_found_and_nothing_else(kind: str) -> None:
    plant, example = PLANTED[kind]
    matrix = plant(clean())
    (found,) = find(matrix, matrix)
    assert (found.kind, found.count) == (kind, 1)
    assert found.examples[0].startswith(example)


def test_attempts_that_disagree() -> None:
    matrix = clean()
    attempts, correct = matrix.attempts.copy(), matrix.correct.copy()
    attempts[2, :10] = 2
    correct[2, :10] = [0, 2] * 5
    correct[2, 3] = 1
    raw = replace(matrix, attempts=attempts, correct=correct, labels=LabelConvention.RAW)
    (found,) = find(matrix, raw)
    assert (found.kind, found.count, found.of) == ("cell whose attempts disagree", 1, 10)
    assert found.examples[0].startswith("m02 on b0 q003 (")


@pytest.mark.parametrize("chance", [0.5, 0.8, 1.0])
def test_label_noise_bounds_what_can_be_forecast(chance: float) -> None:
    """All cells alike: the ceiling is reached at its upper end, max(p, 1 - p)."""
    random = np.random.default_rng(0)
    matrix = clean()
    attempts = np.full_like(matrix.attempts, 3)
    correct = random.binomial(3, chance, matrix.correct.shape).astype(np.uint8)
    noise = label_noise(replace(matrix, attempts=attempts, correct=correct, labels=LabelConvention.RAW))
    assert noise is not None
    assert noise.cells == MODELS * QUESTIONS
    assert noise.disagreement == pytest.approx(2 * chance * (1 - chance), abs=0.02)
    assert noise.disagreement_interval.low <= 2 * chance * (1 - chance) <= noise.disagreement_interval.high
    assert noise.ceiling_interval.low <= chance <= noise.ceiling_interval.high + 1e-9


def test_without_repeated_attempts_nothing_is_known_of_the_noise() -> None:
    assert label_noise(clean()) is None


def test_kappa_is_cohens() -> None:
    matrix = clean()
    right, other = matrix.correct[0].astype(bool), matrix.correct[1].astype(bool)
    agree = np.mean(right == other)
    chance = right.mean() * other.mean() + (1 - right.mean()) * (1 - other.mean())
    kappa, shared = pairwise_kappa(matrix)
    assert kappa[0, 1] == pytest.approx((agree - chance) / (1 - chance), abs=1e-6)
    assert (kappa[0, 0], shared[0, 1]) == (pytest.approx(1.0), QUESTIONS)


def test_leaving_something_out_leaves_the_rest_of_the_split_as_it_is() -> None:
    """A question of the training part goes: the test questions, and so a constant row, stay the same."""
    matrix = with_answers(clean(), 3, slice(None), 0)
    whole, without = effects(matrix, find(matrix, matrix), ["knn"])
    assert (whole.left_out, without.left_out) == (None, "model always right or always wrong")
    n = [{s.n for s in e.scores if s.task == "routing"} for e in (whole, without)]
    assert n[0] == n[1]


def test_a_finding_whose_removal_leaves_nothing_has_no_effect_row() -> None:
    matrix = clean()
    everywhere = with_answers(matrix, slice(None), slice(None), 1)
    kinds = [e.left_out for e in effects(everywhere, find(everywhere, everywhere), ["knn"])]
    assert kinds == [None]
