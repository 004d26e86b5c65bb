"""Plain lists of rows in every layout a listing can have."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


WIDEST = 34  #: characters of a name that is kept on one line


def show_by_first(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows as a table; where the terminal is too narrow, names of the first column stand above their own.

    What belongs to a name is a table again, or one line where that is all there is of every name.
    """
    from rich.cells import cell_len
    from rich.console import Console

    widths = [max(map(cell_len, column)) for column in zip(header, *rows, strict=True)]
    of: dict[str, list[Sequence[str]]] = {}
    for row in rows:
        of.setdefault(row[0], []).append(row[1:])
    if sum(widths) + 3 * len(widths) + 1 <= Console().width or not rows:
        show(header, rows, "table")
        return
    for name, own in of.items():
        if len(of) == len(rows):
            facts = ", ".join(
                f"{title} {text}" for title, text in zip(header[1:], own[0], strict=True) if text
            )
            print(f"{name}: {facts}")
        else:
            print(name)
            show_by_first(header[1:], own)


def show(
    header: Sequence[str], rows: Sequence[Sequence[str]], layout: str, whole: Collection[str] = ()
) -> None:
    """Print rows as a table, CSV, Markdown or LaTeX.

    In a table the columns in ``whole`` hold names: the others make room, so that none is broken.
    """
    if layout == "csv":
        csv.writer(sys.stdout, lineterminator="\n").writerows([header, *rows])
        return
    if layout == "table":
        from rich.console import Console
        from rich.table import Table

        table = Table()
        for place, title in enumerate(header):
            fits = all(len(row[place]) <= WIDEST for row in rows)
            # a name cut off names nothing
            table.add_column(title, overflow="fold", no_wrap=title in whole and fits)
        for row in rows:
            table.add_row(*row)
        Console().print(table)
        return
    from embedllm_bench.leaderboard import as_latex, as_markdown

    print({"md": as_markdown, "latex": as_latex}[layout](header, rows))
