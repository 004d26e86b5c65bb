"""embedllm-bench analyze training-size: how much data does it take?"""

from __future__ import annotations

import click

from embedllm_bench.cli.analyzing import Asked, analysis_options


@click.command("training-size")
@analysis_options()
@click.option(
    "--over",
    "axis",
    type=click.Choice(["questions", "models", "benchmarks"]),
    default="questions",
    show_default=True,
    help="What there is ever more of.",
)
def command(asked: Asked, axis: str) -> None:
    """How much data does it take? Learning curves over questions, models or benchmarks.

    The last line names the smallest training set within a point of the best accuracy.
    """
    from embedllm_bench.analysis.training_size import AXES, training_size

    with asked.opened() as (_, subject):
        asked.say(training_size(subject, next(known for known in AXES if known == axis)))
