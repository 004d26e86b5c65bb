"""embedllm-bench figures: a saved comparison's figures for print."""

from __future__ import annotations

from pathlib import Path

import click

from embedllm_bench.cli.options import learning_curve_option


@click.command("figures")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder to write them to.",
)
@click.option(
    "--format",
    "layouts",
    multiple=True,
    type=click.Choice(["png", "svg", "pdf"]),
    help="A format to write; all of them if none is named.",
)
@learning_curve_option
def command(file: Path, output: Path, layouts: tuple[str, ...], curves: tuple[Path, ...]) -> None:
    """Write every figure of the result which `compare --format json -o FILE` wrote as PNG, SVG and PDF.

    Colours stay apart for colour-blind eyes, marks and dashes in grey print. Needs matplotlib (pip install
    'embedllm-bench[report]').
    """
    from embedllm_bench.cli.files import read_analysis, read_comparison, write_whole
    from embedllm_bench.errors import DataError
    from embedllm_bench.report.figures import figures
    from embedllm_bench.report.printed import FORMATS, check_there, draw, file_name

    check_there()
    found = figures(read_comparison(file), [read_analysis(curve) for curve in curves])
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{output} cannot be written: {error.strerror}.") from error
    count = 0
    for figure in found:
        for view in figure.views:
            for layout in layouts or FORMATS:
                write_whole(output / f"{file_name(figure, view)}.{layout}", draw(figure, view, layout))
                count += 1
    click.echo(f"{output}: {count} files, {len(found)} figures.")
