"""collect(): asks every model what it was not asked yet, and writes the outcomes as they come."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from embedllm_bench.collect.answering import Answer, answer
from embedllm_bench.collect.backend import check_backend, check_fit, is_out_of_memory, let_go, load_model
from embedllm_bench.collect.endpoints import UsageLog, observe
from embedllm_bench.collect.outcomes import Collected, Tally, outcome_table
from embedllm_bench.collect.plan import Estimate, plan
from embedllm_bench.collect.provenance import describe
from embedllm_bench.collect.tasks import load_tasks
from embedllm_bench.errors import BenchError, CollectError, DataError, first_line
from embedllm_bench.store.collecting import Overwrite
from embedllm_bench.store.records import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lm_eval.api.model import LM
    from lm_eval.tasks import TaskManager

    from embedllm_bench.cards import BenchmarkCard, ModelCard
    from embedllm_bench.collect.plan import Plan
    from embedllm_bench.collect.tasks import Task
    from embedllm_bench.store.store import Store


@dataclass(frozen=True)
class Settings:
    """How to collect; the defaults are lm-eval's where it has them."""

    limit: int | None = None  #: the first questions of each task only
    batch_size: int | str = 1  #: a number, or "auto"
    device: str | None = None
    overwrite: Overwrite = Overwrite.MISSING
    repeats: int = 1  #: attempts at each question
    fail_fast: int = 10  #: give a model up after this many failures in a row


class Listener(Protocol):
    """Told of progress by whoever wants to show it."""

    def planned(self, model: str, benchmark: str, outcomes: int) -> None: ...

    def wrote(self, outcomes: int) -> None: ...


def collect(
    store: Store,
    models: Sequence[ModelCard],
    benchmarks: Sequence[BenchmarkCard],
    manager: TaskManager,
    settings: Settings,
    listener: Listener | None = None,
) -> list[Collected]:
    """Ask each model the questions it has no outcome for; one that fails does not stop the others.

    A kill loses the chunk that is being asked, and the next call goes on there.

    Raises:
        UsageError: a model and a benchmark do not fit together; nothing has been asked then.
    """
    check(models, benchmarks)
    return [
        result
        for model in models
        for result in _Collector(store, model, manager, settings, listener).run(benchmarks)
    ]


def plans_for(
    store: Store, model: ModelCard, card: BenchmarkCard, manager: TaskManager, settings: Settings
) -> list[Plan]:
    """What is missing on each task of a benchmark."""
    attempts = store.attempts(model.id, card.id)
    return [
        plan(
            model, task, attempts,
            limit=settings.limit, repeats=settings.repeats, overwrite=settings.overwrite,
        )
        for task in load_tasks(card, model, manager)
    ]  # fmt: skip


def dry_run(
    store: Store,
    models: Sequence[ModelCard],
    benchmarks: Sequence[BenchmarkCard],
    manager: TaskManager,
    settings: Settings,
) -> list[Estimate]:
    """What :func:`collect` would ask; no model is loaded, the benchmarks' data are."""
    check(models, benchmarks)
    estimates = []
    for model in models:
        for card in benchmarks:
            plans = plans_for(store, model, card, manager, settings)
            asked = sum(p.asked for p in plans)
            rate = store.collection_rate(model.id, card.id)
            seconds = None if rate is None else asked / rate
            estimates.append(Estimate(model.id, card.id, asked, sum(p.reused for p in plans), seconds))
    return estimates


def check(models: Sequence[ModelCard], benchmarks: Sequence[BenchmarkCard]) -> None:
    """Refuse what cannot work before anything is loaded.

    Raises:
        UsageError: a backend is not lm-eval's, or a model cannot be asked a benchmark.
    """
    for model in models:
        check_backend(model)
        for card in benchmarks:
            check_fit(model, card)


class _GivenUpError(Exception):
    """So many failures in a row that further questions would be a waste."""


@dataclass
class _Collector:
    """One model at work; it is loaded when the first question has to be asked."""

    store: Store
    model: ModelCard
    manager: TaskManager
    settings: Settings
    listener: Listener | None
    lm: LM | None = None
    usage: UsageLog = field(default_factory=UsageLog)
    batch_size: int | str = field(init=False)
    failures_in_a_row: int = 0
    given_up: str | None = None

    def __post_init__(self) -> None:
        self.batch_size = self.settings.batch_size

    def run(self, benchmarks: Sequence[BenchmarkCard]) -> list[Collected]:
        """Every benchmark in turn, until the model is given up."""
        return [self._benchmark(card) for card in benchmarks]

    def _benchmark(self, card: BenchmarkCard) -> Collected:
        start = time.perf_counter()
        tally = Tally()
        try:
            plans = plans_for(self.store, self.model, card, self.manager, self.settings)
            tally.planned(plans)
            if self.listener is not None:
                self.listener.planned(self.model.id, card.id, tally.left)
            if self.given_up is None:
                for task_plan in plans:
                    self._task(task_plan, tally)
        except (CollectError, DataError) as error:
            tally.reason = str(error)
        except _GivenUpError as error:
            self.given_up = str(error)
        return Collected(
            model=self.model.id,
            benchmark=card.id,
            done=tally.done,
            reused=tally.reused,
            failed=tally.failed,
            left=tally.left,
            seconds=time.perf_counter() - start,
            reason=tally.reason or (self.given_up if tally.left else None),
            batch_size=self.batch_size,
        )

    def _task(self, task_plan: Plan, tally: Tally) -> None:
        if not task_plan.chunks:
            return
        task = task_plan.task
        source = Source("collect", f"{self.model.id} on {task.name}", fingerprint="")
        run = self.store.start_collection(source, describe(self._loaded(), self.model, task, self.batch_size))
        for chunk in task_plan.chunks:
            answers: list[Answer] = []
            try:
                self._ask(task, chunk.positions, chunk.repeat, answers)
            finally:  # answers that came before the model was given up, or before an interrupt, were paid for
                overwrite = self.settings.overwrite if chunk.repeat == 0 else Overwrite.MISSING
                table = outcome_table(self.model, task, answers)
                if len(table):
                    self.store.add_chunk(run, table, chunk.repeat + 1, overwrite)
                tally.wrote(answers)
                if self.listener is not None:
                    self.listener.wrote(len(answers))

    def _ask(self, task: Task, positions: Sequence[int], repeat: int, answers: list[Answer]) -> None:
        """Add the answers to these questions; one that cannot be answered is found by halving."""
        try:
            answers += answer(self._loaded(), self.usage, self.model, task, positions, repeat)
            self.failures_in_a_row = 0
        except BenchError:
            raise
        except Exception as error:  # whatever a backend raises
            let_go(error)
            if is_out_of_memory(error) and self._halve_batch():
                self._ask(task, positions, repeat, answers)
            elif len(positions) > 1:
                middle = len(positions) // 2
                self._ask(task, positions[:middle], repeat, answers)
                self._ask(task, positions[middle:], repeat, answers)
            else:
                answers.append(Answer(positions[0], None, None, first_line(error)))
                self._count_failure(error)

    def _count_failure(self, error: Exception) -> None:
        self.failures_in_a_row += 1
        if self.failures_in_a_row >= self.settings.fail_fast:
            raise _GivenUpError(
                f"{self.failures_in_a_row} questions in a row failed, the last with: {first_line(error)}"
            )

    def _halve_batch(self) -> bool:
        """Load the model again with half the batch; false where it cannot be made smaller."""
        if not isinstance(self.batch_size, int) or self.batch_size < 2:
            return False
        self.batch_size //= 2
        self.lm = None  # its memory has to be free before it is loaded again
        return True

    def _loaded(self) -> LM:
        if self.lm is None:
            self.lm = load_model(self.model, self.batch_size, self.settings.device)
            self.usage = observe(self.lm)
        return self.lm
