"""What there is to ask: for every model and task the questions without an outcome, in chunks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedllm_bench.store.collecting import Overwrite

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from embedllm_bench.cards import ModelCard
    from embedllm_bench.collect.tasks import Task

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
    reused: int  #: outcomes that are there and stay

    @property
    def asked(self) -> int:
        """Outcomes to collect."""
        return sum(len(chunk.positions) for chunk in self.chunks)


@dataclass(frozen=True)
class Estimate:
    """What collecting one model on one benchmark would be."""

    model: str
    benchmark: str
    asked: int
    reused: int
    seconds: float | None  #: by the speed of earlier runs of the two; None if there were none


def plan(
    model: ModelCard,
    task: Task,
    attempts: Mapping[str, tuple[int, int]],
    *,
    limit: int | None,
    repeats: int,
    overwrite: Overwrite,
) -> Plan:
    """What is missing, given the ``attempts`` (graded, failed) at each question id that are stored."""
    questions = task.questions[:limit]
    kept = [_kept(attempts.get(question.question_id, (0, 0)), overwrite) for question in questions]
    chunks = tuple(_chunks(kept, repeats))
    return Plan(model, task, chunks, sum(min(count, repeats) for count in kept))


def _kept(attempts: tuple[int, int], overwrite: Overwrite) -> int:
    graded, failed = attempts
    return {
        Overwrite.MISSING: graded + failed, Overwrite.FAILED: graded, Overwrite.ALWAYS: 0,
    }[overwrite]  # fmt: skip


def _chunks(kept: list[int], repeats: int) -> Iterator[Chunk]:
    for repeat in range(repeats):
        for start in range(0, len(kept), CHUNK):
            stop = min(start + CHUNK, len(kept))
            positions = tuple(place for place in range(start, stop) if kept[place] <= repeat)
            if positions:
                yield Chunk(positions, repeat)
