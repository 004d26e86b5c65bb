"""embedllm-bench store backup: a copy of a store, made while it is in use."""

from __future__ import annotations

from pathlib import Path

import click

from embedllm_bench.cli.options import store_option


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@store_option
def command(file: Path, force: bool, store: str | None) -> None:
    """Copy the store as it is at this moment into one new FILE, while others may be writing to it.

    FILE is there whole or not at all, and is a store that every command reads. A store of an older
    version is copied as it is.
    """
    from embedllm_bench.store.location import reading_location
    from embedllm_bench.store.store import Store

    with Store.open(reading_location(store), upgrade=False) as opened:
        report = opened.backup(file, force=force)
        click.echo(f"{report.path}: a copy of {opened.path}, {report.size:,} bytes.")
