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
    Questions of one group (identical text at least) stay together, and every benchmark is spread evenly over the parts.
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


def whole_split(questions: Questions, seed: int) -> Split:
    """Nothing is tested on: a tenth is the validation part, as :func:`question_split` draws it, the rest training.

    For methods that are to be used rather than compared. Where that would leave nothing to train on,
    there is no validation part.
    """
    part = _parts(questions, DEFAULT_FOLDS, np.random.default_rng([seed, 0]))
    validation = part == 1
    if validation.all():
        validation[:] = False
    return _split(questions, f"whole-{seed}", {"test": np.zeros_like(validation), "validation": validation})


def benchmark_splits(questions: Questions, seed: int) -> dict[str, Split]:
    """Leave one benchmark out: per benchmark, all its questions are the test part.

    A tenth of the other benchmarks' questions is the validation part. Questions that form a group with
    one of the held-out benchmark (identical text at least) are left out of training and validation.
    """
    names, codes = questions.benchmark_codes
    if len(names) < 2:
        raise DataError("Leaving a benchmark out needs at least two benchmarks; the data has one.")
    part = _parts(questions, DEFAULT_FOLDS, np.random.default_rng([seed, 1]))
    splits = {}
    for code, name in enumerate(names):
        test = codes == code
        leaked = np.isin(questions.groups, questions.groups[test]) & ~test
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


def given_split(questions: Questions, parts: Mapping[str, str], name: str) -> Split:
    """The division that ``parts`` (question key -> part) says; a question it does not name takes no part.

    Raises:
        DataError: it names none of these questions for training, or none for testing.
    """
    part = np.array([parts.get(key, "") for key in questions.keys])
    masks = {known: part == known for known in PARTS}
    for known in ("train", "test"):
        if not masks[known].any():
            raise DataError(
                f"The split {name} names no {known} question of this store; is it of another one?"
            )
    return _split(questions, name, masks, left_out=part == "")


def restricted(split: Split, questions: Questions, kept: IndexArray) -> Split:
    """The same division of fewer questions: of those at ``kept`` (n,), ascending positions in the whole.

    ``questions`` are the ones that are left.
    """
    part = {name: np.isin(kept, getattr(split, name)) for name in PARTS}
    out = ~(part["train"] | part["validation"] | part["test"])
    return _split(questions, split.name, part, left_out=out)


def training_subset(questions: Questions, split: Split, members: IndexArray) -> Split:
    """The same division with the training questions at ``members`` (n,) of its training part only."""
    train = np.zeros(len(questions), dtype=bool)
    train[split.train[members]] = True
    parts = {name: np.isin(np.arange(len(questions)), getattr(split, name)) for name in PARTS[1:]}
    name = f"{split.name}-train{len(members)}"
    return _split(questions, name, parts, left_out=~(train | parts["validation"] | parts["test"]))


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
    """A part number (Q,) for each question: groups whole, benchmarks spread evenly."""
    _, benchmark = questions.benchmark_codes
    groups, first, size = np.unique(questions.groups, return_index=True, return_counts=True)
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
    return part_of_group[np.searchsorted(groups, questions.groups)]


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
