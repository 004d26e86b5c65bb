"""A benchmark's card from one of lm-eval's tasks, with its questions looked through before anything is asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedllm_bench.cards import BenchmarkCard
from embedllm_bench.collect.tasks import load_evaluated, question_of
from embedllm_bench.errors import CollectError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lm_eval.api.task import ConfigurableTask
    from lm_eval.tasks import TaskManager

DEFAULT_METRICS = ("acc", "exact_match")


@dataclass(frozen=True)
class Choices:
    """What a task leaves open; None is lm-eval's own, or the only one there is."""

    metric: str | None = None
    filter: str | None = None
    threshold: float = 0.5
    num_fewshot: int | None = None
    text: str | None = None
    question_id: str | None = None
    generative: str | None = None


@dataclass(frozen=True)
class Looked:
    """What the questions of a benchmark are like."""

    card: BenchmarkCard
    tasks: int
    questions: int
    repeated: int  #: questions whose text stands more than once, but for the first of each


def make_benchmark_card(task: str, identity: str, choices: Choices, manager: TaskManager) -> Looked:
    """The card of a task or group, checked against its documents.

    Raises:
        UsageError: metric, filter or kind are not what the task has.
        CollectError: there is no such task, its data cannot be had, or a document cannot be asked.
    """
    loaded = load_evaluated(identity, task, manager)
    evaluated = list(loaded["tasks"].values())
    card = BenchmarkCard(
        id=identity,
        task=task,
        metric=_chosen("metric", choices.metric, evaluated, lambda e: list(e.aggregation()), DEFAULT_METRICS),
        filter=_chosen("filter", choices.filter, evaluated, _filters, ("none",)),
        output_type=_only("type", [e.OUTPUT_TYPE for e in evaluated]),
        threshold=choices.threshold,
        num_fewshot=choices.num_fewshot,
        text=choices.text,
        question_id=choices.question_id,
        generative=choices.generative,
    )
    texts: Counter[str] = Counter()
    seen: dict[str, int] = {}
    for one in evaluated:
        for number, document in enumerate(one.eval_docs):
            texts[question_of(card, one, document, None, seen).text] += 1
            _check_gold(card, one, number, document)
    if not texts:
        raise CollectError(f"{identity}: lm-eval's task {task} has no questions.")
    return Looked(card, len(evaluated), texts.total(), texts.total() - len(texts))


def _filters(evaluated: ConfigurableTask) -> list[str]:
    return [found.name for found in evaluated._filters]  # noqa: SLF001 - lm-eval has no other way to ask


def _chosen(
    what: str, wanted: str | None, evaluated: Sequence[ConfigurableTask], names: Any, defaults: Sequence[str]
) -> str:
    """The one asked for, else a usual one, else the only one; all tasks of a group must have it."""
    common = set.intersection(*(set(names(one)) for one in evaluated))
    there = [name for name in names(evaluated[0]) if name in common]
    for name in [wanted] if wanted is not None else [*defaults, *(there if len(there) == 1 else [])]:
        if name in there:
            return name
    raise UsageError(f"Choose a {what} with --{what}; the task has {', '.join(there) or 'none in common'}.")


def _only(what: str, values: Sequence[str]) -> str:
    if len(set(values)) > 1:
        raise UsageError(f"The tasks of the group are of several {what}s ({', '.join(sorted(set(values)))}).")
    return values[0]


def _check_gold(
    card: BenchmarkCard, evaluated: ConfigurableTask, number: int, document: Mapping[str, object]
) -> None:
    """The right choice has to be among the choices: otherwise nobody can be right."""
    if evaluated.OUTPUT_TYPE != "multiple_choice":
        return
    choices, target = evaluated.doc_to_choice(document), evaluated.doc_to_target(document)
    if evaluated.multiple_input or not isinstance(choices, list):
        return
    targets = target if isinstance(target, list) else [target]
    for gold in targets:
        inside = gold in choices if isinstance(gold, str) else 0 <= int(gold) < len(choices)
        if not inside:
            raise CollectError(
                f"{card.id}: document {number} of {evaluated.config.task} has the right answer {gold!r}, which is"
                f" none of its {len(choices)} choices; mend the data."
            )
