"""A benchmark as lm-eval's tasks: which questions it has, and how they are named."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedllm_bench.collecting.backend import quiet
from embedllm_bench.collecting.own_questions import make_task
from embedllm_bench.errors import CollectError, UnfitError, first_line
from embedllm_bench.store.records import QuestionRecord

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lm_eval.api.task import ConfigurableTask
    from lm_eval.tasks import TaskManager

    from embedllm_bench.cards import BenchmarkCard, ModelCard
    from embedllm_bench.question_set import QuestionSet


@dataclass(frozen=True, eq=False)
class Task:
    """One of lm-eval's tasks with its documents in order, each a question of the benchmark."""

    benchmark: BenchmarkCard
    name: str
    evaluated: ConfigurableTask
    documents: Sequence[Mapping[str, object]]
    questions: tuple[QuestionRecord, ...]
    num_fewshot: int  #: examples in every prompt


def task_manager(names: Sequence[str], include_path: Path | None = None) -> TaskManager:
    """What finds lm-eval's tasks; its own 14,000 files are gone through only where one of them is needed."""
    from lm_eval import tasks

    with quiet():
        if include_path is None:
            return tasks.TaskManager(include_defaults=bool(names))
        own = tasks.TaskManager(include_path=str(include_path), include_defaults=False)
        if all(name in own.all_tasks for name in names):
            return own
        return tasks.TaskManager(include_path=str(include_path))


def manager_for(benchmarks: Sequence[BenchmarkCard], include_path: Path | None) -> TaskManager:
    """What finds the tasks of these benchmarks; those with questions of their own need none."""
    return task_manager([card.task for card in benchmarks if card.questions is None], include_path)


def load_tasks(
    card: BenchmarkCard, model: ModelCard, manager: TaskManager, own: QuestionSet | None = None
) -> list[Task]:
    """The tasks of a benchmark, set up for a model; a group gives several, each a sub-task.

    ``own`` are the questions of a card that has some of its own.

    Raises:
        CollectError: lm-eval has no such task, or its data cannot be had.
        UnfitError: there are not the examples that are to stand in prompts.
    """
    if own is not None:
        loaded: Mapping[str, Any] = {"tasks": {card.task: make_task(card, model, own)}, "groups": {}}
    else:
        loaded = load_evaluated(card.id, card.task, manager)
    tasks, seen = [], dict[str, int]()
    for name, evaluated in loaded["tasks"].items():
        shots = _set_fewshot(card, model, evaluated)
        _check_fit(card, evaluated)
        documents = list(evaluated.eval_docs)
        subtasks = [
            str(document["subtask"]) if own is not None and document["subtask"] is not None
            else name if loaded["groups"] else None
            for document in documents
        ]  # fmt: skip
        questions = tuple(
            question_of(card, evaluated, document, subtask, seen)
            for document, subtask in zip(documents, subtasks, strict=True)
        )
        tasks.append(Task(card, name, evaluated, documents, questions, shots))
    return tasks


def load_evaluated(identity: str, task: str, manager: TaskManager) -> Mapping[str, Any]:
    """What lm-eval makes of a task's or group's name; errors name the benchmark.

    Raises:
        CollectError: there is no such task, or its data cannot be had.
    """
    try:
        with quiet():
            loaded: Mapping[str, Any] = manager.load([task])
    except KeyError as error:
        raise CollectError(
            f"{identity}: lm-eval has no task {task!r}; if it is one of your own, say where with --include-path."
        ) from error
    except Exception as error:  # whatever datasets and the hub raise
        raise CollectError(
            f"{identity}: the data of lm-eval's task {task} cannot be had: {first_line(error)}."
        ) from error
    return loaded


def _set_fewshot(card: BenchmarkCard, model: ModelCard, evaluated: ConfigurableTask) -> int:
    """Apply the model's few-shot count, else the card's."""
    shots = shots_of(evaluated, card.num_fewshot if model.num_fewshot is None else model.num_fewshot)
    evaluated.set_config(key="num_fewshot", value=shots)
    if shots and not has_examples(evaluated):
        which = "benchmark" if model.num_fewshot is None else "model"
        raise UnfitError(
            f"{card.id}: {shots} examples are to stand in prompts, and there are none but test questions, whose"
            f" answers would stand in other questions' prompts; add the {which} with --num_fewshot 0."
        )
    return shots


def shots_of(evaluated: ConfigurableTask, wanted: int | None) -> int:
    """How many examples stand in a prompt, by lm-eval's rule that a task fixed at 0 stays there."""
    own = evaluated.get_config("num_fewshot")
    return int((own or 0) if wanted is None or own == 0 else wanted)


def has_examples(evaluated: ConfigurableTask) -> bool:
    """Whether a task has other examples for prompts than its own test questions."""
    config, source = evaluated.config, evaluated.fewshot_cfg
    return bool(config.training_split or config.validation_split or source.split or source.samples)


def filters_of(evaluated: ConfigurableTask) -> list[str]:
    """The names of a task's filters of an answer."""
    return [found.name for found in evaluated._filters]  # noqa: SLF001 - lm-eval has no other way to ask


def _check_fit(card: BenchmarkCard, evaluated: ConfigurableTask) -> None:
    """The card promises what kind of answers are asked for and how they are graded; nothing is paid for in vain."""
    task = evaluated.config.task
    if card.output_type != evaluated.OUTPUT_TYPE:
        raise CollectError(
            f"{card.id}: lm-eval's task {task} is of type {evaluated.OUTPUT_TYPE}, and its card"
            f" says {card.output_type}; mend the card."
        )
    for what, wanted, there in (
        ("filter", card.filter, filters_of(evaluated)),
        ("metric", card.metric, list(evaluated.aggregation())),
    ):
        if wanted not in there:
            raise CollectError(
                f"{card.id}: lm-eval's task {task} has no {what} {wanted!r}; it has {', '.join(there)}."
            )


def question_of(
    card: BenchmarkCard,
    evaluated: ConfigurableTask,
    document: Mapping[str, object],
    subtask: str | None,
    seen: dict[str, int],
) -> QuestionRecord:
    """A document as a question; documents that repeat are told apart by their occurrence."""
    if card.question_id is None:
        identity = document_hash(document)
    elif document.get(card.question_id) in (None, ""):
        raise CollectError(f"{card.id}: a document has no field {card.question_id!r} to identify it by.")
    else:
        identity = str(document[card.question_id])
    seen[identity] = seen.get(identity, 0) + 1
    if seen[identity] > 1:
        identity = f"{identity}#{seen[identity]}"
    return QuestionRecord(card.id, identity, _text(card, evaluated, document), subtask)


def _text(card: BenchmarkCard, evaluated: ConfigurableTask, document: Mapping[str, object]) -> str:
    """The question for the encoder: never the prompt, which may hold examples of other questions."""
    text = card.question_text(document)
    if text is not None:
        return text
    rendered = evaluated.doc_to_text(document)
    if isinstance(rendered, str):
        return rendered
    return "\n".join(map(str, evaluated.doc_to_choice(document)))  # the inputs differ, the ending is shared


def document_hash(document: Mapping[str, object]) -> str:
    """The hash lm-eval logs with every sample, by which its outputs join with what is collected here."""
    from lm_eval.utils import handle_non_serializable, hash_string

    return str(
        hash_string(json.dumps(document, indent=2, default=handle_non_serializable, ensure_ascii=False))
    )
