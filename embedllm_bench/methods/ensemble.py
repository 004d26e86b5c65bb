"""Randomised trees on what kernels forecast, for all models at once: the strongest built-in forecasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from embedllm_bench.errors import UsageError
from embedllm_bench.methods.kernels.familiarity import familiarity, usual
from embedllm_bench.methods.kernels.link import AS_IT_IS, along, fit_line, logit, probability
from embedllm_bench.methods.kernels.machine import KernelMachine
from embedllm_bench.methods.kernels.question_rows import QuestionRows
from embedllm_bench.methods.kernels.shared import SharedScores
from embedllm_bench.methods.kernels.trees import Trees, out_of_bag
from embedllm_bench.methods.saving import read_fitted, write_fitted
from embedllm_bench.methods.uniroute import UniRoute
from embedllm_bench.methods.validation import usable

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.arrays import CountArray, Float32Array, FloatArray
    from embedllm_bench.matrix import CorrectnessMatrix, Questions
    from embedllm_bench.methods.kernels.components import Components
    from embedllm_bench.methods.kernels.question_rows import Seen
    from embedllm_bench.methods.kernels.views import Viewed


CLUSTERS = "clusters."  #: before their arrays' names
BEYOND = ("usual", "kernel_line")  #: what is kept for questions that are unlike the training questions
BAGGED = 100  #: trees that tell, when a model is added, what the forest says without a question's outcomes


@dataclass
class Ensemble(SharedScores):
    """logit P(correct) = t (a + b logit(forest)) + (1 - t) kernels; the forest reads what kernels forecast.

    The forest, extremely randomised trees (Geurts, Ernst and Wehenkel 2006, Machine Learning 63), forecasts the
    scores of :class:`embedllm_bench.methods.kernel.Kernel` from what kernel machines forecast of a question, the form
    of its text, and directions of its vector and words, all scores at once, which keeps what models share. Of a
    training question it sees what kernels say without the question's outcomes (stacking, Wolpert 1992, Neural
    Networks 5). The validation part finds a and b.

    Trees go on saying something of questions that are like nothing they were grown on, where a kernel machine goes back
    to the models' means. So t falls from 1, among the tenth of the training questions that is least alike to its
    nearest landmark, to 0 beyond all of them (:mod:`embedllm_bench.methods.kernels.familiarity`).

    Which model is best differs less from question to question than such forecasts say, as the largest of many is also
    the most overrated. So a question is routed by the mean of the logits of the forecast and of the models' accuracies
    on the question's cluster (:class:`embedllm_bench.methods.uniroute.UniRoute`, ``nearest``).
    """

    name: ClassVar[str] = "ensemble"
    summary: ClassVar[str] = "randomised trees on what kernels forecast without a question's own outcomes"

    trees: int = 200
    landmarks: int = 3000
    clusters: int = 32  #: for routing

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        """Learn each stage on the training part; the validation part calibrates."""
        for name in ("trees", "landmarks", "clusters"):
            if getattr(self, name) < 1:
                raise UsageError(f"ensemble.{name} is {getattr(self, name)}; it counts, so it starts at 1.")
        machine, components, viewed = KernelMachine.fit(train, self.landmarks, self.seed)
        self.rows_, seen = self.learn_rows(train, viewed, machine, components)
        self.trees_ = Trees.grow(seen.rows, components.scores, self.trees, self.seed)
        left_out = out_of_bag(seen.rows, components.scores, BAGGED, self.seed)
        self._keep(train.questions, components, left_out)
        self.usual_ = usual(machine, self.seed)
        alone = logit(self._linear(machine.ridge.left_out))
        self.kernel_line_ = fit_line(alone, train.correct, train.attempts)
        self.clusters_ = self.clustering().fit(train)
        self.line_ = AS_IT_IS
        chooser = usable(validation)
        if chooser is not None:
            self._calibrate(self._scores(chooser.questions), chooser.correct, chooser.attempts)
        return self

    def predict_proba(self, questions: Questions) -> Float32Array:
        """The forest at every cell; kernels where the question is like none that was trained on."""
        seen, scores = self.last_.of(questions, self._read)
        forest = along(self.line_, logit(self._linear(scores)))
        kernels = along(self.kernel_line_, logit(self._linear(seen.forecasts[0])))
        trusted = familiarity(self.usual_, seen.nearest)
        return probability(trusted * forest + (1 - trusted) * kernels).astype(np.float32)

    def preference(self, questions: Questions, p: Float32Array) -> Float32Array:
        """The mean of two logits (M, Q): of the forecast, and of the accuracies on the questions' clusters."""
        local = self.clusters_.predict_proba(questions)
        return ((logit(p.astype(np.float64)) + logit(local.astype(np.float64))) / 2).astype(np.float32)

    def add_model(self, questions: Questions, correct: CountArray, attempts: CountArray) -> Self:
        """A mixture of the known models, found by least squares, and what it answers in each cluster."""
        added = super().add_model(questions, correct, attempts)
        added.clusters_ = self.clusters_.add_model(questions, correct, attempts)
        return added

    def save(self, folder: Path) -> None:
        """The trees, what their rows are made by, the models and their clusters."""
        clusters = {f"{CLUSTERS}{name}": array for name, array in self.clusters_.arrays().items()}
        beyond = {name: getattr(self, f"{name}_") for name in BEYOND}
        arrays = clusters | beyond | self._model_arrays() | self.rows_.arrays() | self.trees_.arrays()
        write_fitted(self, folder, arrays, {"keys": self.keys_})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What :meth:`save` wrote."""
        saved = read_fitted(cls, folder)
        method = saved.method
        method.rows_ = QuestionRows.from_arrays(saved.arrays)
        method.trees_ = Trees.from_arrays(saved.arrays)
        clusters = {name.removeprefix(CLUSTERS): array for name, array in saved.arrays.items()}
        method.clusters_ = method.clustering().filled(clusters)
        for name in BEYOND:
            setattr(method, f"{name}_", saved.arrays[name])
        method.read_models(saved.arrays, saved.facts["keys"])
        return method

    def learn_rows(
        self, train: CorrectnessMatrix, viewed: Viewed, machine: KernelMachine, components: Components
    ) -> tuple[QuestionRows, Seen]:
        """What the trees read of a question; of the training questions also the rows themselves."""
        del train  # for a variant that reads more of questions than their texts and vectors
        return QuestionRows.learn(viewed, machine, components.scores, self.seed)

    def clustering(self) -> UniRoute:
        """The clusters of questions, not yet learned."""
        return UniRoute(self.seed, self.clusters, "nearest", "cpu")

    def _scores(self, questions: Questions) -> FloatArray:
        return self._read(questions)[1]

    def _read(self, questions: Questions) -> tuple[Seen, FloatArray]:
        """Questions as rows, and the scores (Q, C) that the forest reads off them."""
        seen = self.rows_.see(questions)
        return seen, self.trees_.forecast(seen.rows)
