"""embedllm-bench benchmarks: how each is graded, and what the store has of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from embedllm_bench.cli.options import format_option, store_option

if TYPE_CHECKING:
    from embedllm_bench.cards import BenchmarkCard
    from embedllm_bench.cli.cards import Listed


@click.command("benchmarks")
@format_option
@store_option
def command(layout: str, store: str | None) -> None:
    """List benchmarks: the cards of registry, plugins and store, with how many graded outcomes the store has.

    "generative" names the one to take where a model gives no log-probabilities, as behind a chat endpoint.
    """
    from embedllm_bench.cli.cards import listed, show_listed, stored
    from embedllm_bench.cli.plugged import heard, plugins
    from embedllm_bench.registry import Registered

    known = stored(store)
    catalog = heard(plugins().benchmarks)
    cards = {name: Registered(entry.thing.card, entry.plugin) for name, entry in catalog.items()}
    rows = listed(cards, known.benchmarks, known.graded_by_benchmark)
    header = ("benchmark", "lm-eval task", "metric", "filter", "generative", "origin", "graded")
    show_listed(rows, header, [_texts(row) for row in rows], layout)


def _texts(row: Listed[BenchmarkCard]) -> tuple[str, ...]:
    from embedllm_bench.cli.cards import shown

    card = row.card
    if card is None:
        return (row.name, "", "", "", "", row.origin, str(row.graded))
    return (
        row.name, card.task, card.metric, card.filter, shown(card.generative),
        row.origin, str(row.graded),
    )  # fmt: skip
