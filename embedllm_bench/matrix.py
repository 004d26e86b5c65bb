"""The correctness matrix: who was asked what, how often, and how often the answer was right."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from embedllm_bench.arrays import BoolArray, CountArray, Float32Array, IndexArray
    from embedllm_bench.cards.model import ModelCard


MOST_ATTEMPTS = 2**16 - 1  #: at one cell; counts are kept in 8 or 16 bits


class LabelConvention(enum.StrEnum):
    """How repeated attempts of one model at one question become a label.

    Published figures on the EmbedLLM data use different ones, and they move accuracy by about three points.
    """

    MAJORITY = "majority"  #: the more frequent label; a tie is missing
    MAJORITY_TIES_CORRECT = "majority-ties-correct"  #: the more frequent label; a tie is correct
    RAW = "raw"  #: every attempt counts
    MAX = "max"  #: correct if any attempt is
    LAST = "last"  #: the last attempt


@dataclass(frozen=True, eq=False)
class Questions:
    """Q questions as a method may see them: no outcome is reachable from here."""

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    benchmarks: tuple[str, ...]
    subtasks: tuple[str | None, ...]
    embeddings: Float32Array  #: (Q, D)
    grouped: IndexArray | None = None  #: (Q,) equal for those that stay together; None for equal texts

    def __post_init__(self) -> None:
        lengths = {
            len(self.ids),
            len(self.texts),
            len(self.benchmarks),
            len(self.subtasks),
            len(self.embeddings),
            len(self.ids if self.grouped is None else self.grouped),
        }
        if len(lengths) != 1:
            raise DataError(f"The columns of a question list differ in length: {sorted(lengths)}.")

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, indices: IndexArray) -> Questions:
        """The questions at ``indices`` (n,), in that order."""
        return Questions(
            ids=tuple(self.ids[i] for i in indices),
            texts=tuple(self.texts[i] for i in indices),
            benchmarks=tuple(self.benchmarks[i] for i in indices),
            subtasks=tuple(self.subtasks[i] for i in indices),
            embeddings=self.embeddings[indices],
            grouped=None if self.grouped is None else self.grouped[indices],
        )

    def with_embeddings(self, embeddings: Float32Array) -> Questions:
        """The same questions with other vectors (Q, D)."""
        return replace(self, embeddings=embeddings)

    @cached_property
    def benchmark_codes(self) -> tuple[tuple[str, ...], IndexArray]:
        """The benchmark names, sorted, and each question's position (Q,) among them."""
        return _codes(self.benchmarks)

    @cached_property
    def groups(self) -> IndexArray:
        """A number (Q,) for each question, equal for those that no split tears apart: of identical text at least."""
        return _codes(self.texts)[1] if self.grouped is None else self.grouped

    @property
    def keys(self) -> tuple[str, ...]:
        """What identifies a question across files: its benchmark and its id, NUL between them."""
        return tuple(f"{b}\0{i}" for b, i in zip(self.benchmarks, self.ids, strict=True))


@dataclass(frozen=True, eq=False)
class CorrectnessMatrix:
    """M models x Q questions as counts; a cell with no attempt was not asked, which is not "wrong".

    Sums over ``correct`` and ``attempts`` leave unobserved cells out by themselves, so nothing ever
    has to stand in for a missing answer.
    """

    models: tuple[str, ...]
    questions: Questions
    correct: CountArray  #: (M, Q) attempts answered correctly
    attempts: CountArray  #: (M, Q) graded attempts
    labels: LabelConvention = field(default=LabelConvention.RAW)
    #: what is known of models beyond their names, by id; of others than these models too, and no outcome
    cards: Mapping[str, ModelCard] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = (len(self.models), len(self.questions))
        if self.correct.shape != shape or self.attempts.shape != shape:
            raise DataError(
                f"A matrix of {shape[0]} models and {shape[1]} questions needs counts of that shape,"
                f" not {self.correct.shape} and {self.attempts.shape}."
            )
        if (self.correct > self.attempts).any():
            raise DataError("A matrix has a cell with more correct answers than attempts.")

    @classmethod
    def from_outcomes(
        cls,
        models: Sequence[str],
        questions: Questions,
        model_index: IndexArray,
        question_index: IndexArray,
        correct: npt.NDArray[np.generic],
        labels: LabelConvention = LabelConvention.MAJORITY,
    ) -> CorrectnessMatrix:
        """A matrix from N graded outcomes (three arrays (N,)), in the order in which they were attempted."""
        shape = (len(models), len(questions))
        cell = model_index.astype(np.int64) * shape[1] + question_index
        size = shape[0] * shape[1]
        attempts = _count(cell, size)
        right = _count(cell[correct.astype(bool)], size)
        right, attempts = _apply(labels, right, attempts, cell, correct)
        return cls(tuple(models), questions, right.reshape(shape), attempts.reshape(shape), labels)

    @property
    def observed(self) -> BoolArray:
        """(M, Q): was the model asked?"""
        return self.attempts > 0

    @property
    def wrong(self) -> CountArray:
        """(M, Q) attempts answered wrongly."""
        return self.attempts - self.correct

    @property
    def filled(self) -> float:
        """Share of cells with at least one attempt."""
        return float(np.count_nonzero(self.attempts)) / max(self.attempts.size, 1)

    def take(self, questions: IndexArray) -> CorrectnessMatrix:
        """All models on the questions at these positions (n,), in that order."""
        return replace(
            self,
            questions=self.questions.take(questions),
            correct=self.correct[:, questions],
            attempts=self.attempts[:, questions],
        )

    def with_questions(self, questions: Questions) -> CorrectnessMatrix:
        """The same outcomes of the same questions, which may come with other vectors."""
        return replace(self, questions=questions)

    def take_models(self, models: IndexArray) -> CorrectnessMatrix:
        """The models at these positions (m,), in that order, on all questions."""
        return replace(
            self,
            models=tuple(self.models[m] for m in models),
            correct=self.correct[models],
            attempts=self.attempts[models],
        )

    def with_groups(self, grouped: IndexArray) -> CorrectnessMatrix:
        """The same matrix whose questions stay together as ``grouped`` (Q,) says."""
        return replace(self, questions=replace(self.questions, grouped=grouped))

    def with_cards(self, cards: Mapping[str, ModelCard]) -> CorrectnessMatrix:
        """The same outcomes of models of which this is known, by id."""
        return replace(self, cards=cards)

    def digest(self) -> str:
        """SHA-256 of everything a method could learn from, but for cards: names, texts, labels, counts and vectors."""
        digest = hashlib.sha256(self.labels.encode())
        for names in (self.models, self.questions.keys, self.questions.texts, self.questions.subtasks):
            digest.update("\0\0".join("\0" if name is None else name for name in names).encode())
        for counts in (self.correct, self.attempts):
            digest.update(np.ascontiguousarray(counts, dtype=np.uint16).tobytes())
        digest.update(np.ascontiguousarray(self.questions.embeddings, dtype=np.float32).tobytes())
        return digest.hexdigest()


def _codes(names: Sequence[str]) -> tuple[tuple[str, ...], IndexArray]:
    ordered = sorted(set(names))
    position = {name: i for i, name in enumerate(ordered)}
    return tuple(ordered), np.fromiter((position[name] for name in names), dtype=np.int64, count=len(names))


def _count(cells: IndexArray, size: int) -> CountArray:
    """How often each of ``size`` cells is named, in the narrowest unsigned integers that hold it."""
    counts = np.bincount(cells, minlength=size)
    if counts.max(initial=0) > MOST_ATTEMPTS:
        raise DataError(
            f"A model has {counts.max():,} attempts at one question; up to {MOST_ATTEMPTS:,} can be compared."
        )
    return counts.astype(np.min_scalar_type(counts.max(initial=0)))


def _apply(
    labels: LabelConvention,
    right: CountArray,
    attempts: CountArray,
    cell: IndexArray,
    correct: npt.NDArray[np.generic],
) -> tuple[CountArray, CountArray]:
    asked = attempts > 0
    if labels is LabelConvention.RAW:
        return right, attempts
    if labels is LabelConvention.MAX:
        return (right > 0).astype(np.uint8), asked.astype(np.uint8)
    if labels is LabelConvention.LAST:
        last = np.zeros(len(attempts), dtype=np.uint8)
        last[cell] = correct  # NumPy keeps the last of several values for one cell
        return last, asked.astype(np.uint8)
    twice = 2 * right.astype(np.int32)
    if labels is LabelConvention.MAJORITY_TIES_CORRECT:
        return (asked & (twice >= attempts)).astype(np.uint8), asked.astype(np.uint8)
    decided = asked & (twice != attempts)
    return (decided & (twice > attempts)).astype(np.uint8), decided.astype(np.uint8)
