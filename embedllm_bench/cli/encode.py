"""embedllm-bench encode: question vectors by an encoder on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from embedllm_bench.cli.options import store_option
from embedllm_bench.cli.stores import writing

if TYPE_CHECKING:
    from embedllm_bench.encoders.encoding import EncodingReport


@click.command("encode")
@store_option
@click.option(
    "--encoder",
    metavar="NAME|FOLDER|ORG/NAME[+...]",
    help="See `encoders`; the best whose weights are on this machine, if not given. With + between: each of them.",
)
@click.option(
    "--dtype",
    type=click.Choice(["float32", "bfloat16", "float16"]),
    default="float32",
    show_default=True,
    help="What to compute in.",
)
@click.option(
    "--keep-as",
    "kept_as",
    type=click.Choice(["float32", "float16"]),
    default="float32",
    show_default=True,
    help="What the store keeps: float16 takes half the room. Vectors that are there decide for later ones.",
)
@click.option(
    "--batch-size", "--batch_size", "batch_size", type=click.IntRange(1), default=32, show_default=True
)
@click.option(
    "--device", default="auto", show_default=True, help="auto, cpu, cuda, or what else torch knows."
)
def command(store: str | None, encoder: str | None, **settings: Any) -> None:
    """Give every question of a store the vector of an encoder.

    Questions that have one are left alone, so that a run that was killed goes on where it stopped, and
    questions imported later are added by the next. HF_HUB_OFFLINE is honoured.
    """
    from embedllm_bench.calls import encode
    from embedllm_bench.cli.plugged import heard, plugins
    from embedllm_bench.cli.progress import encoding
    from embedllm_bench.encoders.base import Settings

    used = plugins()
    if encoder is not None:
        heard(used.encoders)
    with writing(store, make=store is None) as opened, encoding() as progress:
        location = opened.path
        reports = [encode(opened, name, Settings(**settings), progress, used) for name in _named(encoder)]
    for report in reports:
        click.echo(f"{location}: {_summary(report)}")


def _named(encoder: str | None) -> list[str | None]:
    """The encoders asked for; the name of a folder is one, whatever is in it."""
    from embedllm_bench.encoders.choosing import joined

    return [encoder] if encoder is None or Path(encoder).is_dir() else [*joined(encoder)]


def _summary(report: EncodingReport) -> str:
    if not report.added:
        return f"all {report.questions} questions have vectors of {report.encoder}; nothing to do."
    done = (
        f"{report.added} of {report.questions} questions got vectors of {report.dimension} numbers by"
        f" {report.encoder}; {report.seconds:.1f} s, {report.added / report.seconds:,.1f} questions/s."
    )
    if report.limit is None:
        return done
    return (
        f"{done} {report.cut} of {report.texts} texts ({report.cut / report.texts:.1%}) are longer than the"
        f" {report.limit} tokens it reads and were cut."
    )
