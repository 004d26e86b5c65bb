from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedllm_bench.figures.standing_out import LONGEST, bits, standing_out, statistics
from embedllm_bench.matrix import CorrectnessMatrix
from tests.helpers import questions, random_matrix


def matrix(texts: list[str] | None = None) -> CorrectnessMatrix:
    """Six models, the later the better; the questions: easy, hard, one that parts them, one that good ones fail."""
    rows = [[1, 0, 0, 1], [1, 0, 0, 1], [1, 0, 0, 1], [1, 0, 1, 0], [1, 0, 1, 1], [1, 1, 1, 0]]
    correct = np.array(rows, dtype=np.uint8)
    asked = questions(texts or ["easy", "hard", "parting", "odd"])
    return CorrectnessMatrix(tuple(f"m{i}" for i in range(6)), asked, correct, np.ones_like(correct))


def test_discrimination_is_the_correlation_with_the_other_questions() -> None:
    of = statistics(matrix())
    assert np.isnan(of.discrimination[0])
    right = matrix().correct
    for question in (1, 2, 3):
        others = np.delete(right, question, axis=1).mean(1)
        expected = np.corrcoef(right[:, question], others)[0, 1]
        assert of.discrimination[question] == pytest.approx(expected)


def test_each_view_begins_with_what_it_is_named_for() -> None:
    first = {question.text: question.views for question in standing_out(matrix())}
    assert set(first) == {"easy", "hard", "parting", "odd"}
    hard = next(question for question in standing_out(matrix()) if question.text == "hard")
    assert (hard.right, hard.asked, hard.members(hard.answered_by)) == (1, 6, [5])


def test_questions_of_few_models_do_not_stand_out() -> None:
    assert standing_out(random_matrix(4, 20)) == ()


def test_a_long_text_is_clipped_and_says_by_how_much() -> None:
    long = next(q for q in standing_out(matrix(["x" * 100_000, "b", "c", "d"])) if q.text.startswith("x"))
    assert (len(long.text), long.clipped) == (LONGEST, 100_000 - LONGEST)


@given(st.lists(st.booleans(), max_size=40))
def test_bits_name_their_members(members: list[bool]) -> None:
    (question,) = standing_out(matrix())[:1]
    assert question.members(bits(np.array(members, dtype=bool))) == [i for i, m in enumerate(members) if m]
