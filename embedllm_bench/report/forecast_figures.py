"""Figures of what was forecast: calibration, ROC, where routers send questions, benchmarks foretold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.report.charts import Axis, Chart, Figure, Series, label
from embedllm_bench.report.score_figures import in_order, places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.figure_data import Curve, FigureData
    from embedllm_bench.results import Comparison

MOST_MODELS = 12  #: of a router's that are told apart
MOST_POINTS = 3000
OTHERS = "other models"


def forecast_figures(comparison: Comparison, data: FigureData) -> list[Figure]:
    """Those whose task was done."""
    figures = []
    if data.calibration:
        figures += [
            _calibration(_lines(comparison, data.calibration)),
            _roc(_lines(comparison, data.roc)),
        ]
    if data.routed:
        figures.append(_shares(comparison, data))
    if data.predicted:
        figures.append(_predicted(comparison, data))
    return figures


def _lines(comparison: Comparison, curves: Sequence[Curve]) -> tuple[Series, ...]:
    references = {row.name for row in comparison.manifest.rows if row.reference}
    place, by_name = places(comparison), {curve.method: curve for curve in curves}
    return tuple(
        Series(c.method, c.x, c.y, "line", reference=c.method in references, place=place.get(c.method))
        for c in (by_name[name] for name in in_order(comparison, "forecasting", by_name))
    )


def _calibration(series: tuple[Series, ...]) -> Figure:
    chart = Chart(
        Axis("forecast probability", low=0, high=1),
        Axis("share answered correctly", low=0, high=1),
        series,
        520,
        diagonal=True,
    )
    caption = (
        "Test answers in 15 bins of equal mass by forecast. On the diagonal, what is forecast is what happens; below it"
        " a method is too sure of right answers."
    )
    return Figure("calibration", "Calibration", caption, {"": chart})


def _roc(series: tuple[Series, ...]) -> Figure:
    chart = Chart(
        Axis("wrong answers taken for right", low=0, high=1),
        Axis("right answers found", low=0, high=1),
        series,
        520,
        diagonal=True,
    )
    caption = "Receiver operating characteristic over all test answers. The diagonal is guessing; the area is AUROC."
    return Figure("roc", "Telling right from wrong answers (ROC)", caption, {"": chart})


def _shares(comparison: Comparison, data: FigureData) -> Figure:
    by_name = {row.method: row for row in data.routed}
    routed = [by_name[name] for name in in_order(comparison, "routing", by_name)]
    total: dict[int, float] = {}
    for row in routed:
        for model, share in zip(row.models, row.shares, strict=True):
            total[model] = total.get(model, 0.0) + share
    told = sorted(total, key=lambda model: -total[model])[:MOST_MODELS]
    rows = tuple(range(len(routed)))
    at = [dict(zip(row.models, row.shares, strict=True)) for row in routed]
    series = [
        Series(data.models.names[model], tuple(found.get(model, 0.0) for found in at), rows, "bar")
        for model in told
    ]
    rest = tuple(max(1 - sum(found.get(model, 0.0) for model in told), 0.0) for found in at)
    if len(total) > len(told):
        series.append(Series(f"{len(total) - len(told)} {OTHERS}", rest, rows, "bar", reference=True))
    labels = tuple(row.method for row in routed)
    chart = Chart(
        Axis("share of questions", low=0, high=1), Axis("", labels), tuple(series), 240 + 50 * len(labels)
    )
    caption = (
        f"Which models each router sends the test questions to; {len(total)} models are used by some router."
    )
    return Figure("routing-shares", "Who gets the questions", caption, {"": chart})


def _predicted(comparison: Comparison, data: FigureData) -> Figure:
    models = data.models
    texts = tuple(label(name, 80) for name in models.names)
    views: dict[str, Chart] = {}
    points = len(models.names) * len(data.benchmarks)
    step = -(-points // MOST_POINTS)
    kept = range(0, len(models.names), step)
    for method in in_order(
        comparison, "benchmark-prediction", dict.fromkeys(row.method for row in data.predicted)
    ):
        series = []
        for row in data.predicted:
            if row.method == method:
                true = [models.accuracy(model, row.benchmark) for model in kept]
                series.append(
                    Series(
                        data.benchmarks[row.benchmark],
                        tuple(true),
                        tuple(row.accuracy[model] for model in kept),
                        texts=tuple(kept),
                    )
                )
        views[method] = Chart(
            Axis("true accuracy", low=0, high=1),
            Axis("predicted accuracy", low=0, high=1),
            tuple(series),
            560,
            diagonal=True,
        )
    sampled = f" Every {step}th of {len(models.names)} models is drawn." if step > 1 else ""
    caption = (
        "One point a model and benchmark; the benchmark was held out and the model's accuracy on it foretold. On the"
        f" diagonal the forecast is right.{sampled}"
    )
    return Figure(
        "predicted", "Accuracy on unseen benchmarks: predicted against true", caption, dict(views), texts
    )
