"""compare(): every method on the same splits, every task on the same forecasts; returns a value, prints nothing."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.encoders.choosing import question_vectors
from embedllm_bench.errors import UsageError
from embedllm_bench.matrix import LabelConvention
from embedllm_bench.methods.base import Forecast
from embedllm_bench.provenance import describe
from embedllm_bench.results import Comparison, Request, Skipped
from embedllm_bench.session import TRUE_PROBABILITIES, Session
from embedllm_bench.splits import (
    Split,
    benchmark_splits,
    check_usable,
    published_split,
    question_folds,
    question_split,
)
from embedllm_bench.tasks import benchmark_prediction, forecasting, routing
from embedllm_bench.tasks.base import Fitted, Scope, pool, speeds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedllm_bench.arrays import FloatArray
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.results import Score
    from embedllm_bench.session import Listener
    from embedllm_bench.store.store import Store
    from embedllm_bench.tasks.base import Run

TASKS = (forecasting.NAME, routing.NAME, benchmark_prediction.NAME)
SPLITS = ("question", "published", "benchmark")
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
    encoder: str | None = None,
    labels: LabelConvention | str = LabelConvention.MAJORITY,
    replicates: int = REPLICATES,
    listener: Listener | None = None,
) -> Comparison:
    """Train the methods (all, if none is named) on a store's outcomes and score them on the tasks.

    ``seeds`` draw the question split and the methods' randomness; with the published split only the
    latter. ``folds`` makes that many disjoint test parts instead of one. The simple reference rows are
    always there. A method that fails is a :class:`Failure`, not an exception.

    Raises:
        UsageError: a name or an option that does not exist, or options that exclude each other.
        DataError: the data cannot be split as asked.
    """
    _check(tasks, split, seeds, folds)
    chosen, vectors = question_vectors(store, encoder)
    matrix = store.matrix(vectors, LabelConvention(labels))
    session = Session.of(store, matrix, methods, settings or {}, listener)
    plan = _Plan.of(store, matrix, tasks, split, tuple(dict.fromkeys(seeds)), folds)
    if listener is not None:
        listener.expected(
            sum(len(by) for by in (*plan.question.values(), *plan.benchmark.values())) * len(session.methods)
        )
    scores = _question_tasks(session, plan, tasks, replicates) + _benchmark_task(session, plan, replicates)
    request = Request(
        store=str(store.path),
        methods=tuple(methods),
        tasks=tuple(tasks),
        settings={name: dict(values) for name, values in (settings or {}).items()},  # type: ignore[arg-type]  # checked by build()
        seeds=tuple(dict.fromkeys(seeds)),
        folds=folds,
        split=split,
        encoder=chosen,
        labels=str(matrix.labels),
        replicates=replicates,
    )
    used = [s for by in (*plan.question.values(), *plan.benchmark.values()) for s in by.values()]
    manifest = describe(
        request, session.facts(), {s.name: s.hash for s in used}, session.rows(), plan.skipped
    )
    return Comparison(tuple(scores), tuple(session.failures), manifest)


def _check(tasks: Sequence[str], split: str, seeds: Sequence[int], folds: int | None) -> None:
    unknown = [task for task in tasks if task not in TASKS]
    if unknown or not tasks:
        raise UsageError(f"There is no task {', '.join(unknown) or 'given'}; there are {', '.join(TASKS)}.")
    if split not in SPLITS:
        raise UsageError(f"There is no split {split!r}; there are {', '.join(SPLITS)}.")
    if not seeds:
        raise UsageError("A comparison needs at least one seed.")
    if folds is not None and split != "question":
        raise UsageError(f"Folds divide a question split; leave --folds out with --split {split}.")


@dataclasses.dataclass(frozen=True)
class _Plan:
    """The splits to fit on, by seed and then by name, and the tasks the data does not allow."""

    question: Mapping[int, Mapping[str, Split]]  #: for forecasting and routing
    benchmark: Mapping[int, Mapping[str, Split]]  #: for benchmark prediction, by benchmark
    skipped: tuple[Skipped, ...]

    @classmethod
    def of(
        cls,
        store: Store,
        matrix: CorrectnessMatrix,
        tasks: Sequence[str],
        split: str,
        seeds: tuple[int, ...],
        folds: int | None,
    ) -> _Plan:
        skipped = []
        if len(matrix.models) < 2:
            need = "has one model, and {} needs at least two"
            skipped += [Skipped(routing.NAME, f"The store {need.format('a choice')}.")]
            skipped += [
                Skipped(benchmark_prediction.NAME, f"The store {need.format('a ranking of models')}.")
            ]
        elif len(matrix.questions.benchmark_codes[0]) < 2:
            reason = "The store has one benchmark; holding one out needs another to train on."
            skipped.append(Skipped(benchmark_prediction.NAME, reason))
        skipped = [skip for skip in skipped if skip.task in tasks]
        left = [task for task in tasks if task not in {skip.task for skip in skipped}]
        wants_questions = any(task != benchmark_prediction.NAME for task in left)
        question = (
            {seed: _splits(store, matrix, split, seed, folds) for seed in seeds} if wants_questions else {}
        )
        benchmark = {}
        if benchmark_prediction.NAME in left:
            benchmark = {seed: benchmark_splits(matrix.questions, seed) for seed in seeds}
        for by_name in (*question.values(), *benchmark.values()):
            for made in by_name.values():
                check_usable(made)
        return cls(question, benchmark, tuple(skipped))


def _splits(
    store: Store, matrix: CorrectnessMatrix, split: str, seed: int, folds: int | None
) -> dict[str, Split]:
    if split == "benchmark":
        return {s.name: s for s in benchmark_splits(matrix.questions, seed).values()}
    if split == "published":
        parts = {
            f"{benchmark}\0{question}": part
            for (benchmark, question), part in store.published_parts().items()
        }
        return {"published": published_split(matrix.questions, parts)}
    made = (
        question_folds(matrix.questions, seed, folds) if folds else [question_split(matrix.questions, seed)]
    )
    return {s.name: s for s in made}


def _question_tasks(session: Session, plan: _Plan, tasks: Sequence[str], replicates: int) -> list[Score]:
    """Forecasting and routing, per seed, over all seeds, and per benchmark."""
    if not plan.question:
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
    active = [t for t in tasks if t != benchmark_prediction.NAME and t not in {s.task for s in plan.skipped}]
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
    session: Session, plan: _Plan, task: str, runs: list[Run], scope: Scope, replicates: int
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


def _single(session: Session, plan: _Plan, run: Run) -> FloatArray:
    """How good each model is (M, T) by the training part of the split each test question is in."""
    preference = np.full((len(session.matrix.models), len(session.matrix.questions)), np.nan)
    for split in plan.question[run.seed].values():
        preference[:, split.test] = routing.single_preference(session.matrix.take(split.train))[:, None]
    return preference[:, run.test]


def _oracles(session: Session, plan: _Plan) -> list[Fitted]:
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


def _benchmark_task(session: Session, plan: _Plan, replicates: int) -> list[Score]:
    if not plan.benchmark:
        return []
    fitted = [
        fit
        for seed, by in plan.benchmark.items()
        for split in by.values()
        for fit in session.fit(split, seed)
    ]
    # unseen benchmarks and sub-tasks have no mean, so those rows would repeat the model mean
    labelled = {
        name for name, (method, _) in session.methods.items() if method.reference and method.reads_labels
    }
    fitted = [fit for fit in fitted if fit.method not in labelled]
    timed = list(fitted)
    if session.truth is not None:
        fitted += [
            Fitted(TRUE_PROBABILITIES, seed, split, Forecast(session.truth[:, split.test], None), 0.0, 0.0)
            for seed, by in plan.benchmark.items()
            for split in by.values()
        ]
    simple = [name for name in session.simple if name not in labelled]
    scores = benchmark_prediction.score_fits(
        session.matrix, fitted, plan.benchmark, session.competitors, simple, replicates
    )
    return scores + speeds(benchmark_prediction.NAME, timed)
