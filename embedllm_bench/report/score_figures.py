"""Figures of scores: forecasting by benchmark, routing, and curves over the number of outcomes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from embedllm_bench.leaderboard import COLUMNS
from embedllm_bench.report.charts import Axis, Chart, Figure, Series

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from embedllm_bench.results import Comparison, Score

MOST_BENCHMARKS = 20
ALL = "all together"
PREFIXES = (
    " Families: whole families of models are new. Answered: on questions that the known models answered. Unseen: on"
    " test questions that no model has seen. Half width and coverage: of the 90 % intervals. Area and QNC: of routing"
    " with parameters as costs; new: among the new models alone."
)


def scores_on(comparison: Comparison, task: str, metric: str) -> dict[str, dict[str, Score]]:
    """Benchmark -> method -> score, averaged over seeds where there are several; ALL is over all of them."""
    found: dict[str, dict[str, Score]] = {}
    overall = comparison.overall(task)
    found[ALL] = {name: row[metric] for name, row in overall.items() if metric in row}
    for score in comparison.scores:
        if score.task == task and score.metric == metric and score.benchmark is not None and score.k is None:
            row = found.setdefault(score.benchmark, {})
            if score.method not in row or score.seed is None:
                row[score.method] = score
    return found


def places(comparison: Comparison) -> dict[str, int]:
    """Where each row stands among the competitors or among the references: whose look it has in every figure."""
    rows = comparison.manifest.rows
    return {
        row.name: place
        for reference in (False, True)
        for place, row in enumerate(row for row in rows if row.reference is reference)
    }


def in_order(comparison: Comparison, task: str, names: Iterable[str]) -> list[str]:
    """As in the task's leaderboard, competitors before references; those without a score go last."""
    column = COLUMNS[task][0]
    scores = scores_on(comparison, task, column.metric)[ALL]
    references = {row.name for row in comparison.manifest.rows if row.reference}

    def place(name: str) -> tuple[bool, float]:
        value = scores[name].value if name in scores else None
        return name in references, math.inf if value is None else -column.better * value

    return sorted(names, key=place)


def by_benchmark(comparison: Comparison) -> list[Figure]:
    """A task each: forecasting and routing accuracy, and the error of benchmark prediction."""
    titles = {
        ("forecasting", "accuracy"): "Forecasting accuracy by benchmark",
        ("routing", "accuracy"): "Routing accuracy by benchmark",
        ("benchmark-prediction", "mae"): "Error of predicted accuracies by benchmark held out",
    }
    found = []
    for (task, metric), title in titles.items():
        scores = scores_on(comparison, task, metric)
        if scores[ALL]:
            found.append(_by_benchmark(comparison, task, title, metric, scores))
    return found


def _by_benchmark(
    comparison: Comparison, task: str, title: str, metric: str, scores: Mapping[str, Mapping[str, Score]]
) -> Figure:
    known = {row.name: row for row in comparison.manifest.rows}
    names = in_order(comparison, task, scores[ALL])
    largest = sorted(
        (b for b in scores if b != ALL), key=lambda b: -max(score.n for score in scores[b].values())
    )
    shown = [ALL, *sorted(largest[:MOST_BENCHMARKS])]
    step = 0.8 / max(len(names), 1)
    series, looks_of = [], places(comparison)
    for place, name in enumerate(names):
        there = [(row, scores[b][name]) for row, b in enumerate(shown) if name in scores[b]]
        series.append(
            Series(
                name=name,
                x=tuple(score.value for _, score in there),
                y=tuple(row + step * (place + 0.5) - 0.4 for row, _ in there),
                low=tuple(score.low for _, score in there),
                high=tuple(score.high for _, score in there),
                reference=known[name].reference,
                place=looks_of[name],
            )
        )
    left = len(largest) - (len(shown) - 1)
    sampled = (
        f" Of {len(largest)} benchmarks the {len(shown) - 1} with most questions are shown." if left else ""
    )
    height = 130 + len(shown) * max(30, min(11 * len(names), 1400 // len(shown)))
    better = "Less is better." if metric == "mae" else ""
    return Figure(
        f"{task}-by-benchmark",
        title,
        f"Points with 95 % intervals; reference rows in grey. {better}{sampled}".strip(),
        {
            "": Chart(
                Axis(metric.replace("mae", "mean absolute error")),
                Axis("", tuple(shown)),
                tuple(series),
                height,
            )
        },
    )


def over_outcomes(comparison: Comparison) -> list[Figure]:
    """What methods reach after k outcomes, for every task that was scored so."""
    found: dict[str, dict[str, list[Score]]] = {}
    for score in comparison.scores:
        if (
            score.k is not None
            and score.benchmark is None
            and score.value is not None
            and score.metric != "rank"
        ):
            found.setdefault(score.task, {}).setdefault(score.metric, []).append(score)
    figures, place = [], places(comparison)
    references = {row.name for row in comparison.manifest.rows if row.reference}
    for task, metrics in found.items():
        views: dict[str, Chart] = {}
        for metric, scores in metrics.items():
            sizes = sorted({score.k for score in scores if score.k is not None})
            series = [
                replace(
                    _growing(method, [s for s in scores if s.method == method], sizes),
                    reference=method in references,
                    place=place.get(method),
                )
                for method in dict.fromkeys(score.method for score in scores)
            ]
            title = metric.replace("_", " ")
            across = Axis("outcomes known of a model", tuple(f"{size:,}" for size in sizes))
            views[title] = Chart(across, Axis(title), tuple(series))
        caption = f"With 95 % intervals where there are any.{PREFIXES if task == 'new-models' else ''}"
        figures.append(Figure(f"{task}-over-outcomes", f"{task} by outcomes known", caption, dict(views)))
    return figures


def _growing(method: str, scores: Sequence[Score], sizes: Sequence[int]) -> Series:
    at: dict[int, Score] = {}
    for score in scores:
        if score.k is not None and (score.k not in at or score.seed is None):
            at[score.k] = score
    order = sorted(at)
    return Series(
        method,
        x=tuple(float(sizes.index(k)) for k in order),
        y=tuple(at[k].value for k in order),
        low=tuple(at[k].low for k in order),
        high=tuple(at[k].high for k in order),
        kind="line",
        upright=True,
    )
