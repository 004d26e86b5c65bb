"""embedllm-bench new-plugin: a package to start from."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("new-plugin")
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(["method", "benchmark", "encoder", "importer"]),
    required=True,
    help="What the package is to add.",
)
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
def command(name: str, kind: str, folder: Path | None) -> None:
    """Write a plugin package that works as it is: code to start from, and a test of what its kind promises.

    It goes into the folder DIR, else into one called NAME, which has to be new or empty.
    """
    import shlex

    from embedllm_bench.skeleton import Skeleton

    folder = Path(name) if folder is None else folder
    for path in Skeleton(name, kind).write(folder):
        click.echo(str(path))
    install = f"pip install -e {shlex.quote(str(folder))}"
    quote = "'" if "'" not in install else '"'
    click.echo(f"Install it with {quote}{install}{quote}; then 'embedllm-bench plugins' lists it.")
