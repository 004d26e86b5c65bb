"""Charts through matplotlib, for paper: PNG, SVG and PDF."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from typing import TYPE_CHECKING

from embedllm_bench.errors import DataError
from embedllm_bench.report.charts import Chart, Heat, label
from embedllm_bench.report.palette import GREY, SCALE, looks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

    from embedllm_bench.report.charts import Axis, Figure, Series
    from embedllm_bench.report.palette import Look

FORMATS = ("png", "svg", "pdf")
WIDTH = 7.0  #: inches: a text block's
TALLEST_HEAT = 9.0  #: inches: a page's
PIXELS = 96  #: of a page in an inch
SHOWN_LABEL = 34  #: characters
LEGEND_LETTERS = 100  #: that find room side by side
STYLE = {
    "font.size": 8,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.parse_math": False,  # a name with two dollars is no formula
    "svg.hashsalt": "embedllm-bench",  # the same figure, the same file
    "pdf.fonttype": 42,
}


def check_there() -> None:
    """Raise a sentence if matplotlib is not installed.

    Raises:
        DataError: it is not.
    """
    try:
        import matplotlib  # noqa: F401, ICN001
    except ImportError as error:
        raise DataError("Figures need matplotlib: pip install 'embedllm-bench[report]' brings it.") from error


def draw(figure: Figure, view: str, layout: str, dots_per_inch: int = 200) -> bytes:
    """One view of a figure as the content of a file; equal figures give equal files."""
    with _style():
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure as Drawing

        chart = figure.views[view]
        height = max(chart.height / PIXELS * 0.75, 3.0)
        if isinstance(chart, Heat):
            height = min(height, TALLEST_HEAT)
        drawing = Drawing(figsize=(WIDTH, height), layout="constrained")
        FigureCanvasAgg(drawing)
        axes = drawing.add_subplot()
        axes.set_title(f"{figure.title}{f' ({view})' if view else ''}", loc="left", fontsize=9)
        if isinstance(chart, Heat):
            _heat(drawing, axes, chart)
        else:
            _chart(drawing, axes, chart)
        file = io.BytesIO()
        undated = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[layout]
        drawing.savefig(file, format=layout, dpi=dots_per_inch, metadata=undated)
    return file.getvalue()


@contextlib.contextmanager
def _style() -> Iterator[None]:
    import matplotlib as mpl

    with mpl.rc_context(STYLE), warnings.catch_warnings():  # type: ignore[arg-type]  # keys it knows
        # letters of scripts that its font lacks become boxes; the page shows them
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        warnings.filterwarnings("ignore", message=".*Matplotlib currently does not support")
        yield


def _chart(drawing: Drawing, axes: Axes, chart: Chart) -> None:
    if chart.diagonal:
        axes.axline((0, 0), slope=1, color=GREY, linewidth=0.8, linestyle="--")
    begun: dict[int, float] = {}
    for series, look in zip(chart.series, looks(chart.series), strict=True):
        if series.kind == "bar":
            _bars(axes, series, look, begun)
        else:
            _marks(drawing, axes, series, look, chart)
    _axis(axes, chart.x, "x")
    _axis(axes, chart.y, "y")
    if chart.has_legend:
        longest = max(len(label(series.name, SHOWN_LABEL)) for series in chart.series)
        columns = min(len(chart.series), max(1, LEGEND_LETTERS // (longest + 6)))
        drawing.legend(loc="outside lower center", ncols=columns, fontsize=7, frameon=False)


def _marks(drawing: Drawing, axes: Axes, series: Series, look: Look, chart: Chart) -> None:
    known = [i for i, pair in enumerate(zip(series.x, series.y, strict=True)) if None not in pair]
    x, y = ([float(values[i] or 0.0) for i in known] for values in (series.x, series.y))
    name, many = label(series.name, SHOWN_LABEL), len(known) > 200
    if series.shade:
        shown = [series.shade[i] for i in known]
        points = axes.scatter(x, y, c=shown, cmap=SCALE.lower(), s=14, rasterized=many)
        drawing.colorbar(points, ax=axes, label=chart.shade_title)
        return
    line = series.kind == "line"
    axes.plot(
        x, y, label=name, color=look.colour, linewidth=1.2, rasterized=many,
        linestyle=look.dash[1] if line else "none",
        marker=look.mark[1] if len(known) <= 50 or not line else None, markersize=3 if many else 4,
    )  # fmt: skip
    if series.low:
        spans = [(series.low[i], series.high[i]) for i in known]
        draw_line = axes.vlines if series.upright else axes.hlines
        for (low, high), at in zip(spans, x if series.upright else y, strict=True):
            if low is not None and high is not None:
                draw_line(at, low, high, color=look.colour, linewidth=0.9)


def _bars(axes: Axes, series: Series, look: Look, begun: dict[int, float]) -> None:
    rows = [int(row or 0) for row in series.y]
    width = [value or 0.0 for value in series.x]
    left = [begun.get(row, 0.0) for row in rows]
    hatch = {"-": "", "--": "//", ":": "..", "-.": "xx"}[look.dash[1]]
    axes.barh(
        rows, width, left=left, color=look.colour, label=label(series.name, SHOWN_LABEL), hatch=hatch,
        edgecolor="white", linewidth=0.4,
    )  # fmt: skip
    begun |= {row: start + size for row, start, size in zip(rows, left, width, strict=True)}


def _axis(axes: Axes, axis: Axis, which: str) -> None:
    axes.set(**{f"{which}label": axis.title})
    if axis.labels:
        shown = [label(name, SHOWN_LABEL) for name in axis.labels]
        ends = (-0.5, len(shown) - 0.5)
        ticks = {f"{which}ticks": range(len(shown)), f"{which}ticklabels": shown}
        axes.set(**ticks, **{f"{which}lim": ends if which == "x" else ends[::-1]})  # the first of rows on top
    elif axis.low is not None and axis.high is not None:
        slack = 0.02 * (axis.high - axis.low)
        axes.set(**{f"{which}lim": (axis.low - slack, axis.high + slack)})


def _heat(drawing: Drawing, axes: Axes, heat: Heat) -> None:
    import numpy as np

    values = np.array([[np.nan if v is None else v for v in row] for row in heat.values])
    image = axes.imshow(
        values, cmap=SCALE.lower(), vmin=heat.low, vmax=1, aspect="auto", interpolation="nearest"
    )
    axes.grid(visible=False)
    axes.set_xticks([])
    size = 6 if len(heat.labels) > 30 else 8
    axes.set_yticks(range(len(heat.labels)), [label(n, SHOWN_LABEL) for n in heat.labels], fontsize=size)
    drawing.colorbar(image, ax=axes, label=heat.title)


def file_name(figure: Figure, view: str) -> str:
    """The figure's id and what tells its views apart, in letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", f"{figure.id} {view}".lower()).strip("-")
