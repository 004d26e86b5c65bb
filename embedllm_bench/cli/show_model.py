"""embedllm-bench show-model: what one model of a store is good at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from embedllm_bench.cli.options import store_option

if TYPE_CHECKING:
    from embedllm_bench.store.store import Store


@click.command("show-model")
@click.argument("model", metavar="ID")
@store_option
def command(model: str, store: str | None) -> None:
    """Say where a model stands: accuracies, ranks, strengths and weaknesses, nearest and complementary models.

    Strengths and weaknesses are against its peers, the ten models nearest in accuracy over all; complementary are
    the models that together with it get most questions right.
    """
    from embedllm_bench.cli.placed import apart, lines, probes
    from embedllm_bench.placement import place
    from embedllm_bench.store.location import reading_location
    from embedllm_bench.store.store import Store

    with Store.open(reading_location(store)) as opened:
        _check(opened, model)
        placement = place(opened, model)
        probed = probes([cell for cell in opened.coverage() if cell.model == model])
    for line in [*probed, *lines(placement), *apart(placement)]:
        click.echo(line)


def _check(store: Store, model: str) -> None:
    """Refuse a name that is none, and say which may be meant.

    Raises:
        UnknownNameError: the store has no outcome of such a model.
    """
    import difflib

    from embedllm_bench.errors import UnknownNameError

    known = store.models()
    if model not in known:
        near = difflib.get_close_matches(model, known, n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(near)}?" if near else " See 'embedllm-bench status'."
        raise UnknownNameError(f"{store.path} has no outcomes of {model!r}.{hint}", near=bool(near))
