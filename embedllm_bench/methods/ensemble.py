"""Kernels, randomised trees and boosted trees together, for all models at once: the strongest built-in forecasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from embedllm_bench.errors import UsageError
from embedllm_bench.methods.kernels.boosted import Boosted
from embedllm_bench.methods.kernels.cells import Cells
from embedllm_bench.methods.kernels.familiarity import familiarity, usual
from embedllm_bench.methods.kernels.link import calibrate, logit, mean_of, probability, weigh
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
BAGGED = 100  #: trees that say of training questions what they would without the questions' outcomes


@dataclass
class Ensemble(SharedScores):
    """logit P(correct) = t (a + b logit(forest) + c boosted) + (1 - t) kernels, with stages learned from one another.

    The forest, extremely randomised trees (Geurts, Ernst and Wehenkel 2006, Machine Learning 63), forecasts the
    scores of :class:`embedllm_bench.methods.kernel.Kernel` from what kernel machines forecast of a question, the form
    of its text, and directions of its vector and words, all scores at once, which keeps what models share. Boosted
    trees forecast single answers from that, the forest's forecast and the model's mean and loadings. Each stage
    sees of a training question what the one before it says without its outcomes (stacking, Wolpert 1992, Neural
    Networks 5): of the forest, what a smaller one of bagged trees says out of bag. Of a new question the whole forest
    is heard, which is the better of the two; that the trees have learned to trust it a little less does no harm.
    a, b and c are found on the validation part, and how many trees help. With ``rounds=0`` there are none.

    Trees go on saying something of questions that are like nothing they were grown on, where a kernel machine goes back
    to the models' means. So t falls from 1, among the tenth of the training questions that is least alike to its
    nearest landmark, to 0 beyond all of them (:mod:`embedllm_bench.methods.kernels.familiarity`).

    Which model is best differs less from question to question than such forecasts say, as the largest of many is also
    the most overrated. So a question is routed by the mean of the logits of the forecast and of the models' accuracies
    on the question's cluster (:class:`embedllm_bench.methods.uniroute.UniRoute`, ``nearest``).
    """

    name: ClassVar[str] = "ensemble"
    summary: ClassVar[str] = (
        "kernels, randomised trees and boosted trees, stacked without a question's own outcomes"
    )

    trees: int = 200
    rounds: int = 250  #: of boosting, at most
    landmarks: int = 3000
    clusters: int = 32  #: for routing

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        """Learn each stage on the training part; the validation part weighs and calibrates them."""
        for name, least in (("trees", 1), ("rounds", 0), ("landmarks", 1), ("clusters", 1)):
            if getattr(self, name) < least:
                raise UsageError(f"ensemble.{name} is {getattr(self, name)}; it counts, from {least} on.")
        machine, components, viewed = KernelMachine.fit(train, self.landmarks, self.seed)
        self.rows_, seen = self.learn_rows(train, viewed, machine, components)
        self.trees_ = Trees.grow(seen.rows, components.scores, self.trees, self.seed)
        left_out = out_of_bag(seen.rows, components.scores, BAGGED, self.seed)
        self._keep(train.questions, components, left_out)
        self.usual_ = usual(machine, self.seed)
        alone = logit(self._linear(machine.ridge.left_out))
        self.kernel_line_ = calibrate([alone], train.correct, train.attempts)
        chooser = usable(validation)
        held_out = None if chooser is None else (self._see(chooser.questions), chooser)
        self.boosted_ = None
        if self.rounds:
            self.boosted_ = self._cells(seen, left_out).boosted(train, held_out, self.rounds, self.seed)
        self.clusters_ = self.clustering().fit(train)
        self.line_ = mean_of(2 if self.rounds else 1)
        if held_out is not None:
            cells, matrix = held_out
            self.line_ = calibrate(self._logits(cells), matrix.correct, matrix.attempts)
        return self

    def predict_proba(self, questions: Questions) -> Float32Array:
        """Both kinds of trees at every cell; kernels where the question is like none that was trained on."""
        seen = self.rows_.see(questions)
        trees = weigh(self.line_, self._logits(self._cells(seen, self.trees_.forecast(seen.rows))))
        kernels = weigh(self.kernel_line_, [logit(self._linear(seen.forecasts[0]))])
        trusted = familiarity(self.usual_, seen.nearest)
        return probability(trusted * trees + (1 - trusted) * kernels).astype(np.float32)

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
        if self.boosted_ is not None:
            arrays |= self.boosted_.arrays()
        write_fitted(self, folder, arrays, {"keys": self.keys_})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What :meth:`save` wrote."""
        saved = read_fitted(cls, folder)
        method = saved.method
        method.rows_ = QuestionRows.from_arrays(saved.arrays)
        method.trees_ = Trees.from_arrays(saved.arrays)
        method.boosted_ = Boosted.from_arrays(saved.arrays) if method.rounds else None
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
        return self.trees_.forecast(self.rows_.see(questions).rows)

    def _see(self, questions: Questions) -> Cells:
        seen = self.rows_.see(questions)
        return self._cells(seen, self.trees_.forecast(seen.rows))

    def _logits(self, cells: Cells) -> list[FloatArray]:
        """The forest's (M, Q) and, where there are any, the boosted trees'."""
        logits = [logit(self._linear(cells.scores[-1]))]
        if self.boosted_ is not None:
            logits.append(cells.logits(self.boosted_))
        return logits

    def _cells(self, seen: Seen, scores: FloatArray) -> Cells:
        return Cells(seen.rows, (*seen.forecasts, scores), self.means_, self.loadings_)
