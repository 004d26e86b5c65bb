"""What the commands that ask models share: their options, the cards they mean, and progress."""

from __future__ import annotations

import contextlib
import functools
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from embedllm_bench.cli.progress import bars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from embedllm_bench.cards import BenchmarkCard, ModelCard
    from embedllm_bench.collecting.collector import Listener, Settings
    from embedllm_bench.collecting.pairing import Pairing
    from embedllm_bench.question_set import QuestionSet
    from embedllm_bench.registry import Catalog
    from embedllm_bench.store.store import Store


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
        help="What to ask again: nothing, what failed, or everything. No answer goes for a request that fails.",
    ),
    click.option(
        "--repeats", type=click.IntRange(1), default=1, show_default=True,
        help="Attempts at each question; further ones that are stored stay.",
    ),
    click.option(
        "--fail-fast", type=click.IntRange(1), default=10, show_default=True,
        help="Give a model up after this many failures in a row.",
    ),
    click.option(
        "--include-path", "--include_path", "include_path",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        help="A folder with task files of your own, as lm-eval's --include_path; to be said every time.",
    ),
)  # fmt: skip


def collect_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options above; the command gets those that say how to collect as ``settings``."""

    @functools.wraps(function)
    def with_settings(*args: Any, **options: Any) -> Any:
        from embedllm_bench.collecting.collector import Settings
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


@contextlib.contextmanager
def interruptible(settings: Settings) -> Iterator[None]:
    """Say what an interrupt has cost: nothing that was answered."""
    try:
        yield
    except KeyboardInterrupt:
        again = "without --overwrite always the same command" if settings.overwrite == "always" else (
            "the same command"
        )  # fmt: skip
        click.echo(f"Stopped. What was answered is in the store, and {again} goes on there.", err=True)
        raise SystemExit(1) from None  # of KeyboardInterrupt click would say "Aborted!" too


def chosen_pairs(
    store: Store, models: Sequence[ModelCard], benchmarks: Sequence[str], *, models_named: bool
) -> tuple[Pairing, list[QuestionSet]]:
    """What to ask these models: the benchmarks named, or of all the store's those that they can be asked.

    Beside them the questions that plugins' benchmarks have of their own, which nobody has written to the store.
    """
    from embedllm_bench.collecting.pairing import pair

    cards, own = chosen_benchmarks(store, benchmarks)
    pairing = pair(models, cards, models_named=models_named, benchmarks_named=bool(benchmarks))
    for sentence in pairing.left_out:
        click.echo(sentence, err=True)
    return pairing, own


def chosen_models(store: Store, ids: Sequence[str]) -> list[ModelCard]:
    """The cards of these models, of the store or else the registry or a plugin; all of the store's if none is named."""
    from embedllm_bench.cli.plugged import plugins

    return _chosen(ids, store.model_cards(), lambda: plugins().models, "model", "add-model")


def chosen_benchmarks(store: Store, ids: Sequence[str]) -> tuple[list[BenchmarkCard], list[QuestionSet]]:
    """The same for benchmarks, and the questions of a plugin's own."""
    from embedllm_bench.cards import BenchmarkCard
    from embedllm_bench.cli.plugged import plugins

    found = _chosen(ids, store.benchmark_cards(), lambda: plugins().benchmarks, "benchmark", "add-benchmark")
    read = [(known, None) if isinstance(known, BenchmarkCard) else known.read() for known in found]
    return [card for card, _ in read], [own for _, own in read if own is not None]


def _chosen(
    ids: Sequence[str],
    stored: Mapping[str, Any],
    others: Callable[[], Catalog[Any]],
    kind: str,
    command: str,
) -> list[Any]:
    """What the store has of these ids, else what the registry or a plugin has."""
    import difflib

    from embedllm_bench.cli.plugged import heard
    from embedllm_bench.errors import UnknownNameError, UsageError

    if not ids:
        if not stored:
            raise UsageError(
                f"The store has no {kind} cards; name one with --{kind}, or add one with"
                f" 'embedllm-bench {command}'."
            )
        return list(stored.values())
    if all(name in stored for name in ids):
        return [stored[name] for name in dict.fromkeys(ids)]
    catalog = heard(others())
    known = {**catalog.things, **stored}
    for name in ids:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            with catalog.explaining(name):
                raise UnknownNameError(
                    f"There is no {kind} card {name!r} in the store or the registry; add one with"
                    f" 'embedllm-bench {command} {name}'.{hint}",
                    near=bool(near),
                )
    return [known[name] for name in dict.fromkeys(ids)]


SILENCE = 60.0  #: seconds after which a log is told how far a model is
BAR = 36  #: characters that a bar, its counts and the time left take beside what it is of
SHORTEST = 16  #: characters of a model's id that still tell it from others


@contextlib.contextmanager
def watching() -> Iterator[Listener]:
    """A bar for every model and benchmark, with the time that is left; without a terminal a line now and then."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with bars(*columns, transient=False) as bar:

        class Watcher:
            def planned(self, model: str, benchmark: str, outcomes: int) -> None:
                self.what, self.done, self.total = f"{model} on {benchmark}", 0, outcomes
                self.said = time.monotonic()
                room = bar.console.width - BAR - len(f" on {benchmark}")
                self.line = bar.add_task(f"{_within(model, room)} on {benchmark}", total=outcomes)

            def wrote(self, outcomes: int) -> None:
                bar.update(self.line, advance=outcomes)
                self.done += outcomes
                if bar.disable and time.monotonic() - self.said >= SILENCE:
                    self.said = time.monotonic()
                    click.echo(f"{self.what}: {self.done} of {self.total}.", err=True)

        yield Watcher()


def _within(model: str, room: int) -> str:
    """An id as long as there is room: its beginning says whose weights, its end how they are asked."""
    room = max(room, SHORTEST)
    if len(model) <= room:
        return model
    end = (room - 1) // 2
    return f"{model[: room - 1 - end]}…{model[-end:]}"
