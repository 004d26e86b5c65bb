"""embedllm-bench add-model: a model from its name to its place among the others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from embedllm_bench.cli.collecting import collect_options, report, watching
from embedllm_bench.cli.options import store_option
from embedllm_bench.cli.stores import writing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.cards import BenchmarkCard, ModelCard
    from embedllm_bench.collect.collector import Settings
    from embedllm_bench.placement import Placement
    from embedllm_bench.store.store import Store

DESCRIBING = ("parameters", "family", "base", "price_in", "price_out")


@click.command("add-model")
@click.argument("name", metavar="ORG/NAME[@REVISION]")
@click.option("--backend", default="hf", show_default=True, help="What runs it, as lm-eval's --model.")
@click.option("--model-args", "--model_args", "model_args", default="", metavar="K=V,...")
@click.option("--num-fewshot", "--num_fewshot", "num_fewshot", type=click.IntRange(0))
@click.option("--apply-chat-template", "--apply_chat_template", "apply_chat_template", is_flag=True)
@click.option("--system-instruction", "--system_instruction", "system_instruction")
@click.option("--tag", "tags", multiple=True)
@click.option("--parameters", metavar="7B", help="Its size.")
@click.option("--family")
@click.option("--base", metavar="ID", help="The model it was made from.")
@click.option("--price-in", type=click.FloatRange(0), help="Dollars per million tokens read.")
@click.option("--price-out", type=click.FloatRange(0), help="Dollars per million tokens written.")
@click.option(
    "--benchmark",
    "benchmarks",
    multiple=True,
    metavar="ID",
    help="What to ask it; all the store has cards of.",
)
@collect_options
@click.option("--no-collect", is_flag=True, help="Write the card and ask nothing.")
@click.option(
    "--from", "source", type=click.Path(path_type=Path), help="Import its outcomes from there, ask nothing."
)
@click.option(
    "--card",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the card there too, as a TOML file for a registry.",
)
@store_option
@click.pass_context
def command(
    context: click.Context,
    /,
    benchmarks: Sequence[str],
    settings: Settings,
    include_path: Path | None,
    no_collect: bool,
    source: Path | None,
    folder: Path | None,
    store: str | None,
    **described: Any,
) -> None:
    """Add a model: write its card, collect or import its outcomes, and say where it stands.

    Backend, arguments, few-shot count, chat template and system prompt change what a model answers, so
    they are part of its id: ORG/NAME+5-shot is another model than ORG/NAME. Facts that the registry
    knows of the weights need not be given. Exit code 3 means that some questions failed or were left.
    """
    from embedllm_bench.cli.collecting import chosen_benchmarks
    from embedllm_bench.collect.collector import check

    code, collecting = 0, source is None and not no_collect
    card = _card(**described)
    with writing(store) as opened:
        asked = chosen_benchmarks(opened, benchmarks) if collecting else []
        check([card] if collecting else [], asked)
        opened.write_model_card(card)
        click.echo(f"{opened.path}: the card of {card.id}.")
        if folder is not None:
            click.echo(f"{_write_card(folder, card)}: the same as a file.")
        if source is not None:
            _import(opened, source, card)
        elif collecting:
            code = _collect(opened, card, asked, settings, include_path)
        if card.id in opened.models():
            _show(opened, card.id)
    context.exit(code)


def _card(name: str, model_args: str, tags: Sequence[str], **described: Any) -> ModelCard:
    from dataclasses import replace

    from embedllm_bench.cards.fields import parse_size
    from embedllm_bench.cards.files import read_models
    from embedllm_bench.cards.making import Configuration, make_model_card
    from embedllm_bench.collect.backend import parse_model_args

    facts = {key: described.pop(key) for key in DESCRIBING}
    card = make_model_card(
        name, Configuration(model_args=parse_model_args(model_args), **described), read_models()
    )
    given = {key: value for key, value in facts.items() if value is not None}
    if "parameters" in given:
        given["parameters"] = parse_size(given["parameters"])
    return replace(card, tags=tuple(dict.fromkeys((*card.tags, *tags))), **given)


def _write_card(folder: Path, card: ModelCard) -> Path:
    from embedllm_bench.cards.files import card_toml
    from embedllm_bench.cli.files import write_whole
    from embedllm_bench.errors import DataError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{folder} cannot be made: {error.strerror}.") from error
    write_whole(folder / card.file_name, card_toml(card))
    return folder / card.file_name


def _import(store: Store, source: Path, card: ModelCard) -> None:
    from embedllm_bench.cli.progress import steps
    from embedllm_bench.exchange.importing import import_table

    with steps(source.name) as progress:
        found = import_table(store, source, progress=progress)
    click.echo(f"{source}: {found.added} outcomes of {found.models} models.")
    for note in found.notes:
        click.echo(note, err=True)
    if card.id not in store.models():
        click.echo(f"None of them is of {card.id}; its card stands without outcomes.", err=True)


def _collect(
    store: Store,
    card: ModelCard,
    asked: Sequence[BenchmarkCard],
    settings: Settings,
    include_path: Path | None,
) -> int:
    from embedllm_bench.collect.collector import collect
    from embedllm_bench.collect.tasks import task_manager

    with watching() as listener:
        results = collect(
            store, [card], asked, task_manager([b.task for b in asked], include_path), settings, listener
        )
    return report(results)


def _show(store: Store, model: str) -> None:
    from embedllm_bench.placement import place

    for line in _lines(place(store, model)):
        click.echo(line)


def _lines(placement: Placement) -> list[str]:
    lines = [f"{placement.model}, accuracy with 95 % intervals:"]
    for share in placement.shares:
        bounds = f"[{share.interval.low:.3f}, {share.interval.high:.3f}]"
        lines.append(f"  {share.benchmark or 'all':24} {share.accuracy:.3f} {bounds}  n {share.n}")
    if placement.models < 2:
        return [*lines, "It is the only model here, so there is nothing to hold it against."]
    ranks = (
        f"{placement.first}" if placement.first == placement.last else f"{placement.first}-{placement.last}"
    )
    lines.append(f"Rank {ranks} of {placement.models}, on the questions it shares with each of the others.")
    if placement.nearest:
        near = ", ".join(f"{relative.model} ({relative.cosine:.2f})" for relative in placement.nearest)
        lines.append(f"Nearest by learned vector ({placement.encoder}): {near}.")
    lines.append(f"Questions that only it answers: {placement.alone_count}.")
    for text in placement.alone:
        first = text.strip().splitlines()[0] if text.strip() else ""
        lines.append(f"  {first[:100]}{'...' if len(first) > 100 else ''}")
    return lines
