"""Whole comparisons at the size of the paper's data, as a user starts them, and what the intervals in them cost.

Beside them stand the fits alone of the released scripts, without a simple row, an interval or a rank, and the same
replicates by scikit-learn's metrics; both extrapolated from a part.

python -m benchmarks.comparing [--repeats 3]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks import matrices
from benchmarks.fits import CLASSIFIERS, LOOP, METHODS, SAMPLED, STEPS, peer
from benchmarks.measuring import Outcome, Work, measure, report_one, write

MODULE = "benchmarks.comparing"
REPLICATES = 2000
RELEASED_EPOCHS = 50
RESAMPLED = 10  #: replicates by scikit-learn that are timed
FITS = "released scripts' fits alone (extrapolated)"
SCIKIT = "the same of forecasting by scikit-learn (extrapolated)"
TASKS = {
    "compare, forecasting and routing": ("forecasting", "routing"),
    "compare, benchmark prediction": ("benchmark-prediction",),
}


def command(store: Path, tasks: list[str]) -> None:
    """The command line, with its tables thrown away."""
    from embedllm_bench.cli.main import run

    chosen = [argument for task in tasks for argument in ("--task", task)]
    chosen += [argument for method in METHODS for argument in ("--method", method)]
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        try:
            run(["compare", "--store", str(store), *chosen])
        except SystemExit as end:
            if end.code:
                raise


def scoring_seconds(path: Path, count: int, held_out: int = matrices.PAPER_HELD_OUT) -> float:
    """All metrics of forecasting and routing, with their intervals and ranks, for so many methods."""
    from embedllm_bench.tasks import forecasting, routing
    from embedllm_bench.tasks.base import Run, Scope

    matrix = matrices.load(path)
    parts = matrices.divide(matrix, held_out=held_out)
    test = np.array([int(name) for name in parts.test.questions.ids])
    random = np.random.default_rng(0)
    share = parts.train.correct.mean(1, dtype=np.float32)[:, None]  # (M, 1)
    forecasts = {
        f"method-{i}": np.clip(
            share + random.normal(0, 0.1, (len(share), len(test))).astype(np.float32), 0, 1
        )
        for i in range(count)
    }
    single = routing.single_preference(parts.train)[:, None].repeat(len(test), 1)
    run = Run(0, "question", test, forecasts)
    scope = Scope("any", None, "question", 0, len(test))
    start = time.perf_counter()
    forecasting.score_runs(matrix, [run], scope, list(forecasts), [], REPLICATES)
    routing.score_runs(matrix, [run], [single], scope, list(forecasts), [], REPLICATES)
    return time.perf_counter() - start


def intervals(path: Path) -> Outcome:
    """What one more method costs beside two."""
    two = scoring_seconds(path, 2)
    return Outcome(scoring_seconds(path, 3) - two, {"s for two methods": two})


def resampled(path: Path) -> Outcome:
    """The forecasting metrics of one method over resampled questions, by scikit-learn."""
    from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score

    test = matrices.divide(matrices.load(path)).test
    random = np.random.default_rng(0)
    p = random.random(test.correct.shape)  # (M, Q)
    start = time.perf_counter()
    for _ in range(RESAMPLED):
        drawn = random.integers(p.shape[1], size=p.shape[1])
        labels, forecasts = test.correct[:, drawn].ravel(), p[:, drawn].ravel()
        accuracy_score(labels, forecasts > 0.5)
        for metric in (brier_score_loss, log_loss, roc_auc_score):
            metric(labels, forecasts)
    return Outcome((time.perf_counter() - start) / RESAMPLED * REPLICATES)


def released_fits(path: Path) -> Outcome:
    """The training loop and the classifiers, without reading, scoring or routing."""
    parts = {
        name: peer(path, name, matrices.PAPER_HELD_OUT, RELEASED_EPOCHS).seconds
        for name in (LOOP, CLASSIFIERS)
    }
    return Outcome(sum(parts.values()), {f"s of {name}": seconds for name, seconds in parts.items()})


def one(name: str, path: Path, tasks: list[str]) -> Outcome | None:
    if name == "compare":
        command(path, tasks)
        return None  # all of it counts
    return {"intervals": intervals, "resampled": resampled, "fits": released_fits}[name](path)


def main() -> None:
    if sys.argv[1:2] == ["one"]:
        report_one(lambda: one(sys.argv[2], Path(sys.argv[3]), sys.argv[4:]))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    models, questions = matrices.PAPER_MODELS, matrices.PAPER_QUESTIONS
    with tempfile.TemporaryDirectory() as name:
        store, path = Path(name) / "s.db", Path(name) / "paper.npz"
        matrices.make_store(store, models, questions)
        matrices.make(path, models, questions)
        works = [
            Work(label, "outcomes", models * questions, MODULE, ("compare", str(store), *tasks))
            for label, tasks in TASKS.items()
        ]
        label = f"{REPLICATES:,} replicates of every metric, one more method"
        test_cells = models * matrices.PAPER_HELD_OUT
        works += [
            Work(label, "forecasts", test_cells, MODULE, ("intervals", str(path))),
            Work(SCIKIT, "forecasts", test_cells, MODULE, ("resampled", str(path))),
            Work(FITS, "outcomes", models * questions, MODULE, ("fits", str(path))),
        ]
        rows = measure(works, repeats)
    write(
        "comparing",
        f"compare on {models} models x {questions:,} simulated questions of ten benchmarks",
        " ".join(["python -m benchmarks.comparing", *sys.argv[1:]]),
        rows,
        {next(iter(TASKS)): FITS, label: SCIKIT},
        [
            (
                f"{', '.join(METHODS)} and the simple rows, with vectors in the store; a whole process, from"
                " reading the store to the tables."
            ),
            (
                f"The replicates are of all metrics of forecasting and routing over {matrices.PAPER_HELD_OUT:,}"
                f" questions; those by scikit-learn of four metrics of forecasting, extrapolated from {RESAMPLED}."
            ),
            (
                f"The released scripts' fits are {RELEASED_EPOCHS} epochs of the training loop, extrapolated from"
                f" {STEPS} steps, and a scikit-learn classifier for each model, extrapolated from {SAMPLED}; neither"
                " has intervals, simple rows or a choice of settings."
            ),
        ],
    )


if __name__ == "__main__":
    main()
