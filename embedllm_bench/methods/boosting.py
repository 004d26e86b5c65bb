"""Gradient boosted trees over single answers, on what kernels forecast of the question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from embedllm_bench.errors import UsageError
from embedllm_bench.methods.kernels.boosted import Boosted
from embedllm_bench.methods.kernels.cells import Cells
from embedllm_bench.methods.kernels.link import AS_IT_IS, along, fit_line, probability
from embedllm_bench.methods.kernels.machine import KernelMachine
from embedllm_bench.methods.kernels.question_rows import QuestionRows
from embedllm_bench.methods.kernels.shared import SharedScores
from embedllm_bench.methods.saving import read_fitted, write_fitted
from embedllm_bench.methods.validation import usable

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.arrays import Float32Array, FloatArray
    from embedllm_bench.matrix import CorrectnessMatrix, Questions
    from embedllm_bench.methods.kernels.question_rows import Seen


@dataclass
class Boosting(SharedScores):
    """logit P(correct) = a + b boosted(row of the model at the question).

    A row holds the form of the text, directions of its vector and words, what kernel machines forecast of it (of a
    training question: without its own outcomes), the model's mean and loadings. All models share the trees; see
    :class:`embedllm_bench.methods.kernels.boosted.Boosted` for their sources.
    """

    name: ClassVar[str] = "boosting"
    summary: ClassVar[str] = "gradient boosted trees over answers, on kernel forecasts and features"

    rounds: int = 250  #: at most
    landmarks: int = 3000

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        """Grow the trees on the training part; the validation part says when to stop, and calibrates."""
        for name in ("rounds", "landmarks"):
            if getattr(self, name) < 1:
                raise UsageError(f"boosting.{name} is {getattr(self, name)}; it counts, so it starts at 1.")
        machine, components, viewed = KernelMachine.fit(train, self.landmarks, self.seed)
        self.rows_, seen = QuestionRows.learn(viewed, machine, components.scores, self.seed)
        self._keep(train.questions, components, machine.ridge.left_out)
        chooser = usable(validation)
        held_out = None if chooser is None else (self._cells(self.rows_.see(chooser.questions)), chooser)
        self.boosted_ = self._cells(seen).boosted(train, held_out, self.rounds, self.seed)
        self.line_ = AS_IT_IS
        if held_out is not None:
            cells, matrix = held_out
            self.line_ = fit_line(cells.logits(self.boosted_), matrix.correct, matrix.attempts)
        return self

    def predict_proba(self, questions: Questions) -> Float32Array:
        """The trees at every cell."""
        cells = self._cells(self.last_.of(questions, self.rows_.see))
        return probability(along(self.line_, cells.logits(self.boosted_))).astype(np.float32)

    def save(self, folder: Path) -> None:
        """The trees, what their rows are made by, and the models."""
        arrays = self._model_arrays() | self.rows_.arrays() | self.boosted_.arrays()
        write_fitted(self, folder, arrays, {"keys": self.keys_})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What :meth:`save` wrote."""
        saved = read_fitted(cls, folder)
        saved.method.rows_ = QuestionRows.from_arrays(saved.arrays)
        saved.method.boosted_ = Boosted.from_arrays(saved.arrays)
        saved.method.read_models(saved.arrays, saved.facts["keys"])
        return saved.method

    def _scores(self, questions: Questions) -> FloatArray:
        return self.rows_.machine.scores(questions)

    def _cells(self, seen: Seen) -> Cells:
        return Cells(seen.rows, seen.forecasts, self.means_, self.loadings_)
