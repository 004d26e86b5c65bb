from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedllm_bench.errors import DataError
from embedllm_bench.matrix import CorrectnessMatrix, LabelConvention
from tests.helpers import questions


def one_cell(answers: list[int], labels: LabelConvention) -> tuple[int, int]:
    index = np.zeros(len(answers), dtype=np.int64)
    matrix = CorrectnessMatrix.from_outcomes(["m"], questions(["t"]), index, index, np.array(answers), labels)
    return int(matrix.correct[0, 0]), int(matrix.attempts[0, 0])


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (LabelConvention.RAW, (2, 4)),
        (LabelConvention.MAX, (1, 1)),
        (LabelConvention.LAST, (0, 1)),
        (LabelConvention.MAJORITY, (0, 0)),  # a tie is missing
        (LabelConvention.MAJORITY_TIES_CORRECT, (1, 1)),
    ],
)
def test_a_tie_by_each_convention(labels: LabelConvention, expected: tuple[int, int]) -> None:
    assert one_cell([1, 0, 1, 0], labels) == expected


@given(st.lists(st.integers(0, 1), min_size=1, max_size=9))
def test_conventions_agree_with_their_definitions(answers: list[int]) -> None:
    assert one_cell(answers, LabelConvention.RAW) == (sum(answers), len(answers))
    assert one_cell(answers, LabelConvention.MAX) == (max(answers), 1)
    assert one_cell(answers, LabelConvention.LAST) == (answers[-1], 1)
    twice = 2 * sum(answers)
    majority = (0, 0) if twice == len(answers) else (int(twice > len(answers)), 1)
    assert one_cell(answers, LabelConvention.MAJORITY) == majority
    assert one_cell(answers, LabelConvention.MAJORITY_TIES_CORRECT) == (int(twice >= len(answers)), 1)


def test_a_cell_nobody_asked_is_not_wrong() -> None:
    zero = np.zeros(1, dtype=np.int64)
    matrix = CorrectnessMatrix.from_outcomes(["m", "n"], questions(["t", "u"]), zero, zero, np.array([1]))
    assert matrix.observed.tolist() == [[True, False], [False, False]]
    assert matrix.wrong.sum() == 0
    assert matrix.filled == 0.25


def test_more_correct_than_attempts_is_refused() -> None:
    ones = np.ones((1, 1), dtype=np.uint8)
    with pytest.raises(DataError, match="more correct answers than attempts"):
        CorrectnessMatrix(("m",), questions(["t"]), ones, 0 * ones)
