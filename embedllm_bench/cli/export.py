"""embedllm-bench export: a store as a table."""

from __future__ import annotations

from pathlib import Path

import click

from embedllm_bench.cli.options import store_option


@click.command("export")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The file to write.",
)
@click.option(
    "--format", "kind", type=click.Choice(["parquet", "csv", "jsonl"]), help="Else the suffix tells."
)
@store_option
def command(output: Path, kind: str | None, store: str | None) -> None:
    """Write all outcomes of a store as the long table that `import` reads back without loss."""
    from embedllm_bench.exchange.exporting import export_table
    from embedllm_bench.exchange.formats import importer_for
    from embedllm_bench.store.location import reading_location
    from embedllm_bench.store.store import Store

    kind = importer_for(output, kind).name
    with Store.open(reading_location(store)) as opened:
        rows = export_table(opened, output, kind)
    click.echo(f"{output}: {rows} outcomes.")
