"""The simple rows every table holds: means of what was seen, by model, by benchmark and by sub-task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from embedllm_bench.methods.base import Method

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from embedllm_bench.arrays import Float32Array, FloatArray
    from embedllm_bench.matrix import CorrectnessMatrix, Questions


@dataclass
class ModelMean(Method):
    """Each model's share of correct attempts, whatever the question."""

    name: ClassVar[str] = "model-mean"
    summary: ClassVar[str] = "the model's mean, whatever the question"
    reference: ClassVar[bool] = True

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:  # noqa: ARG002 - the base class's signature
        """Count; a model never asked gets the mean over all models."""
        overall = _shares(np.array([train.correct.sum()]), np.array([train.attempts.sum()]), np.array([0.5]))
        means = _shares(train.correct.sum(1), train.attempts.sum(1), overall)
        self.means_ = means.astype(np.float32)  # (M,)
        return self

    def predict_proba(self, questions: Questions) -> Float32Array:
        """The same for every question."""
        return np.repeat(self.means_[:, None], len(questions), axis=1)


class _GroupMean(Method):
    """Each model's share of correct attempts within the question's group; unknown groups get its mean."""

    reference: ClassVar[bool] = True
    reads_labels: ClassVar[bool] = True

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:  # noqa: ARG002 - the base class's signature
        """Count per group; a model's mean counts as one more attempt in every group."""
        self.means_ = ModelMean().fit(train).means_
        keys = self._keys(train.questions)
        names = sorted(set(keys), key=repr)
        self.position_ = {name: i for i, name in enumerate(names)}
        member = np.zeros((len(keys), len(names)), dtype=np.float32)  # (Q, groups)
        member[np.arange(len(keys)), [self.position_[key] for key in keys]] = 1
        correct = train.correct.astype(np.float32) @ member  # (M, groups)
        attempts = train.attempts.astype(np.float32) @ member
        self.group_means_ = (correct + self.means_[:, None]) / (attempts + 1)
        return self

    def predict_proba(self, questions: Questions) -> Float32Array:
        """Look the question's group up."""
        columns = np.concatenate([self.group_means_, self.means_[:, None]], axis=1)  # (M, groups + 1)
        unknown = columns.shape[1] - 1
        where = [self.position_.get(key, unknown) for key in self._keys(questions)]
        return columns[:, where]

    def _keys(self, questions: Questions) -> Sequence[Hashable]:
        raise NotImplementedError


@dataclass
class BenchmarkMean(_GroupMean):
    """The model's mean on the question's benchmark; its argmax is the best model per benchmark."""

    name: ClassVar[str] = "benchmark-mean"
    summary: ClassVar[str] = "the model's mean on the question's benchmark"

    def _keys(self, questions: Questions) -> Sequence[Hashable]:
        return questions.benchmarks


@dataclass
class SubtaskMean(_GroupMean):
    """The model's mean on the question's sub-task; a question without one counts by its benchmark."""

    name: ClassVar[str] = "subtask-mean"
    summary: ClassVar[str] = "the model's mean on the question's sub-task"

    def _keys(self, questions: Questions) -> Sequence[Hashable]:
        return list(zip(questions.benchmarks, questions.subtasks, strict=True))


def _shares(correct: FloatArray, attempts: FloatArray, otherwise: FloatArray) -> FloatArray:
    """Correct / attempts, and ``otherwise`` where nothing was attempted."""
    shares = np.broadcast_to(otherwise, correct.shape).astype(np.float64)
    np.divide(correct, attempts, out=shares, where=attempts > 0)
    return shares
