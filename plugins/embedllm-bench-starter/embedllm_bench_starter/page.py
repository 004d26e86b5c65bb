"""The tables of the page about the starter: ``python -m embedllm_bench_starter.page STORE``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
from embedllm_bench import Store
from embedllm_bench.statistics.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from embedllm_bench.store.records import Coverage


def main() -> None:
    with Store.open(sys.argv[1]) as store:
        coverage = store.coverage()
        rates = {(c.model, c.benchmark): store.collection_rate(c.model, c.benchmark) for c in coverage}
    models = list(dict.fromkeys(c.model for c in coverage))
    benchmarks = list(dict.fromkeys(c.benchmark for c in coverage))
    cells = {(c.model, c.benchmark): c for c in coverage}
    click.echo("\n".join(_log(models, coverage, rates)))
    click.echo("")
    click.echo("\n".join(_accuracies(models, benchmarks, cells)))


def _log(
    models: Sequence[str], coverage: Sequence[Coverage], rates: dict[tuple[str, str], float | None]
) -> Iterator[str]:
    """What was collected of each model: outcomes, failures, seconds."""
    yield "| model | outcomes | failed | seconds |"
    yield "|---|---|---|---|"
    total = [0, 0, 0.0]
    for model in models:
        of = [c for c in coverage if c.model == model]
        outcomes, failed = sum(c.attempts for c in of), sum(c.failed for c in of)
        seconds = sum(c.attempts / rate for c in of if (rate := rates[model, c.benchmark]))
        yield f"| {model} | {outcomes:,} | {failed} | {seconds:,.0f} |"
        total = [total[0] + outcomes, total[1] + failed, total[2] + seconds]
    yield f"| all | {total[0]:,} | {total[1]} | {total[2]:,.0f} |"


def _accuracies(
    models: Sequence[str], benchmarks: Sequence[str], cells: dict[tuple[str, str], Coverage]
) -> Iterator[str]:
    """Accuracy with a 95 % interval, a model a row."""
    yield f"| model | {' | '.join(benchmarks)} | all |"
    yield "|---" * (len(benchmarks) + 2) + "|"
    for model in models:
        of = [cells[model, benchmark] for benchmark in benchmarks]
        counts = [(c.correct, c.attempts) for c in of]
        counts.append((sum(right for right, _ in counts), sum(n for _, n in counts)))
        yield f"| {model} | {' | '.join(_cell(right, n) for right, n in counts)} |"


def _cell(right: int, n: int) -> str:
    if not n:
        return ""
    p = right / n
    bounds = wilson(p, p * (1 - p) / n, n)
    return f"{p:.2f} [{bounds.low:.2f}, {bounds.high:.2f}]"


main()
