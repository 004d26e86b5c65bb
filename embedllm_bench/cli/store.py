"""embedllm-bench store: what keeps a store safe."""

from __future__ import annotations

import click

from embedllm_bench.cli import store_backup, store_check, store_merge


@click.group("store")
def command() -> None:
    """Check a store, back it up while it is in use, or merge another one into it."""


for _module in (store_check, store_backup, store_merge):
    command.add_command(_module.command)
