"""embedllm-bench analyze probe: can accuracy elsewhere be read off the vectors?"""

from __future__ import annotations

import click

from embedllm_bench.cli.analyzing import Asked, analysis_options


@click.command("probe")
@analysis_options()
def command(asked: Asked) -> None:
    """Can a linear regression read off the vectors how good a model is on a benchmark they never saw?"""
    from embedllm_bench.analysis.probing import probing

    with asked.opened() as (_, subject):
        asked.say(probing(subject))
