"""Do intervals hold, are equal methods left tied, how small a difference is found? In worlds with known truth.

    python -m benchmarks.trusting [--runs 1000] [--workers 2]

Hours on two cores; 5,000 questions get a quarter of the runs. Each share is kept in build/ as it comes, and a run
that was stopped goes on there. The worlds are those of the tests
(tests/statistics/simulations.py), which hold the same shares to limits; here they are written down. Found is the
smallest true difference that is called better in 80 % of runs, read off a line through the shares at several.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.measuring import RESULTS, machine
from tests.statistics.simulations import (
    ForecastWorld,
    forecast_power,
    routing_coverage,
    routing_false_verdicts,
    routing_power,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ACCURACIES = (0.5, 0.8, 0.95, 0.97)
SIZES = (30, 100, 1_000, 5_000)
METRICS = ("accuracy", "brier", "log_loss", "auroc")
WORLDS = {"about .50": 0.0, "about .80": 2.0, "about .97": 4.5}  #: mean logits by the accuracy they lead to
POWERED = (100, 300, 1_000, 3_000)
WANTED = 0.8
TRIED = (1.5, 2.2, 2.9, 3.6, 4.3)  #: true differences tried, in standard errors


@dataclass(frozen=True)
class Cell:
    """One simulation: where its share stands, and how it is made."""

    table: str
    row: str
    column: str
    share: Callable[[], float]

    @property
    def key(self) -> tuple[str, str, str]:
        return self.table, self.row, self.column


def covered(world: ForecastWorld, metric: str, questions: int, runs: int) -> float:
    return world.coverage(metric, questions, runs).covered


def routed(questions: int, accuracy: float, runs: int, strata: int = 1, repeats: float = 0.0) -> float:
    return routing_coverage(questions, accuracy, runs, strata, repeats).covered


def found(power: Callable[[int, float, int], tuple[float, float]], questions: int, runs: int) -> float:
    """The difference, in points, at which a line through the probits of the shares is at 80 %."""
    differences, shares = np.array([power(questions, errors, runs) for errors in TRIED]).T
    z = np.array([_probit(min(max(share, 0.5 / runs), 1 - 0.5 / runs)) for share in shares])
    slope, offset = np.polyfit(differences, z, 1)
    return float((_probit(WANTED) - offset) / slope) * 100


def _probit(share: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(share)


def some(runs: int, questions: int) -> int:
    """Fewer where each takes longest."""
    return runs // 4 if questions >= SIZES[-1] else runs


def cells(runs: int) -> list[Cell]:
    equal = runs // 2
    routing = [
        *((f"{n:,}", n, 1, 0.0) for n in SIZES),
        ("100, five benchmarks", 100, 5, 0.0),
        ("100, 30 % of texts repeated", 100, 1, 0.3),
    ]
    made = [
        Cell(
            "Routing accuracy",
            row,
            f"accuracy {a}",
            partial(routed, n, a, some(runs, n), strata, repeats),
        )
        for row, n, strata, repeats in routing
        for a in ACCURACIES
    ]
    made += [
        Cell(
            f"Forecasts of 20 models, accuracy {name}",
            f"{n:,}{', half of the cells asked' if filled < 1 else ''}",
            metric.replace("_", "-"),
            partial(covered, ForecastWorld(20, mean, filled), metric, n, some(runs, n)),
        )
        for name, mean in WORLDS.items()
        for filled in (1.0, 0.5)
        for n in SIZES
        for metric in METRICS
        if n < SIZES[-1] or filled == 1.0
    ]
    made += [
        Cell(
            "Somebody called better among equals",
            f"routing, {n:,} questions, accuracy {a}",
            f"{methods} methods",
            partial(routing_false_verdicts, n, a, methods, equal),
        )
        for n, a in ((30, 0.8), (100, 0.5), (100, 0.95), (1_000, 0.8))
        for methods in (2, 10)
    ]
    made += [
        Cell(
            "Somebody called better among equals",
            f"forecasts, 100 questions, {metric}",
            f"{methods} methods",
            partial(ForecastWorld(20, 2.0).false_verdicts, metric, 100, methods, equal),
        )
        for metric in ("accuracy", "brier", "auroc")
        for methods in (2, 10)
    ]
    return made + [
        Cell("Smallest difference found", f"{n:,}", column, partial(found, power, n, runs // 4))
        for n in POWERED
        for column, power in (
            ("routing accuracy, points", routing_power),
            ("forecasting accuracy, points", forecast_power),
        )
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1_000, help="Of each simulation; of verdicts half.")
    parser.add_argument("--workers", type=int, default=2, help="Processes.")
    options = parser.parse_args()
    made = cells(options.runs)
    values = simulated(made, Path("build") / f"trusting-{options.runs}.jsonl", options.workers)
    write(made, values, options.runs)


def simulated(made: list[Cell], kept: Path, workers: int) -> list[float]:
    """The share of each, those of ``kept`` as they stand there and others added to it."""
    kept.parent.mkdir(exist_ok=True)
    kept.touch()
    values = {tuple(key): value for key, value in map(json.loads, kept.read_text().splitlines())}
    with ProcessPoolExecutor(workers) as pool, kept.open("a") as file:
        waiting = {pool.submit(cell.share): cell.key for cell in made if cell.key not in values}
        for future in as_completed(waiting):
            key = waiting[future]
            values[key] = future.result()
            print(json.dumps([key, values[key]]), file=file, flush=True)
            print(f"{'; '.join(key)}: {values[key]:.3f}", file=sys.stderr)
    return [values[cell.key] for cell in made]


def write(made: list[Cell], values: list[float], runs: int) -> None:
    """results/trusting.md and .json."""
    error = math.sqrt(0.95 * 0.05 / runs)
    lines = [
        "# What intervals and verdicts are worth, in simulation",
        "",
        f"`{' '.join(['python -m benchmarks.trusting', *sys.argv[1:]])}`, {dt.date.today().isoformat()}.",
        (
            f"Shares of {runs:,} (5,000 questions: {runs // 4:,}) runs"
            f" in which the 95 % interval holds the truth (standard error {error:.3f}), of"
            f" {runs // 2:,} in which somebody is called better among equals (aimed at: .05 at most), and points of"
            f" accuracy found in 80 % of {runs // 4:,} runs."
        ),
    ]
    for table in dict.fromkeys(cell.table for cell in made):
        own = {(c.row, c.column): v for c, v in zip(made, values, strict=True) if c.table == table}
        rows, columns = (list(dict.fromkeys(key[i] for key in own)) for i in (0, 1))
        lines += [
            "",
            f"## {table}",
            "",
            f"| questions | {' | '.join(columns)} |",
            "|---" * (len(columns) + 1) + "|",
        ]
        lines += [
            f"| {row} | {' | '.join(f'{own[row, column]:.3f}' for column in columns)} |" for row in rows
        ]
    facts = machine()
    lines += ["", ", ".join(f"{key} {value}" for key, value in facts.items()) + "."]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "trusting.md").write_text("\n".join(lines) + "\n")
    content = [
        {"table": c.table, "row": c.row, "column": c.column, "value": v}
        for c, v in zip(made, values, strict=True)
    ]
    (RESULTS / "trusting.json").write_text(
        json.dumps({"runs": runs, "machine": facts, "cells": content}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
