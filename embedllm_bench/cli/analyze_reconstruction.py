"""embedllm-bench analyze reconstruction: does what was learned give the matrix back?"""

from __future__ import annotations

import click

from embedllm_bench.cli.analyzing import Asked, analysis_options


@click.command("reconstruction")
@analysis_options()
def command(asked: Asked) -> None:
    """Does what was learned give back the answers it was learned from, and how much carries over?"""
    from embedllm_bench.analysis.reconstruction import reconstruction

    with asked.opened() as (_, subject):
        asked.say(reconstruction(subject))
