"""embedllm-bench remove-benchmark: a benchmark out of a store."""

from __future__ import annotations

import click

from embedllm_bench.cli.options import store_option
from embedllm_bench.cli.removing import say_removed, with_outcomes_option
from embedllm_bench.cli.stores import writing


@click.command("remove-benchmark")
@click.argument("name", metavar="ID")
@with_outcomes_option
@store_option
def command(name: str, with_outcomes: bool, store: str | None) -> None:
    """Take a benchmark out of a store, whole or not at all.

    Its card and its questions go, and with --with-outcomes the outcomes at them too. While there
    are any, it stays without that option, and what would go is said.
    """
    with writing(store, make=False) as opened:
        say_removed(opened.path, name, opened.remove_benchmark(name, with_outcomes=with_outcomes))
