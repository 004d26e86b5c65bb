"""How a method tells how far it is: it counts its steps, and whoever wants to show them listens."""

from __future__ import annotations

import contextlib
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

T = TypeVar("T")


class StepListener(Protocol):
    """Told after each step what is under way, how many steps are done, and of how many."""

    def __call__(self, what: str, done: int, total: int) -> None: ...


_LISTENER: ContextVar[StepListener | None] = ContextVar("steps", default=None)


def steps(items: Collection[T], what: str) -> Iterator[T]:
    """The items, one after the other; whoever listens is told when each is done. Nothing is printed."""
    tell = _LISTENER.get()
    for done, item in enumerate(items, start=1):
        yield item
        if tell is not None:
            tell(what, done, len(items))


@contextlib.contextmanager
def listening(listener: StepListener) -> Iterator[None]:
    """Within the block, ``listener`` is told of every step."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)
