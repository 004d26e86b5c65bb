"""embedllm-bench import: a correctness table into a store."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from embedllm_bench.cli.options import store_option
from embedllm_bench.cli.progress import steps
from embedllm_bench.cli.stores import writing

if TYPE_CHECKING:
    from embedllm_bench.exchange.importing import ImportReport


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "kind",
    metavar="NAME",
    help="parquet, csv, jsonl, embedllm, lm-eval, or a plugin's; else what is there tells.",
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
@click.option(
    "--metric", help="lm-eval: the metric that says who is right. [default: acc, else the only one]"
)
@click.option(
    "--filter", "filter_", help="lm-eval: the filter, where a task grades each answer with several."
)
@click.option(
    "--filter-order",
    default="",
    metavar="NAME,NAME",
    help="lm-eval before 0.4.5: the task's filters in its order; the first counts, else --filter's.",
)
@click.option(
    "--threshold", type=float, help="lm-eval: the least score that is correct, with partial credit."
)
@click.option(
    "--text-field",
    default="",
    metavar="NAME,NAME",
    help="lm-eval: the documents' fields that are the question, where the usual ones are not.",
)
@store_option
def command(
    path: Path,
    kind: str | None,
    skip_bad: bool,
    on_conflict: str,
    metric: str | None,
    filter_: str | None,
    filter_order: str,
    threshold: float | None,
    text_field: str,
    store: str | None,
) -> None:
    """Import outcomes from a table, an EmbedLLM release or an lm-eval output folder, whole or not at all.

    PATH is a Parquet, CSV or JSONL file with the columns model, benchmark, question_id, prompt and
    correct (0 or 1; leave out a row that was not asked), and any of subtask, split, attempt, state,
    score, cost, prompt_tokens, completion_tokens and latency; or a folder with the train.csv, val.csv
    and test.csv of an EmbedLLM release, or with --format embedllm the id of one on the Hugging Face hub
    (owner/name[@revision]); or a folder that lm-eval wrote with --output_path and --log_samples, or one
    samples file of it. The same source again changes nothing.
    """
    from embedllm_bench.calls import import_table
    from embedllm_bench.cli.plugged import heard, plugins
    from embedllm_bench.exchange.base import ReadOptions
    from embedllm_bench.store.records import OnConflict

    start = time.perf_counter()
    used = plugins()
    formats = heard(used.importers)
    with writing(store) as opened, steps(path.name) as progress:
        location = opened.path
        report = import_table(
            opened,
            path,
            kind=kind,
            options=ReadOptions(
                skip_bad, metric, filter_, _names(filter_order), threshold, _names(text_field)
            ),
            on_conflict=OnConflict(on_conflict),
            progress=progress,
            plugins=used,
        )
    if formats[report.format].plugin != "built-in":
        click.echo(
            f"Read as {report.format}, a format of plugin {formats[report.format].plugin!r}.", err=True
        )
    _say(path, location, report, time.perf_counter() - start)


def _say(path: Path, location: Path, report: ImportReport, seconds: float) -> None:
    from embedllm_bench.wording import counted

    if report.already_imported:
        click.echo(f"{path} is in {location} already; nothing changed.")
        return
    extra = [
        f"{count} {what}"
        for count, what in (
            (report.failed, "of them failed"),
            (report.skipped, "skipped as known"),
            (report.bad_rows, "bad rows left out" if report.bad_rows > 1 else "bad row left out"),
        )
        if count
    ]
    click.echo(
        f"{location}: {counted(report.added, 'outcome')} of {counted(report.models, 'model')}"
        f" at {counted(report.questions, 'question')}"
        f"{''.join(', ' + text for text in extra)}; {seconds:.1f} s, {report.added / seconds:,.0f} outcomes/s."
    )
    for note in report.notes:
        click.echo(note, err=True)
    if report.ignored_columns:
        click.echo(f"Columns not known and not read: {', '.join(report.ignored_columns)}.", err=True)


def _names(given: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in given.split(",") if name.strip())
