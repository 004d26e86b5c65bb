"""embedllm-bench store merge: another person's work into one's own store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from embedllm_bench.cli.options import store_option
from embedllm_bench.cli.stores import writing

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.store.merging import MergeReport
    from embedllm_bench.store.records import OnConflict


@click.command("merge")
@click.argument("other", metavar="OTHER")
@click.option(
    "--on-conflict",
    type=click.Choice(["refuse", "skip", "attempt"]),
    default="refuse",
    show_default=True,
    help="What to do where the two contradict each other: write nothing, keep what the store has, or keep"
    " the outcomes of both as attempts.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be merged, and write nothing.")
@store_option
@click.pass_context
def command(context: click.Context, other: str, on_conflict: str, dry_run: bool, store: str | None) -> None:
    """Take over what the store OTHER has and this one lacks; OTHER is only read.

    Models, benchmarks, cards, questions, vectors, splits and outcomes with the runs that brought them go
    by name, and outcomes that both have by the same run count once. Whatever the two contradict each
    other in is listed; then nothing is written and the exit code is 1, unless --on-conflict says more.
    """
    from embedllm_bench.store.records import OnConflict

    rule = OnConflict(on_conflict)
    with writing(store, make=not dry_run) as opened:
        path = opened.path
        report = opened.merge(other, rule, dry_run=dry_run)
    _show(path, other, report, rule)
    context.exit(1 if report.refused else 0)


def _show(path: Path, other: str, report: MergeReport, rule: OnConflict) -> None:
    from embedllm_bench.cli.tables import show
    from embedllm_bench.store.records import OnConflict
    from embedllm_bench.wording import counted

    if report.conflicts:
        rows = [(found.kind, str(found.count), "\n".join(found.examples)) for found in report.conflicts]
        show(("conflict", "count", "for example"), rows, "table")
    if report.refused:
        choice = "skip keeps what it has" if rule is OnConflict.ATTEMPT else (
            "skip keeps what it has, attempt keeps outcomes of both"
        )  # fmt: skip
        click.echo(
            f"Nothing of {other} was merged into {path}, as the two contradict each other; with --on-conflict"
            f" {choice}."
        )
        return
    click.echo(
        f"{path}: {counted(report.outcomes, 'outcome')}, {counted(report.models, 'model')},"
        f" {counted(report.benchmarks, 'benchmark')}, {counted(report.questions, 'question')} and"
        f" {counted(report.vectors, 'vector')} of {other} are new, {counted(report.known, 'outcome')} were there"
        f" already{f', {report.left_out} were left out' if report.left_out else ''}."
    )
    if not report.written:
        click.echo("A dry run: nothing was written.")
