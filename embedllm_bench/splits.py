"""Which questions are trained on, tuned on and tested on; a division is a value with a hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedllm_bench.arrays import IndexArray
    from embedllm_bench.matrix import Questions

PARTS = ("train", "validation", "test")
DEFAULT_FOLDS = 10


@dataclass(frozen=True, eq=False)
class Split:
    """Three disjoint sets of question positions; equal hash = equal division of the same questions."""

    name: str
    train: IndexArray
    validation: IndexArray
    test: IndexArray
    hash: str


def question_folds(questions: Questions, seed: int, folds: int = DEFAULT_FOLDS) -> list[Split]:
    """``folds`` splits with disjoint test parts that together hold every question.

    Fold i tests on part i, tunes on the next part and trains on the rest, so ten folds are 80/10/10.
    Questions of identical text stay together, and every benchmark is spread evenly over the parts.
    """
    if folds < 3:
        raise DataError(f"{folds} folds leave no room for training, validation and test; give at least 3.")
    part = _parts(questions, folds, np.random.default_rng([seed, 0]))
    return [_fold(questions, seed, folds, part, fold) for fold in range(folds)]


def question_split(questions: Questions, seed: int) -> Split:
    """The first of ten folds: 80 % training, 10 % validation, 10 % test."""
    part = _parts(questions, DEFAULT_FOLDS, np.random.default_rng([seed, 0]))
    return _fold(questions, seed, DEFAULT_FOLDS, part, 0)


def _fold(questions: Questions, seed: int, folds: int, part: IndexArray, fold: int) -> Split:
    name = f"question-{seed}-{fold}of{folds}"
    return _split(questions, name, {"test": part == fold, "validation": part == (fold + 1) % folds})


def benchmark_splits(questions: Questions, seed: int) -> dict[str, Split]:
    """Leave one benchmark out: per benchmark, all its questions are the test part.

    A tenth of the other benchmarks' questions is the validation part. Questions whose text also
    stands in the held-out benchmark are left out of training and validation.
    """
    names, codes = questions.benchmark_codes
    if len(names) < 2:
        raise DataError("Leaving a benchmark out needs at least two benchmarks; the data has one.")
    part = _parts(questions, DEFAULT_FOLDS, np.random.default_rng([seed, 1]))
    splits = {}
    for code, name in enumerate(names):
        test = codes == code
        leaked = np.isin(questions.text_groups, questions.text_groups[test]) & ~test
        splits[name] = _split(
            questions,
            f"benchmark-{seed}-{name}",
            {"test": test, "validation": (part == 0) & ~test & ~leaked},
            left_out=leaked,
        )
    return splits


def published_split(questions: Questions, parts: Mapping[str, str]) -> Split:
    """The division the data came with: ``parts`` maps a question's key to train, validation or test."""
    part = np.array([parts.get(key, "") for key in questions.keys])
    missing = int(np.count_nonzero(part == ""))
    if missing:
        raise DataError(
            f"{missing} of {len(questions)} questions have no published part; import a table with a"
            " 'split' column, or use --split question."
        )
    for name in PARTS:
        if not (part == name).any():
            raise DataError(f"The published split has no {name} questions; use --split question.")
    return _split(questions, "published", {"test": part == "test", "validation": part == "validation"})


def check_usable(split: Split) -> None:
    """Refuse a division that leaves nothing to learn from, or nothing to be tested on.

    Raises:
        DataError: its training or test part is empty.
    """
    for part, positions in (("test", split.test), ("training", split.train)):
        if not len(positions):
            total = len(split.train) + len(split.validation) + len(split.test)
            raise DataError(
                f"{total} questions are too few: split {split.name} would have no {part} questions; import"
                " more, or divide into fewer parts with --folds."
            )


def _parts(questions: Questions, folds: int, generator: np.random.Generator) -> IndexArray:
    """A part number (Q,) for each question: text groups whole, benchmarks spread evenly."""
    _, benchmark = questions.benchmark_codes
    groups, first, size = np.unique(questions.text_groups, return_index=True, return_counts=True)
    part_of_group = np.empty(len(groups), dtype=np.int64)
    for code in np.unique(benchmark[first]):
        members = generator.permutation(np.flatnonzero(benchmark[first] == code))
        # Which parts get one question more is drawn too, else part 0 would always be the largest.
        order = generator.permutation(folds)
        load = np.zeros(folds, dtype=np.int64)
        for group in members:
            lightest = order[np.argmin(load[order])]
            part_of_group[group] = lightest
            load[lightest] += size[group]
    return part_of_group[np.searchsorted(groups, questions.text_groups)]


def _split(
    questions: Questions,
    name: str,
    masks: Mapping[str, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]],
    left_out: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] | None = None,
) -> Split:
    test, validation = masks["test"], masks["validation"]
    train = ~test & ~validation
    if left_out is not None:
        train &= ~left_out
    digest = hashlib.sha256()
    keys = questions.keys
    for mask in (train, validation, test):
        digest.update("\n".join(sorted(keys[i] for i in np.flatnonzero(mask))).encode())
        digest.update(b"\f")
    return Split(
        name, np.flatnonzero(train), np.flatnonzero(validation), np.flatnonzero(test), digest.hexdigest()
    )
