"""A benchmark's card from one of lm-eval's tasks, with its questions looked through before anything is asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedllm_bench.cards import BenchmarkCard
from embedllm_bench.collecting.own_questions import FILTER, METRICS
from embedllm_bench.collecting.tasks import filters_of, has_examples, load_evaluated, question_of, shots_of
from embedllm_bench.errors import CollectError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lm_eval.api.task import ConfigurableTask
    from lm_eval.tasks import TaskManager

    from embedllm_bench.question_set import QuestionSet

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
    pattern: str | None = None  #: of a file's questions only


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
    if choices.pattern is not None:
        raise UsageError("--pattern is for a file of questions; lm-eval's task has filters, see --filter.")
    loaded = load_evaluated(identity, task, manager)
    evaluated = list(loaded["tasks"].values())
    card = BenchmarkCard(
        id=identity,
        task=task,
        metric=_chosen("metric", choices.metric, evaluated, lambda e: list(e.aggregation()), DEFAULT_METRICS),
        filter=_chosen("filter", choices.filter, evaluated, filters_of, ("none",)),
        output_type=_only("type", [e.OUTPUT_TYPE for e in evaluated]),
        threshold=choices.threshold,
        num_fewshot=choices.num_fewshot,
        text=choices.text,
        question_id=choices.question_id,
        generative=choices.generative,
    )
    for one in evaluated:
        if choices.num_fewshot and shots_of(one, choices.num_fewshot) and not has_examples(one):
            raise UsageError(
                f"{one.config.task} has no examples for prompts but its own test questions; leave --num_fewshot out."
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


def make_question_card(identity: str, questions: QuestionSet, choices: Choices) -> Looked:
    """The card of questions of the user's own, which are checked already.

    Raises:
        UsageError: something is chosen that they do not have.
    """
    metrics = METRICS[questions.has_choices]
    if choices.metric not in (None, *metrics):
        raise UsageError(f"Choose a metric with --metric; such questions have {', '.join(metrics)}.")
    if choices.filter is not None or choices.question_id is not None:
        raise UsageError("A file of questions needs no --filter and no --question-id; leave them out.")
    there = len(questions.of("fewshot"))
    if (choices.num_fewshot or 0) > there:
        raise UsageError(
            f"--num_fewshot {choices.num_fewshot} needs as many questions whose split is fewshot, and there are"
            f" {there}; add some, or take fewer."
        )
    card = BenchmarkCard(
        id=identity,
        task=identity,
        metric=choices.metric or metrics[0],
        filter=FILTER[questions.has_choices],
        output_type="multiple_choice" if questions.has_choices else "generate_until",
        threshold=choices.threshold,
        num_fewshot=choices.num_fewshot,
        text=choices.text or ("{question}\n{choices}" if questions.has_choices else "{question}"),
        question_id="id",
        generative=choices.generative,
        questions=questions.sha256,
        pattern=choices.pattern,
    )
    for item in questions.of("test"):
        card.question_text(item.document())
    return Looked(card, 1, len(questions.of("test")), questions.repeated)


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
