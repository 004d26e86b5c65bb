"""Learning curves of `analyze training-size`, beside a comparison of the same data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.analysis.base import Estimate
from embedllm_bench.errors import DataError
from embedllm_bench.report.charts import Axis, Chart, Figure, Series
from embedllm_bench.report.score_figures import places

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedllm_bench.analysis.base import Analysis, Cell
    from embedllm_bench.results import Comparison

NAME = "training-size"


def learning_curves(comparison: Comparison, found: Sequence[Analysis]) -> list[Figure]:
    """A figure for each thing there is ever more of, a line a method, a view a metric.

    Raises:
        DataError: an analysis is another one, or of other data than the comparison.
    """
    data = comparison.manifest.data.hash
    for analysis in found:
        if analysis.name != NAME:
            raise DataError(f"The analysis {analysis.name} is no learning curve; give one of {NAME}.")
        if analysis.facts.data != data:
            raise DataError(
                f"A learning curve is of the data {analysis.facts.data[:12]}, the result of {data[:12]};"
                " make both of one store, with the same encoder and labels."
            )
    sizes = dict.fromkeys(analysis.columns[0] for analysis in found)
    looks_of = places(comparison)
    return [_figure(what, [one for one in found if one.columns[0] == what], looks_of) for what in sizes]


def _figure(what: str, curves: Sequence[Analysis], looks_of: Mapping[str, int]) -> Figure:
    # curves of one method, of several seeds say, have to be told apart
    alike = looks_of if len({curve.facts.method for curve in curves}) == len(curves) else {}
    sizes = sorted({row[0] for curve in curves for row in curve.rows if isinstance(row[0], int)})
    axis = Axis(what, tuple(f"{size:,}" for size in sizes))
    views = {
        metric: Chart(
            axis,
            Axis(metric),
            tuple(
                _series(curve, metric, column, sizes, alike.get(curve.facts.method or "")) for curve in curves
            ),
        )
        for column, metric in enumerate(curves[0].columns[1:], 1)
    }
    asked = ", ".join(dict.fromkeys(f"{curve.facts.test_questions:,}" for curve in curves))
    caption = f"On the same {asked} test questions, with 95 % intervals. Sizes double from one to the next."
    return Figure(
        f"learning-curve-{what.replace(' ', '-')}", f"Learning curve over {what}", caption, dict(views)
    )


def _series(curve: Analysis, metric: str, column: int, sizes: Sequence[int], place: int | None) -> Series:
    cells = [(sizes.index(row[0]), _estimate(row[column])) for row in curve.rows if isinstance(row[0], int)]
    settings = ", ".join(f"{name} {value}" for name, value in curve.facts.settings.items())
    name = f"{curve.facts.method or metric}{f' ({settings})' if settings else ''}"
    return Series(
        f"{name}, seed {curve.facts.seed}",
        x=tuple(float(at) for at, _ in cells),
        y=tuple(cell.value for _, cell in cells),
        low=tuple(cell.low for _, cell in cells),
        high=tuple(cell.high for _, cell in cells),
        kind="line",
        upright=True,
        place=place,
    )


def _estimate(cell: Cell) -> Estimate:
    return cell if isinstance(cell, Estimate) else Estimate(None, None, None)
