"""All figures of a comparison, in the order of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.report.curve_figures import learning_curves
from embedllm_bench.report.forecast_figures import forecast_figures
from embedllm_bench.report.model_figures import model_figures
from embedllm_bench.report.score_figures import by_benchmark, over_outcomes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.analysis.base import Analysis
    from embedllm_bench.report.charts import Figure
    from embedllm_bench.results import Comparison


def figures(comparison: Comparison, curves: Sequence[Analysis] = ()) -> list[Figure]:
    """Those of scores come from any result; the others from one that carries figure data.

    Raises:
        DataError: one of ``curves`` is no learning curve of the same data.
    """
    data = comparison.figures
    found = [*by_benchmark(comparison), *over_outcomes(comparison), *learning_curves(comparison, curves)]
    if data is not None:
        found += [*forecast_figures(comparison, data), *model_figures(data)]
    return found
