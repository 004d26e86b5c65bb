"""embedllm-bench export: a store as a table or a release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from embedllm_bench.cli.options import store_option

if TYPE_CHECKING:
    from embedllm_bench.exchange.embedllm_export import ReleaseReport


@click.command("export")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="The file to write, for embedllm the folder.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["parquet", "csv", "jsonl", "embedllm"]),
    help="Else the suffix tells.",
)
@store_option
def command(output: Path, kind: str | None, store: str | None) -> None:
    """Write all outcomes of a store as the long table that `import` reads back without loss.

    The format embedllm is the EmbedLLM release instead: train.csv, val.csv, test.csv and the files that
    number models and questions. It holds labels only; what is left out is counted.
    """
    from embedllm_bench.exchange.embedllm_export import export_release
    from embedllm_bench.exchange.exporting import export_table, format_of
    from embedllm_bench.store.location import reading_location
    from embedllm_bench.store.store import Store

    kind = kind or format_of(output)
    with Store.open(reading_location(store)) as opened:
        if kind != "embedllm":
            click.echo(f"{output}: {export_table(opened, output, kind)} outcomes.")
            return
        report = export_release(opened, output)
    for line in _lines(output, report):
        click.echo(line)


def _lines(output: Path, report: ReleaseReport) -> list[str]:
    sizes = ", ".join(f"{count} {part}" for part, count in report.questions.items())
    made = "" if report.split == "published" else " made by us, as the store has no published one"
    questions = sum(report.questions.values())
    lines = [
        f"{output}: {report.outcomes} outcomes of {report.models} models at {questions} questions.",
        f"Split {report.split}{made}: {sizes} questions.",
    ]
    if report.left_out:
        left_out = ", ".join(f"{count} {what}" for what, count in report.left_out.items())
        lines.append(f"Left out, since a release has no place for them: {left_out}.")
    if report.absent:
        lines.append(
            f"{report.absent} models have no row in one of the files; the released mf.py counts the models of"
            " each file by themselves and would take one for another."
        )
    return lines
