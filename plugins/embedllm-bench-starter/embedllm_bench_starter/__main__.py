"""Collect the starter again: ``python -m embedllm_bench_starter FOLDER``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
from embedllm_bench.errors import BenchError

from embedllm_bench_starter.benchmarks import BENCHMARKS, write
from embedllm_bench_starter.configurations import CONFIGURATIONS
from embedllm_bench_starter.weights import ALL, convert

SEED = 0
STORE = "collecting.db"
PARTIAL = 3


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--batch-size", "--batch_size", default=16, show_default=True)
def main(folder: Path, batch_size: int) -> None:
    """Make the questions and the models' weights in FOLDER, and collect every outcome that is not there yet.

    It takes hours on two cores and can be stopped at any time: the next call goes on. FOLDER/starter.db is
    what ships in the package.
    """
    try:
        for weights in ALL:
            click.echo(f"Weights {weights.folder}.")
            convert(weights, folder / "weights")
    except BenchError as error:
        raise click.ClickException(str(error)) from error
    write(folder / "questions", SEED)
    for name in BENCHMARKS:
        call(folder, "add-benchmark", f"questions/{name}.jsonl")
    for configuration in CONFIGURATIONS:
        call(folder, "add-model", configuration.id, *configuration.options(), "--no-collect")
    models = [option for configuration in CONFIGURATIONS for option in ("--model", configuration.id)]
    call(folder, "collect", *models, "--batch_size", str(batch_size), "--device", "cpu")
    call(folder, "encode", "--encoder", "all-MiniLM-L6-v2", "--keep-as", "float16")
    call(folder, "store", "backup", "starter.db", "--force")


def call(folder: Path, command: str, *arguments: str) -> None:
    """Run the program in a folder, so that the paths it records are relative to it."""
    program = Path(sys.executable).with_name("embedllm-bench")
    done = subprocess.run(  # noqa: S603 - our own program
        [program, command, *arguments],
        cwd=folder,
        env={**os.environ, "EMBEDLLM_BENCH_STORE": STORE, "HF_HUB_OFFLINE": "1"},
        check=False,
    )
    if done.returncode not in (0, PARTIAL):
        raise SystemExit(done.returncode)


main()
