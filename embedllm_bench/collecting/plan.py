"""What there is to ask: for every model and task the questions without an outcome, in chunks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedllm_bench.store.collecting import Overwrite

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from embedllm_bench.cards import ModelCard
    from embedllm_bench.collecting.tasks import Task

#: Questions written together. Chunks lie on a fixed grid over a task's questions, so that a run that was
#: killed and goes on asks in the same batches, which is what makes its answers the same.
CHUNK = 64


@dataclass(frozen=True)
class Chunk:
    """Some questions of a task, asked and written together."""

    positions: tuple[int, ...]
    repeat: int  #: how many attempts came before


@dataclass(frozen=True, eq=False)
class Plan:
    """One model on one task."""

    model: ModelCard
    task: Task
    chunks: tuple[Chunk, ...]
    reused: int  #: answers that are there and stay
    failed: int  #: failed outcomes that are there and stay
    there: int  #: outcomes of these attempts that are stored, also where they are asked again
    planned: int  #: questions there is to be an outcome of

    @property
    def asked(self) -> int:
        """Outcomes to collect."""
        return sum(len(chunk.positions) for chunk in self.chunks)


@dataclass(frozen=True)
class Estimate:
    """What collecting one model on one benchmark would be."""

    model: str
    benchmark: str
    asked: int | None  #: None where it cannot be asked
    there: int = 0  #: outcomes that are stored, also where they are asked again
    failed: int = 0  #: stored failures that stay
    seconds: float | None = None  #: by the speed of earlier runs of the two; None if there were none
    reason: str | None = None  #: why it cannot be asked
    unfit: bool = False  #: whether that is because the two cannot go together


def plan(
    model: ModelCard,
    task: Task,
    attempts: Mapping[str, tuple[int, int]],
    *,
    limit: int | None,
    repeats: int,
    overwrite: Overwrite,
    only: Collection[str] | None = None,
) -> Plan:
    """What is missing, given the ``attempts`` (graded, failed) at each question id that are stored.

    Of a probe the questions of the ids ``only``.
    """
    questions = task.questions[:limit]
    wanted = [
        place for place, question in enumerate(questions) if only is None or question.question_id in only
    ]
    there = [attempts.get(questions[place].question_id, (0, 0)) for place in wanted]
    kept = [_kept(one, overwrite) for one in there]
    reused = sum(min(count, graded, repeats) for count, (graded, _) in zip(kept, there, strict=True))
    return Plan(
        model=model,
        task=task,
        chunks=tuple(_chunks(dict(zip(wanted, kept, strict=True)), len(questions), repeats)),
        reused=reused,
        failed=sum(min(count, repeats) for count in kept) - reused,
        there=sum(min(sum(one), repeats) for one in there),
        planned=len(wanted),
    )


def _kept(attempts: tuple[int, int], overwrite: Overwrite) -> int:
    graded, failed = attempts
    return {
        Overwrite.MISSING: graded + failed, Overwrite.FAILED: graded, Overwrite.ALWAYS: 0,
    }[overwrite]  # fmt: skip


def _chunks(kept: Mapping[int, int], questions: int, repeats: int) -> Iterator[Chunk]:
    for repeat in range(repeats):
        for start in range(0, questions, CHUNK):
            stop = min(start + CHUNK, questions)
            positions = tuple(place for place in range(start, stop) if kept.get(place, repeats) <= repeat)
            if positions:
                yield Chunk(positions, repeat)
