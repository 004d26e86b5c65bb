"""Progress on stderr, and only where somebody is watching."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress, ProgressColumn, TaskID

    from embedllm_bench.encoders.encoding import Progress as EncodingProgress
    from embedllm_bench.exchange.importing import ImportProgress


@contextlib.contextmanager
def bars(*columns: ProgressColumn, transient: bool = True, auto_refresh: bool = True) -> Iterator[Progress]:
    """Bars on stderr at a terminal; elsewhere they are told of progress and show nothing.

    Without ``auto_refresh`` they are drawn only when asked to: while what is printed is being watched.
    """
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    progress = Progress(
        *columns,
        console=console,
        transient=transient,
        auto_refresh=auto_refresh,
        disable=not console.is_terminal,
    )
    if (
        not console.is_terminal
    ):  # not even started: older releases of rich end a disabled bar with an empty line
        yield progress
        return
    with progress:
        yield progress


@contextlib.contextmanager
def steps(what: str) -> Iterator[ImportProgress]:
    """A bar for each step, with the rows done and the time that is left."""
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows"), TimeRemainingColumn(),
    )  # fmt: skip
    with bars(*columns) as bar:
        lines: dict[str, TaskID] = {}
        rows_of: dict[str, int] = {}

        def report(step: str, rows: int, share: float) -> None:
            rows_of[step] = rows_of.get(step, 0) + rows
            if step not in lines:
                lines[step] = bar.add_task(f"{step} {what}", total=1.0, rows=0)
            bar.update(lines[step], completed=share, rows=rows_of[step])

        yield report


@contextlib.contextmanager
def encoding() -> Iterator[EncodingProgress]:
    """A bar over the tokens to encode, with questions a second and the time that is left."""
    import time

    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("encode"), BarColumn(), TaskProgressColumn(),
        TextColumn("{task.fields[speed]:,.1f} questions/s"), TimeRemainingColumn(),
    )  # fmt: skip
    with bars(*columns) as bar:
        line = bar.add_task("encode", total=1.0, speed=0.0)
        start, questions = time.perf_counter(), 0

        def report(more: int, share: float) -> None:
            nonlocal questions
            questions += more
            bar.update(line, completed=share, speed=questions / (time.perf_counter() - start))

        yield report
