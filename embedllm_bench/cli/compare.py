"""embedllm-bench compare: the three leaderboards."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from embedllm_bench.cli.options import format_option, store_option
from embedllm_bench.cli.progress import bars

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.results import Comparison, Failure, Manifest, Request
    from embedllm_bench.session import Listener
    from embedllm_bench.tasks.base import Fitted

PARTIAL = 3


@click.command("compare")
@store_option
@click.option(
    "--method", "methods", multiple=True, metavar="NAME", help="A method to compare; all if none is named."
)
@click.option(
    "--task",
    "tasks",
    multiple=True,
    type=click.Choice(["forecasting", "routing", "benchmark-prediction", "new-models"]),
    help="A task to score; the first three if none is named. The fourth takes minutes.",
)
@click.option(
    "--set", "settings", multiple=True, metavar="METHOD.FIELD=VALUE", help="A hyper-parameter of a method."
)
@click.option(
    "--seed",
    "seeds",
    multiple=True,
    type=click.IntRange(0),
    help="Draws the split and the methods' randomness.",
)
@click.option("--folds", type=click.IntRange(3), help="This many disjoint test parts instead of one.")
@click.option(
    "--split",
    default="question",
    show_default=True,
    metavar="question|published|benchmark|FILE.csv",
    help="How forecasting and routing divide the questions; a file is one that `split` wrote.",
)
@click.option(
    "--group",
    type=click.Choice(["exact", "near"]),
    default="exact",
    show_default=True,
    help="What stays on one side of a split: questions of identical text, or of nearly the same.",
)
@click.option(
    "--encoder",
    metavar="NAME",
    help="Whose question vectors, of a+b side by side; the best there is for all questions, if not given.",
)
@click.option(
    "--labels",
    type=click.Choice(["majority", "majority-ties-correct", "raw", "max", "last"]),
    default="majority",
    show_default=True,
    help="What repeated attempts at one question count as.",
)
@click.option(
    "--device",
    metavar="NAME",
    default="auto",
    show_default=True,
    help="Where torch computes: cpu, cuda, ...; auto is CUDA where there is one.",
)
@format_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write there, not to the terminal.",
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write forecasts, truths and model vectors there.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write an HTML page with tables and figures there too.",
)
@click.option(
    "--published",
    is_flag=True,
    help="Show what others published of the same data set beside it, where the store holds one that is known.",
)
@click.option(
    "--manifest", type=click.Path(path_type=Path), metavar="FILE", help="Do again what a saved result did."
)
@click.pass_context
def command(
    context: click.Context,
    /,
    store: str | None,
    device: str,
    layout: str,
    output: Path | None,
    keep: Path | None,
    report: Path | None,
    published: bool,
    manifest: Path | None,
    **asked: Any,
) -> None:
    """Train every method on the same outcomes and rank them on three tasks.

    Without a store it runs on the one inside the package. Exit code 3 means that a method failed; it
    is in the table with its reason.
    """
    from embedllm_bench.store.location import reading_location, replaying_location

    _check_outputs(report, published, layout)
    saved = None
    if manifest is not None:
        from embedllm_bench.cli.files import read_comparison
        from embedllm_bench.cli.replaying import refuse_others

        refuse_others(context)
        saved = read_comparison(manifest).manifest
    request = _request(**asked) if saved is None else saved.request
    location = store or (replaying_location(saved.request.store) if saved else reading_location(None))
    comparison = _run(location, request, device, keep, saved)
    _print(comparison, layout, output)
    if published:
        from embedllm_bench.cli.published import show_published

        show_published(comparison, location, layout)
    if report is not None:
        from embedllm_bench.cli.report import write_report

        write_report(comparison, report, str(output) if output and layout == "json" else "RESULT.json")
    if comparison.failures:
        context.exit(PARTIAL)


def _check_outputs(report: Path | None, published: bool, layout: str) -> None:
    """What cannot be shown is said before minutes are spent on it."""
    if report is not None:
        from embedllm_bench.report.printed import check_there

        check_there()
    if published:
        from embedllm_bench.cli.published import check_layout

        check_layout(layout)


def _request(
    methods: Sequence[str],
    tasks: Sequence[str],
    settings: Sequence[str],
    seeds: Sequence[int],
    encoder: str | None,
    **divided: Any,
) -> Request:
    """What the options ask for; ``divided`` is how questions are split and what attempts count as."""
    from embedllm_bench.comparison import TASKS
    from embedllm_bench.methods.settings import parse_settings
    from embedllm_bench.results import Request

    return Request(
        store="",
        methods=tuple(methods),
        tasks=tuple(tasks) or TASKS,
        settings={name: dict(values) for name, values in parse_settings(settings).items()},
        seeds=tuple(seeds) or (0,),
        encoder=encoder or "",
        replicates=2000,
        **divided,
    )


def _run(
    location: str, request: Request, device: str, keep: Path | None, saved: Manifest | None
) -> Comparison:
    from embedllm_bench.cli.plugged import heard, plugins
    from embedllm_bench.comparison import compare
    from embedllm_bench.encoders import choosing, hashed
    from embedllm_bench.store.store import Store

    used = plugins()
    heard(used.methods)
    with Store.open(location) as opened, _watching(keep) as listener:
        comparison = compare(
            opened,
            methods=request.methods,
            tasks=request.tasks,
            settings=request.settings,
            seeds=request.seeds,
            folds=request.folds,
            split=request.split,
            group=request.group,
            encoder=request.encoder or None,
            labels=request.labels,
            replicates=request.replicates,
            device=device,
            listener=listener,
            plugins=used,
        )
    if not request.encoder and comparison.manifest.request.encoder == hashed.NAME:
        click.echo(choosing.better_vectors(location), err=True)
    if saved is not None:
        from embedllm_bench.cli.replaying import check_replay

        check_replay(comparison.manifest, saved)
    return comparison


@contextlib.contextmanager
def _watching(keep: Path | None) -> Iterator[Listener]:
    """Progress on stderr at a terminal, and the kept files where asked."""
    from rich.progress import Progress

    from embedllm_bench.exchange.forecast_files import ForecastFiles
    from embedllm_bench.methods.progress import listening

    with (
        bars(*Progress.get_default_columns()) as bar,
        contextlib.ExitStack() as stack,
    ):
        files = None if keep is None else stack.enter_context(ForecastFiles(keep))
        line = bar.add_task("fitting", total=None)

        class Watcher:
            def expected(self, fits: int) -> None:
                bar.update(line, total=fits)

            def fitted(self, matrix: CorrectnessMatrix, fitted: Fitted) -> None:
                bar.update(line, advance=1, description=f"{fitted.method} on {fitted.split.name}")
                if files is not None:
                    files.write(matrix, fitted)

            def added(self, what: str) -> None:
                bar.update(line, advance=1, description=f"new models by {what}")

            def failed(self, failure: Failure) -> None:
                bar.update(line, advance=1, description=f"{failure.method} failed")

        def stepped(what: str, done: int, total: int) -> None:
            bar.update(line, description=f"{what} {done} of {total}")

        with listening(stepped):
            yield Watcher()


def _print(comparison: Comparison, layout: str, output: Path | None) -> None:
    from embedllm_bench.cli.drawing import draw
    from embedllm_bench.cli.files import write_whole
    from embedllm_bench.leaderboard import to_text

    if output is not None:
        write_whole(output, to_text(comparison, "md" if layout == "table" else layout))
        click.echo(f"{output}: {len(comparison.scores)} scores.")
    elif layout == "table":
        draw(comparison)
    else:
        click.echo(to_text(comparison, layout), nl=False)
