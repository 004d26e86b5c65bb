"""What methods have in common that forecast a few scores of a question and read every model off them."""

from __future__ import annotations

import abc
import copy
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from embedllm_bench.methods.adding import Prior
from embedllm_bench.methods.base import Method
from embedllm_bench.methods.kernels.last import Last
from embedllm_bench.methods.kernels.link import along, fit_line, logit, probability

if TYPE_CHECKING:
    import numpy.typing as npt

    from embedllm_bench.arrays import CountArray, Float32Array, FloatArray
    from embedllm_bench.matrix import Questions
    from embedllm_bench.methods.kernels.components import Components

MODELS = ("means", "loadings", "line", "left_out")  #: what is kept of them, in a folder too


class SharedScores(Method, abc.ABC):
    """P(correct) = link(mean_m + loadings_m . scores(q)); a subclass forecasts the scores."""

    reads_texts: ClassVar[bool] = True

    def embeddings(self) -> Float32Array:
        """The models' means and loadings (M, 1 + C), the latter scaled by how far questions' scores spread.

        So the distance between two models is the root mean squared difference of their forecasts before the link.
        """
        spread = np.sqrt((self.left_out_**2).mean(0))
        return np.column_stack([self.means_, self.loadings_ * spread]).astype(np.float32)

    def predict_proba(self, questions: Questions) -> Float32Array:
        """The scores once for all models."""
        logits = logit(self._linear(self.last_.of(questions, self._scores)))
        return probability(along(self.line_, logits)).astype(np.float32)

    def add_model(self, questions: Questions, correct: CountArray, attempts: CountArray) -> Self:
        """A mixture of the known models, found by least squares; all else as it was."""
        asked = np.flatnonzero(attempts)
        scores = self._known_scores(questions.take(asked))
        prior = Prior.of(self.embeddings())
        columns = scores @ (prior.mixtures @ self.loadings_).T + prior.mixtures @ self.means_  # (Q, R)
        offset = scores @ self.loadings_.mean(0) + self.means_.mean()
        z = prior.by_least_squares(columns, offset, correct[asked], attempts[asked])
        mixture = prior.mixture(z).astype(np.float64)
        added = copy.copy(self)
        added.means_ = np.append(self.means_, mixture @ self.means_)
        added.loadings_ = np.concatenate([self.loadings_, (mixture @ self.loadings_)[None]])
        return added

    @abc.abstractmethod
    def _scores(self, questions: Questions) -> FloatArray:
        """Forecasts of the components' scores (Q, C)."""

    def _keep(self, questions: Questions, components: Components, left_out: FloatArray) -> None:
        """The models, and what training questions are forecast without their own outcomes (T, C)."""
        self.keys_ = questions.keys
        self.means_, self.loadings_ = components.means, components.loadings  # (M,), (M, C)
        self.left_out_ = left_out
        self.last_ = Last()

    def _calibrate(self, scores: FloatArray, correct: CountArray, attempts: CountArray) -> None:
        """The link, from forecasts (T, C) of questions that had no part in them."""
        self.line_ = fit_line(logit(self._linear(scores)), correct, attempts)

    def _linear(self, scores: FloatArray) -> FloatArray:
        """Forecasts (M, Q) before the link."""
        linear: FloatArray = self.means_[:, None] + self.loadings_ @ scores.T
        return linear

    def _known_scores(self, questions: Questions) -> FloatArray:
        """Scores (Q, C); a training question's own outcomes are left out of its own."""
        row = {key: at for at, key in enumerate(self.keys_)}
        known = np.array([row.get(key, -1) for key in questions.keys], dtype=np.int64)
        scores = self.left_out_[known]  # a copy; what is not known is put right below
        if (known < 0).any():
            scores[known < 0] = self._scores(questions.take(np.flatnonzero(known < 0)))
        return scores

    def _model_arrays(self) -> dict[str, npt.NDArray[Any]]:
        return {name: getattr(self, f"{name}_") for name in MODELS}

    def read_models(self, arrays: dict[str, npt.NDArray[Any]], keys: list[str]) -> None:
        """What a folder holds of the models."""
        for name in MODELS:
            setattr(self, f"{name}_", arrays[name])
        self.keys_ = tuple(keys)
        self.last_ = Last()
