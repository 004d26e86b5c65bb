"""Charts as Plotly takes them: data and layout as plain JSON, without any colour that depends on light or dark.

Plotly reads a few HTML tags in texts, so what comes from data is escaped here.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from embedllm_bench.report.charts import NARROW_LABEL, Axis, Chart, Heat, label
from embedllm_bench.report.palette import GREY, SCALE, looks

if TYPE_CHECKING:
    from embedllm_bench.report.charts import Figure, Series, Values
    from embedllm_bench.report.palette import Look

MARK, SMALL_MARK, MANY = 8, 6, 400  #: pixels, and points from which they get smaller


def specification(figure: Figure) -> dict[str, Any]:
    """The figure's views, and the texts that points name by number (``meta.texts``)."""
    return {
        "views": {name: _view(view) for name, view in figure.views.items()},
        "texts": [plain(text) for text in figure.texts],
        "relations": {
            name: [[[other, round(closeness, 2)] for other, closeness in near] for near in relation]
            for name, relation in figure.relations.items()
        },
    }


def plain(text: str) -> str:
    """Text that Plotly shows as it is."""
    # two dollars would be a formula
    return escape(text, quote=False).replace("$", "&#36;").replace("\n", "<br>")


def _view(view: Chart | Heat) -> dict[str, Any]:
    return _heat(view) if isinstance(view, Heat) else _chart(view)


def _chart(chart: Chart) -> dict[str, Any]:
    styles = looks(chart.series)
    data = [_series(series, look, chart) for series, look in zip(chart.series, styles, strict=True)]
    layout: dict[str, Any] = {
        "height": chart.height,
        "xaxis": _axis(chart.x),
        "yaxis": _axis(chart.y, downward=True),
        "hovermode": "closest",
        "barmode": "stack",
        "legend": {
            "orientation": "h",
            "yanchor": "bottom",
            "y": 1.01,
            "x": 0,
            "xanchor": "left",
            "traceorder": "normal",
        },
        "showlegend": chart.has_legend,
        "margin": {"l": 60, "r": 16, "t": 16, "b": 50},
    }
    if chart.diagonal:
        line = {"color": GREY, "width": 1, "dash": "dash"}
        layout["shapes"] = [
            {"type": "line", "x0": 0, "y0": 0, "x1": 1, "y1": 1, "line": line, "layer": "below"}
        ]
    return {"data": data, "layout": layout, "related": chart.related}


def _axis(axis: Axis, *, downward: bool = False) -> dict[str, Any]:
    """``downward`` has the first of names on top."""
    made: dict[str, Any] = {"title": {"text": plain(axis.title)}, "zeroline": False, "automargin": True}
    if axis.labels:
        count = len(axis.labels)
        made |= {
            "tickvals": list(range(count)),
            "ticktext": [plain(label(name)) for name in axis.labels],
            "range": [count - 0.5, -0.5] if downward else [-0.5, count - 0.5],
            "narrow": [plain(label(name, NARROW_LABEL)) for name in axis.labels],
        }
    elif axis.low is not None and axis.high is not None:
        slack = 0.02 * (axis.high - axis.low)
        made["range"] = [axis.low - slack, axis.high + slack]
    return made


def _series(series: Series, look: Look, chart: Chart) -> dict[str, Any]:
    along = "y" if series.upright else "x"
    hover = [f"%{{{along}:.3f}}"] if chart.y.labels or series.upright else ["%{x:.3f}, %{y:.3f}"]
    if series.upright:
        hover = [f"{plain(chart.x.title)} %{{x}}:", *hover]
    if series.texts and chart.x.low is None:
        hover = []  # places on a map mean nothing by themselves
    made: dict[str, Any] = {
        "name": plain(label(series.name)),
        "x": list(series.x),
        "y": list(series.y),
        "meta": {"texts": list(series.texts)},
    }
    if series.kind == "bar":
        made |= {"type": "bar", "orientation": "h", "marker": {"color": look.colour}}
        made["marker"]["pattern"] = {"shape": _pattern(look)}
    else:
        size = SMALL_MARK if len(series.x) > MANY else MARK
        made |= {"type": "scatter", "mode": "lines+markers" if series.kind == "line" else "markers"}
        made["marker"] = {"color": look.colour, "symbol": look.mark[0], "size": size}
        made["line"] = {"color": look.colour, "dash": look.dash[0], "width": 2}
        if series.kind == "line" and len(series.x) > 50:
            made["mode"] = "lines"
    if series.shade:
        bar = {"title": {"text": chart.shade_title}, "thickness": 12}
        made["marker"] |= {
            "color": list(series.shade),
            "colorscale": SCALE,
            "cmin": min(series.shade),
            "cmax": max(series.shade),
            "colorbar": bar,
        }
    if series.low:
        made[f"error_{along}"] = _whiskers(series)
        made["customdata"] = [[low, high] for low, high in zip(series.low, series.high, strict=True)]
        hover.append("[%{customdata[0]:.3f}, %{customdata[1]:.3f}]")
    if chart.y.labels and not series.texts:
        rows = [chart.y.labels[round(y or 0)] for y in series.y]
        made["hovertext"] = [plain(label(row)) for row in rows]
    start = "%{hovertext}<br>" if series.texts or chart.y.labels else ""
    made["hovertemplate"] = f"%{{fullData.name}}<br>{start}{' '.join(hover)}<extra></extra>"
    return made


def _pattern(look: Look) -> str:
    """Hatching for the second round of hues."""
    return {"solid": "", "dash": "/", "dot": ".", "dashdot": "x"}[look.dash[0]]


def _whiskers(series: Series) -> dict[str, Any]:
    values = series.y if series.upright else series.x
    return {
        "type": "data",
        "symmetric": False,
        "array": _distances(series.high, values),
        "arrayminus": _distances(values, series.low),
        "thickness": 1.2,
        "width": 2,
    }


def _distances(ends: Values, starts: Values) -> list[float]:
    return [
        0.0 if end is None or start is None else max(end - start, 0.0)
        for end, start in zip(ends, starts, strict=True)
    ]


def _heat(heat: Heat) -> dict[str, Any]:
    axis = _axis(Axis("", heat.labels), downward=True)
    across = {**_axis(Axis("", heat.labels)), "showticklabels": False, "ticks": ""}
    trace = {
        "type": "heatmap",
        "z": [list(row) for row in heat.values],
        "colorscale": SCALE,
        "zmin": heat.low,
        "zmax": 1,
        "colorbar": {"title": {"text": heat.title}, "thickness": 12},
        "meta": {"labels": [plain(label(name)) for name in heat.labels]},
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
    layout = {
        "height": heat.height,
        "xaxis": across,
        "yaxis": axis,
        "margin": {"l": 60, "r": 16, "t": 16, "b": 24},
    }
    return {"data": [trace], "layout": layout, "related": ""}
