"""Trees over what kernels forecast and what a question looks like, for all models at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from embedllm_bench.errors import UsageError
from embedllm_bench.methods.kernels.link import IDENTITY
from embedllm_bench.methods.kernels.machine import KernelMachine
from embedllm_bench.methods.kernels.shared import SharedScores
from embedllm_bench.methods.kernels.traits import Traits
from embedllm_bench.methods.kernels.trees import Trees
from embedllm_bench.methods.saving import read_fitted, write_fitted
from embedllm_bench.methods.validation import usable

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.arrays import FloatArray
    from embedllm_bench.matrix import CorrectnessMatrix, Questions


@dataclass
class Forest(SharedScores):
    """P(correct) = link(mean_m + loadings_m . scores(q)); the scores are forecast by extremely randomised trees.

    Scores and loadings are those of :class:`embedllm_bench.methods.kernel.Kernel`. A row of the trees holds what
    kernel machines forecast of the question (of a training question: without its own outcomes, so that trees
    learn how far to believe them; stacking, Wolpert 1992, Neural Networks 5), the form of its text, and
    directions of its vector and words. Trees are after Geurts, Ernst and Wehenkel 2006, Machine Learning 63; each
    forecasts all scores at once, which keeps what models share.
    """

    name: ClassVar[str] = "forest"
    summary: ClassVar[str] = "randomised trees on kernel forecasts and features, shared by all models"

    trees: int = 150
    landmarks: int = 3000

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        """Grow the trees on the training part; the validation part calibrates."""
        for name in ("trees", "landmarks"):
            if getattr(self, name) < 1:
                raise UsageError(f"forest.{name} is {getattr(self, name)}; it counts, so it starts at 1.")
        machine, components, viewed = KernelMachine.fit(train, self.landmarks, self.seed)
        self.traits_, rows = Traits.learn(viewed, machine, components.scores, self.seed)
        self.trees_ = Trees.grow(rows, components.scores, self.trees, self.seed)
        # what the kernel alone says of training questions: the trees have seen their outcomes
        self._keep(train.questions, components, machine.ridge.left_out)
        self.line_ = IDENTITY.copy()
        chooser = usable(validation)
        if chooser is not None:
            self._calibrate(self._scores(chooser.questions), chooser.correct, chooser.attempts)
        return self

    def save(self, folder: Path) -> None:
        """The trees, what their rows are made by, and the models."""
        arrays = self._model_arrays() | self.traits_.arrays() | self.trees_.arrays()
        write_fitted(self, folder, arrays, {"keys": self.keys_})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What :meth:`save` wrote."""
        saved = read_fitted(cls, folder)
        saved.method.traits_ = Traits.from_arrays(saved.arrays)
        saved.method.trees_ = Trees.from_arrays(saved.arrays)
        saved.method.read_models(saved.arrays, saved.facts["keys"])
        return saved.method

    def _scores(self, questions: Questions) -> FloatArray:
        return self.trees_.forecast(self.traits_.rows(questions))
