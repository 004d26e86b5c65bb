"""embedllm-bench status: what a store holds."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from embedllm_bench.cli.options import format_option, store_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.store.records import Coverage


@click.command("status")
@format_option
@store_option
def command(layout: str, store: str | None) -> None:
    """Show who was asked what: for every model and benchmark how many answers, and how many are missing."""
    import json

    from embedllm_bench.cli.tables import show
    from embedllm_bench.store.location import reading_location
    from embedllm_bench.store.store import Store

    with Store.open(reading_location(store)) as opened:
        coverage, encoders = opened.coverage(), opened.encoders()
        simulated = opened.true_probabilities() is not None
        path = opened.path
    if layout == "json":
        cells = [{**asdict(cell), "missing": cell.missing} for cell in coverage]
        content = {
            "store": str(path),
            "simulated": simulated,
            "coverage": cells,
            "encoders": [asdict(e) for e in encoders],
        }
        click.echo(json.dumps(content, indent=1))
        return
    if layout == "table":
        click.echo(_summary(str(path), coverage, simulated=simulated))
        for encoder in encoders:
            click.echo(
                f"Vectors: {encoder.label}, {encoder.dimension} x {encoder.dtype}, {encoder.questions} questions."
            )
    header = ("model", "benchmark", "n", "correct", "failed", "missing")
    show(header, [_row(cell) for cell in coverage], layout)


def _row(cell: Coverage) -> tuple[str, ...]:
    return (cell.model, cell.benchmark, *map(str, (cell.attempts, cell.correct, cell.failed, cell.missing)))


def _summary(path: str, coverage: Sequence[Coverage], *, simulated: bool) -> str:
    cells = sum(cell.questions for cell in coverage)
    graded = sum(cell.graded for cell in coverage)
    questions = sum({cell.benchmark: cell.questions for cell in coverage}.values())
    models = len({cell.model for cell in coverage})
    return (
        f"{path}: {models} models x {questions} questions{', simulated' if simulated else ''};"
        f" {graded / max(cells, 1):.1%} graded, {sum(c.failed for c in coverage)} failed,"
        f" {sum(c.missing for c in coverage)} missing."
    )
