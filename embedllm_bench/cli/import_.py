"""embedllm-bench import: a correctness table into a store."""

from __future__ import annotations

import time
from pathlib import Path

import click

from embedllm_bench.cli.options import store_option
from embedllm_bench.cli.progress import steps


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "kind",
    type=click.Choice(["parquet", "csv", "jsonl", "embedllm"]),
    help="Else the suffix tells, or what is in the folder.",
)
@click.option(
    "--skip-bad", is_flag=True, help="Leave bad rows out and count them, instead of refusing the file."
)
@click.option(
    "--on-conflict",
    type=click.Choice(["refuse", "skip", "attempt"]),
    default="refuse",
    show_default=True,
    help="What to do with a model and question the store already has from another source.",
)
@store_option
def command(path: Path, kind: str | None, skip_bad: bool, on_conflict: str, store: str | None) -> None:
    """Import outcomes from a table or a release, whole or not at all.

    PATH is a Parquet, CSV or JSONL file with the columns model, benchmark, question_id, prompt and
    correct (0 or 1; leave out a row that was not asked), and any of subtask, split, attempt, state,
    score, cost, prompt_tokens, completion_tokens and latency; or a folder with the train.csv, val.csv
    and test.csv of an EmbedLLM release, or with --format embedllm the id of one on the Hugging Face hub
    (owner/name[@revision]). The same source again changes nothing.
    """
    from embedllm_bench.exchange.base import ReadOptions
    from embedllm_bench.exchange.importing import import_table
    from embedllm_bench.store.location import writing_location
    from embedllm_bench.store.records import OnConflict
    from embedllm_bench.store.store import Store

    start = time.perf_counter()
    location = writing_location(store)
    with Store.open(location, write=True) as opened, steps(path.name) as progress:
        report = import_table(
            opened,
            path,
            kind=kind,
            options=ReadOptions(skip_bad=skip_bad),
            on_conflict=OnConflict(on_conflict),
            progress=progress,
        )
    if report.already_imported:
        click.echo(f"{path} is in {location} already; nothing changed.")
        return
    seconds = time.perf_counter() - start
    extra = [
        f"{count} {what}"
        for count, what in (
            (report.failed, "of them failed"),
            (report.skipped, "skipped as known"),
            (report.bad_rows, "bad rows left out"),
        )
        if count
    ]
    click.echo(
        f"{location}: {report.added} outcomes of {report.models} models at {report.questions} questions"
        f"{''.join(', ' + text for text in extra)}; {seconds:.1f} s, {report.added / seconds:,.0f} outcomes/s."
    )
    for note in report.notes:
        click.echo(note, err=True)
    if report.ignored_columns:
        click.echo(f"Columns not known and not read: {', '.join(report.ignored_columns)}.", err=True)
