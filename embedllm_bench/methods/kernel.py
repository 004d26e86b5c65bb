"""A kernel machine shared by all models: a model does on a question as it, and its like, did on similar ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from embedllm_bench.errors import UsageError
from embedllm_bench.methods.kernels.machine import KernelMachine
from embedllm_bench.methods.kernels.shared import SharedScores
from embedllm_bench.methods.saving import read_fitted, write_fitted

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.arrays import FloatArray
    from embedllm_bench.matrix import CorrectnessMatrix, Questions


@dataclass
class Kernel(SharedScores):
    """P(correct) = link(mean_m + loadings_m . scores(q)); scores are kernel ridge regressions on q.

    The residuals of the models' means have principal components, and each has a penalty of its own: what the models
    agree on can be told from fewer questions than where a few of them differ (reduced-rank kernel ridge regression;
    Bonilla et al. 2007, "Multi-task Gaussian process prediction", is the same model with one penalty). Questions are
    alike by their vectors, by the form of their texts, and by their words. With at most ``landmarks`` training
    questions it is exact, with more they are compared with that many drawn at random (Nystroem).
    """

    name: ClassVar[str] = "kernel"
    summary: ClassVar[str] = "kernel ridge regression on vectors, features and words, shared by all models"

    landmarks: int = 3000

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:  # noqa: ARG002 - the base class's signature
        """Choose views and penalties by what training questions are forecast by the others; none on validation."""
        if self.landmarks < 1:
            raise UsageError(f"kernel.landmarks is {self.landmarks}; it counts questions, so it starts at 1.")
        self.machine_, components, _ = KernelMachine.fit(train, self.landmarks, self.seed)
        self._keep(train.questions, components, self.machine_.ridge.left_out)
        self._calibrate(self.left_out_, train.correct, train.attempts)
        return self

    def save(self, folder: Path) -> None:
        """The landmarks in all views, what is computed from them, and the models."""
        write_fitted(self, folder, self._model_arrays() | self.machine_.arrays(), {"keys": self.keys_})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What :meth:`save` wrote."""
        saved = read_fitted(cls, folder)
        saved.method.machine_ = KernelMachine.from_arrays(saved.arrays)
        saved.method.read_models(saved.arrays, saved.facts["keys"])
        return saved.method

    def _scores(self, questions: Questions) -> FloatArray:
        return self.machine_.scores(questions)
