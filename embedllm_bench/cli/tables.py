"""Plain lists of rows in every layout a listing can have."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def show(header: Sequence[str], rows: Sequence[Sequence[str]], layout: str) -> None:
    """Print rows as a table, CSV, Markdown or LaTeX."""
    if layout == "csv":
        csv.writer(sys.stdout, lineterminator="\n").writerows([header, *rows])
        return
    if layout == "table":
        from rich.console import Console
        from rich.table import Table

        table = Table()
        for title in header:
            table.add_column(title, overflow="fold")  # a name cut off names nothing
        for row in rows:
            table.add_row(*row)
        Console().print(table)
        return
    from embedllm_bench.leaderboard import as_latex, as_markdown

    print({"md": as_markdown, "latex": as_latex}[layout](header, rows))
