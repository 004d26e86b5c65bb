"""How sentences say a number of things."""

from __future__ import annotations


def counted(count: int, thing: str, *, grouped: bool = False) -> str:
    """Such as "1 model" and "2 models", for things whose plural has an s; ``grouped`` puts commas between thousands."""
    return f"{count:{',' if grouped else ''}} {thing}{'' if count == 1 else 's'}"
