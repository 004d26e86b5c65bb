"""What `predict` and `route` share: questions from the command line or a file, and the artifact to ask."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from embedllm_bench.artifact import Artifact
    from embedllm_bench.exchange.new_questions import NewQuestion

SHOWN = 60  #: characters of a question in a table


def asking_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that both commands have."""
    options = (
        click.option(
            "--artifact",
            "folder",
            type=click.Path(path_type=Path),
            metavar="DIR",
            required=True,
            help="The folder that `fit` wrote.",
        ),
        click.option(
            "--store",
            metavar="PATH|URL",
            help="Refuse an artifact that was fitted on other outcomes than this store has now.",
        ),
        click.option(
            "--file",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="Questions from there: a line each (.txt), or a column `question` (.jsonl, .csv).",
        ),
        click.option(
            "--encoder",
            metavar="NAME|FOLDER|ORG/NAME",
            help="Where the artifact's encoder is, if not under the name it has there.",
        ),
        click.option(
            "--batch-size",
            "--batch_size",
            type=click.IntRange(1),
            default=32,
            show_default=True,
            help="Of the encoder.",
        ),
        click.option(
            "--device", metavar="NAME", default="auto", show_default=True, help="Where the encoder computes."
        ),
        click.option(
            "--format",
            "layout",
            type=click.Choice(["table", "json", "csv"]),
            default="table",
            show_default=True,
            help="How to print it.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def asked(texts: Sequence[str], file: Path | None) -> list[NewQuestion]:
    """The questions given, numbered from 1, and then those of the file."""
    from embedllm_bench.errors import UsageError
    from embedllm_bench.exchange.new_questions import NewQuestion, read_new_questions

    given = [NewQuestion(str(number), text) for number, text in enumerate(texts, 1)]
    questions = given + ([] if file is None else read_new_questions(file))
    if not questions:
        raise UsageError("There is no question; write one in quotation marks, or name a --file of them.")
    return questions


def opened(folder: Path, store: str | None, encoder: str | None, batch_size: int, device: str) -> Artifact:
    """The artifact, with the plugins of this run, and of what the store holds where one is named."""
    from embedllm_bench.artifact import Artifact, check_current
    from embedllm_bench.cli.plugged import heard, plugins
    from embedllm_bench.encoders.base import Settings
    from embedllm_bench.store.location import reading_location
    from embedllm_bench.store.store import Store

    used = plugins()
    heard(used.methods)
    artifact = Artifact.load(
        folder, encoder=encoder, settings=Settings(batch_size=batch_size, device=device), plugins=used
    )
    if store is not None:
        with Store.open(reading_location(store)) as now:
            check_current(artifact, now)
    return artifact


def tell_of_cutting(artifact: Artifact, cut: int) -> None:
    """Say on stderr that something of the questions was not read."""
    if cut:
        limit = artifact.reader.encoder.limit
        are = "question is" if cut == 1 else "questions are"
        click.echo(f"{cut} {are} longer than the {limit} tokens that the encoder reads, and cut.", err=True)


def from_artifact(artifact: Artifact, questions: Sequence[dict[str, object]]) -> str:
    """JSON with what the answers come from."""
    told = artifact.description
    made = {"method": told.method, "encoder": told.encoder.label, "data": told.data.hash}
    return json.dumps({**made, "simulated": told.data.simulated, "questions": questions}, indent=1)


def show_answers(
    questions: Sequence[NewQuestion],
    answers: Sequence[Sequence[tuple[str, float]]],
    layout: str,
    *,
    ranks: bool = False,
) -> None:
    """Print for each question its models with their forecasts, as a table or CSV; ``ranks`` counts them."""
    from embedllm_bench.cli.tables import show

    table = layout == "table"
    rows = []
    for question, answer in zip(questions, answers, strict=True):
        for rank, (model, p) in enumerate(answer, 1):
            asked = (question.id, question.text)
            if table:  # which question it is stands in the first of its rows
                asked = (question.id, _short(question.text)) if rank == 1 else ("", "")
            place = (str(rank),) if ranks else ()
            rows.append((*asked, *place, model, f"{p:.3f}" if table else str(p)))
    show(
        ("id", "question", *(("rank",) if ranks else ()), "model", "P(correct)" if table else "p"),
        rows,
        layout,
    )


def _short(text: str) -> str:
    """A question as a table shows it, with nothing that rich would take for markup."""
    from rich.markup import escape

    line = " ".join(text.split())
    return escape(line if len(line) <= SHOWN else line[: SHOWN - 3] + "...")
