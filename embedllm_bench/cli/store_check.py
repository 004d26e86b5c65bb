"""embedllm-bench store check: is a store sound?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from embedllm_bench.cli.options import store_option

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.store.checking import CheckReport


@click.command("check")
@click.option(
    "--format", "layout", type=click.Choice(["table", "json"]), default="table", show_default=True,
    help="How to print it.",
)  # fmt: skip
@store_option
@click.pass_context
def command(context: click.Context, layout: str, store: str | None) -> None:
    """Look for damage, rows that cannot be, rows that nothing uses and cards that do not read.

    The store is only read. Exit code 1 means that something was found that does harm.
    """
    import json
    from dataclasses import asdict

    from embedllm_bench.store.location import reading_location
    from embedllm_bench.store.store import Store

    with Store.open(reading_location(store), upgrade=False) as opened:
        path, report = opened.path, opened.check()
    if layout == "json":
        findings = [asdict(finding) for finding in report.findings]
        click.echo(
            json.dumps(
                {"store": str(path), "sound": report.sound, "findings": findings},
                indent=1,
                ensure_ascii=False,
            )
        )
    else:
        _show(path, report)
    context.exit(0 if report.sound else 1)


def _show(path: Path, report: CheckReport) -> None:
    from embedllm_bench.cli.tables import show

    if report.found:
        rows = [
            (finding.kind, str(finding.count), "yes" if finding.harmful else "no", finding.example or "")
            for finding in report.found
        ]
        show(("found", "count", "harm", "example"), rows, "table")
    looked = len({finding.kind for finding in report.findings})
    if report.sound:
        click.echo(f"{path} is sound: {looked} kinds of fault looked for, none that does harm.")
    else:
        click.echo(f"{path} is not sound: restore it from a backup, or mend what does harm.")
