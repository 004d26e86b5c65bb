"""Colours and marks that stay apart for colour-blind eyes and in grey print.

The hues are those of Okabe & Ito (2008, Color Universal Design), without the yellow that paper swallows; marks and
dashes change with them, so that colour never says anything alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.report.charts import Series

HUES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D31")
GREY = "#7F7F7F"
#: Plotly's and matplotlib's names of the same marks and dashes.
MARKS = (("circle", "o"), ("square", "s"), ("diamond", "D"), ("triangle-up", "^"), ("cross", "P"), ("x", "X"),
         ("triangle-down", "v"), ("star", "*"))  # fmt: skip
DASHES = (("solid", "-"), ("dash", "--"), ("dot", ":"), ("dashdot", "-."))
SCALE = "Cividis"  #: runs evenly for colour-blind eyes too (Nunez et al. 2018)


@dataclass(frozen=True)
class Look:
    """How a series is drawn; marks and dashes as (Plotly, matplotlib)."""

    colour: str
    mark: tuple[str, str]
    dash: tuple[str, str]


def looks(drawn: Sequence[Series]) -> list[Look]:
    """One for each series: competitors in the hues, references in grey; a place of its own keeps the look the same."""
    found = []
    # those without a place come behind those that have one
    used = [
        1 + max((s.place for s in drawn if s.reference is kind and s.place is not None), default=-1)
        for kind in (False, True)
    ]
    for series in drawn:
        reference = series.reference
        place = used[reference] if series.place is None else series.place
        used[reference] += series.place is None
        mark = MARKS[(place + 4 * reference) % len(MARKS)]
        dash = DASHES[(place // (1 if reference else len(HUES)) + reference) % len(DASHES)]
        found.append(Look(GREY if reference else HUES[place % len(HUES)], mark, dash))
    return found
