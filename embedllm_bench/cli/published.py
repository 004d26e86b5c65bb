"""The table of figures that others printed, beside ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from embedllm_bench.cli.tables import show
from embedllm_bench.errors import UsageError

if TYPE_CHECKING:
    from embedllm_bench.published import Beside
    from embedllm_bench.results import Comparison

LAYOUTS = ("table", "md")
WHO = {"paper": "its paper", "again": "a run by others", "quoted": "quoted by others"}


def check_layout(layout: str) -> None:
    """Refuse, before any work, a layout whose reader expects nothing but the result."""
    if layout not in LAYOUTS:
        raise UsageError(
            f"--published prints a table beside the leaderboards; --format {layout} has no place for it, so leave one"
            " of them out."
        )


def show_published(comparison: Comparison, location: str, layout: str) -> None:
    """Print it where the store holds a data set that figures are printed of; else say on stderr that it does not."""
    from embedllm_bench.published import beside, question_list_hash, read_published
    from embedllm_bench.store.store import Store

    with Store.open(location) as store:
        texts, parts = store.questions().texts, store.published_parts()
    known = read_published()
    found = [data for data in known if data.is_of(comparison.manifest.data.models, texts, parts)]
    for data in found:
        click.echo(f"\nPublished figures of {data.name} ({data.source}); not measured here:\n")
        header = ("task", "metric", "method", "published", "labels", "who says so", "ours")
        show(header, [_cells(row) for row in beside(data, comparison)], layout)
        request = comparison.manifest.request
        click.echo(
            f"Ours: {request.labels} labels, {request.split} split. Hold two figures beside each other only where"
            " labels and split are the same; the published split is --split published."
        )
    if not found:
        names = ", ".join(f"{data.name} ({data.source})" for data in known)
        click.echo(
            f"No published figures are of these questions (their list's hash is {question_list_hash(texts)});"
            f" there are some of {names}.",
            err=True,
        )


def _cells(row: Beside) -> tuple[str, ...]:
    from embedllm_bench.leaderboard import Column, cell_text

    figure, digits = row.figure, 4
    return (
        figure.task, figure.metric.replace("_", "-"), figure.method, f"{figure.value:.4f}".replace("0.", "."),
        figure.labels, f"{WHO[figure.who]}: {figure.source}", cell_text(row.ours, Column("", "", digits)),
    )  # fmt: skip
