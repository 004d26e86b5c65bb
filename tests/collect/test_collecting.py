"""Collecting with the real lm-eval: nothing is asked twice, lost, mixed up or taken for wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import lm_eval
import pytest
from lm_eval.tasks import TaskManager

from embedllm_bench.collect.collector import Settings, collect
from embedllm_bench.errors import UsageError
from embedllm_bench.store.collecting import Overwrite
from embedllm_bench.store.store import Store
from tests.collect.tiny import ANSWER, BARE, CHOICE, QUESTIONS, Tiny, make_tasks, model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from embedllm_bench.cards import BenchmarkCard, ModelCard
    from embedllm_bench.collect.outcomes import Collected


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> TaskManager:
    folder = make_tasks(tmp_path_factory.mktemp("tasks"))
    return TaskManager(include_path=str(folder), include_defaults=False)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "s.db", write=True) as opened:
        yield opened


def asked(
    store: Store, manager: TaskManager, card: BenchmarkCard, who: ModelCard, **settings: object
) -> Collected:
    (result,) = collect(store, [who], [card], manager, Settings(**settings))  # type: ignore[arg-type]  # its fields
    return result


def labels(store: Store) -> dict[tuple[str, str], list[int]]:
    """(model, question text) -> labels by attempt, -1 where failed."""
    found: dict[tuple[str, str], list[int]] = {}
    for table in store.read_outcomes():
        for question, correct in zip(table.question, table.correct, strict=True):
            found.setdefault((table.models[0], table.questions[question].text), []).append(int(correct))
    return found


def test_every_question_is_asked_once(store: Store, manager: TaskManager) -> None:
    first = asked(store, manager, CHOICE, model())
    again = asked(store, manager, CHOICE, model())
    assert (first.done, first.reused, first.failed, first.left) == (QUESTIONS, 0, 0, 0)
    assert (again.done, again.reused) == (0, QUESTIONS)
    assert len(labels(store)) == QUESTIONS


def test_a_limit_asks_the_first_and_a_later_call_the_rest(store: Store, manager: TaskManager) -> None:
    assert asked(store, manager, CHOICE, model(), limit=10).done == 10
    rest = asked(store, manager, CHOICE, model())
    assert (rest.done, rest.reused) == (QUESTIONS - 10, 10)


def test_parts_give_the_answers_of_the_whole_with_examples_in_the_prompt(
    tmp_path: Path, manager: TaskManager
) -> None:
    shots = model(num_fewshot=3)
    found = []
    for name, limits in (("whole", [None]), ("parts", [7, 70, 71, None])):
        with Store.open(tmp_path / f"{name}.db", write=True) as store:
            for limit in limits:
                asked(store, manager, CHOICE, shots, limit=limit)
            found.append(labels(store))
    assert found[0] == found[1]


def test_answers_are_those_of_lm_eval_itself(store: Store, manager: TaskManager) -> None:
    asked(store, manager, CHOICE, model(num_fewshot=3))
    result = lm_eval.simple_evaluate(
        model=Tiny(), tasks=["tiny_choice"], task_manager=manager, num_fewshot=3, bootstrap_iters=0
    )
    plain = {row["doc"]["question"]: [int(row["acc"])] for row in result["samples"]["tiny_choice"]}
    assert plain == {question: found for (_, question), found in labels(store).items()}


def test_examples_never_become_question_text(store: Store, manager: TaskManager) -> None:
    asked(store, manager, CHOICE, model(num_fewshot=3), limit=5)
    assert all("Question 10" not in text for text in store.questions().texts)


def test_a_task_without_examples_of_its_own_is_not_asked_with_test_questions(
    store: Store, manager: TaskManager
) -> None:
    refused = asked(store, manager, BARE, model(num_fewshot=2))
    assert refused.done == 0
    assert "answers would stand in other questions' prompts; ask it with --num_fewshot 0" in str(
        refused.reason
    )
    assert asked(store, manager, BARE, model(), limit=3).done == 3


def test_a_question_that_fails_is_failed_and_the_others_are_answered(
    store: Store, manager: TaskManager
) -> None:
    who = model(model_args={"fail_on": "Question 40:"})
    result = asked(store, manager, CHOICE, who)
    assert (result.done, result.failed, result.left) == (QUESTIONS - 1, 1, 0)
    assert labels(store)["org/tiny", "Question 40: which is Peru?"] == [-1]
    assert [row.reason for row in store.failures()] == ["the server answered 500"]
    assert asked(store, manager, CHOICE, who).reused == QUESTIONS


def test_failed_outcomes_are_asked_again_on_request(store: Store, manager: TaskManager) -> None:
    asked(store, manager, CHOICE, model(model_args={"fail_on": "Question 40:"}))
    healed = asked(store, manager, CHOICE, model(), overwrite=Overwrite.FAILED)
    assert (healed.done, healed.reused) == (1, QUESTIONS - 1)
    assert labels(store)["org/tiny", "Question 40: which is Peru?"] in ([0], [1])
    assert store.failures() == []


def test_a_model_whose_every_answer_fails_is_given_up(store: Store, manager: TaskManager) -> None:
    broken = model("org/broken", model_args={"fail_on": "Question"})
    results = collect(store, [broken, model()], [CHOICE, ANSWER], manager, Settings(fail_fast=4))
    assert [(r.done, r.failed, r.left) for r in results] == [
        (0, 4, QUESTIONS - 4), (0, 0, QUESTIONS), (QUESTIONS, 0, 0), (QUESTIONS, 0, 0),
    ]  # fmt: skip
    assert results[0].reason == "4 questions in a row failed, the last with: the server answered 500"


def test_out_of_memory_halves_the_batch(store: Store, manager: TaskManager) -> None:
    result = asked(store, manager, CHOICE, model(model_args={"largest_batch": 3}), batch_size=16, limit=20)
    assert (result.done, result.failed) == (20, 0)
    assert result.batch_size == 2


def test_the_card_s_filter_decides(store: Store, manager: TaskManager) -> None:
    whole = replace(ANSWER, id="whole", filter="whole")
    asked(store, manager, ANSWER, model())
    asked(store, manager, whole, model())
    correct = {cell.benchmark: cell.correct for cell in store.coverage()}
    assert correct["whole"] == 0  # "The answer is 7." is not "7"
    assert correct["answer"] > 0
    assert len(store.questions()) == 2 * QUESTIONS


@pytest.mark.parametrize(
    ("card", "message"),
    [
        (replace(ANSWER, filter="strict"), "no filter 'strict'; it has number, whole"),
        (replace(CHOICE, metric="f1"), "no metric 'f1'; it has acc"),
        (replace(CHOICE, task="tiny_chioce"), "lm-eval has no task 'tiny_chioce'"),
        (replace(CHOICE, text="{prompt}"), "no field 'prompt'; it has question, choices, answer, sum"),
    ],
)
def test_a_card_that_does_not_fit_is_one_sentence(
    store: Store, manager: TaskManager, card: BenchmarkCard, message: str
) -> None:
    result = asked(store, manager, card, model(), limit=5)
    assert message in str(result.reason)
    assert (result.done, result.failed) == (0, 0)


def test_a_group_is_one_benchmark_with_sub_tasks(store: Store, manager: TaskManager) -> None:
    card = replace(CHOICE, id="both", task="tiny_both")
    assert asked(store, manager, card, model(), limit=2).done == 4
    assert sorted(map(str, store.questions().subtasks)) == ["tiny_bare"] * 2 + ["tiny_choice"] * 2
    assert len(set(store.questions().ids)) == 4  # the two tasks have the same documents


def test_repeats_are_attempts(store: Store, manager: TaskManager) -> None:
    asked(store, manager, CHOICE, model(), limit=3)
    more = asked(store, manager, CHOICE, model(), limit=3, repeats=3)
    assert (more.done, more.reused) == (6, 3)
    assert {len(found) for found in labels(store).values()} == {3}
    fresh = asked(store, manager, CHOICE, model(), limit=3, overwrite=Overwrite.ALWAYS)
    assert fresh.done == 3
    assert {len(found) for found in labels(store).values()} == {1}


def test_chat_endpoints_are_not_asked_for_log_probabilities(store: Store, manager: TaskManager) -> None:
    chat = model(backend="local-chat-completions", apply_chat_template=True)
    with pytest.raises(UsageError, match="ask benchmark answer instead"):
        asked(store, manager, replace(CHOICE, generative="answer"), chat)
    with pytest.raises(UsageError, match="add --apply_chat_template"):
        asked(store, manager, ANSWER, model(backend="local-chat-completions"))
    with pytest.raises(UsageError, match="lm-eval has no backend 'hff'"):
        asked(store, manager, ANSWER, model(backend="hff"))


def test_a_model_that_cannot_be_loaded_leaves_the_others(store: Store, manager: TaskManager) -> None:
    missing = model("org/missing", backend="hf", model_args={"pretrained": "org/missing"})
    results = collect(store, [missing, model()], [CHOICE], manager, Settings(limit=4))
    assert [r.done for r in results] == [0, 4]
    assert "org/missing cannot be loaded by backend hf" in str(results[0].reason)
