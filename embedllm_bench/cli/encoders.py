"""embedllm-bench encoders: what can turn questions into vectors, here and in a store."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from embedllm_bench.cli.options import format_option, store_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.store.records import StoredEncoder


@dataclass(frozen=True)
class _Row:
    name: str
    revision: str
    dimension: int
    here: bool
    weights: str
    vectors: int
    questions: int


@click.command("encoders")
@format_option
@store_option
def command(layout: str, store: str | None) -> None:
    """List the encoders: where their weights come from here, and which questions of a store have vectors.

    `encode` takes these names, the folder of a sentence-transformers model, and hub ids.
    """
    import json

    from embedllm_bench.cli.tables import show
    from embedllm_bench.store.location import reading_location
    from embedllm_bench.store.store import Store

    with Store.open(reading_location(store)) as opened:
        rows = _rows(opened.encoders(), len(opened.questions()))
    if layout == "json":
        click.echo(json.dumps([asdict(row) for row in rows], indent=1))
        return
    texts = [
        (row.name, row.revision, str(row.dimension), row.weights, f"{row.vectors} of {row.questions}")
        for row in rows
    ]
    show(("encoder", "revision", "dimension", "weights", "vectors"), texts, layout)


def _rows(stored: Sequence[StoredEncoder], questions: int) -> list[_Row]:
    """The catalog, best first, then what else the store has; one row a revision."""
    from embedllm_bench.encoders.catalog import catalog

    rows = []
    for known in catalog().values():
        weights = known.weights()
        kept = [(e.revision, e.questions) for e in stored if e.name == known.name] or [("", 0)]
        rows += [
            _Row(known.name, revision, known.dimension, weights.here, weights.where, vectors, questions)
            for revision, vectors in kept
        ]
    rows += [
        _Row(e.name, e.revision, e.dimension, False, "not known here", e.questions, questions)
        for e in stored
        if e.name not in catalog()
    ]
    return rows
