"""Collecting with the real lm-eval: nothing is asked twice, lost, mixed up or taken for wrong."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

import lm_eval
import pytest
import torch
from lm_eval.tasks import TaskManager

from embedllm_bench.collecting.backend import _device
from embedllm_bench.collecting.collector import Settings, collect
from embedllm_bench.collecting.outcomes import Collected
from embedllm_bench.errors import UsageError
from embedllm_bench.store.collecting import Overwrite
from embedllm_bench.store.store import Store
from tests.collecting.tiny import ANSWER, BARE, CHOICE, QUESTIONS, Tiny, make_tasks, model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lm_eval.api.instance import Instance

    from embedllm_bench.cards import BenchmarkCard, ModelCard


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
    (result,) = collect(store, [who], [card], Settings(**settings), manager)  # type: ignore[arg-type]  # its fields
    return result


@contextlib.contextmanager
def unlocked(*_: object) -> Iterator[bool]:
    yield True


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
    refused = asked(store, manager, BARE, model("org/tiny+2-shot", num_fewshot=2))
    assert refused.done == 0
    assert refused.unfit
    assert str(refused.reason).endswith(
        "answers would stand in other questions' prompts; add the model with --num_fewshot 0."
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
    again = asked(store, manager, CHOICE, who)
    assert (again.done, again.reused, again.failed, again.failed_before) == (0, QUESTIONS - 1, 0, 1)
    assert again.failure == "the server answered 500"
    assert not again.complete


def test_failed_outcomes_are_asked_again_on_request(
    store: Store, manager: TaskManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = model(model_args={"fail_on": "Question 40:"})
    asked(store, manager, CHOICE, who)
    monkeypatch.setattr(Tiny, "_checked", lambda _self, requests: requests)  # the server is well again
    healed = asked(store, manager, CHOICE, who, overwrite=Overwrite.FAILED)
    assert (healed.done, healed.reused) == (1, QUESTIONS - 1)
    assert labels(store)["org/tiny", "Question 40: which is Peru?"] in ([0], [1])
    assert store.failures() == []


def test_a_model_whose_every_answer_fails_is_given_up(store: Store, manager: TaskManager) -> None:
    broken = model("org/broken", model_args={"fail_on": "Question"})
    results = collect(store, [broken, model()], [CHOICE, ANSWER], Settings(fail_fast=4), manager)
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
def test_a_card_that_does_not_fit_is_one_sentence_before_a_model_is_loaded(
    store: Store, manager: TaskManager, card: BenchmarkCard, message: str
) -> None:
    who = model(backend="hf", model_args={"pretrained": "/nonexist"})  # whose loading would be the reason
    result = asked(store, manager, card, who, limit=5)
    assert message in str(result.reason)
    assert (result.done, result.failed, result.left) == (0, 0, None)


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
    fresh = asked(store, manager, CHOICE, model(), limit=3, repeats=2, overwrite=Overwrite.ALWAYS)
    assert fresh.done == 6
    assert {len(found) for found in labels(store).values()} == {3}  # the third is not asked for, and stays


def test_a_request_that_fails_takes_no_answer_s_place(
    store: Store, manager: TaskManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(store, manager, CHOICE, model(), limit=15)
    before = labels(store)
    monkeypatch.setattr(Tiny, "_checked", failing)
    down = asked(store, manager, CHOICE, model(), limit=15, overwrite=Overwrite.ALWAYS, fail_fast=3)
    assert (down.done, down.failed, down.kept, down.left) == (0, 3, 3, 12)
    assert down.failure == "the server is down"
    assert labels(store) == before
    assert store.failures() == []


def test_failed_attempts_among_several_are_asked_again(
    store: Store, manager: TaskManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(store, manager, CHOICE, model(), limit=3)
    with monkeypatch.context() as down:
        down.setattr(Tiny, "_checked", failing)
        assert asked(store, manager, CHOICE, model(), limit=3, repeats=3).failed == 6
    healed = asked(store, manager, CHOICE, model(), limit=3, repeats=3, overwrite=Overwrite.FAILED)
    assert (healed.done, healed.reused, healed.failed) == (6, 3, 0)
    assert {tuple(sorted(set(found))) for found in labels(store).values()} <= {(0,), (1,)}
    assert {len(found) for found in labels(store).values()} == {3}


def failing(_self: Tiny, _requests: object) -> None:
    raise RuntimeError("the server is down")


def test_what_another_process_is_asking_is_left_to_it(
    store: Store, manager: TaskManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered, others = Tiny.loglikelihood, list[Collected]()

    def meanwhile(self: Tiny, requests: list[Instance]) -> object:
        if not others:
            monkeypatch.setattr(Tiny, "loglikelihood", answered)
            with Store.open(store.path, write=True) as second:
                others.append(asked(second, manager, CHOICE, model(), limit=10))
        return answered(self, requests)

    monkeypatch.setattr(Tiny, "loglikelihood", meanwhile)
    result = asked(store, manager, CHOICE, model(), limit=20)
    assert (others[0].done, others[0].left) == (0, 10)
    assert others[0].reason == "another process is asking it now; what that leaves, a later run asks"
    assert (result.done, result.left) == (20, 0)
    again = asked(store, manager, CHOICE, model(), limit=20)
    assert (again.done, again.reused, again.reason) == (0, 20, None)


def test_what_another_process_stored_meanwhile_stays_and_is_said(
    store: Store, manager: TaskManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedllm_bench.collecting.collector.alone", unlocked)  # as of another user
    answered, others = Tiny.loglikelihood, list[Collected]()

    def slower(self: Tiny, requests: list[Instance]) -> object:
        if not others:
            monkeypatch.setattr(Tiny, "loglikelihood", answered)
            with Store.open(store.path, write=True) as second:
                others.append(asked(second, manager, CHOICE, model(), limit=10))
        return answered(self, requests)

    monkeypatch.setattr(Tiny, "loglikelihood", slower)
    result = asked(store, manager, CHOICE, model(), limit=20)
    assert others[0].done == 10
    assert (result.done, result.known, result.left) == (10, 10, 0)
    assert len(labels(store)) == 20


def test_a_killed_collection_does_not_pass_for_a_whole_one(
    store: Store, manager: TaskManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = 0

    def killed(_self: Tiny, requests: list[Instance]) -> list[Instance]:
        nonlocal chunks
        chunks += 1
        if chunks == 2:
            raise KeyboardInterrupt
        return requests

    with monkeypatch.context() as interrupted:
        interrupted.setattr(Tiny, "_checked", killed)
        with pytest.raises(KeyboardInterrupt):
            asked(store, manager, CHOICE, model())
    asked(store, manager, CHOICE, model("org/limited"), limit=10)
    cells = {cell.model: cell for cell in store.coverage()}
    part, limited = cells["org/tiny"], cells["org/limited"]
    assert (part.graded, part.planned, part.known, part.missing) == (64, QUESTIONS, QUESTIONS, QUESTIONS - 64)
    assert part.unfinished
    assert (limited.graded, limited.planned, limited.unfinished) == (10, 10, False)
    asked(store, manager, CHOICE, model())
    assert [cell.unfinished for cell in store.coverage()] == [False, False]


def test_a_collection_stopped_before_its_first_answer_is_listed(
    store: Store, manager: TaskManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(_self: Tiny, _requests: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Tiny, "_checked", stopped)
    with pytest.raises(KeyboardInterrupt):
        asked(store, manager, CHOICE, model(), limit=30)
    (cell,) = store.coverage()
    assert (cell.graded, cell.planned, cell.unfinished) == (0, 30, True)


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
    results = collect(store, [missing, model()], [CHOICE], Settings(limit=4), manager)
    assert [r.done for r in results] == [0, 4]
    assert "org/missing cannot be loaded by backend hf" in str(results[0].reason)
    assert (results[0].unloaded, results[1].unloaded) == (True, False)


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vllm is here")
def test_of_a_backend_that_is_not_installed_it_is_said_what_to_do(store: Store, manager: TaskManager) -> None:
    assert asked(store, manager, CHOICE, model(backend="vllm")).reason == (
        "org/tiny cannot be loaded by backend vllm: No module named 'vllm'; install what this backend needs."
    )


def test_a_model_that_cannot_be_loaded_is_tried_once(
    store: Store, manager: TaskManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0

    def unloadable(_self: Tiny, **_: object) -> None:
        nonlocal tried
        tried += 1
        raise OSError("no weights here")

    monkeypatch.setattr(Tiny, "__init__", unloadable)
    results = collect(store, [model()], [CHOICE, ANSWER], Settings(limit=4), manager)
    assert tried == 1
    assert [(r.left, r.unloaded) for r in results] == [(4, True), (4, True)]


def test_a_path_that_is_not_there_is_no_name_of_the_hub(store: Store, manager: TaskManager) -> None:
    who = model(backend="hf", model_args={"pretrained": "/nonexist"})
    assert asked(store, manager, CHOICE, who).reason == (
        "org/tiny cannot be loaded: there is no folder /nonexist; check --model_args."
    )


def test_a_gguf_file_that_is_not_there_is_told_with_those_that_are(
    store: Store, manager: TaskManager, tmp_path: Path
) -> None:
    arguments = {"pretrained": str(tmp_path), "gguf_file": "b.gguf"}
    who = model(backend="hf", model_args=arguments)
    missing = f"org/tiny cannot be loaded: there is no file {tmp_path / 'b.gguf'}; "
    assert asked(store, manager, CHOICE, who).reason == f"{missing}no GGUF file is there, check --model_args."
    (tmp_path / "a.gguf").touch()
    assert asked(store, manager, CHOICE, who).reason == f"{missing}--model_args could name a.gguf."


def test_a_model_without_a_chat_template_is_asked_nothing(store: Store, manager: TaskManager) -> None:
    result = asked(store, manager, CHOICE, model(apply_chat_template=True), limit=5)
    assert (result.failed, result.left) == (0, 5)
    assert result.reason == "org/tiny has no chat template; leave --apply_chat_template out."


def test_without_a_device_torch_takes_what_there_is() -> None:
    there = "cuda" if torch.cuda.is_available() else "cpu"
    assert [_device(model(backend=backend), None) for backend in ("hf", "vllm")] == [there, None]
    assert _device(model(backend="hf", model_args={"device": "cpu"}), None) is None


@pytest.mark.parametrize("device", ["nonsense", "cuda:77"])
def test_a_device_that_is_not_here_is_refused_before_anything(
    store: Store, manager: TaskManager, device: str
) -> None:
    with pytest.raises(UsageError, match=f"torch cannot compute on device '{device}' here"):
        asked(store, manager, CHOICE, model(backend="hf"), device=device)
    assert store.is_empty()
