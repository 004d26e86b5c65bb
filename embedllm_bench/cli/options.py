"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

store_option = click.option(
    "--store",
    envvar="EMBEDLLM_BENCH_STORE",
    metavar="PATH|URL",
    help="The store to use: a path or an sqlite:/// URL.",
    show_envvar=True,
)

format_option = click.option(
    "--format",
    "layout",
    type=click.Choice(["table", "json", "csv", "md", "latex"]),
    default="table",
    show_default=True,
    help="How to print it.",
)

learning_curve_option = click.option(
    "--learning-curve",
    "curves",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What `analyze training-size --format json` said of the same data; repeatable, for several methods.",
)
