"""What a comparison comes to, in a few sentences for whoever reads no table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.leaderboard import COLUMNS, cell_text
from embedllm_bench.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedllm_bench.results import Comparison, Row, Score


def summary(comparison: Comparison) -> list[tuple[str, str]]:
    """Each task with a sentence or two: the first method, the first simple row, and whether they differ for certain."""
    known = {row.name: row for row in comparison.manifest.rows}
    return [
        (task, text) for task in COLUMNS if (text := _task(task, comparison.overall(task), known)) is not None
    ]


def _task(task: str, scores: Mapping[str, Mapping[str, Score]], known: Mapping[str, Row]) -> str | None:
    column = COLUMNS[task][0]
    there = {name: row[column.metric] for name, row in scores.items() if column.metric in row}
    order = sorted(
        (name for name, score in there.items() if score.value is not None),
        key=lambda name: -column.better * (there[name].value or 0),
    )
    methods = [name for name in order if not known[name].reference]
    simple = [name for name in order if known[name].reference and not known[name].oracle]
    if not methods:
        return None
    best = cell_text(there[methods[0]], column)
    parts = [f"of {counted(len(methods), 'method')} {methods[0]} has the best {column.title}, {best}"]
    if simple:
        parts.append(f"the best simple row, {simple[0]}, has {cell_text(there[simple[0]], column)}")
    oracle = there.get("oracle")
    if oracle is not None:
        parts.append(f"choosing right every time would reach {cell_text(oracle, column)}")
    return f"{'; '.join(parts)}. {_verdict(methods, scores)}".strip()


def _verdict(methods: Sequence[str], scores: Mapping[str, Mapping[str, Score]]) -> str:
    leads = {name: scores[name]["lead"] for name in methods if "lead" in scores[name]}
    if not leads:
        return ""
    better = [name for name, lead in leads.items() if lead.low is not None and lead.low > 0]
    if better:
        return f"Better than that row for certain (95 %): {', '.join(better)}."
    return "No method is better than that row for certain (95 %)."
