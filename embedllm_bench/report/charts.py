"""What a figure shows, whatever draws it: Plotly on the page, matplotlib for print."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

Values: TypeAlias = "tuple[float | None, ...]"
#: For each of a figure's texts the texts near it, and how near.
Relation: TypeAlias = "tuple[tuple[tuple[int, float], ...], ...]"
LONGEST_LABEL, NARROW_LABEL = 44, 18  #: characters, on a wide page and on a telephone
#: What turns the direction of writing beyond its own text (UAX #9); a label keeps no others' text in disorder.
_DIRECTING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])


@dataclass(frozen=True)
class Axis:
    """Numbers from ``low`` to ``high``, or names at 0, 1, ... where there are ``labels``."""

    title: str
    labels: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Series:
    """Points, a line, or horizontal bars that are stacked upon the earlier ones; a gap is None.

    ``low`` and ``high`` end whiskers, along y where ``upright``. ``shade`` colours by a scale.
    ``texts`` say which of the figure's texts belongs to each point. ``place`` keeps its look from figure to figure.
    """

    name: str
    x: Values
    y: Values
    kind: str = "points"  #: points, line or bar
    low: Values = ()
    high: Values = ()
    upright: bool = False
    reference: bool = False  #: no competitor: drawn in grey
    shade: tuple[float, ...] = ()
    texts: tuple[int, ...] = ()
    place: int | None = None  #: among competitors, or among references; in the order of the chart if None


@dataclass(frozen=True)
class Chart:
    """Series on two axes; ``diagonal`` draws where both are equal."""

    x: Axis
    y: Axis
    series: tuple[Series, ...]
    height: int = 440  #: pixels
    diagonal: bool = False
    shade_title: str = ""
    related: str = ""  #: which of the figure's relations its points have

    @property
    def has_legend(self) -> bool:
        """A single curve is named too, since its title names no method."""
        return len(self.series) > 1 or any(series.upright for series in self.series)


@dataclass(frozen=True)
class Heat:
    """A square of shares, the same names on both sides; the scale goes from ``low`` to 1."""

    labels: tuple[str, ...]
    values: tuple[Values, ...]
    title: str
    low: float = 0.0

    @property
    def height(self) -> int:
        return 200 + 15 * len(self.labels)  # room for a line of text each


@dataclass(frozen=True)
class Figure:
    """One figure with one or several views of the same, by name; what it says stands in ``caption``."""

    id: str
    title: str
    caption: str
    views: dict[str, Chart | Heat]
    texts: tuple[str, ...] = ()
    relations: dict[str, Relation] = field(default_factory=dict)


def label(text: str, longest: int = LONGEST_LABEL) -> str:
    """A name on one line and not too long: without its organisation, and if need be without its middle."""
    line = " ".join(
        "".join(c if c.isprintable() else " " for c in text[:10_000].translate(_DIRECTING)).split()
    )
    if len(line) > longest and " " not in line:
        line = line.rpartition("/")[2] or line
    if len(line) <= longest:
        return line or "?"
    keep = longest - 1
    return f"{line[: keep - keep // 2]}…{line[len(line) - keep // 2 :]}"
