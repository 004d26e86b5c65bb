"""embedllm-bench show: a saved comparison, drawn again."""

from __future__ import annotations

from pathlib import Path

import click

from embedllm_bench.cli.options import format_option


@click.command("show")
@click.argument("file", type=click.Path(path_type=Path))
@format_option
def command(file: Path, layout: str) -> None:
    """Draw the leaderboards of a result that `compare --format json -o FILE` wrote."""
    from embedllm_bench.cli.drawing import draw
    from embedllm_bench.cli.files import read_comparison
    from embedllm_bench.leaderboard import to_text

    comparison = read_comparison(file)
    if layout == "table":
        draw(comparison)
    else:
        click.echo(to_text(comparison, layout), nl=False)
