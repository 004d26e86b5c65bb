"""embedllm-bench collect: ask models what they were not asked yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from embedllm_bench.cli.collecting import collect_options, report, watching
from embedllm_bench.cli.options import store_option
from embedllm_bench.cli.stores import writing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from embedllm_bench.collect.collector import Settings


@click.command("collect")
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="ID",
    help="A model; all the store has cards of, if not given.",
)
@click.option(
    "--benchmark",
    "benchmarks",
    multiple=True,
    metavar="ID",
    help="A benchmark; all the store has cards of, if not given.",
)
@collect_options
@click.option("--dry-run", is_flag=True, help="Say what would be asked, and about how long it would take.")
@store_option
@click.pass_context
def command(
    context: click.Context,
    models: Sequence[str],
    benchmarks: Sequence[str],
    settings: Settings,
    include_path: Path | None,
    dry_run: bool,
    store: str | None,
) -> None:
    """Ask models the questions they have no outcome for, through lm-eval, and keep each answer as it comes.

    What was asked is not asked again, and a run that was killed goes on where it stopped. Models and
    benchmarks are those of cards: of the store, else of the registry. Exit code 3 means that something
    failed or was left.
    """
    from embedllm_bench.cli.collecting import chosen_benchmarks, chosen_models, show_plan
    from embedllm_bench.collect.collector import collect
    from embedllm_bench.collect.collector import dry_run as planned
    from embedllm_bench.collect.tasks import task_manager

    with writing(store) as opened:
        asked = chosen_models(opened, models)
        of = chosen_benchmarks(opened, benchmarks)
        manager = task_manager([card.task for card in of], include_path)
        if dry_run:
            show_plan(planned(opened, asked, of, manager, settings))
            return
        with watching() as listener:
            results = collect(opened, asked, of, manager, settings, listener)
    context.exit(report(results))
