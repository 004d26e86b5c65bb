"""embedllm-bench import-vectors: question vectors computed elsewhere."""

from __future__ import annotations

from pathlib import Path

import click

from embedllm_bench.cli.options import store_option
from embedllm_bench.cli.stores import writing


@click.command("import-vectors")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--encoder", required=True, help="What made the vectors, such as all-mpnet-base-v2.")
@click.option("--revision", default="", help="Which version of it.")
@store_option
def command(path: Path, encoder: str, revision: str, store: str | None) -> None:
    """Import question vectors from a Parquet file with the columns question_id and vector.

    A third column, benchmark, tells apart question ids that stand in several benchmarks.
    """
    from embedllm_bench.exchange.vectors import import_vectors

    with writing(store, make=False) as opened:
        location = opened.path
        report = import_vectors(opened, path, encoder, revision)
    click.echo(
        f"{location}: {report.added} vectors of {report.dimension} numbers by {encoder};"
        f" {report.known} were there already, {report.unknown_ids} are of questions it does not have."
    )
