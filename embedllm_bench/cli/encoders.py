"""embedllm-bench encoders: what can turn questions into vectors, here and in a store."""

from __future__ import annotations

import click

from embedllm_bench.cli.options import format_option, store_option


@click.command("encoders")
@format_option
@store_option
def command(layout: str, store: str | None) -> None:
    """List the encoders: where their weights come from here, and which questions of a store have vectors."""
    import json

    from embedllm_bench.cli.tables import show
    from embedllm_bench.encoders.catalog import catalog
    from embedllm_bench.store.location import reading_location
    from embedllm_bench.store.store import Store

    with Store.open(reading_location(store)) as opened:
        stored, questions = opened.encoders(), len(opened.questions())
    rows: list[tuple[str, str, int, str, int]] = []
    for known in catalog().values():
        kept = [(e.revision, e.questions) for e in stored if e.name == known.name] or [("", 0)]
        weights = known.weights()
        rows += [(known.name, revision, known.dimension, weights.where, count) for revision, count in kept]
    for entry in stored:
        if entry.name not in catalog():
            rows.append((entry.name, entry.revision, entry.dimension, "vectors only", entry.questions))
    if layout == "json":
        keys = ("name", "revision", "dimension", "weights", "vectors")
        click.echo(
            json.dumps(
                [{**dict(zip(keys, row, strict=True)), "questions": questions} for row in rows], indent=1
            )
        )
        return
    texts = [
        (name, revision, str(size), where, f"{n} of {questions}") for name, revision, size, where, n in rows
    ]
    show(("encoder", "revision", "numbers", "weights", "vectors of questions"), texts, layout)
