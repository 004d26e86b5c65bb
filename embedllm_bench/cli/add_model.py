"""embedllm-bench add-model: a model from its name to its place among the others."""

from __future__ import annotations

import contextlib
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from embedllm_bench.cli.collected import report
from embedllm_bench.cli.collecting import chosen_pairs, collect_options, interruptible, watching
from embedllm_bench.cli.options import store_option
from embedllm_bench.cli.probing import Wanted, ask_probe, probe_options
from embedllm_bench.cli.stores import writing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from embedllm_bench.cards import BenchmarkCard, ModelCard
    from embedllm_bench.collecting.collector import Settings
    from embedllm_bench.store.store import Store

DESCRIBING = ("parameters", "family", "base", "price_in", "price_out")
#: The options that say how to ask.
ASKING = (
    "no_collect", "benchmarks", "limit", "batch_size", "device", "overwrite", "repeats", "fail_fast", "probe",
)  # fmt: skip
OPTION = re.compile(r"(?<!\S)--[a-z]")  #: in a message of the importer, whose options are not offered here


@click.command("add-model")
@click.argument("name", metavar="ORG/NAME[@REVISION]")
@click.option("--backend", default="hf", show_default=True, help="What runs it, as lm-eval's --model.")
@click.option(
    "--model-args",
    "--model_args",
    "model_args",
    default="",
    metavar="K=V,...",
    help="What the backend is given, as lm-eval's --model_args.",
)
@click.option(
    "--num-fewshot",
    "--num_fewshot",
    "num_fewshot",
    type=click.IntRange(0),
    help="Examples in each prompt; the task's own number, if not given.",
)
@click.option(
    "--apply-chat-template",
    "--apply_chat_template",
    "apply_chat_template",
    is_flag=True,
    help="Put questions as chat messages.",
)
@click.option(
    "--system-instruction", "--system_instruction", "system_instruction", help="The system message of a chat."
)
@click.option(
    "--formulation",
    type=click.Choice(["letters", "cloze"]),
    default="letters",
    show_default=True,
    help="How questions of a file are put: choices by letter, or each as the completion.",
)
@click.option("--tag", "tags", multiple=True, help="What it is for or good at, such as code; repeatable.")
@click.option("--parameters", metavar="7B", help="Its size.")
@click.option("--family", help="The model its weights started from, such as Llama 3.")
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
@probe_options
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
    wanted: Wanted | None,
    no_collect: bool,
    source: Path | None,
    folder: Path | None,
    store: str | None,
    **described: Any,
) -> None:
    """Add a model: write its card, collect or import its outcomes, and say where it stands.

    Backend, arguments, few-shot count, chat template and system prompt change what a model answers, so
    they are part of its id: ORG/NAME+5-shot is another model than ORG/NAME. Facts that the registry
    knows of the weights, or the store of the model, need not be given. Exit code 3 means that some
    questions failed or were left; of a new model that cannot even be loaded nothing is kept. With --probe only
    a few questions are asked, and the rest is predicted from what the store's other models answered.
    """
    from embedllm_bench.cards.making import with_facts_of
    from embedllm_bench.collecting.pairing import check

    if source is not None:
        _check_beside_from(context)
    said = {name for name in DESCRIBING if described[name] is not None}
    code, card = 0, _card(**described)
    check([card], ())
    with writing(store) as opened:
        card = with_facts_of(card, opened.model_cards().get(card.id), said)
        with _as_file(folder, card, opened):
            if source is not None or no_collect:
                with _on_trial(opened, card):
                    _import(opened, source, card)
                click.echo(f"{opened.path}: the card of {card.id}.")
            else:
                code = _ask(opened, card, benchmarks, settings, include_path, wanted)
        if wanted is None and any(cell.graded for cell in opened.coverage() if cell.model == card.id):
            _show(opened, card.id)
    context.exit(code)


def _check_beside_from(context: click.Context) -> None:
    """What says how to ask has no meaning where nothing is asked.

    Raises:
        UsageError: names the options.
    """
    from embedllm_bench.errors import UsageError

    given = [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name in ASKING
        and context.get_parameter_source(parameter.name) is click.core.ParameterSource.COMMANDLINE
    ]
    if given:
        raise UsageError(f"With --from nothing is asked; leave {', '.join(given)} out.")


@contextlib.contextmanager
def _on_trial(store: Store, card: ModelCard) -> Iterator[None]:
    """Write the card, and take it out again if what it is for fails."""
    new = card.id not in store.model_cards()
    store.write_model_card(card)
    try:
        yield
    except BaseException:  # also an interrupt: an import keeps nothing then
        if new:
            store.withdraw_model_card(card.id)
        raise


def _card(name: str, model_args: str, tags: Sequence[str], **described: Any) -> ModelCard:
    from dataclasses import replace

    from embedllm_bench.cards.fields import parse_size
    from embedllm_bench.cards.making import Configuration, make_model_card
    from embedllm_bench.cli.plugged import heard, plugins
    from embedllm_bench.collecting.backend import parse_model_args

    facts = {key: described.pop(key) for key in DESCRIBING}
    card = make_model_card(
        name,
        Configuration(model_args=parse_model_args(model_args), **described),
        heard(plugins().models).things,
    )
    given = {key: value for key, value in facts.items() if value is not None}
    if "parameters" in given:
        given["parameters"] = parse_size(given["parameters"])
    return replace(card, tags=tuple(dict.fromkeys((*card.tags, *tags))), **given)


@contextlib.contextmanager
def _as_file(folder: Path | None, card: ModelCard, store: Store) -> Iterator[None]:
    """Write the card to a file too, which goes again unless the store comes to have the card."""
    from embedllm_bench.cards.files import card_toml
    from embedllm_bench.cli.files import on_trial

    if folder is None:
        yield
        return

    def stays() -> bool:
        return store.model_cards().get(card.id) == card

    with on_trial(folder / card.file_name, card_toml(card), stays=stays):
        yield
    if stays():
        click.echo(f"{folder / card.file_name}: the card as a file.")


def _import(store: Store, source: Path | None, card: ModelCard) -> None:
    from embedllm_bench.calls import import_table
    from embedllm_bench.cli.plugged import heard, plugins
    from embedllm_bench.cli.progress import steps
    from embedllm_bench.errors import BenchError
    from embedllm_bench.wording import counted

    if source is None:
        return
    used = plugins()
    heard(used.importers)
    try:
        with steps(source.name) as progress:
            found = import_table(store, source, progress=progress, needed=card.id, plugins=used)
    except BenchError as error:
        if not OPTION.search(str(error)):
            raise
        raise type(error)(
            f"{error} Such options are those of 'embedllm-bench import': import {source} with it, and add the"
            " model with --no-collect."
        ) from error
    if found.already_imported:
        click.echo(f"{source} is in {store.path} already.")
    else:
        others, count = found.models - 1, found.added - found.of_needed
        along = (
            f"; {counted(count, 'outcome')} of {counted(others, 'other model')} came along" if others else ""
        )
        click.echo(f"{source}: {counted(found.of_needed, 'outcome')} of {card.id}{along}.")
    for note in found.notes:
        click.echo(note, err=True)


def _ask(
    store: Store,
    card: ModelCard,
    benchmarks: Sequence[str],
    settings: Settings,
    include_path: Path | None,
    wanted: Wanted | None,
) -> int:
    """Ask all questions of the benchmarks, or those of a probe."""
    from embedllm_bench.collecting.backend import check_device

    check_device([card], settings.device)
    pairs, own = chosen_pairs(store, [card], benchmarks, models_named=True)
    for questions in own:
        store.write_question_set(questions)
    named = bool(benchmarks)
    ask = partial(_collect, store, card, pairs.benchmarks, include_path=include_path, named=named)
    return (
        ask(settings) if wanted is None else ask_probe(store, card, pairs.benchmarks, wanted, settings, ask)
    )


def _collect(
    store: Store,
    card: ModelCard,
    asked: Sequence[BenchmarkCard],
    settings: Settings,
    include_path: Path | None,
    *,
    named: bool,
) -> int:
    """Write the card and ask; ``named`` says that these benchmarks were, and are not just what the store has."""
    from embedllm_bench.collecting.collector import collect
    from embedllm_bench.collecting.tasks import manager_for

    if settings.only is not None:
        asked = [benchmark for benchmark in asked if benchmark.id in settings.only]
    new = card.id not in store.model_cards()
    store.write_model_card(card)
    click.echo(f"{store.path}: the card of {card.id}.")
    with interruptible(settings), watching() as listener:
        results = collect(store, [card], asked, settings, manager_for(asked, include_path), listener)
    code = report(results, models_named=True, benchmarks_named=named)
    in_vain = any(result.unloaded for result in results) or all(result.unfit for result in results)
    if new and in_vain and card.id not in store.models():
        store.withdraw_model_card(card.id)
        click.echo(f"Nothing was kept of {card.id}; its card is out of {store.path} again.", err=True)
    return code


def _show(store: Store, model: str) -> None:
    from embedllm_bench.cli.placed import lines
    from embedllm_bench.placement import place

    for line in lines(place(store, model)):
        click.echo(line)
