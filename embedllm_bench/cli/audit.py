"""embedllm-bench audit: what in a store could mislead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from embedllm_bench.cli.options import store_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.audit.audit import Audit
    from embedllm_bench.audit.effect import Effect


@click.command("audit")
@store_option
@click.option(
    "--method", "methods", multiple=True, metavar="NAME", help="Trained with and without each finding; knn."
)
@click.option("--encoder", metavar="NAME", help="Whose question vectors, as in compare.")
@click.option("--no-effect", is_flag=True, help="Leave out what each finding does to the leaderboard.")
@click.option("--format", "layout", type=click.Choice(["table", "json"]), default="table", show_default=True)
def command(
    store: str | None, methods: Sequence[str], encoder: str | None, no_effect: bool, layout: str
) -> None:
    """Look for what could make a leaderboard say something else than it seems to.

    Repeated and nearly repeated questions; questions that all models or none answer; benchmarks near their
    ceiling, on which models may all be equal, or that few models were asked; models that are always right or
    wrong, hardly asked, or nearly identical to another; attempts that disagree, and the best accuracy they
    allow. Each with its number, examples, and the accuracies without it.
    """
    from embedllm_bench.audit.audit import METHODS, audit
    from embedllm_bench.cli.plugged import heard, plugins
    from embedllm_bench.store.location import reading_location
    from embedllm_bench.store.store import Store

    used = plugins()
    if not no_effect:
        heard(used.methods)
    with Store.open(reading_location(store)) as opened:
        found = audit(opened, methods=methods or METHODS, encoder=encoder, effect=not no_effect, plugins=used)
        path = opened.path
    if layout == "json":
        click.echo(_json(str(path), found))
    else:
        click.echo(f"{path}: {found.models} models, {found.questions} questions.")
        _print(found)


def _json(path: str, found: Audit) -> str:
    import dataclasses
    import json

    findings = [
        {"kind": f.kind, "count": f.count, "of": f.of, "examples": f.examples} for f in found.findings
    ]
    noise = None if found.noise is None else dataclasses.asdict(found.noise)
    shown = [
        {"left_out": e.left_out, "scores": [dataclasses.asdict(s) for s in e.scores]} for e in found.effects
    ]
    content = {"store": path, "models": found.models, "questions": found.questions}
    return json.dumps({**content, "findings": findings, "label_noise": noise, "effects": shown}, indent=1)


def _print(found: Audit) -> None:
    from embedllm_bench.cli.tables import show

    if not found.findings:
        click.echo("Nothing was found.")
    else:
        rows = [(f.kind, f"{f.count} of {f.of}", "\n".join(f.examples)) for f in found.findings]
        show(("found", "count", "for example"), rows, "table")
    if found.noise is not None:
        noise = found.noise
        click.echo(
            f"Two attempts at a cell differ with chance {noise.disagreement:.3f}"
            f" [{noise.disagreement_interval.low:.3f}, {noise.disagreement_interval.high:.3f}], n {noise.cells}:"
            f" nobody forecasts better than {noise.ceiling.low:.3f} to {noise.ceiling.high:.3f}"
            f" [{noise.ceiling_interval.low:.3f}, {noise.ceiling_interval.high:.3f}]."
        )
    if found.effects:
        click.echo(
            "Accuracy with everything and without each finding; question split, seed 0, 95 % intervals."
        )
        for task in dict.fromkeys(s.task for e in found.effects for s in e.scores):
            methods = list(dict.fromkeys(s.method for e in found.effects for s in e.scores if s.task == task))
            show(
                (f"{task} without", *methods),
                [_effect(effect, task, methods) for effect in found.effects],
                "table",
            )


def _effect(effect: Effect, task: str, methods: Sequence[str]) -> tuple[str, ...]:
    cells = {
        s.method: f"{s.value:.3f} [{s.low:.3f}, {s.high:.3f}]"
        for s in effect.scores
        if s.task == task and s.value is not None and s.low is not None and s.high is not None
    }
    return (effect.left_out or "nothing left out", *(cells.get(method, "") for method in methods))
