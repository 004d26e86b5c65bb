from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedllm_bench.exchange.lm_eval_text import question_text

DOCUMENTS: list[tuple[dict[str, object], str, str]] = [
    ({"question": "Q?", "answer": "secret"}, "Q?", "question"),
    ({"Problem": "Q?", "options": "a ) 1 , b ) 2", "correct": "a"}, "Q?\na ) 1 , b ) 2", "Problem + options"),
    (
        {"question": "Q?", "choices": {"text": ["x", "y"], "label": ["1", "2"]}, "answerKey": "1"},
        "Q?\n1. x\n2. y",
        "question + choices",
    ),
    ({"question": "Q?", "options": {"A": "x", "B": "y"}}, "Q?\nA. x\nB. y", "question + options"),
    ({"goal": "Do", "sol1": "x", "sol2": "y", "label": 0}, "Do\nA. x\nB. y", "goal + sol1 + sol2"),
    (
        {"context": "C.", "question": "Q?", "answerA": "x", "answerB": "y", "answerC": "z", "label": "1"},
        "C.\n\nQ?\nA. x\nB. y\nC. z",
        "context + question + answerA + answerB + answerC",
    ),
    (
        {"premise": "P.", "choice1": "x", "choice2": "y", "question": "cause", "label": 0},
        "P.\n\ncause\nA. x\nB. y",
        "premise + question + choice1 + choice2",
    ),
    ({"premise": "P.", "hypothesis": "H.", "label": 0}, "P.\n\nH.", "premise + hypothesis"),
    ({"ctx": "C", "query": "Q", "choices": ["x", "y"], "gold": 0}, "Q\nA. x\nB. y", "query + choices"),
    ({"question": "Q?", "opa": "x", "opb": "y", "cop": 1}, "Q?\nA. x\nB. y", "question + opa + opb"),
    ({"instruction": "I", "input": "J", "output": "secret"}, "I\n\nJ", "instruction + input"),
    ({"instruction": "I", "input": "", "output": "secret"}, "I", "instruction"),
    ({"sentence": "Shown.\n\nAsked _.", "option1": "x", "option2": "y"}, "Asked _.\nA. x\nB. y",
     "sentence + option1 + option2"),
    ({"sentence": "A _.\n\nB _.", "option1": "x", "option2": "y"}, "A _.\n\nB _.\nA. x\nB. y",
     "sentence + option1 + option2"),
    ({"sentence": "One.\n\nTwo _."}, "One.\n\nTwo _.", "sentence"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "text", "fields"), DOCUMENTS)
def test_a_document_is_put_together_from_its_own_fields(
    document: dict[str, object], text: str, fields: str
) -> None:
    found = question_text(document, ())
    assert found is not None
    assert (found.text, " + ".join(found.fields)) == (text, fields)


def test_fields_asked_for_go_first_where_there_are_any() -> None:
    document: dict[str, object] = {"question": "Q?", "choices": ["x", "y"], "title": "T"}
    for wanted, text in ((("title",), "T"), (("question", "choices"), "Q?\nA. x\nB. y"), (("other",), None)):
        found = question_text(document, wanted)
        assert found is not None
        assert found.text == (text or "Q?\nA. x\nB. y")


@pytest.mark.parametrize("document", [{}, {"question": " "}, {"question": 3}, {"label": "x", "id": "y"}])
def test_without_a_known_field_there_is_no_text(document: dict[str, object]) -> None:
    assert question_text(document, ()) is None


VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=3), values, max_size=3),
)
NAMES = st.sampled_from(["question", "Question", "choices", "options", "option1", "option2", "sentence", "x"])


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=6), st.text(min_size=1))
def test_no_document_breaks_it_and_examples_beside_the_question_change_nothing(
    document: dict[str, object], examples: str
) -> None:
    with_examples = {"twentyfive_shot_preprompt": examples, **document, "fewshot": examples}
    assert question_text(document, ()) == question_text(with_examples, ())
