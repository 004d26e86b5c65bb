"""A model's outcomes on one question in two stores, made one.

An outcome is told by its run and what it says, never by its attempt number: that is its place among others, which
differs between stores. If one store has all that the other has, and more, the fuller one stays as it is. If each
has an outcome that the other lacks, two people asked the same question independently. Both measurements are true,
so neither may replace the other, but counting both gives the question twice the weight: a person has to choose,
even where the two agree. As attempts they stand in the order in which their runs started, not mine before yours,
and so it does not matter which store was merged into which.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Value: TypeAlias = "int | float | str | None"


class Attempt(NamedTuple):
    """One outcome of a cell."""

    number: int
    run: int
    said: tuple[Value, ...]  #: state, label, score and all else but its place

    @property
    def measured(self) -> tuple[int, tuple[Value, ...]]:
        """What it is, wherever it stands."""
        return self.run, self.said


Cell: TypeAlias = "Sequence[Attempt]"


@dataclass(frozen=True)
class Joined:
    """What two cells come down to; in a ``conflict`` each has an outcome that the other lacks."""

    attempts: Cell
    conflict: bool


def join(ours: Cell, theirs: Cell, order: Mapping[int, int]) -> Joined:
    """Make one cell of two; ``order`` is each run's place in time."""
    fuller = _fuller(ours, theirs, order)
    if fuller is not None:
        return Joined(fuller, conflict=False)
    attempts: list[Attempt] = []
    runs = {attempt.run for attempt in (*ours, *theirs)}
    for run in sorted(runs, key=lambda run: order[run]):
        one = [attempt for attempt in ours if attempt.run == run]
        two = [attempt for attempt in theirs if attempt.run == run]
        attempts += _of_run(one, two, order)
    numbered = [attempt._replace(number=number) for number, attempt in enumerate(attempts, start=1)]
    return Joined(numbered, conflict=True)


def _fuller(ours: Cell, theirs: Cell, order: Mapping[int, int]) -> Cell | None:
    """The cell that has all that the other has; None if neither does."""
    if {attempt.run for attempt in ours}.isdisjoint(attempt.run for attempt in theirs):
        return None if ours and theirs else ours or theirs  # without counting, which takes its time
    mine, yours = (Counter(attempt.measured for attempt in cell) for cell in (ours, theirs))
    if mine == yours:
        return min(ours, theirs, key=lambda cell: [_sortable(attempt, order) for attempt in cell])
    if yours <= mine:
        return ours
    return theirs if mine <= yours else None


def _of_run(one: Cell, two: Cell, order: Mapping[int, int]) -> Cell:
    """A run's attempts from two stores: what either has, as often as the one that has it more often."""
    if not one or not two:
        return one or two
    fuller = _fuller(one, two, order)
    if fuller is not None:
        return fuller
    both = Counter(attempt.measured for attempt in one) | Counter(attempt.measured for attempt in two)
    return sorted(
        (Attempt(0, *measured) for measured in both.elements()), key=lambda attempt: _sortable(attempt, order)
    )


def _sortable(attempt: Attempt, order: Mapping[int, int]) -> tuple[object, ...]:
    """The same in every store, and comparable where values are missing."""
    said = tuple(
        (value is not None, value or 0) if not isinstance(value, str) else (2, value)
        for value in attempt.said
    )
    return (attempt.number, order[attempt.run], said)
