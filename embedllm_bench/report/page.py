"""The page: one HTML file that needs no network, and runs no script but the two it was written with."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from dataclasses import astuple, dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from embedllm_bench.report import printed, words
from embedllm_bench.report.charts import Chart, label
from embedllm_bench.report.figures import figures
from embedllm_bench.report.interactive import specification
from embedllm_bench.report.sections import by_accuracy, model_sections, near_by, question_sections
from embedllm_bench.report.summary import summary
from embedllm_bench.report.tables import leaderboards
from embedllm_bench.results import SCORE_COLUMNS
from embedllm_bench.store.location import is_starter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment

    from embedllm_bench.analysis.base import Analysis
    from embedllm_bench.report.charts import Figure
    from embedllm_bench.report.sections import ModelSection
    from embedllm_bench.results import Comparison

MOST_TABULATED = 300  #: points of a figure that are also listed
NOSCRIPT_DPI = 90
LONGEST_NAME = 500  #: characters
FORMULA = ("=", "+", "-", "@", "\t", "\r")  #: with which a spreadsheet begins a formula


@dataclass(frozen=True)
class Drawn:
    """A figure with its picture for pages without scripts, and the numbers behind it."""

    figure: Figure
    picture: str  #: a data URI
    points: tuple[tuple[str, ...], ...]
    headings: tuple[str, ...]

    @property
    def height(self) -> int:
        return max(view.height for view in self.figure.views.values())


def render(comparison: Comparison, file: str, curves: Sequence[Analysis] = ()) -> str:
    """The page of a comparison; ``file`` is where its result lies, for the command that repeats it.

    Raises:
        DataError: matplotlib, which draws the pictures for pages without scripts, is not there; or one of ``curves``
            is no learning curve of the same data.
    """
    printed.check_there()
    drawn = [_drawn(figure) for figure in figures(comparison, curves)]
    data = comparison.figures
    models = [] if data is None else model_sections(data)
    near = None if data is None else near_by(data)
    scripts = {
        "plotly": _asset("plotly-cartesian.min.js"),
        "own": _asset("report.js") + _asset("keyboard.js"),
    }
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            comparison=comparison,
            on_starter=is_starter(comparison.manifest.request.store),
            made=words.made(comparison),
            title=comparison.manifest.data.counts(grouped=True),
            summary=summary(comparison),
            facts=words.facts(comparison),
            replays=words.replays(comparison, file),
            tasks=words.TASKS,
            boards=leaderboards(comparison),
            drawn=drawn,
            figures=data,
            models=by_accuracy(models),
            near_by="" if near is None else near.method,
            questions=[] if data is None else question_sections(data),
            content=_content(comparison, drawn, models),
            style=_asset("report.css"),
            scripts=scripts,
            hashes=[_hash(script) for script in scripts.values()],
            label=label,
        )
    )


@cache
def _asset(name: str) -> str:
    return (files("embedllm_bench.report") / "assets" / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("embedllm_bench.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _content(comparison: Comparison, drawn: list[Drawn], models: list[ModelSection]) -> dict[str, Any]:
    """What the page's script works with."""
    data = comparison.figures
    questions = () if data is None else data.questions
    return {
        "figures": {one.figure.id: specification(one.figure) for one in drawn},
        "models": [label(model.name, LONGEST_NAME) for model in models],
        "labels": [label(model.name) for model in models],
        "sections": [model.content() for model in models],
        "order": [model.place for model in by_accuracy(models)],
        "answered": [question.answered_by for question in questions],
        "asked": [question.asked_of for question in questions],
        "scores": {
            task: _scores(comparison, task) for task in dict.fromkeys(s.task for s in comparison.scores)
        },
    }


def _scores(comparison: Comparison, task: str) -> str:
    """All scores of a task as CSV."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(SCORE_COLUMNS)
    for score in comparison.scores:
        if score.task == task:
            writer.writerow([_harmless(value) for value in astuple(score)])
    return file.getvalue()


def _harmless(value: object) -> object:
    if not isinstance(value, str):
        return value
    return f"{chr(39) * value.startswith(FORMULA)}{value[:LONGEST_NAME]}"


def _drawn(figure: Figure) -> Drawn:
    view = next(iter(figure.views))
    picture = printed.draw(figure, view, "png", NOSCRIPT_DPI)
    encoded = base64.b64encode(picture).decode()
    headings, points = _points(figure.views[view]) if len(figure.views) == 1 else ((), ())
    return Drawn(figure, f"data:image/png;base64,{encoded}", points, headings)


def _points(view: object) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The numbers of a chart of few points, as a table."""
    if not isinstance(view, Chart) or sum(len(series.x) for series in view.series) > MOST_TABULATED:
        return (), ()
    rows = []
    for series in view.series:
        ends = zip(series.low, series.high, strict=True) if series.low else [(None, None)] * len(series.x)
        for x, y, (low, high) in zip(series.x, series.y, ends, strict=True):
            place = view.y.labels[round(y)] if view.y.labels and y is not None else _text(y)
            interval = "" if low is None or high is None else f"[{low:.3f}, {high:.3f}]"
            rows.append((label(series.name), label(place), _text(x), interval))
    return ("", view.y.title, view.x.title, "95 % interval"), tuple(rows)


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
