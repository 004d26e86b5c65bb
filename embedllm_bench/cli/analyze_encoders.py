"""embedllm-bench analyze encoders: whose question vectors serve best?"""

from __future__ import annotations

import click

from embedllm_bench.cli.analyzing import Asked, analysis_options


@click.command("encoders")
@analysis_options()
def command(asked: Asked) -> None:
    """Whose question vectors serve best? One method on each encoder the store has vectors of."""
    from embedllm_bench.analysis.encoders import encoders

    with asked.opened() as (store, subject):
        asked.say(encoders(subject, store))
