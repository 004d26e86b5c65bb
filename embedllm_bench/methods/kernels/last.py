"""What questions look like, kept for as long as the same ones are asked about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedllm_bench.matrix import Questions

T = TypeVar("T")


@dataclass(eq=False)
class Last:
    """What one function last computed of questions, whichever model it is for; these are kept with it.

    Models that are added one at a time are each forecast the same questions, and most of the work is to look at these.
    """

    kept: tuple[Questions, Any] | None = None

    def of(self, questions: Questions, compute: Callable[[Questions], T]) -> T:
        """``compute(questions)``, anew if these are not the questions of the last call."""
        kept = self.kept
        if kept is None or kept[0] is not questions:
            kept = self.kept = (questions, compute(questions))
        found: T = kept[1]
        return found
