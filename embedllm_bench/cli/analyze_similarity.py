"""embedllm-bench analyze similarity: are relatives close?"""

from __future__ import annotations

import click

from embedllm_bench.cli.analyzing import Asked, analysis_options


@click.command("similarity")
@analysis_options()
def command(asked: Asked) -> None:
    """Are relatives close? Distances of model vectors beside family, size and disagreement.

    Family and size come from cards, else from the models' names. Random vectors of the same size stand beside.
    """
    from embedllm_bench.analysis.similarity import similarity
    from embedllm_bench.cli.plugged import heard, plugins

    cards = {card.id: card for card in heard(plugins().models).things.values()}
    with asked.opened() as (store, subject):
        asked.say(similarity(subject, {**cards, **store.model_cards()}))
