"""The simple rows every table holds: means of what was seen, by model, by benchmark and by sub-task."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from embedllm_bench.methods.base import Method
from embedllm_bench.methods.saving import read_fitted, write_fitted

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from embedllm_bench.arrays import CountArray, Float32Array, FloatArray
    from embedllm_bench.matrix import CorrectnessMatrix, Questions


@dataclass
class ModelMean(Method):
    """Each model's share of correct attempts, whatever the question."""

    name: ClassVar[str] = "model-mean"
    summary: ClassVar[str] = "the model's mean, whatever the question"
    reference: ClassVar[bool] = True

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:  # noqa: ARG002 - the base class's signature
        """Count; a model never asked gets the mean over all models."""
        self.overall_ = _shares(
            np.array([train.correct.sum()]), np.array([train.attempts.sum()]), np.array([0.5])
        )
        means = _shares(train.correct.sum(1), train.attempts.sum(1), self.overall_)
        self.means_ = means.astype(np.float32)  # (M,)
        return self

    def predict_proba(self, questions: Questions) -> Float32Array:
        """The same for every question."""
        return np.repeat(self.means_[:, None], len(questions), axis=1)

    def add_model(self, questions: Questions, correct: CountArray, attempts: CountArray) -> Self:  # noqa: ARG002 - the protocol's signature
        """Count; without an attempt it gets the mean over all models."""
        added = copy.copy(self)
        mean = _shares(np.array([correct.sum()]), np.array([attempts.sum()]), self.overall_)
        added.means_ = np.append(self.means_, mean.astype(np.float32))
        return added

    def save(self, folder: Path) -> None:
        """Two arrays."""
        write_fitted(self, folder, {"means": self.means_, "overall": self.overall_})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What :meth:`save` wrote."""
        saved = read_fitted(cls, folder)
        saved.method.means_, saved.method.overall_ = saved.arrays["means"], saved.arrays["overall"]
        return saved.method


class _GroupMean(Method):
    """Each model's share of correct attempts within the question's group; unknown groups get its mean."""

    reference: ClassVar[bool] = True
    reads_labels: ClassVar[bool] = True

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:  # noqa: ARG002 - the base class's signature
        """Count per group; a model's mean counts as one more attempt in every group."""
        self.model_mean_ = ModelMean().fit(train)
        names = sorted(set(self._keys(train.questions)), key=repr)
        self.position_ = {name: i for i, name in enumerate(names)}
        means = self.model_mean_.means_
        self.group_means_ = self._means(train.questions, train.correct, train.attempts, means)
        return self

    def predict_proba(self, questions: Questions) -> Float32Array:
        """Look the question's group up."""
        means = self.model_mean_.means_
        columns = np.concatenate([self.group_means_, means[:, None]], axis=1)  # (M, groups + 1)
        return columns[:, self._groups(questions)]

    def add_model(self, questions: Questions, correct: CountArray, attempts: CountArray) -> Self:
        """Count it per group as the others; outcomes in groups nobody knows count for its mean only."""
        added = copy.copy(self)
        added.model_mean_ = self.model_mean_.add_model(questions, correct, attempts)
        mean = added.model_mean_.means_[-1:]
        row = self._means(questions, correct[None], attempts[None], mean)
        added.group_means_ = np.concatenate([self.group_means_, row])
        return added

    def save(self, folder: Path) -> None:
        """The means, and the groups' names in their order."""
        arrays: dict[str, npt.NDArray[np.generic]] = {
            "means": self.model_mean_.means_,
            "overall": self.model_mean_.overall_,
            "group_means": self.group_means_,
        }
        write_fitted(self, folder, arrays, {"groups": list(self.position_)})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What :meth:`save` wrote."""
        saved = read_fitted(cls, folder)
        method = saved.method
        method.model_mean_ = ModelMean()
        method.model_mean_.means_, method.model_mean_.overall_ = (
            saved.arrays["means"],
            saved.arrays["overall"],
        )
        method.group_means_ = saved.arrays["group_means"]
        names = [tuple(name) if isinstance(name, list) else name for name in saved.facts["groups"]]
        method.position_ = {name: i for i, name in enumerate(names)}
        return method

    def _means(
        self, questions: Questions, correct: CountArray, attempts: CountArray, means: Float32Array
    ) -> Float32Array:
        """Counts (M, Q) to means (M, groups), each model's own mean (M,) as one more attempt."""
        member = np.zeros((len(questions), len(self.position_) + 1), dtype=np.float32)  # (Q, groups + 1)
        member[np.arange(len(questions)), self._groups(questions)] = 1
        member = member[:, :-1]
        right, asked = (counts.astype(np.float32) @ member for counts in (correct, attempts))
        shares: Float32Array = (right + means[:, None]) / (asked + 1)
        return shares

    def _groups(self, questions: Questions) -> list[int]:
        """Each question's group, the number of groups where it is none of them."""
        return [self.position_.get(key, len(self.position_)) for key in self._keys(questions)]

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
