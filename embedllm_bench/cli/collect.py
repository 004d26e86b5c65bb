"""embedllm-bench collect: ask models what they were not asked yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from embedllm_bench.cli.collected import report, show_plan
from embedllm_bench.cli.collecting import (
    chosen_models,
    chosen_pairs,
    collect_options,
    interruptible,
    watching,
)
from embedllm_bench.cli.options import store_option
from embedllm_bench.cli.stores import looking, writing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from embedllm_bench.collecting.collector import Settings


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
    benchmarks are those of cards: of the store, else of the registry. Of those that are not named, what
    cannot go together is left out. Exit code 3 means that something failed, or has failed before and was
    not asked again, or was left.
    """
    from embedllm_bench.collecting.collector import collect
    from embedllm_bench.collecting.estimating import dry_run as planned
    from embedllm_bench.collecting.tasks import manager_for

    with looking(store) if dry_run else writing(store) as opened:
        named = {"models_named": bool(models), "benchmarks_named": bool(benchmarks)}
        pairs, own = chosen_pairs(
            opened, chosen_models(opened, models), benchmarks, models_named=bool(models)
        )
        asked, of, without = pairs.models, pairs.benchmarks, pairs.without
        manager = manager_for(of, include_path)
        if dry_run:
            code = show_plan(planned(opened, asked, of, manager, settings, without=without, own=own), **named)
        else:
            for questions in own:
                opened.write_question_set(questions)
            with interruptible(settings), watching() as listener:
                results = collect(opened, asked, of, settings, manager, listener, without=without)
            code = report(results, **named)
    context.exit(code)
