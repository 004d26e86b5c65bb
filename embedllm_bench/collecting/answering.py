"""A model answers some questions of a task: one call of lm-eval's ``evaluate``, and its rows as answers."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from embedllm_bench.collecting.backend import quiet
from embedllm_bench.collecting.endpoints import prompt_text
from embedllm_bench.errors import CollectError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lm_eval.api.model import LM
    from lm_eval.api.task import ConfigurableTask

    from embedllm_bench.cards import BenchmarkCard, ModelCard
    from embedllm_bench.collecting.endpoints import Usage, UsageLog
    from embedllm_bench.collecting.tasks import Task

#: lm-eval's own defaults, so that its command line gives the same answers.
SEEDS: Mapping[str, int] = {"random": 0, "numpy": 1234, "torch": 1234, "fewshot": 1234}


@dataclass(frozen=True)
class Answer:
    """What became of one question: graded, or failed for a reason."""

    question: int  #: position in the task
    correct: bool | None  #: None where failed
    score: float | None
    reason: str | None = None
    usage: Usage | None = None  #: where an endpoint says it


def answer(
    lm: LM, usage: UsageLog, model: ModelCard, task: Task, positions: Sequence[int], repeat: int = 0
) -> list[Answer]:
    """Ask these questions (ascending positions) in one batch of work, graded by the benchmark's card.

    Whatever part of a task is asked, a question gets the prompt it gets when all are asked. ``repeat``
    shifts the seeds of models that draw their answers.

    Raises:
        CollectError: the card's metric or filter is not among what lm-eval returned.
        Exception: whatever the backend raises.
    """
    import torch
    from lm_eval.evaluator import evaluate

    random.seed(SEEDS["random"] + repeat)
    np.random.seed(SEEDS["numpy"] + repeat)  # noqa: NPY002 - the generator lm-eval's tasks and models draw from
    torch.manual_seed(SEEDS["torch"] + repeat)
    part = _Part(task, positions)
    with quiet(), part:
        results = evaluate(
            lm,
            {"tasks": {task.name: task.evaluated}, "groups": {}, "group_map": {}},
            bootstrap_iters=0,
            log_samples=True,
            system_instruction=model.system_instruction,
            apply_chat_template=model.apply_chat_template,
            fewshot_as_multiturn=model.apply_chat_template,
        )
    rows = _chosen(task.benchmark, results["samples"][task.name])
    return [
        replace(_graded(task.benchmark, row, positions[int(row["doc_id"])]), usage=usage.of(_prompt(row)))
        for row in rows
    ]


class _Part:
    """For a while, a task that has only some of its questions, with the prompts they have in the whole.

    lm-eval's own ``samples`` would go through all documents several times for every part, and would
    draw other few-shot examples: they come from one stream of random numbers over the questions in
    order. So the draws of the questions left out are made too.
    """

    def __init__(self, task: Task, positions: Sequence[int]) -> None:
        self._task = task
        self._evaluated: ConfigurableTask = task.evaluated
        self._positions = positions
        self._class = type(task.evaluated)

    def __enter__(self) -> None:
        documents = [self._task.documents[position] for position in self._positions]
        of_part = {"eval_docs": documents, "fewshot_context": self._in_sequence()}
        # an instance attribute cannot stand in for the property eval_docs, a class of its own can
        self._evaluated.__class__ = type(self._class.__name__, (self._class,), of_part)
        self._evaluated.set_fewshot_seed(SEEDS["fewshot"])

    def __exit__(self, *_: object) -> None:
        self._evaluated.__class__ = self._class

    def _in_sequence(self) -> Any:
        drawn, order = 0, iter(self._positions)
        original, shots = self._class.fewshot_context, self._task.num_fewshot

        def fewshot_context(
            evaluated: ConfigurableTask, doc: object, *args: object, **kwargs: object
        ) -> object:
            nonlocal drawn
            position = next(order)
            for skipped in range(drawn, position) if shots else ():
                of_test = evaluated.fewshot_cfg.split == evaluated.config.test_split
                evaluated.sampler.sample(n=shots, eval_doc=self._task.documents[skipped] if of_test else None)
            drawn = position + 1
            return original(evaluated, doc, *args, **kwargs)

        return fewshot_context


def _chosen(card: BenchmarkCard, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """One row a question: that of the card's filter, which must have the card's metric."""
    filters = sorted({str(row["filter"]) for row in rows})
    chosen = [row for row in rows if row["filter"] == card.filter]
    if not chosen:
        raise CollectError(
            f"{card.id}: lm-eval returned no filter {card.filter!r}; it has {', '.join(filters)}."
        )
    metrics = chosen[0]["metrics"]
    if card.metric not in metrics:
        raise CollectError(
            f"{card.id}: lm-eval returned no metric {card.metric!r}; it has {', '.join(metrics)}."
        )
    return chosen


def _prompt(row: Mapping[str, Any]) -> str:
    return prompt_text(row["arguments"][0][0])


def _graded(card: BenchmarkCard, row: Mapping[str, Any], question: int) -> Answer:
    """The metric's value against the card's threshold; what is no number is a failure, not a wrong answer."""
    value = row[card.metric]
    try:
        score = float(value)
    except (TypeError, ValueError):
        raise CollectError(
            f"{card.id}: metric {card.metric} is {value!r} for a question, no number; choose another metric."
        ) from None
    if not math.isfinite(score):
        return Answer(question, None, None, f"{card.metric} is {score}")
    return Answer(question, score >= card.threshold, score)
