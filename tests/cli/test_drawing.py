"""The leaderboards at a terminal, in a pipe, and where there is little room."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from embedllm_bench.cli.drawing import draw_board
from embedllm_bench.leaderboard import Board


def drawn(name: str, width: int, *, terminal: bool = False) -> str:
    board = Board(
        "forecasting",
        ("rank", "method", "accuracy", "log-loss", "AUROC"),
        (
            ("1-2", name, ".714 [.676, .749]", ".566", ".777"),
            ("", "mean", ".586 [.560, .611]", "1.667", ".625"),
        ),
        (frozenset({2, 3, 4}), frozenset()),
        (False, True),
        (),
    )
    file = io.StringIO()
    console = Console(
        file=file,
        width=width,
        highlight=False,
        force_terminal=terminal,
        color_system="standard" if terminal else None,
        no_color=True,
    )
    draw_board(console, board)
    return file.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("letters", [3, 30, 70])
def test_neither_a_method_nor_the_main_metric_is_cut(letters: int, width: int) -> None:
    text = drawn("z" * letters, width)
    assert max(map(len, text.splitlines())) <= width
    assert text.count("z") == letters
    assert ".714 [.676, .749]" in text
    assert ".586 [.560, .611]" in text
    assert "1-2" in text


def test_what_finds_no_room_is_named() -> None:
    said = " ".join(drawn("kernel", 45).split())
    assert said.endswith("No room for: log-loss, AUROC; see --format json or a wider terminal.")
    assert "No room" not in drawn("kernel", 80)


def test_numbers_end_in_one_column() -> None:
    lines = [line for line in drawn("kernel", 80).splitlines() if "[" in line]
    assert len({line.index("]") for line in lines}) == 1
    assert len({len(line.rstrip()) for line in lines}) == 1


def test_the_best_is_bold_and_nothing_has_a_colour() -> None:
    text = drawn("kernel", 80, terminal=True)
    assert "\x1b[1m.714 [.676, .749]\x1b[0m" in text
    assert set(re.findall(r"\x1b\[([0-9;]*)m", text)) == {"0", "1", "2", "3"}  # bold, dim and italic
    assert "\x1b" not in drawn("kernel", 80)
