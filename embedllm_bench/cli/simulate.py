"""embedllm-bench simulate: a store of simulated outcomes."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("simulate")
@click.option("--models", type=click.IntRange(1), default=40, show_default=True)
@click.option("--questions", type=click.IntRange(1), default=1200, show_default=True)
@click.option("--benchmarks", type=click.IntRange(1), default=6, show_default=True)
@click.option(
    "--dimension", type=click.IntRange(1), default=64, show_default=True, help="Numbers in a question vector."
)
@click.option(
    "--missing",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    show_default=True,
    help="Share of pairs not asked.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The store to make.",
)
def command(
    models: int, questions: int, benchmarks: int, dimension: int, missing: float, seed: int, output: Path
) -> None:
    """Make a store of simulated outcomes whose true probabilities are known.

    `compare` on it prints the score of the true probabilities beside those of the methods: the best
    anybody could reach.
    """
    import os

    from embedllm_bench.errors import DataError
    from embedllm_bench.simulation import simulate, write
    from embedllm_bench.store.store import Store

    if output.exists():
        raise DataError(f"{output} exists already; give the path of a new store.")
    unfinished = output.with_name(f".{output.name}.{os.getpid()}.part")
    simulated = simulate(
        models, questions, benchmarks=benchmarks, dimension=dimension, missing=missing, seed=seed
    )
    name = f"{models} models, {questions} questions, {benchmarks} benchmarks, seed {seed}"
    try:
        with Store.open(unfinished, write=True) as store:
            write(store, simulated, name)
            store.compact()
        unfinished.replace(output)
    finally:
        for suffix in ("", "-wal", "-shm"):
            unfinished.with_name(unfinished.name + suffix).unlink(missing_ok=True)
    click.echo(f"{output}: {len(simulated.outcomes)} simulated outcomes ({name}).")
