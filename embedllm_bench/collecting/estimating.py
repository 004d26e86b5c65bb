"""What collecting would ask, told without asking anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.collecting.backend import check_device
from embedllm_bench.collecting.pairing import check
from embedllm_bench.collecting.plan import Estimate, plan
from embedllm_bench.collecting.tasks import load_tasks
from embedllm_bench.errors import CollectError, DataError, UnfitError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lm_eval.tasks import TaskManager

    from embedllm_bench.cards import BenchmarkCard, ModelCard
    from embedllm_bench.collecting.collector import Settings
    from embedllm_bench.collecting.plan import Plan
    from embedllm_bench.question_set import QuestionSet
    from embedllm_bench.store.store import Store


def plans_for(
    store: Store,
    model: ModelCard,
    card: BenchmarkCard,
    manager: TaskManager,
    settings: Settings,
    own: Sequence[QuestionSet] = (),
) -> list[Plan]:
    """What is missing on each task of a benchmark; its questions are among ``own``, else in the store."""
    attempts = store.attempts(model.id, card.id)
    questions = None
    if card.questions is not None:
        given = {one.sha256: one for one in own}
        questions = given.get(card.questions) or store.question_set(card.questions)
    return [
        plan(
            model, task, attempts,
            limit=settings.limit, repeats=settings.repeats, overwrite=settings.overwrite,
            only=None if settings.only is None else settings.only.get(card.id, frozenset()),
        )
        for task in load_tasks(card, model, manager, questions)
    ]  # fmt: skip


def dry_run(
    store: Store,
    models: Sequence[ModelCard],
    benchmarks: Sequence[BenchmarkCard],
    manager: TaskManager,
    settings: Settings,
    *,
    without: Collection[tuple[str, str]] = (),
    own: Sequence[QuestionSet] = (),
) -> list[Estimate]:
    """What ``collect`` would ask; no model is loaded, the benchmarks' data are, and the store stays as it is.

    ``own`` are questions that benchmarks have of their own and the store does not.
    """
    check(models, benchmarks, without)
    check_device(models, settings.device)
    return [
        _estimate(store, model, card, manager, settings, own)
        for model in models
        for card in benchmarks
        if (model.id, card.id) not in without
    ]


def _estimate(
    store: Store,
    model: ModelCard,
    card: BenchmarkCard,
    manager: TaskManager,
    settings: Settings,
    own: Sequence[QuestionSet],
) -> Estimate:
    try:
        plans = plans_for(store, model, card, manager, settings, own)
    except (CollectError, DataError) as error:
        return Estimate(model.id, card.id, None, reason=str(error), unfit=isinstance(error, UnfitError))
    asked = sum(p.asked for p in plans)
    rate = store.collection_rate(model.id, card.id)
    return Estimate(
        model=model.id,
        benchmark=card.id,
        asked=asked,
        there=sum(p.there for p in plans),
        failed=sum(p.failed for p in plans),
        seconds=None if rate is None else asked / rate,
    )
