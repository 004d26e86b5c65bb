"""How sentences say a number of things."""

from __future__ import annotations


def counted(count: int, thing: str) -> str:
    """Such as "1 model" and "2 models", for things whose plural has an s."""
    return f"{count} {thing}{'' if count == 1 else 's'}"
