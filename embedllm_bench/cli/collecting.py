"""What the commands that ask models share: their options, the cards they mean, progress and the final table."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from embedllm_bench.cli.progress import bars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from embedllm_bench.cards import BenchmarkCard, ModelCard
    from embedllm_bench.collect.collector import Listener
    from embedllm_bench.collect.outcomes import Collected
    from embedllm_bench.collect.plan import Estimate
    from embedllm_bench.store.store import Store

PARTIAL = 3


def _batch_size(_context: click.Context, _option: click.Parameter, text: str) -> int | str:
    """A number, or lm-eval's auto, which finds the largest that fits."""
    if text != "auto" and not (text.isdigit() and int(text) > 0):
        raise click.BadParameter(f"{text!r} is neither a number above 0 nor auto.")
    return text if text == "auto" else int(text)


OPTIONS = (
    click.option("--limit", type=click.IntRange(1), help="Only the first questions of each task."),
    click.option(
        "--batch-size", "--batch_size", "batch_size", default="1", metavar="N|auto", callback=_batch_size,
        show_default=True, help="Requests a forward pass; when memory runs out it is halved.",
    ),
    click.option("--device", help="Where to run, as lm-eval's --device: cuda, cuda:0, cpu, mps."),
    click.option(
        "--overwrite", type=click.Choice(["missing", "failed", "always"]), default="missing", show_default=True,
        help="Ask again what failed, or everything.",
    ),
    click.option(
        "--repeats", type=click.IntRange(1), default=1, show_default=True, help="Attempts at each question."
    ),
    click.option(
        "--fail-fast", type=click.IntRange(1), default=10, show_default=True,
        help="Give a model up after this many failures in a row.",
    ),
    click.option(
        "--include-path", "--include_path", "include_path",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        help="A folder with task files of your own, as lm-eval's --include_path.",
    ),
)  # fmt: skip


def collect_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options above; the command gets those that say how to collect as ``settings``."""

    @functools.wraps(function)
    def with_settings(*args: Any, **options: Any) -> Any:
        from embedllm_bench.collect.collector import Settings
        from embedllm_bench.store.collecting import Overwrite

        settings = Settings(
            limit=options.pop("limit"),
            batch_size=options.pop("batch_size"),
            device=options.pop("device"),
            overwrite=Overwrite(options.pop("overwrite")),
            repeats=options.pop("repeats"),
            fail_fast=options.pop("fail_fast"),
        )
        return function(*args, settings=settings, **options)

    for option in reversed(OPTIONS):
        with_settings = option(with_settings)
    return with_settings


def chosen_models(store: Store, ids: Sequence[str]) -> list[ModelCard]:
    """The cards of these models, those of the registry going into the store; all of the store's if none is named."""
    from embedllm_bench.cards.files import read_models

    stored = store.model_cards()
    cards = _chosen(ids, stored, read_models, "model", "add-model")
    for card in cards:
        store.write_model_card(card)
    return cards


def chosen_benchmarks(store: Store, ids: Sequence[str]) -> list[BenchmarkCard]:
    """The same for benchmarks."""
    from embedllm_bench.cards.files import read_benchmarks

    cards = _chosen(ids, store.benchmark_cards(), read_benchmarks, "benchmark", "add-benchmark")
    for card in cards:
        store.write_benchmark_card(card)
    return cards


def _chosen(
    ids: Sequence[str],
    stored: Mapping[str, Any],
    registry: Callable[[], Mapping[str, Any]],
    kind: str,
    command: str,
) -> list[Any]:
    import difflib

    from embedllm_bench.errors import UsageError

    if not ids:
        if not stored:
            raise UsageError(
                f"The store has no {kind} cards; name one with --{kind}, or add one with"
                f" 'embedllm-bench {command}'."
            )
        return list(stored.values())
    known = {**registry(), **stored}
    for name in ids:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise UsageError(
                f"There is no {kind} card {name!r} in the store or the registry; add one with"
                f" 'embedllm-bench {command} {name}'.{hint}"
            )
    return [known[name] for name in dict.fromkeys(ids)]


@contextlib.contextmanager
def watching() -> Iterator[Listener]:
    """A bar for every model and benchmark, with the time that is left."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with bars(*columns, transient=False) as bar:

        class Watcher:
            def planned(self, model: str, benchmark: str, outcomes: int) -> None:
                self.line = bar.add_task(f"{model} on {benchmark}", total=outcomes)

            def wrote(self, outcomes: int) -> None:
                bar.update(self.line, advance=outcomes)

        yield Watcher()


def report(results: Sequence[Collected]) -> int:
    """Print what became of everything; the exit code."""
    from embedllm_bench.cli.tables import show

    rows = [
        (
            r.model, r.benchmark, str(r.done), str(r.reused), str(r.failed), str(r.left), f"{r.seconds:.1f}",
            f"{(r.done + r.failed) / r.seconds:.1f}" if r.done + r.failed else "",
        )
        for r in results
    ]  # fmt: skip
    show(("model", "benchmark", "done", "reused", "failed", "left", "seconds", "outcomes/s"), rows, "table")
    for reason in dict.fromkeys(f"{r.model} on {r.benchmark}: {r.reason}" for r in results if r.reason):
        click.echo(reason, err=True)
    return PARTIAL if any(r.failed or r.left or r.reason for r in results) else 0


def show_plan(estimates: Sequence[Estimate]) -> None:
    """Print what would be asked."""
    from embedllm_bench.cli.tables import show

    rows = [
        (e.model, e.benchmark, str(e.asked), str(e.reused), "" if e.seconds is None else f"{e.seconds:.0f}")
        for e in estimates
    ]
    show(("model", "benchmark", "to ask", "there", "seconds"), rows, "table")
    total = sum(e.asked for e in estimates)
    known = [e.seconds for e in estimates if e.seconds is not None]
    time = f", about {sum(known):.0f} s for those timed before" if known else ""
    click.echo(f"{total} outcomes to collect{time}. Nothing was asked.")
