"""embedllm-bench analyze dimension: how many numbers does a vector need?"""

from __future__ import annotations

import click

from embedllm_bench.cli.analyzing import Asked, analysis_options


@click.command("dimension")
@analysis_options()
@click.option("--size", "sizes", multiple=True, type=click.IntRange(1), help="Another size; repeatable.")
def command(asked: Asked, sizes: tuple[int, ...]) -> None:
    """How many numbers does a model's vector need? Sizes from 2 to 512."""
    from embedllm_bench.analysis.dimension import SIZES, dimension

    with asked.opened() as (_, subject):
        asked.say(dimension(subject, sorted(set(sizes)) or SIZES))
