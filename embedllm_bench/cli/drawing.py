"""Leaderboards drawn with rich; columns that find no room are named, not squeezed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from embedllm_bench.leaderboard import Board
    from embedllm_bench.results import Comparison


def draw(comparison: Comparison) -> None:
    """Print header, one table a task, and what the marks mean."""
    from rich.console import Console

    from embedllm_bench.leaderboard import boards, footnotes, header

    console = Console(highlight=False)
    for line in header(comparison):
        console.print(line, markup=False)
    for board in boards(comparison):
        console.print()
        draw_board(console, board)
    console.print()
    console.print(footnotes(), markup=False)


def draw_board(console: Console, board: Board) -> None:
    """One table, as wide as there is room for."""
    from rich.box import SIMPLE
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    for count in range(len(board.header), 2, -1):
        table = Table(box=SIMPLE, title=board.task, title_justify="left", pad_edge=False)
        for place, title in enumerate(board.header[:count]):
            # of a name that finds no room nothing is cut: it goes on in the next line
            table.add_column(
                title, justify="left" if place < 2 else "right", no_wrap=place != 1, overflow="fold"
            )
        for row, best, reference in zip(board.rows, board.best, board.reference, strict=True):
            cells = [Text(cell, "bold" if place in best else "") for place, cell in enumerate(row[:count])]
            table.add_row(*cells, style="dim" if reference else None)
        unlimited = console.options.update(max_width=1000)
        if Measurement.get(console, unlimited, table).maximum <= console.width:
            break
    console.print(table)
    left = board.header[count:]
    if left:
        console.print(f"No room for: {', '.join(left)}; see --format json or a wider terminal.", markup=False)
    for note in board.notes:
        console.print(note, markup=False)
