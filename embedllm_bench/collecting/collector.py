"""collect(): asks every model what it was not asked yet, and writes the outcomes as they come."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from embedllm_bench.collecting.alone import alone
from embedllm_bench.collecting.answering import Answer, answer
from embedllm_bench.collecting.backend import check_device, is_out_of_memory, let_go, load_model
from embedllm_bench.collecting.endpoints import UsageLog, observe
from embedllm_bench.collecting.estimating import plans_for
from embedllm_bench.collecting.outcomes import Collected, Tally, outcome_table
from embedllm_bench.collecting.pairing import check
from embedllm_bench.collecting.provenance import describe
from embedllm_bench.collecting.tasks import manager_for
from embedllm_bench.errors import BenchError, CollectError, DataError, LoadError, UnfitError, first_line
from embedllm_bench.store.collecting import Overwrite
from embedllm_bench.store.records import ChunkReport, Source

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from lm_eval.api.model import LM
    from lm_eval.tasks import TaskManager

    from embedllm_bench.cards import BenchmarkCard, ModelCard
    from embedllm_bench.collecting.plan import Plan
    from embedllm_bench.collecting.tasks import Task
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
    #: A probe: of each benchmark named the questions of these ids only, of others none. None asks all.
    only: Mapping[str, frozenset[str]] | None = None


class Listener(Protocol):
    """Told of progress by whoever wants to show it."""

    def planned(self, model: str, benchmark: str, outcomes: int) -> None: ...

    def wrote(self, outcomes: int) -> None: ...


def collect(
    store: Store,
    models: Sequence[ModelCard],
    benchmarks: Sequence[BenchmarkCard],
    settings: Settings | None = None,
    manager: TaskManager | None = None,
    listener: Listener | None = None,
    *,
    without: Collection[tuple[str, str]] = (),
) -> list[Collected]:
    """Ask each model the questions it has no outcome for; one that fails does not stop the others.

    A kill loses the chunk that is being asked, and the next call goes on there. Cards are written to the
    store; ``manager`` is lm-eval's, for tasks that are not its own. Pairs of a model's and a benchmark's
    id that are in ``without`` are left out.

    Raises:
        UsageError: a model and a benchmark do not fit together, or there is no such device; nothing has
            been asked then.
        DataError: the store has a card's id in another configuration.
    """
    settings = Settings() if settings is None else settings
    check(models, benchmarks, without)
    check_device(models, settings.device)
    for model in models:
        store.write_model_card(model)
    for card in benchmarks:
        store.write_benchmark_card(card)
    manager = manager_for(benchmarks, None) if manager is None else manager
    return [
        result
        for model in models
        for result in _Collector(store, model, manager, settings, listener).run(
            [card for card in benchmarks if (model.id, card.id) not in without]
        )
    ]


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
    unloaded: bool = False

    def __post_init__(self) -> None:
        self.batch_size = self.settings.batch_size

    def run(self, benchmarks: Sequence[BenchmarkCard]) -> list[Collected]:
        """Every benchmark in turn, until the model is given up."""
        return [self._benchmark(card) for card in benchmarks]

    def _benchmark(self, card: BenchmarkCard) -> Collected:
        start = time.perf_counter()
        tally = Tally()
        try:
            with alone(self.store.path, self.model.id, card.id) as only_we:
                self._whole(card, tally, only_we=only_we)
        except LoadError as error:  # so it would be for the other benchmarks
            self.given_up, self.unloaded = str(error), True
        except (CollectError, DataError) as error:
            tally.reason, tally.unfit = str(error), isinstance(error, UnfitError)
        except _GivenUpError as error:
            self.given_up = str(error)
        given_up = self.given_up if tally.left else None
        return Collected(
            model=self.model.id,
            benchmark=card.id,
            done=tally.done,
            reused=tally.reused,
            failed=tally.failed,
            failed_before=tally.failed_before,
            kept=tally.kept,
            known=tally.known,
            left=tally.left,
            seconds=time.perf_counter() - start,
            failure=self._commonest(card, tally),
            reason=tally.reason or given_up,
            unloaded=self.unloaded and given_up is not None,
            unfit=tally.unfit,
            batch_size=self.batch_size,
        )

    def _whole(self, card: BenchmarkCard, tally: Tally, *, only_we: bool) -> None:
        plans = plans_for(self.store, self.model, card, self.manager, self.settings)
        tally.planned(plans)
        if tally.left and not only_we:
            raise CollectError("another process is asking it now; what that leaves, a later run asks")
        if self.listener is not None:
            self.listener.planned(self.model.id, card.id, tally.left or 0)
        if self.given_up is None:
            for task_plan in plans:
                self._task(task_plan, tally)

    def _commonest(self, card: BenchmarkCard, tally: Tally) -> str | None:
        """Of the reasons why requests failed now, else of those that the store has."""
        if tally.reasons:
            return tally.reasons.most_common(1)[0][0]
        if not tally.failed_before:
            return None
        counts = {(count.model, count.benchmark): count for count in self.store.failure_counts()}
        return counts[self.model.id, card.id].reason

    def _task(self, task_plan: Plan, tally: Tally) -> None:
        if not task_plan.chunks:
            return
        task = task_plan.task
        part = "" if self.settings.only is None else " (probe)"
        source = Source("collect", f"{self.model.id} on {task.name}{part}", fingerprint="")
        described = self._describe(task, tally)
        run = self.store.start_collection(source, described)
        for chunk in task_plan.chunks:
            answers: list[Answer] = []
            try:
                self._ask(task, chunk.positions, chunk.repeat, answers)
            finally:  # answers that came before the model was given up, or before an interrupt, were paid for
                table = outcome_table(self.model, task, answers)
                wrote = ChunkReport()
                if len(table):
                    wrote = self.store.add_chunk(run, table, chunk.repeat + 1, self.settings.overwrite)
                tally.wrote(answers, wrote)
                if (
                    self.lm is not None and self._describe(task, tally) != described
                ):  # a smaller batch, or another model behind an endpoint
                    described = self._describe(task, tally)
                    self.store.describe_collection(run, described)
                if self.listener is not None:
                    self.listener.wrote(len(answers))

    def _describe(self, task: Task, tally: Tally) -> str:
        probe = self.settings.only is not None
        served = self.usage.served_models
        return describe(self._loaded(), self.model, task, self.batch_size, tally, served, probe=probe)

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
