"""embedllm-bench fit: a fitted method in a folder, to forecast and route with."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from embedllm_bench.cli.options import store_option
from embedllm_bench.cli.progress import bars

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from embedllm_bench.artifact import Artifact


@click.command("fit")
@store_option
@click.option("--method", metavar="NAME", default="embedllm", show_default=True, help="The method to fit.")
@click.option(
    "--set", "settings", multiple=True, metavar="METHOD.FIELD=VALUE", help="A hyper-parameter of it."
)
@click.option("--encoder", metavar="NAME", help="Whose question vectors, as in compare.")
@click.option(
    "--labels",
    type=click.Choice(["majority", "majority-ties-correct", "raw", "max", "last"]),
    default="majority",
    show_default=True,
    help="What repeated attempts at one question count as.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Draws the validation part and the method's randomness.",
)
@click.option(
    "--device", metavar="NAME", default="auto", show_default=True, help="Where torch computes, as in compare."
)
@click.option("--force", is_flag=True, help="Replace the artifact that is there.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="DIR",
    required=True,
    help="The artifact's folder, which is made.",
)
def command(
    store: str | None,
    method: str,
    settings: Sequence[str],
    encoder: str | None,
    labels: str,
    seed: int,
    device: str,
    force: bool,
    output: Path,
) -> None:
    """Fit a method on all graded outcomes of a store and keep it in a folder.

    Nine tenths of the questions are trained on; settings are chosen, and training is stopped, on the last tenth, which
    the seed draws. `predict` and `route` use the folder, which holds JSON and safetensors, whole or not at all.
    """
    from embedllm_bench.artifact import fit
    from embedllm_bench.artifact.folder import check_target
    from embedllm_bench.cli.plugged import heard, plugins
    from embedllm_bench.encoders import choosing, hashed
    from embedllm_bench.store.location import reading_location
    from embedllm_bench.store.store import Store

    check_target(output, force=force)
    values = _of(method, settings)
    used, location = plugins(), reading_location(store)
    heard(used.methods)
    with Store.open(location) as opened, _steps():
        artifact = fit(
            opened,
            method,
            settings=values,
            seed=seed,
            encoder=encoder,
            labels=labels,
            device=device,
            plugins=used,
        )
    artifact.save(output, force=force)
    click.echo(_summary(output, artifact))
    if encoder is None and artifact.description.encoder.name == hashed.NAME:
        click.echo(choosing.better_vectors(location), err=True)


def _of(method: str, texts: Sequence[str]) -> Mapping[str, object]:
    """The method's settings, and no other's."""
    from embedllm_bench.errors import UsageError
    from embedllm_bench.methods.settings import parse_settings

    settings = parse_settings(texts)
    for other in settings:
        if other != method:
            raise UsageError(f"--set names a setting of {other!r}, and {method!r} is fitted; leave it out.")
    return settings.get(method, {})


@contextlib.contextmanager
def _steps() -> Iterator[None]:
    """Progress on stderr at a terminal."""
    from rich.progress import Progress

    from embedllm_bench.methods.progress import listening

    with bars(*Progress.get_default_columns()) as bar:
        line = bar.add_task("fitting", total=None)

        def stepped(what: str, done: int, total: int) -> None:
            bar.update(line, description=what, completed=done, total=total)

        with listening(stepped):
            yield


def _summary(output: Path, artifact: Artifact) -> str:
    told = artifact.description
    simulated = "SIMULATED DATA. " if told.data.simulated else ""
    questions = told.training + told.validation
    held_out = f"; {told.validation:,} others were held out for it to choose settings and to stop by (seed {told.seed})"
    fitted = f"{output}: {simulated}{told.method} on {len(told.models)} models at {questions:,} questions"
    lines = [
        f"{fitted}, vectors of {told.encoder.label}; data {told.data.hash[:12]}.",
        f"Trained on {told.training:,} questions{held_out if told.validation else ''}.",
    ]
    if told.ungraded:
        lines.append(f"Left out, as none of their outcomes is graded: {', '.join(told.ungraded)}.")
    return "\n".join(lines)
