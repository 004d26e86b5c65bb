"""embedllm-bench split: a division of a store's questions, kept as a file."""

from __future__ import annotations

from pathlib import Path

import click

from embedllm_bench.cli.options import store_option


@click.command("split")
@store_option
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Draws the division.")
@click.option("--folds", type=click.IntRange(3), help="Divide into this many parts; ten if not given.")
@click.option("--fold", type=click.IntRange(0), default=0, show_default=True, help="The part to test on.")
@click.option(
    "--leave-out", metavar="BENCHMARK", help="Test on this benchmark instead, and train on the others."
)
@click.option(
    "--train", type=click.IntRange(1), metavar="N", help="Train on this many questions, drawn at random."
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The CSV file."
)
def command(
    store: str | None,
    seed: int,
    folds: int | None,
    fold: int,
    leave_out: str | None,
    train: int | None,
    output: Path,
) -> None:
    """Write down how questions are divided into training, validation and test.

    `compare --split FILE` divides so, here or in another's hands; the hash that it prints says that it is the same
    division. Questions of identical text stay together.
    """
    from embedllm_bench.cli.files import write_whole
    from embedllm_bench.dividing import Division, divide
    from embedllm_bench.errors import UsageError
    from embedllm_bench.exchange.split_file import SUFFIX, split_text
    from embedllm_bench.store.location import reading_location
    from embedllm_bench.store.store import Store

    if output.suffix != SUFFIX:
        raise UsageError(f"{output} has to end in {SUFFIX}, by which compare knows it for a split.")
    with Store.open(reading_location(store)) as opened:
        questions, split = divide(opened, Division(seed, folds, fold, leave_out, train))
    write_whole(output, split_text(questions, split))
    counts = ", ".join(f"{len(getattr(split, part)):,} {part}" for part in ("train", "validation", "test"))
    click.echo(f"{output}: {split.name}, {counts}; hash {split.hash[:12]}.")
