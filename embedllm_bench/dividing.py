"""A store's questions divided as somebody asks: by folds, by a benchmark, with fewer to train on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.errors import DataError, UsageError
from embedllm_bench.splits import (
    DEFAULT_FOLDS,
    Split,
    benchmark_splits,
    check_usable,
    question_folds,
    training_subset,
)

if TYPE_CHECKING:
    from embedllm_bench.matrix import Questions
    from embedllm_bench.store.store import Store


@dataclass(frozen=True)
class Division:
    """Test on part ``fold`` of ``folds`` (ten), or on the benchmark ``leave_out``; train on ``train`` questions."""

    seed: int = 0
    folds: int | None = None
    fold: int = 0
    leave_out: str | None = None
    train: int | None = None


def divide(store: Store, division: Division) -> tuple[Questions, Split]:
    """The questions that have a graded outcome, and their division.

    Raises:
        UsageError: what is asked for contradicts itself or does not exist.
        DataError: there are too few questions.
    """
    empty = np.zeros((len(store.questions()), 1), dtype=np.float32)
    matrix = store.matrix(empty)
    questions = matrix.questions
    split = _divided(questions, division)
    check_usable(split)
    if division.train is not None:
        if division.train > len(split.train):
            raise DataError(
                f"There are {len(split.train):,} training questions; --train {division.train} asks for more."
            )
        order = np.random.default_rng([division.seed, 5]).permutation(len(split.train))
        split = training_subset(questions, split, order[: division.train])
    return questions, split


def _divided(questions: Questions, division: Division) -> Split:
    if division.leave_out is not None:
        if division.folds is not None or division.fold:
            raise UsageError("--leave-out tests on a whole benchmark; leave --folds and --fold out.")
        known = benchmark_splits(questions, division.seed)
        if division.leave_out not in known:
            raise UsageError(f"There is no benchmark {division.leave_out!r}; there are {', '.join(known)}.")
        return known[division.leave_out]
    folds = question_folds(questions, division.seed, division.folds or DEFAULT_FOLDS)
    if division.fold >= len(folds):
        raise UsageError(f"--fold {division.fold} is none of 0 to {len(folds) - 1}.")
    return folds[division.fold]
