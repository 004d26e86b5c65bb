from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedllm_bench.errors import DataError
from embedllm_bench.near import near_groups
from embedllm_bench.splits import (
    benchmark_splits,
    check_usable,
    published_split,
    question_folds,
    question_split,
)
from tests.helpers import questions


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3)), min_size=12, max_size=120), st.integers(0, 5)
)
def test_folds_test_every_question_once_and_keep_texts_together(
    drawn: list[tuple[int, int]], seed: int
) -> None:
    asked = questions([f"t{text}" for text, _ in drawn], [f"b{benchmark}" for _, benchmark in drawn])
    folds = question_folds(asked, seed, folds=4)
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(len(drawn)))
    for fold in folds:
        parts = [{asked.texts[i] for i in part} for part in (fold.train, fold.validation, fold.test)]
        assert len(parts[0] | parts[1] | parts[2]) == sum(map(len, parts))
        assert len(fold.train) + len(fold.validation) + len(fold.test) == len(drawn)


def test_the_question_split_is_80_10_10_within_every_benchmark() -> None:
    asked = questions([f"t{i}" for i in range(300)], ["a"] * 200 + ["b"] * 100)
    split = question_split(asked, seed=0)
    for part, share in ((split.train, 0.8), (split.validation, 0.1), (split.test, 0.1)):
        assert [np.count_nonzero(part < 200), np.count_nonzero(part >= 200)] == [200 * share, 100 * share]


def test_equal_divisions_have_equal_hashes_whatever_the_order() -> None:
    texts = [f"t{i}" for i in range(40)]
    assert question_split(questions(texts), 3).hash == question_split(questions(texts), 3).hash
    assert question_split(questions(texts), 3).hash != question_split(questions(texts), 4).hash


def test_a_held_out_benchmark_takes_its_texts_out_of_training() -> None:
    asked = questions(["same", "x", "same", "y", "z", "w"], ["a", "a", "b", "b", "b", "b"])
    split = benchmark_splits(asked, seed=0)["a"]
    assert split.test.tolist() == [0, 1]
    assert 2 not in split.train
    assert 2 not in split.validation


def test_nearly_the_same_questions_stay_together_where_they_are_grouped() -> None:
    texts = [f"Question number {i // 2} of forty, asked in some words{'!' * (i % 2)}" for i in range(80)]
    near = replace(questions(texts), grouped=near_groups(texts))
    apart = together = 0
    for seed in range(3):
        for fold in question_folds(near, seed, folds=4):
            together += sum((i ^ 1) not in set(fold.test.tolist()) for i in fold.test.tolist())
        for fold in question_folds(questions(texts), seed, folds=4):
            apart += sum((i ^ 1) not in set(fold.test.tolist()) for i in fold.test.tolist())
    assert (together, apart > 0) == (0, True)


def test_one_benchmark_cannot_be_left_out() -> None:
    with pytest.raises(DataError, match="at least two benchmarks"):
        benchmark_splits(questions(["x", "y"]), seed=0)


def test_a_published_split_must_name_every_question() -> None:
    with pytest.raises(DataError, match="1 of 2 questions have no published part"):
        published_split(questions(["x", "y"]), {"b\0q0": "train"})


@pytest.mark.parametrize(("count", "folds"), [(1, 10), (4, 10), (20, 50)])
def test_too_few_questions_are_one_sentence(count: int, folds: int) -> None:
    made = question_folds(questions([f"text {i}" for i in range(count)]), 0, folds)
    empty = next(split for split in made if not len(split.test) or not len(split.train))
    with pytest.raises(DataError, match=f"{count} questions are too few: split question-0-"):
        check_usable(empty)
