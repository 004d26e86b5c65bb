"""Methods with one fault each, and the check that is to catch it."""

from __future__ import annotations

import copy
import dataclasses
import os
import pickle
import random
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch

from embedllm_bench.methods.base import LinearScores, Method
from embedllm_bench.methods.reference import ModelMean
from embedllm_bench.methods.saving import read_fitted, write_fitted

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.arrays import CountArray, Float32Array
    from embedllm_bench.matrix import CorrectnessMatrix, Questions


@dataclass
class Sound(Method):
    """Breaks nothing: each model's mean, drawn to one half."""

    name: ClassVar[str] = "sound"
    summary: ClassVar[str] = "the model's mean, drawn to one half"

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:  # noqa: ARG002
        right, asked = train.correct.sum(1), train.attempts.sum(1)
        self.means_: Float32Array = ((right + 1) / (asked + 2)).astype(np.float32)
        return self

    def predict_proba(self, questions: Questions) -> Float32Array:
        return np.repeat(self.means_[:, None], len(questions), axis=1)


PLANTS: list[tuple[str, type[Method]]] = []  #: and the one check that catches each
PLANTED: dict[str, type[Method]] = {}  #: the first of each check


def plant(check: str) -> Any:
    def keep(kind: type[Method]) -> type[Method]:
        PLANTS.append((check, kind))
        PLANTED.setdefault(check, kind)
        return kind

    return keep


@plant("settings")
class NoDataclass(Sound):
    """The decorator forgotten: depth looks like a setting and is none."""

    depth: int = 3


@plant("probabilities")
class Unclipped(Sound):
    """A linear forecast that far-off questions take out of [0, 1]."""

    def predict_proba(self, questions: Questions) -> Float32Array:
        p = super().predict_proba(questions)
        return p + p * (1 - p) * questions.embeddings[:, 0]


@plant("returns-self")
class ReturnsNothing(Sound):
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Any:
        super().fit(train, validation)


@plant("silent")
class Chatty(Sound):
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        sys.stdout.write("epoch 1\n")
        return super().fit(train, validation)


@plant("random-generators")
class Seeding(Sound):
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        random.seed(self.seed)
        return super().fit(train, validation)


@plant("process-settings")
class Greedy(Sound):
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        torch.set_num_threads(torch.get_num_threads() + 1)
        return super().fit(train, validation)


@plant("data-untouched")
class Scribbling(Sound):
    """Fits as it should, and leaves its notes in everybody's data."""

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        super().fit(train, validation)
        train.questions.embeddings[:] -= train.questions.embeddings.mean(0)
        return self


@plant("same-seed")
class Unseeded(Sound):
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        super().fit(train, validation)
        noise = np.random.default_rng().uniform(0, 1e-4, size=len(self.means_))
        self.means_ = self.means_ + noise.astype(np.float32) * (self.means_ < 0.9)
        return self


@plant("refit")
class Remembering(Sound):
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        return self if hasattr(self, "means_") else super().fit(train, validation)


@plant("remembers")
class RemembersForAll(Sound):
    """Every outcome that any instance was ever given, by model and question: it wins whatever has folds."""

    known: ClassVar[dict[tuple[str, str], tuple[int, int]]] = {}

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        super().fit(train, validation)
        self.names_ = train.models
        for m, model in enumerate(train.models):
            for q in np.flatnonzero(train.attempts[m]):
                counts = int(train.correct[m, q]), int(train.attempts[m, q])
                RemembersForAll.known[model, train.questions.ids[q]] = counts
        return self

    def predict_proba(self, questions: Questions) -> Float32Array:
        p = super().predict_proba(questions)
        for m, model in enumerate(self.names_):
            for q, name in enumerate(questions.ids):
                right, asked = RemembersForAll.known.get((model, name), (0, 0))
                p[m, q] = (right + p[m, q]) / (asked + 1)
        return p


@plant("remembers")
class FirstFitWins(Sound):
    """What the first of all fits in the process found is a share of every later one."""

    memo: ClassVar[float | None] = None

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        super().fit(train, validation)
        if FirstFitWins.memo is None:
            FirstFitWins.memo = float(self.means_.mean())
        self.means_ = np.float32(0.9) * self.means_ + np.float32(0.1 * FirstFitWins.memo)
        return self


class KeptOnTheClass(Sound):
    """Every instance forecasts what the last fit of any of them learned."""

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        super().fit(train, validation)
        KeptOnTheClass.means_ = self.__dict__.pop("means_")
        return self


class WaitsElsewhere(Sound):
    """Never done, but in the process of these tests."""

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        if "pytest" not in sys.modules:
            time.sleep(600)
        return super().fit(train, validation)


@plant("labels")
class ByBenchmark(Sound):
    """One benchmark is taken for easier, and nobody is told that its name is read."""

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        self.easy_ = min(train.questions.benchmarks)
        return super().fit(train, validation)

    def predict_proba(self, questions: Questions) -> Float32Array:
        easy = np.array([name == self.easy_ for name in questions.benchmarks], dtype=np.float32)
        p = super().predict_proba(questions)
        return p + p * (1 - p) * np.float32(0.1) * easy


@plant("labels")
class BySubtask(Sound):
    def predict_proba(self, questions: Questions) -> Float32Array:
        named = np.array([name is not None for name in questions.subtasks], dtype=np.float32)
        p = super().predict_proba(questions)
        return p + p * (1 - p) * np.float32(0.1) * named


@plant("texts")
class ByLength(Sound):
    def predict_proba(self, questions: Questions) -> Float32Array:
        written = np.array([len(text) > 0 for text in questions.texts], dtype=np.float32)
        p = super().predict_proba(questions)
        return p + p * (1 - p) * np.float32(0.1) * written


@plant("batch")
class CentredOnTheBatch(Sound):
    def predict_proba(self, questions: Questions) -> Float32Array:
        p = super().predict_proba(questions)
        likeness = np.tanh(questions.embeddings[:, 0] - questions.embeddings[:, 0].mean())
        return np.asarray(p + p * (1 - p) * np.float32(0.2) * likeness, dtype=np.float32)


@plant("gaps")
class NotAskedIsWrong(Sound):
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:  # noqa: ARG002
        self.means_ = train.correct.astype(bool).mean(1, dtype=np.float32)
        return self


@plant("gaps")
class NotAskedIsWrongInThePrior(Sound):
    """Counts gaps in the mean only that it draws to, as one that divides by the number of questions does."""

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:  # noqa: ARG002
        right, asked = train.correct.sum(1), train.attempts.sum(1)
        mean = (right / np.maximum(train.attempts.max(0).sum(), 1)).clip(0, 1)
        self.means_ = ((right + 10 * mean) / (asked + 10)).astype(np.float32)
        return self


@plant("model-order")
class FirstModelFirst(Sound):
    def predict_proba(self, questions: Questions) -> Float32Array:
        p = super().predict_proba(questions)
        p[0] = (p[0] >= 0.5) * np.float32(0.8) + np.float32(0.1)
        p[1:] = p[0]
        return p


@plant("question-order")
class LastQuestionsOnly(Sound):
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        last = np.arange(len(train.questions))[-8:]
        return super().fit(train.take(last), validation)


@plant("no-validation")
class NeedsValidation(Sound):
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        assert validation is not None
        return super().fit(train, validation)


@plant("unseen-benchmark")
class KnownBenchmarksOnly(Sound):
    reads_labels: ClassVar[bool] = True

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        self.known_ = set(train.questions.benchmarks)
        return super().fit(train, validation)

    def predict_proba(self, questions: Questions) -> Float32Array:
        p = super().predict_proba(questions)
        p[:, [name not in self.known_ for name in questions.benchmarks]] = np.nan
        return p


@plant("one-model")
class SpreadOfModels(Sound):
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        super().fit(train, validation)
        spread = self.means_.std(ddof=1)  # of one model there is none
        self.means_ = self.means_ + 0 * spread
        return self


@plant("one-question")
class SpreadOfQuestions(Sound):
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        super().fit(train, validation)
        spread = train.questions.embeddings.std(0, ddof=1)  # of one question there is none
        self.means_ = self.means_ + 0 * spread.mean()
        return self


@plant("constant-outcomes")
class TwoClasses(Sound):
    """As many classifiers do."""

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        if not train.correct.any() or not train.wrong.any():
            raise ValueError("needs samples of two classes")
        return super().fit(train, validation)


@plant("mostly-missing")
class DividesByAsked(Sound):
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:  # noqa: ARG002
        self.means_ = np.divide(train.correct.sum(1), train.attempts.sum(1), dtype=np.float32)
        return self


@plant("repeated-attempts")
class CountsCells(Sound):
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:  # noqa: ARG002
        self.means_ = (train.correct.sum(1) / (train.observed.sum(1) + 1)).astype(np.float32)
        return self


@plant("many-questions")
class AllPairs(Sound):
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        if len(train.questions) ** 2 > 10**7:
            raise MemoryError("no room for all pairs of questions")
        return super().fit(train, validation)


@plant("vectors")
class VectorsLyingDown(Sound):
    def embeddings(self) -> Float32Array:
        return self.means_[None]


@plant("vectors")
class VectorsDrawnAtEveryCall(Sound):
    def embeddings(self) -> Float32Array:
        return np.random.default_rng().normal(size=(len(self.means_), 4)).astype(np.float32)


@plant("vectors")
class VectorsDrawnAtEveryFit(Sound):
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        self.vectors_ = np.random.default_rng().normal(size=(len(train.models), 4)).astype(np.float32)
        return super().fit(train, validation)

    def embeddings(self) -> Float32Array:
        return self.vectors_


@plant("added-model")
class Recentring(Sound):
    """Its vectors are distances from the pool's mean, which moves with every model that comes."""

    def embeddings(self) -> Float32Array:
        vectors: Float32Array = (self.means_ - self.means_.mean())[:, None]
        return vectors

    def add_model(self, questions: Questions, correct: CountArray, attempts: CountArray) -> Self:  # noqa: ARG002
        added = copy.copy(self)
        added.means_ = np.append(self.means_, np.float32((correct.sum() + 1) / (attempts.sum() + 2)))
        return added


class AddsSoundly(Sound):
    def add_model(self, questions: Questions, correct: CountArray, attempts: CountArray) -> Self:  # noqa: ARG002
        added = copy.copy(self)
        added.means_ = np.append(self.means_, np.float32((correct.sum() + 1) / (attempts.sum() + 2)))
        return added


@plant("added-outcomes")
class AddsUnaskedAsWrong(AddsSoundly):
    def add_model(self, questions: Questions, correct: CountArray, attempts: CountArray) -> Self:
        return super().add_model(questions, correct, np.ones_like(attempts))


@plant("linear-scores")
class WorstFirst(Sound):
    def linear_scores(self) -> LinearScores:
        return LinearScores(np.zeros((len(self.means_), self.numbers_), np.float32), -self.means_)

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        self.numbers_ = train.questions.embeddings.shape[1]
        return super().fit(train, validation)


@plant("preference")
class PrefersOnTheBatch(Sound):
    def preference(self, questions: Questions, p: Float32Array) -> Float32Array:
        first = np.float32(questions.embeddings[0, 0])
        return np.asarray(p - p.mean(1, keepdims=True) * first, dtype=np.float32)


@plant("saved")
class Forgetful(Sound):
    def save(self, folder: Path) -> None:
        write_fitted(self, folder, {"means": self.means_.round(2)})

    @classmethod
    def load(cls, folder: Path) -> Self:
        saved = read_fitted(cls, folder)
        saved.method.means_ = saved.arrays["means"]
        return saved.method


class SoundInDouble(Sound):
    """Breaks nothing, in the numbers NumPy has by itself, with every capability."""

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:  # noqa: ARG002
        right, asked = train.correct.sum(1), train.attempts.sum(1)
        self.means_: Any = (right + 1) / (asked + 3)
        self.numbers_ = train.questions.embeddings.shape[1]
        return self

    def embeddings(self) -> Any:
        return np.sqrt(self.means_[:, None])

    def add_model(self, questions: Questions, correct: CountArray, attempts: CountArray) -> Self:  # noqa: ARG002
        added = copy.copy(self)
        added.means_ = np.append(self.means_, (correct.sum() + 1) / (attempts.sum() + 3))
        return added

    def linear_scores(self) -> Any:
        return LinearScores(np.zeros((len(self.means_), self.numbers_), np.float32), self.means_)

    def save(self, folder: Path) -> None:
        write_fitted(self, folder, {"means": self.means_})

    @classmethod
    def load(cls, folder: Path) -> Self:
        saved = read_fitted(cls, folder)
        saved.method.means_ = saved.arrays["means"]
        return saved.method


# More faults than one that a check has to see.


@dataclass
class NoDefault(Sound):
    depth: int = field(kw_only=True)


@dataclass
class Unsettable(Sound):
    sizes: tuple[int, ...] = (8, 4)


class Nameless(Sound):
    summary: ClassVar[str] = ""


class Transposed(Sound):
    def predict_proba(self, questions: Questions) -> Float32Array:
        return super().predict_proba(questions).T


class Warns(Sound):
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        self.ratio_ = np.zeros(1) / np.zeros(1)
        return super().fit(train, validation)


class Quits(Sound):
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:  # noqa: ARG002
        sys.exit("no GPU here")


class ChoosesOnNothing(Sound):
    """Of two shrinkages, the first where the validation part finds them equally good."""

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        super().fit(train, validation)
        if validation is not None:
            losses = [float((validation.attempts * (w - 0.5) ** 2).sum()) for w in (0.0, 0.5)]
            self.means_ = self.means_ * np.float32((0.5, 1.0)[int(np.argmin(losses))])
        return self


class SeedsTorch(Sound):
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        torch.manual_seed(self.seed)
        return super().fit(train, validation)


class DrawsFromNumpy(Sound):
    def predict_proba(self, questions: Questions) -> Float32Array:
        np.random.normal()  # noqa: NPY002 - the fault
        return super().predict_proba(questions)


class Double(Sound):
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        torch.set_default_dtype(torch.float64)
        return super().fit(train, validation)


class NotAskedIsRight(Sound):
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        return super().fit(dataclasses.replace(train, correct=train.attempts - train.wrong), validation)

    def predict_proba(self, questions: Questions) -> Float32Array:
        return np.float32(1) - np.float32(0.4) * (1 - super().predict_proba(questions))


class ByPositionInTheTest(Sound):
    def predict_proba(self, questions: Questions) -> Float32Array:
        return super().predict_proba(questions) * np.linspace(0.9, 1, len(questions), dtype=np.float32)


class AddsInPlace(ModelMean):
    def add_model(self, questions: Questions, correct: CountArray, attempts: CountArray) -> Self:
        self.means_ = super().add_model(questions, correct, attempts).means_
        return self


class RemembersByShape(Sound):
    """A cache that takes data of one shape for the same data."""

    cache: ClassVar[dict[tuple[int, ...], Any]] = {}

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        super().fit(train, validation)
        self.means_ = RemembersByShape.cache.setdefault(train.correct.shape, self.means_)
        return self


class AddsDeafly(AddsSoundly):
    def add_model(self, questions: Questions, correct: CountArray, attempts: CountArray) -> Self:
        return super().add_model(questions, 0 * correct, 0 * attempts)


class WritesPastPython(Sound):
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        os.write(1, b"epoch 1\n")
        return super().fit(train, validation)


class Complex(Sound):
    def predict_proba(self, questions: Questions) -> Any:
        return super().predict_proba(questions) + 0j


@dataclass
class ForgetsSettings(Sound):
    width: float = 0.1

    def save(self, folder: Path) -> None:
        write_fitted(type(self)(), folder, {"means": self.means_})

    @classmethod
    def load(cls, folder: Path) -> Self:
        saved = read_fitted(cls, folder)
        saved.method.means_ = saved.arrays["means"]
        return saved.method


class SavesNothing(Sound):
    kept: ClassVar[dict[str, Any]] = {}

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        SavesNothing.kept["fitted"] = self

    @classmethod
    def load(cls, folder: Path) -> Self:  # noqa: ARG003
        made: Self = cls.kept["fitted"]
        return made


class KeepsTheLast(SavesNothing):
    def save(self, folder: Path) -> None:
        super().save(folder)
        (folder / "fitted").write_text("it is in memory")


class Pickles(Sound):
    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / "fitted").write_bytes(pickle.dumps(self))

    @classmethod
    def load(cls, folder: Path) -> Self:
        made: Self = pickle.loads((folder / "fitted").read_bytes())  # noqa: S301 - the fault
        return made
