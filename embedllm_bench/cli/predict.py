"""embedllm-bench predict: who will answer new questions."""

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

    from embedllm_bench.artifact import Artifact, Prediction
    from embedllm_bench.exchange.new_questions import NewQuestion

ALL = "all"


@click.command("predict")
@click.argument("model")
@click.argument("questions", nargs=-1, metavar="[QUESTION]...")
@click.option("--model", "more", multiple=True, metavar="NAME", help="A further model; repeatable.")
@asking_options
def command(
    model: str,
    questions: Sequence[str],
    more: Sequence[str],
    folder: Path,
    store: str | None,
    file: Path | None,
    encoder: str | None,
    batch_size: int,
    device: str,
    layout: str,
) -> None:
    """Forecast how probable it is that MODEL answers each QUESTION correctly.

    MODEL is one that the artifact was fitted on, or `all` of them. Questions are read as `encode` reads those of a
    store; their encoder has to be on this machine.
    """
    from embedllm_bench.cli.progress import encoding

    new = asked(questions, file)
    artifact = opened(folder, store, encoder, batch_size, device)
    names = None if ALL in (model, *more) else list(dict.fromkeys((model, *more)))
    with encoding() as progress:
        made = artifact.predict([question.text for question in new], names, progress)
    tell_of_cutting(artifact, int(made.cut.sum()))
    _print(artifact, new, made, layout)


def _print(artifact: Artifact, questions: Sequence[NewQuestion], made: Prediction, layout: str) -> None:
    forecasts = made.p.T.tolist()  # by question, then model
    if layout != "json":
        show_answers(questions, [list(zip(made.models, p, strict=True)) for p in forecasts], layout)
        return
    answers: list[dict[str, object]] = [
        {"id": q.id, "question": q.text, "p": dict(zip(made.models, p, strict=True))}
        for q, p in zip(questions, forecasts, strict=True)
    ]
    click.echo(from_artifact(artifact, answers))
