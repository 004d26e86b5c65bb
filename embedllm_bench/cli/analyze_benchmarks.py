"""embedllm-bench analyze benchmarks: which benchmark helps which?"""

from __future__ import annotations

import click

from embedllm_bench.cli.analyzing import Asked, analysis_options


@click.command("benchmarks")
@analysis_options()
def command(asked: Asked) -> None:
    """Which benchmark helps which? What is lost on each when one is left out of training."""
    from embedllm_bench.analysis.benchmarks import benchmarks

    with asked.opened() as (_, subject):
        asked.say(benchmarks(subject))
