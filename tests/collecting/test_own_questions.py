"""A user's own questions as lm-eval asks them: prompts to the letter, grading, examples, formulations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from embedllm_bench.collecting.benchmarks import Choices, make_question_card
from embedllm_bench.collecting.collector import collect
from embedllm_bench.errors import UsageError
from embedllm_bench.question_set import Item, QuestionSet
from embedllm_bench.store.store import Store
from tests.collecting.tiny import CHOICE as LM_EVAL_TASK
from tests.collecting.tiny import Tiny, model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from embedllm_bench.cards import BenchmarkCard, ModelCard
    from embedllm_bench.collecting.outcomes import Collected

CHOICES = QuestionSet(
    (
        Item("1", "Which is red?", 1, ("sky", "blood"), subtask="colour"),
        Item("2", "Which is round?", 0, ("ball", "box", "book")),
        Item("3", "Which is cold?", 0, ("ice", "fire"), part="fewshot"),
        Item("4", "Which is wet?", 1, ("sand", "sea"), part="fewshot"),
    )
)
TEXTS = QuestionSet(
    (
        Item("1", "What is 3 + 4?", ("7",)),
        Item("2", "Capital of Peru?", ("Lima", "Lima city")),
        Item("3", "Capital of Chad?", ("N'Djamena",)),
    )
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "s.db", write=True) as opened:
        yield opened


@pytest.fixture
def prompts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The arguments of every request to a tiny model."""
    seen: list[tuple[str, ...]] = []
    checked = Tiny._checked

    def remembering(self: Tiny, requests: object) -> object:
        seen.extend(request.args for request in requests)  # type: ignore[attr-defined]  # lm-eval's requests
        return checked(self, requests)  # type: ignore[arg-type]

    monkeypatch.setattr(Tiny, "_checked", remembering)
    return seen


def asked(store: Store, questions: QuestionSet, who: ModelCard, **choices: object) -> Collected:
    card = make_question_card("mine", questions, Choices(**choices)).card  # type: ignore[arg-type]  # its fields
    store.write_question_set(questions)
    (result,) = collect(store, [who], [card])
    return result


def graded(store: Store) -> dict[str, int]:
    (table,) = store.read_outcomes()
    return {
        table.questions[q].question_id: int(c) for q, c in zip(table.question, table.correct, strict=True)
    }


def test_choices_by_letter(store: Store, prompts: list[tuple[str, ...]]) -> None:
    assert asked(store, CHOICES, model()).done == 2
    assert prompts == [
        ("Which is red?\nA. sky\nB. blood\nAnswer:", " A"),
        ("Which is red?\nA. sky\nB. blood\nAnswer:", " B"),
        ("Which is round?\nA. ball\nB. box\nC. book\nAnswer:", " A"),
        ("Which is round?\nA. ball\nB. box\nC. book\nAnswer:", " B"),
        ("Which is round?\nA. ball\nB. box\nC. book\nAnswer:", " C"),
    ]


def test_each_choice_as_the_completion(store: Store, prompts: list[tuple[str, ...]]) -> None:
    asked(store, CHOICES, model("org/tiny+cloze", formulation="cloze"))
    assert prompts[:2] == [("Which is red?\nAnswer:", " sky"), ("Which is red?\nAnswer:", " blood")]


def test_examples_in_the_prompt_are_the_files_own(store: Store, prompts: list[tuple[str, ...]]) -> None:
    asked(store, CHOICES, model("org/tiny+2-shot", num_fewshot=2))
    examples = {
        "Which is cold?\nA. ice\nB. fire\nAnswer: A", "Which is wet?\nA. sand\nB. sea\nAnswer: B",
    }  # fmt: skip
    *shots, last = prompts[0][0].split("\n\n")
    assert (set(shots), last) == (examples, "Which is red?\nA. sky\nB. blood\nAnswer:")


def test_both_formulations_are_one_question(store: Store) -> None:
    asked(store, CHOICES, model())
    asked(store, CHOICES, model("org/tiny+cloze", formulation="cloze"))
    stored = store.questions()
    assert (stored.ids, stored.subtasks) == (("1", "2"), ("colour", None))
    assert stored.texts[0] == "Which is red?\nsky\nblood"


@pytest.mark.parametrize(
    ("question", "answer", "right"),
    [
        ("1", " 7", True), ("1", "7.", True), ("1", ' "7"', True), ("1", "**7**", True), ("1", "-7", False),
        ("1", "77", False), ("1", "", False), ("2", "lima", True), ("2", "LIMA CITY.", True),
        ("2", "Lima, Peru", False), ("3", "n'djamena", True), ("3", "N'Djamena. ", True),
    ],
)  # fmt: skip
def test_a_generated_answer_is_compared_without_case_and_wrapping(
    store: Store, monkeypatch: pytest.MonkeyPatch, question: str, answer: str, right: bool
) -> None:
    monkeypatch.setattr(Tiny, "generate_until", lambda _self, requests: [answer for _ in requests])
    asked(store, TEXTS, model())
    assert graded(store)[question] == right


def test_a_pattern_says_what_of_an_answer_counts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tiny, "generate_until", lambda _self, rs: ["That is 7, I think" for _ in rs])
    asked(store, TEXTS, model(), pattern=r"\d+")
    assert graded(store)["1"] == 1


def test_more_examples_than_there_are_is_one_sentence_and_asks_nothing(store: Store) -> None:
    result = asked(store, CHOICES, model("org/tiny+3-shot", num_fewshot=3))
    assert (result.done, result.failed) == (0, 0)
    assert result.unfit
    assert result.reason == "mine: 3 examples are to stand in prompts, and its file has 2; ask it with fewer."


def test_without_examples_none_is_taken_from_the_questions(store: Store) -> None:
    result = asked(store, TEXTS, model("org/tiny+1-shot", num_fewshot=1))
    assert result.done == 0
    assert result.reason is not None
    assert "there are none but test questions" in result.reason


def test_an_lm_eval_task_is_not_asked_in_another_formulation(store: Store) -> None:
    cloze = model("org/tiny+cloze", formulation="cloze")
    with pytest.raises(UsageError, match="a task of lm-eval's with a formulation of its own"):
        collect(store, [cloze], [LM_EVAL_TASK])


def test_an_endpoint_of_texts_is_not_asked_for_choices(store: Store) -> None:
    card: BenchmarkCard = make_question_card("mine", CHOICES, Choices()).card
    chat = model("gpt", backend="openai-chat-completions", apply_chat_template=True)
    with pytest.raises(UsageError, match="log-probabilities"):
        collect(store, [chat], [card])


def test_a_run_records_the_questions_and_the_formulation(store: Store) -> None:
    asked(store, CHOICES, model("org/tiny+cloze", formulation="cloze"))
    asked(store, CHOICES, model("org/other+cloze", formulation="cloze"))
    first, second = map(json.loads, store.provenance())
    assert first["formulation"] == "cloze"
    assert first["task_config_sha256"] == second["task_config_sha256"]


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"metric": "f1"}, "Choose a metric with --metric; such questions have acc, acc_norm"),
        ({"filter": "x"}, "needs no --filter"),
        ({"num_fewshot": 3}, "needs as many questions whose split is fewshot, and there are 2; add some"),
    ],
)
def test_what_questions_do_not_have_is_refused(choices: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_question_card("mine", CHOICES, Choices(**choices))  # type: ignore[arg-type]


def test_no_library_draws_a_bar_of_its_own(store: Store, capfd: pytest.CaptureFixture[str]) -> None:
    asked(store, CHOICES, model())
    assert capfd.readouterr().err == ""
