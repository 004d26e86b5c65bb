"""embedllm-bench encoders: what can turn questions into vectors, here and in a store."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from embedllm_bench.cli.options import format_option, store_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.encoders.base import KnownEncoder, Weights
    from embedllm_bench.store.records import StoredEncoder


@dataclass(frozen=True)
class _Row:
    name: str
    revision: str
    plugin: str
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
        (
            row.name,
            row.revision,
            row.plugin,
            str(row.dimension),
            row.weights,
            f"{row.vectors} of {row.questions}",
        )
        for row in rows
    ]
    show(("encoder", "revision", "plugin", "dimension", "weights", "vectors"), texts, layout)


def _weights(known: KnownEncoder) -> Weights:
    """Where they are; a stranger's code that fails to say so must not take the list with it."""
    from embedllm_bench.encoders.base import Weights
    from embedllm_bench.errors import ABORTS, first_line
    from embedllm_bench.process import guest

    try:
        with guest():
            return known.weights()
    except ABORTS:
        raise
    except BaseException as error:
        return Weights(here=False, where=f"cannot be told: {type(error).__name__}: {first_line(error)}")


def _rows(stored: Sequence[StoredEncoder], questions: int) -> list[_Row]:
    """The catalog, best first, then what else the store has; one row a revision."""
    from embedllm_bench.cli.plugged import heard, plugins

    rows, catalog = [], heard(plugins().encoders)
    for entry in catalog.values():
        known = entry.thing
        weights = _weights(known)
        kept = [(e.revision, e.questions) for e in stored if e.name == known.name] or [("", 0)]
        rows += [
            _Row(
                known.name,
                revision,
                entry.plugin,
                known.dimension,
                weights.here,
                weights.where,
                vectors,
                questions,
            )
            for revision, vectors in kept
        ]
    rows += [
        _Row(e.name, e.revision, "", e.dimension, False, "not known here", e.questions, questions)
        for e in stored
        if e.name not in catalog
    ]
    return rows
