"""Small seeded problems from the package's own simulation, and what can be done to their outcomes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.matrix import CorrectnessMatrix, Questions
from embedllm_bench.simulation import simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from embedllm_bench.arrays import BoolArray, IndexArray


@dataclass(frozen=True, eq=False)
class Problem:
    """What a method learns from, chooses on, and is asked to forecast."""

    train: CorrectnessMatrix
    validation: CorrectnessMatrix
    test: CorrectnessMatrix

    def learning_from(self, change: Callable[[CorrectnessMatrix], CorrectnessMatrix]) -> Problem:
        """The same test part after other outcomes: ``change`` of the training and of the validation part."""
        return Problem(change(self.train), change(self.validation), self.test)


def problem(
    models: int = 8, questions: int = 160, *, missing: float = 0.2, benchmarks: int = 3, seed: int = 0
) -> Problem:
    """Simulated outcomes, three quarters of the questions for training and an eighth for each other part.

    Every call makes arrays of its own, so that a method which writes into them spoils nobody's.
    """
    simulated = simulate(models, questions, benchmarks=benchmarks, dimension=16, missing=missing, seed=seed)
    table = simulated.outcomes
    asked = Questions(
        ids=tuple(record.question_id for record in table.questions),
        texts=tuple(record.text for record in table.questions),
        benchmarks=tuple(record.benchmark for record in table.questions),
        subtasks=tuple(record.subtask for record in table.questions),
        embeddings=simulated.vectors,
    )
    matrix = CorrectnessMatrix.from_outcomes(table.models, asked, table.model, table.question, table.correct)
    first, second = questions * 3 // 4, questions * 7 // 8
    return Problem(
        matrix.take(np.arange(first)),
        matrix.take(np.arange(first, second)),
        matrix.take(np.arange(second, questions)),
    )


def exchanged(matrix: CorrectnessMatrix) -> CorrectnessMatrix:
    """Every right answer wrong and every wrong one right; what was not asked stays so."""
    return replace(matrix, correct=matrix.wrong)


def constant(matrix: CorrectnessMatrix, *, right: bool) -> CorrectnessMatrix:
    """Everybody right, or wrong, on everything asked."""
    return replace(matrix, correct=matrix.attempts.copy() if right else np.zeros_like(matrix.correct))


def repeated(matrix: CorrectnessMatrix, times: int) -> CorrectnessMatrix:
    """Every attempt this often, with the same result."""
    wide = np.min_scalar_type(int(matrix.attempts.max(initial=0)) * times)
    return replace(
        matrix, correct=matrix.correct.astype(wide) * times, attempts=matrix.attempts.astype(wide) * times
    )


def without(matrix: CorrectnessMatrix, cells: BoolArray) -> CorrectnessMatrix:
    """The same with these cells (M, Q) not asked."""
    return replace(
        matrix,
        correct=np.where(cells, 0, matrix.correct).astype(matrix.correct.dtype),
        attempts=np.where(cells, 0, matrix.attempts).astype(matrix.attempts.dtype),
    )


def with_models(matrix: CorrectnessMatrix, models: IndexArray | Sequence[int]) -> CorrectnessMatrix:
    """These models in this order."""
    rows = np.asarray(models)
    return replace(
        matrix,
        models=tuple(matrix.models[i] for i in rows),
        correct=matrix.correct[rows],
        attempts=matrix.attempts[rows],
    )
