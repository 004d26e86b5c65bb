"""embedllm-bench route: which model to ask a new question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from embedllm_bench.cli.asking import (
    asked,
    asking_options,
    from_artifact,
    opened,
    show_answers,
    tell_of_cutting,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from embedllm_bench.artifact import Artifact, Route
    from embedllm_bench.exchange.new_questions import NewQuestion


@click.command("route")
@click.argument("questions", nargs=-1, metavar="[QUESTION]...")
@click.option(
    "--top",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    metavar="N",
    help="Models to name for each.",
)
@asking_options
def command(
    questions: Sequence[str],
    top: int,
    folder: Path,
    store: str | None,
    file: Path | None,
    encoder: str | None,
    batch_size: int,
    device: str,
    layout: str,
) -> None:
    """Choose the model most likely to answer each QUESTION correctly, and name the runners-up."""
    from embedllm_bench.cli.progress import encoding

    new = asked(questions, file)
    artifact = opened(folder, store, encoder, batch_size, device)
    with encoding() as progress:
        made = artifact.route([question.text for question in new], top, progress)
    tell_of_cutting(artifact, sum(route.cut for route in made))
    _print(artifact, new, made, layout)


def _print(artifact: Artifact, questions: Sequence[NewQuestion], made: Sequence[Route], layout: str) -> None:
    if layout != "json":
        ranked = [[(ranked.model, ranked.p) for ranked in route.ranked] for route in made]
        show_answers(questions, ranked, layout, ranks=True)
        return
    answers: list[dict[str, object]] = [
        {
            "id": q.id,
            "question": q.text,
            "choice": route.choice,
            "ranked": [{"model": ranked.model, "p": ranked.p} for ranked in route.ranked],
        }
        for q, route in zip(questions, made, strict=True)
    ]
    click.echo(from_artifact(artifact, answers))
