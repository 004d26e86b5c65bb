"""embedllm-bench remove-model: a model out of a store."""

from __future__ import annotations

import click

from embedllm_bench.cli.options import store_option
from embedllm_bench.cli.removing import say_removed, with_outcomes_option
from embedllm_bench.cli.stores import writing


@click.command("remove-model")
@click.argument("name", metavar="ID")
@with_outcomes_option
@store_option
def command(name: str, with_outcomes: bool, store: str | None) -> None:
    """Take a model out of a store, whole or not at all.

    Its card goes, and with --with-outcomes its outcomes too. While it has any, it stays
    without that option, and what would go is said.
    """
    with writing(store, make=False) as opened:
        say_removed(opened.path, name, opened.remove_model(name, with_outcomes=with_outcomes))
