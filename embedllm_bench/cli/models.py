"""embedllm-bench models: what is known of each model, and what the store has of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from embedllm_bench.cli.options import format_option, store_option

if TYPE_CHECKING:
    from embedllm_bench.cards import ModelCard
    from embedllm_bench.cli.cards import Listed


@click.command("models")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only models with this tag; repeatable.")
@click.option("--family", metavar="FAMILY", help="Only models of this family.")
@format_option
@store_option
def command(tags: tuple[str, ...], family: str | None, layout: str, store: str | None) -> None:
    """List models: the cards of registry, plugins and store, with how many graded outcomes the store has."""
    from embedllm_bench.cli.cards import listed, show_listed, stored
    from embedllm_bench.cli.plugged import heard, plugins

    known = stored(store)
    rows = listed(heard(plugins().models), known.models, known.graded_by_model)
    for tag in tags:
        rows = _only(rows, "tag", tag)
    if family is not None:
        rows = _only(rows, "family", family)
    header = ("model", "family", "size", "released", "licence", "origin", "graded")
    show_listed(rows, header, [_texts(row) for row in rows], layout)


def _only(rows: list[Listed[ModelCard]], what: str, wanted: str) -> list[Listed[ModelCard]]:
    """The models with a tag or of a family, upper and lower case being the same."""
    from embedllm_bench.errors import UsageError

    said = [(row, _said(row.card, what)) for row in rows]
    chosen = [row for row, values in said if wanted.lower() in (value.lower() for value in values)]
    if not chosen:
        there = sorted({value for _, values in said for value in values})
        raise UsageError(f"There is no model with {what} {wanted!r}; there are {', '.join(there) or 'none'}.")
    return chosen


def _said(card: ModelCard | None, what: str) -> tuple[str, ...]:
    if card is None:
        return ()
    return card.tags if what == "tag" else tuple(filter(None, [card.family]))


def _texts(row: Listed[ModelCard]) -> tuple[str, ...]:
    from embedllm_bench.cards.fields import size_text
    from embedllm_bench.cli.cards import shown

    card = row.card
    if card is None:
        return (row.name, "", "", "", "", row.origin, str(row.graded))
    size = size_text(card.parameters) if card.parameters is not None else ""
    return (
        row.name, shown(card.family), size, shown(card.released), shown(card.licence), row.origin, str(row.graded),
    )  # fmt: skip
