"""Answers as the store's outcomes, and the count of what became of the questions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.store.records import FAILED, GRADED, UNKNOWN, OutcomeTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import FloatArray, IndexArray
    from embedllm_bench.cards import ModelCard
    from embedllm_bench.collecting.answering import Answer
    from embedllm_bench.collecting.plan import Plan
    from embedllm_bench.collecting.tasks import Task
    from embedllm_bench.store.records import ChunkReport


@dataclass(frozen=True)
class Collected:
    """What became of one model on one benchmark."""

    model: str
    benchmark: str
    done: int  #: outcomes graded now
    reused: int  #: answers that were there and stayed
    failed: int  #: requests that failed now
    failed_before: int  #: outcomes that failed earlier and were not asked again
    kept: int  #: requests that failed now, where the answer that was there stayed
    known: int  #: asked here, while another process stored its outcomes of the same, which stay
    left: int | None  #: not asked; None where that cannot be told
    seconds: float
    failure: str | None  #: the commonest reason of the failures
    reason: str | None  #: why any were left
    unloaded: bool  #: whether the reason is that the model cannot be had
    unfit: bool  #: whether it is that the two cannot go together
    batch_size: int | str  #: what it was in the end

    @property
    def complete(self) -> bool:
        """Whether there is an answer to everything that was to be asked."""
        return not (self.failed or self.failed_before or self.left or self.reason)


@dataclass
class Tally:
    """Counts while a benchmark is being asked."""

    done: int = 0
    reused: int = 0
    failed: int = 0
    failed_before: int = 0
    kept: int = 0
    known: int = 0
    left: int | None = None
    planned_questions: int = 0  #: with those that are there already
    benchmark_questions: int = 0
    reasons: Counter[str] = field(default_factory=Counter)  #: of what failed now
    reason: str | None = None
    unfit: bool = False

    def planned(self, plans: Sequence[Plan]) -> None:
        self.reused = sum(plan.reused for plan in plans)
        self.failed_before = sum(plan.failed for plan in plans)
        self.left = sum(plan.asked for plan in plans)
        self.planned_questions = sum(plan.planned for plan in plans)
        self.benchmark_questions = sum(len(plan.task.questions) for plan in plans)

    def wrote(self, answers: Sequence[Answer], report: ChunkReport) -> None:
        self.done += report.graded
        self.failed += report.failed + report.kept
        self.kept += report.kept
        self.known += report.known
        self.left = (self.left or 0) - len(answers)
        self.reasons.update(answer.reason or "" for answer in answers if answer.correct is None)


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
        latency=_seconds([usage.latency if usage else None for usage in usages]),
        prompt_tokens=_tokens([usage.prompt_tokens if usage else None for usage in usages]),
        completion_tokens=_tokens([usage.completion_tokens if usage else None for usage in usages]),
        reason=None if graded.all() else tuple(answer.reason for answer in answers),
    )


def _seconds(latencies: Sequence[float | None]) -> FloatArray | None:
    if all(latency is None for latency in latencies):
        return None
    return np.array([np.nan if latency is None else latency for latency in latencies], dtype=np.float64)


def _tokens(counts: Sequence[int | None]) -> IndexArray | None:
    if all(count is None for count in counts):
        return None
    return np.array([UNKNOWN if count is None else count for count in counts], dtype=np.int64)
