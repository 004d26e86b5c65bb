"""Answers as the store's outcomes, and the count of what became of the questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.store.records import FAILED, GRADED, UNKNOWN, OutcomeTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import IndexArray
    from embedllm_bench.cards import ModelCard
    from embedllm_bench.collect.answering import Answer
    from embedllm_bench.collect.plan import Plan
    from embedllm_bench.collect.tasks import Task


@dataclass(frozen=True)
class Collected:
    """What became of one model on one benchmark."""

    model: str
    benchmark: str
    done: int  #: outcomes graded now
    reused: int  #: outcomes that were there and stayed
    failed: int  #: outcomes that failed now
    left: int  #: not asked
    seconds: float
    reason: str | None  #: why any were left
    batch_size: int | str  #: what it was in the end


@dataclass
class Tally:
    """Counts while a benchmark is being asked."""

    done: int = 0
    reused: int = 0
    failed: int = 0
    left: int = 0
    reason: str | None = None

    def planned(self, plans: Sequence[Plan]) -> None:
        self.reused = sum(plan.reused for plan in plans)
        self.left = sum(plan.asked for plan in plans)

    def wrote(self, answers: Sequence[Answer]) -> None:
        graded = sum(answer.correct is not None for answer in answers)
        self.done += graded
        self.failed += len(answers) - graded
        self.left -= len(answers)


def outcome_table(model: ModelCard, task: Task, answers: Sequence[Answer]) -> OutcomeTable:
    """One model's answers; questions are those of the answers, in their order."""
    count, usages = len(answers), [answer.usage for answer in answers]
    graded = np.array([answer.correct is not None for answer in answers], dtype=bool)
    correct = [UNKNOWN if answer.correct is None else int(answer.correct) for answer in answers]
    score = [np.nan if answer.score is None else answer.score for answer in answers]
    return OutcomeTable(
        models=(model.id,),
        questions=tuple(task.questions[answer.question] for answer in answers),
        model=np.zeros(count, dtype=np.int64),
        question=np.arange(count),
        attempt=np.ones(count, dtype=np.int64),
        state=np.where(graded, GRADED, FAILED).astype(np.uint8),
        correct=np.array(correct, dtype=np.int8),
        score=np.array(score, dtype=np.float64),
        prompt_tokens=_tokens([usage.prompt_tokens if usage else None for usage in usages]),
        completion_tokens=_tokens([usage.completion_tokens if usage else None for usage in usages]),
        reason=None if graded.all() else tuple(answer.reason for answer in answers),
    )


def _tokens(counts: Sequence[int | None]) -> IndexArray | None:
    if all(count is None for count in counts):
        return None
    return np.array([UNKNOWN if count is None else count for count in counts], dtype=np.int64)
