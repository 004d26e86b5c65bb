"""embedllm-bench status: what a store holds."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from embedllm_bench.cli.options import format_option, store_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.store.records import Coverage, FailureCount

MOST_SHOWN = 10  #: lines of one kind


@click.command("status")
@format_option
@store_option
def command(layout: str, store: str | None) -> None:
    """Show who was asked what: for every model and benchmark how many answers, and how many are missing.

    Missing are questions that others were asked, or that a collection was to ask and has not. What failed
    is said with the commonest reason, and of how many questions of a benchmark a part was asked.
    """
    import json

    from embedllm_bench.cli.placed import probes
    from embedllm_bench.cli.tables import show, show_by_first
    from embedllm_bench.store.location import reading_location
    from embedllm_bench.store.store import Store

    with Store.open(reading_location(store)) as opened:
        coverage, encoders, failures = opened.coverage(), opened.encoders(), opened.failure_counts()
        simulated = opened.true_probabilities() is not None
        path = opened.path
    if layout == "json":
        cells = [{**asdict(cell), "missing": cell.missing} for cell in coverage]
        content = {
            "store": str(path),
            "simulated": simulated,
            "coverage": cells,
            "failures": [asdict(count) for count in failures],
            "encoders": [asdict(e) for e in encoders],
        }
        click.echo(json.dumps(content, indent=1))
        return
    header = ("model", "benchmark", "n", "correct", "failed", "missing")
    rows = [_row(cell) for cell in coverage]
    if layout == "table":
        click.echo(_summary(str(path), coverage, simulated=simulated))
        for encoder in encoders:
            click.echo(
                f"Vectors: {encoder.label}, {encoder.dimension} x {encoder.dtype}, {encoder.questions} questions."
            )
        for lines in (
            _parts(coverage),
            probes(coverage),
            _unfinished(coverage),
            _failed(coverage, failures),
        ):
            _say(lines)
        show_by_first(header, rows)
    else:
        show(header, rows, layout)


def _row(cell: Coverage) -> tuple[str, ...]:
    return (cell.model, cell.benchmark, *map(str, (cell.attempts, cell.correct, cell.failed, cell.missing)))


def _summary(path: str, coverage: Sequence[Coverage], *, simulated: bool) -> str:
    from embedllm_bench.wording import counted

    cells = sum(cell.expected for cell in coverage)
    graded = sum(cell.graded for cell in coverage)
    expected: dict[str, int] = {}
    for cell in coverage:
        expected[cell.benchmark] = max(cell.expected, expected.get(cell.benchmark, 0))
    questions = sum(expected.values())
    models = len({cell.model for cell in coverage})
    return (
        f"{path}: {counted(models, 'model')} x {counted(questions, 'question')}{', simulated' if simulated else ''};"
        f" {graded / max(cells, 1):.1%} graded, {sum(c.failed for c in coverage)} failed,"
        f" {sum(c.missing for c in coverage)} missing."
    )


def _parts(coverage: Sequence[Coverage]) -> list[str]:
    """Benchmarks of which more is known than anybody was asked."""
    known = {cell.benchmark: (cell.questions, cell.known) for cell in coverage}
    return [
        f"{benchmark}: {asked} of its {there} questions were asked of any model."
        for benchmark, (asked, there) in known.items()
        if there is not None and asked < there
    ]


def _unfinished(coverage: Sequence[Coverage]) -> list[str]:
    return [
        f"{cell.model} on {cell.benchmark}: {cell.graded + cell.failed} of the {cell.planned} questions to ask were"
        " asked; 'embedllm-bench collect' goes on there."
        for cell in coverage
        if cell.unfinished
    ]


def _failed(coverage: Sequence[Coverage], failures: Sequence[FailureCount]) -> list[str]:
    from embedllm_bench.cli.collected import AGAIN, shortened

    reasons = {(count.model, count.benchmark): count.reason for count in failures}
    return [
        f"{cell.model} on {cell.benchmark}: {cell.failed} failed, most often with:"
        f" {shortened(reasons.get((cell.model, cell.benchmark)))}; {AGAIN}."
        for cell in coverage
        if cell.failed
    ]


def _say(lines: Sequence[str]) -> None:
    for line in lines[:MOST_SHOWN]:
        click.echo(line)
    if len(lines) > MOST_SHOWN:
        click.echo(f"... and {len(lines) - MOST_SHOWN} more like the last; --format json has them all.")
