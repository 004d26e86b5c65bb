"""compare(): every method on the same splits, every task on the same forecasts; returns a value, prints nothing."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.encoders.choosing import question_vectors
from embedllm_bench.errors import DataError, UsageError
from embedllm_bench.exchange.split_file import SUFFIX, read_split
from embedllm_bench.figures.gathering import gather
from embedllm_bench.matrix import LabelConvention
from embedllm_bench.methods.base import Forecast
from embedllm_bench.near import near_groups
from embedllm_bench.newcomers import expected, score_new_models
from embedllm_bench.onboarding.choosing import STRATEGIES
from embedllm_bench.planning import Divide, Plan
from embedllm_bench.provenance import describe
from embedllm_bench.registry import Plugins
from embedllm_bench.results import Comparison, Request
from embedllm_bench.session import TRUE_PROBABILITIES, Session
from embedllm_bench.splits import (
    Split,
    check_usable,
)
from embedllm_bench.tasks import benchmark_prediction, forecasting, new_models, routing
from embedllm_bench.tasks.base import Fitted, Scope, pool, speeds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedllm_bench.arrays import FloatArray
    from embedllm_bench.figure_data import FigureData
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.results import Row, Score
    from embedllm_bench.session import Listener
    from embedllm_bench.store.store import Store
    from embedllm_bench.tasks.base import Run

TASKS = (forecasting.NAME, routing.NAME, benchmark_prediction.NAME)  #: scored if none is named
ALL_TASKS = (
    *TASKS,
    new_models.NAME,
)  #: new models take as many fits again for every third of the models left out
SPLITS = ("question", "published", "benchmark")
GROUPS = ("exact", "near")
REPLICATES = 2000


def compare(
    store: Store,
    *,
    methods: Sequence[str] = (),
    tasks: Sequence[str] = TASKS,
    settings: Mapping[str, Mapping[str, object]] | None = None,
    seeds: Sequence[int] = (0,),
    folds: int | None = None,
    split: str = "question",
    group: str = "exact",
    encoder: str | None = None,
    labels: LabelConvention | str = LabelConvention.MAJORITY,
    replicates: int = REPLICATES,
    device: str = "auto",
    listener: Listener | None = None,
    plugins: Plugins | None = None,
) -> Comparison:
    """Train the methods (all, if none is named) on a store's outcomes and score them on the tasks.

    Methods are those of ``plugins``: the installed ones, if not given. ``seeds`` draw the question split and
    the methods' randomness; with the published split, or one in a file, only the latter. ``folds`` makes that many
    disjoint test parts instead of one. Questions of identical text, or with ``group="near"`` of nearly the same,
    stay on one side of a split and count as one draw. ``device`` is where torch computes; it is part of no request,
    since what is computed is the same within rounding. The simple reference rows are always there. A method that
    fails is a :class:`Failure`, not an exception.

    Raises:
        UsageError: a name or an option that does not exist, or options that exclude each other.
        DataError: the data cannot be split as asked.
    """
    _check(tasks, split, group, seeds, folds)
    chosen, matrix = read_graded(store, encoder, LabelConvention(labels), group)
    truth, plugins = store.true_probabilities(), plugins or Plugins()
    matrix = matrix.with_cards({**plugins.models.things, **matrix.cards})
    session = Session.of(matrix, truth, methods, settings or {}, listener, plugins, device)
    divide = Divide(split, folds, _parts(store, split))
    plan = Plan.of(matrix, tasks, tuple(dict.fromkeys(seeds)), divide)
    if listener is not None:
        added = expected(session, plan) if plan.does(new_models.NAME, tasks) else 0
        listener.expected(len(plan.splits) * len(session.methods) + added)
    scores, rows = _scored(session, plan, tasks, replicates)
    request = Request(
        store=str(store.path),
        methods=tuple(methods) or tuple(session.competitors),  # others may be installed when it is done again
        tasks=tuple(tasks),
        settings={name: dict(values) for name, values in (settings or {}).items()},  # type: ignore[arg-type]  # checked by build()
        seeds=tuple(dict.fromkeys(seeds)),
        folds=folds,
        split=split,
        group=group,
        encoder=chosen,
        labels=str(matrix.labels),
        replicates=replicates,
    )
    hashes = {s.name: s.hash for s in plan.splits}
    manifest = describe(request, session.facts(), hashes, rows, plan.skipped, session.plugin_versions())
    figures = _figures(session, plan)
    return Comparison(tuple(scores), tuple(session.failures), manifest, figures)


def _scored(
    session: Session, plan: Plan, tasks: Sequence[str], replicates: int
) -> tuple[list[Score], tuple[Row, ...]]:
    """Every task's scores, and the rows they are of."""
    scores = _question_tasks(session, plan, tasks, replicates) + _benchmark_task(session, plan, replicates)
    rows = session.rows()
    if plan.does(new_models.NAME, tasks):
        scores += score_new_models(session, plan)
        rows += new_models.rows(STRATEGIES)
    return scores, rows


def _figures(session: Session, plan: Plan) -> FigureData:
    fitted = tuple(session.done.values())
    rows = (session.competitors, session.simple, _foretelling(session))
    return gather(session.matrix, fitted, plan.benchmark, *rows, session.matrix.cards)


def read_graded(
    store: Store, encoder: str | None, labels: LabelConvention, group: str = "exact"
) -> tuple[str, CorrectnessMatrix]:
    """The label of the encoder that was chosen, and the matrix with its vectors, grouped as asked.

    Raises:
        StoreError: the encoder has no vectors of some questions.
        DataError: no outcome is graded.
    """
    chosen, vectors = question_vectors(store, encoder)
    matrix = store.matrix(vectors, labels).with_cards(store.model_cards())
    if not matrix.attempts.any():
        raise DataError(f"{store.path} holds no graded outcome; import some with 'embedllm-bench import'.")
    if group == "near":
        matrix = matrix.with_groups(near_groups(matrix.questions.texts))
    return chosen, matrix


def _parts(store: Store, split: str) -> dict[tuple[str, str], str]:
    """Which part each question is in, where the division came with the data or in a file."""
    if split == "published":
        return store.published_parts()
    return read_split(Path(split)) if split.endswith(SUFFIX) else {}


def score_split(session: Session, split: Split, tasks: Sequence[str], replicates: int) -> list[Score]:
    """Forecasting and routing scores over all questions of one split, to see what a change of the data does.

    Raises:
        DataError: too little is left to learn from, or to be tested on.
    """
    check_usable(split)
    plan = Plan({0: {split.name: split}}, {}, ())
    return [s for s in _question_tasks(session, plan, tasks, replicates) if s.benchmark is None]


def _check(tasks: Sequence[str], split: str, group: str, seeds: Sequence[int], folds: int | None) -> None:
    unknown = [task for task in tasks if task not in ALL_TASKS]
    if unknown or not tasks:
        raise UsageError(
            f"There is no task {', '.join(unknown) or 'given'}; there are {', '.join(ALL_TASKS)}."
        )
    if split not in SPLITS and not split.endswith(SUFFIX):
        raise UsageError(
            f"There is no split {split!r}; there are {', '.join(SPLITS)}, and {SUFFIX} files of 'embedllm-bench split'."
        )
    if group not in GROUPS:
        raise UsageError(f"Questions are not grouped by {group!r}; there are {', '.join(GROUPS)}.")
    if not seeds:
        raise UsageError("A comparison needs at least one seed.")
    if folds is not None and split != "question":
        raise UsageError(f"Folds divide a question split; leave --folds out with --split {split}.")


def _question_tasks(session: Session, plan: Plan, tasks: Sequence[str], replicates: int) -> list[Score]:
    """Forecasting and routing, per seed, over all seeds, and per benchmark."""
    active = [task for task in (forecasting.NAME, routing.NAME) if plan.does(task, tasks)]
    if not active:
        return []
    fitted = [
        fit for seed, splits in plan.question.items() for s in splits.values() for fit in session.fit(s, seed)
    ]
    fitted += _oracles(session, plan)
    runs = pool(fitted)
    blocks: list[tuple[list[Run], str | None]] = [(runs, None)]
    blocks += [([run], None) for run in runs] if len(runs) > 1 else []
    for name in session.matrix.questions.benchmark_codes[0]:
        narrowed = [run.on(session.matrix, name) for run in runs]
        if all(len(run.test) for run in narrowed):
            blocks.append((narrowed, name))
    scores: list[Score] = []
    for task in active:
        for block, benchmark in blocks:
            alone = len(block) == 1
            n = len(np.unique(np.concatenate([run.test for run in block])))
            scope = Scope(
                task, benchmark, block[0].split if alone else None, block[0].seed if alone else None, n
            )
            scores += _score_block(session, plan, task, block, scope, replicates)
        shown = [fit for fit in fitted if fit.method in _rows_of(session, task)]
        scores += speeds(task, [fit for fit in shown if fit.method in session.methods])
    return scores


def _rows_of(session: Session, task: str) -> list[str]:
    """The rows of a task: the model mean routes as the best single model does, so one of them is enough."""
    hidden = {forecasting.NAME: "", routing.NAME: "model-mean"}.get(task)
    rows = [name for name in (*session.competitors, *session.simple) if name != hidden]
    extra = [forecasting.DIFFICULTY_ORACLE] if task == forecasting.NAME else []
    return [*rows, *extra, TRUE_PROBABILITIES]


def _score_block(
    session: Session, plan: Plan, task: str, runs: list[Run], scope: Scope, replicates: int
) -> list[Score]:
    rows = _rows_of(session, task)
    kept = [
        dataclasses.replace(run, forecasts={k: p for k, p in run.forecasts.items() if k in rows})
        for run in runs
    ]
    simple = [name for name in session.simple if name in rows]
    if task == forecasting.NAME:
        return forecasting.score_runs(session.matrix, kept, scope, session.competitors, simple, replicates)
    singles = [_single(session, plan, run) for run in kept]
    simple = [*simple, routing.BEST_SINGLE]
    return routing.score_runs(session.matrix, kept, singles, scope, session.competitors, simple, replicates)


def _single(session: Session, plan: Plan, run: Run) -> FloatArray:
    """How good each model is (M, T) by the training part of the split each test question is in."""
    preference = np.full((len(session.matrix.models), len(session.matrix.questions)), np.nan)
    for split in plan.question[run.seed].values():
        preference[:, split.test] = routing.single_preference(session.matrix.take(split.train))[:, None]
    return preference[:, run.test]


def _oracles(session: Session, plan: Plan) -> list[Fitted]:
    """Forecasts nobody could make in use: test difficulty read off the answers, and a simulation's truth."""
    rows = []
    for seed, splits in plan.question.items():
        for split in splits.values():
            test = session.matrix.take(split.test)
            p = forecasting.difficulty_oracle(session.matrix.take(split.train), test)
            rows.append(Fitted(forecasting.DIFFICULTY_ORACLE, seed, split, Forecast(p, None), 0.0, 0.0))
            if session.truth is not None:
                known = Forecast(session.truth[:, split.test], None)
                rows.append(Fitted(TRUE_PROBABILITIES, seed, split, known, 0.0, 0.0))
    return rows


def _foretelling(session: Session) -> list[str]:
    """Unseen benchmarks and sub-tasks have no mean, so the simple rows that read them would repeat the model mean."""
    return [
        name
        for name, (method, _) in session.methods.items()
        if not (method.reference and method.reads_labels)
    ]


def _benchmark_task(session: Session, plan: Plan, replicates: int) -> list[Score]:
    if not plan.benchmark:
        return []
    fitted = [
        fit
        for seed, by in plan.benchmark.items()
        for split in by.values()
        for fit in session.fit(split, seed)
    ]
    foretelling = _foretelling(session)
    fitted = [fit for fit in fitted if fit.method in foretelling]
    timed = list(fitted)
    if session.truth is not None:
        fitted += [
            Fitted(TRUE_PROBABILITIES, seed, split, Forecast(session.truth[:, split.test], None), 0.0, 0.0)
            for seed, by in plan.benchmark.items()
            for split in by.values()
        ]
    simple = [name for name in session.simple if name in foretelling]
    scores = benchmark_prediction.score_fits(
        session.matrix, fitted, plan.benchmark, session.competitors, simple, replicates
    )
    return scores + speeds(benchmark_prediction.NAME, timed)
