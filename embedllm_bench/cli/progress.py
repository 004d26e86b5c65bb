"""Progress on stderr, and only where somebody is watching."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextlib.contextmanager
def counting(what: str) -> Iterator[Callable[[str, int], None]]:
    """A line with the rows done in each step."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        line = bar.add_task(what, total=None)
        done: dict[str, int] = {}

        def report(step: str, rows: int) -> None:
            done[step] = done.get(step, 0) + rows
            bar.update(line, description=f"{what}: {', '.join(f'{s} {n:,} rows' for s, n in done.items())}")

        yield report
