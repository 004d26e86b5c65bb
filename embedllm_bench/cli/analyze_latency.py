"""embedllm-bench analyze latency: accuracy and speed side by side."""

from __future__ import annotations

import click

from embedllm_bench.cli.analyzing import Asked, analysis_options

METHODS = ("model-mean", "knn", "mf", "embedllm")


@click.command("latency")
@analysis_options(method=False)
@click.option(
    "--method",
    "methods",
    multiple=True,
    metavar="NAME",
    help="A method to measure; knn, mf and embedllm if none is named.",
)
def command(asked: Asked, methods: tuple[str, ...]) -> None:
    """Accuracy and speed side by side: what a better forecast costs in size, fitting and deciding."""
    from embedllm_bench.analysis.latency import latency
    from embedllm_bench.store.location import reading_location
    from embedllm_bench.store.store import Store

    with Store.open(reading_location(asked.store)) as store:
        asked.say(latency([asked.subject(store, name) for name in methods or METHODS]))
