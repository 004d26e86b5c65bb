"""embedllm-bench report: a saved comparison as one HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from embedllm_bench.cli.options import learning_curve_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.analysis.base import Analysis
    from embedllm_bench.results import Comparison


@click.command("report")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The page to write.",
)
@learning_curve_option
def command(file: Path, output: Path, curves: tuple[Path, ...]) -> None:
    """Write one HTML page that shows the result which `compare --format json -o FILE` wrote.

    The page needs no network: sortable leaderboards, figures, a map of the models, the questions that stand out, a
    section a model, and where the numbers come from. Needs matplotlib (pip install 'embedllm-bench[report]').
    """
    from embedllm_bench.cli.files import read_analysis, read_comparison

    write_report(read_comparison(file), output, str(file), [read_analysis(curve) for curve in curves])


def write_report(comparison: Comparison, output: Path, result: str, curves: Sequence[Analysis] = ()) -> None:
    """Write the page of a comparison whose result file is ``result``, and say so."""
    from embedllm_bench.cli.files import write_whole
    from embedllm_bench.report.page import render

    page = render(comparison, result, curves)
    write_whole(output, page)
    click.echo(f"{output}: {len(page.encode()) / 1e6:.1f} MB, one page.")
    if comparison.figures is None:
        click.echo(
            "The result was made by a version that kept no figure data; compare again to have every figure.",
            err=True,
        )
