"""What a set of questions may be, whatever file it came from."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedllm_bench.errors import DataError
from embedllm_bench.question_set import Item, QuestionSet

CHOICE = Item("a", "Which is red?", 1, ("sky", "blood"))
ANSWER = Item("b", "What is 3 + 4?", ("7", "seven"))


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([], "there is no question to ask"),
        ([replace(CHOICE, part="fewshot")], "there is no question to ask"),
        ([replace(CHOICE, question=" ")], "question 'a': its question is empty"),
        ([replace(CHOICE, answer=2)], "its answer is 2, and its choices are 0 to 1"),
        ([replace(CHOICE, answer=-1)], "its answer is -1, and its choices are 0 to 1"),
        ([replace(CHOICE, choices=("blood",), answer=0)], "it has a single choice"),
        ([replace(CHOICE, choices=("sky", ""))], "a choice is empty"),
        ([replace(CHOICE, choices=("sky", "sky"))], "a choice stands twice"),
        ([replace(ANSWER, answer=())], "its answer is empty"),
        ([replace(ANSWER, answer=("7", " "))], "its answer is empty"),
        ([CHOICE, replace(CHOICE, question="Which is blue?")], "question id 'a' stands 2 times"),
        ([replace(CHOICE, id=" ")], "a question has an empty id"),
        ([CHOICE, ANSWER], "some questions have choices and some do not"),
        ([CHOICE, replace(CHOICE, id="c", answer=0)], "'a' and 'c' are the same with different answers"),
        (
            [CHOICE, replace(CHOICE, id="c", part="fewshot")],
            "the same, one to be asked and one an example in prompts",
        ),
    ],
)
def test_what_would_make_an_answer_mean_nothing_is_refused(items: list[Item], message: str) -> None:
    with pytest.raises(DataError, match=message):
        QuestionSet(tuple(items))


def test_the_same_choices_in_another_order_are_the_same_question() -> None:
    turned = replace(CHOICE, id="c", choices=("blood", "sky"), answer=0)
    assert QuestionSet((CHOICE, turned)).repeated == 0  # right in both, and texts that differ
    with pytest.raises(DataError, match="the same with different answers"):
        QuestionSet((CHOICE, replace(turned, answer=1)))


def test_repeated_questions_are_counted() -> None:
    assert QuestionSet((CHOICE, replace(CHOICE, id="c"))).repeated == 1


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)


@given(
    st.lists(st.tuples(TEXT, st.lists(TEXT, min_size=1, max_size=3)), min_size=1, unique_by=lambda t: t[0])
)
def test_a_set_comes_back_from_its_lines_as_it_was(questions: list[tuple[str, list[str]]]) -> None:
    items = [Item(str(n), text, tuple(right)) for n, (text, right) in enumerate(questions)]
    known = QuestionSet(tuple(items))
    again = QuestionSet.from_jsonl(known.to_jsonl())
    assert (again, again.sha256) == (known, known.sha256)
