"""embedllm-bench encode: question vectors by an encoder on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from embedllm_bench.cli.options import store_option
from embedllm_bench.cli.stores import writing

if TYPE_CHECKING:
    from embedllm_bench.encoders.encoding import EncodingReport


@click.command("encode")
@store_option
@click.option(
    "--encoder",
    metavar="NAME|FOLDER|ORG/NAME",
    help="See `encoders`; the best whose weights are on this machine, if not given.",
)
@click.option(
    "--dtype",
    type=click.Choice(["float32", "bfloat16", "float16"]),
    default="float32",
    show_default=True,
    help="What to compute in; vectors are stored as float32.",
)
@click.option(
    "--batch-size", "--batch_size", "batch_size", type=click.IntRange(1), default=32, show_default=True
)
@click.option(
    "--device", default="auto", show_default=True, help="auto, cpu, cuda, or what else torch knows."
)
def command(store: str | None, encoder: str | None, dtype: str, batch_size: int, device: str) -> None:
    """Give every question of a store the vector of an encoder.

    Questions that have one are left alone, so that a run that was killed goes on where it stopped, and
    questions imported later are added by the next. HF_HUB_OFFLINE is honoured.
    """
    from embedllm_bench.cli.progress import encoding
    from embedllm_bench.encoders.base import Settings
    from embedllm_bench.encoders.encoding import encode

    with writing(store, make=False) as opened, encoding() as progress:
        location = opened.path
        report = encode(opened, encoder, Settings(dtype, batch_size, device), progress)
    click.echo(f"{location}: {_summary(report)}")


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
