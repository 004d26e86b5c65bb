"""What the commands that take something out of a store share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.store.removing import Removed

with_outcomes_option = click.option("--with-outcomes", is_flag=True, help="Remove its outcomes too.")


def say_removed(store: Path, name: str, removed: Removed) -> None:
    """Print what went."""
    from embedllm_bench.wording import counted

    parts = [counted(removed.outcomes, "outcome") if removed.outcomes else ""]
    parts += [counted(removed.questions, "question") if removed.questions else ""]
    parts += ["its card" if removed.card else ""]
    gone = ", ".join(filter(None, parts))
    click.echo(f"{store}: {name} is out{f', and with it {gone}' if gone else ''}.")
