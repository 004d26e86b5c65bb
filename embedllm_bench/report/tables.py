"""Leaderboards and models as tables for the page: texts, what they are sorted by, and where whiskers go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedllm_bench.leaderboard import (
    COLUMNS,
    LABEL_MARK,
    ORACLE_MARK,
    Column,
    best_of,
    boards,
    cell_text,
    rank_text,
)
from embedllm_bench.report.score_figures import ALL, scores_on
from embedllm_bench.report.words import RANK, explained

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedllm_bench.results import Comparison, Row, Score

ASCENDING, DESCENDING = "ascending", "descending"


@dataclass(frozen=True)
class Whisker:
    """Ends and middle of an interval in percent of the column's width."""

    low: float
    high: float
    middle: float


@dataclass(frozen=True)
class Cell:
    """``order`` is what the column is sorted by, as a number or a text; empty goes last. The best is bold."""

    text: str
    order: str
    whisker: Whisker | None = None
    best: bool = False


@dataclass(frozen=True)
class Heading:
    """``first`` is how a press sorts a column first, its best on top; ``sorted`` whether it is sorted so already."""

    title: str
    explanation: str
    first: str = ASCENDING
    sorted: bool = False


@dataclass(frozen=True)
class Line:
    """A row of a table, its first cell naming it."""

    cells: tuple[Cell, ...]
    reference: bool


@dataclass(frozen=True)
class Table:
    """One table of a task: over all questions, or on one benchmark."""

    id: str
    caption: str
    benchmark: str
    headings: tuple[Heading, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Leaderboard:
    """A task's tables, the one over all questions first, with what is said below."""

    task: str
    tables: tuple[Table, ...]
    notes: tuple[str, ...]


def leaderboards(comparison: Comparison) -> list[Leaderboard]:
    """One for each task that was scored."""
    made = []
    for board in boards(comparison):
        by_metric = {c.metric: scores_on(comparison, board.task, c.metric) for c in COLUMNS[board.task]}
        by_metric["rank"] = {ALL: scores_on(comparison, board.task, "rank")[ALL]}
        primary = by_metric[COLUMNS[board.task][0].metric]
        benchmarks = [ALL, *sorted(b for b in primary if b != ALL)]
        tables = [
            _table(comparison, board.task, place, benchmark, by_metric)
            for place, benchmark in enumerate(benchmarks)
        ]
        notes = tuple(note for note in board.notes if not note.startswith("FAILED"))
        made.append(Leaderboard(board.task, tuple(tables), notes))
    return made


def _table(
    comparison: Comparison,
    task: str,
    place: int,
    benchmark: str,
    by_metric: Mapping[str, Mapping[str, Mapping[str, Score]]],
) -> Table:
    known = {row.name: row for row in comparison.manifest.rows}
    there = {metric: scores.get(benchmark, {}) for metric, scores in by_metric.items()}
    columns = [c for c in COLUMNS[task] if there[c.metric]]
    primary, sign = columns[0].metric, -columns[0].better
    names = sorted(there[primary], key=lambda name: sign * _value(there[primary][name], -sign))
    competing = [name for name in names if not known[name].reference]
    rows = {name: {metric: row[name] for metric, row in there.items() if name in row} for name in names}
    best = {c.metric: best_of(rows, competing, c) for c in columns}
    spans = {c.metric: _span([there[c.metric][n] for n in names if n in there[c.metric]]) for c in columns}
    lines = tuple(
        Line(
            (
                _named(known[name]),
                *([_rank(there["rank"].get(name))] if there["rank"] else []),
                *(
                    _cell(rows[name].get(c.metric), c, spans[c.metric], best=name in best[c.metric])
                    for c in columns
                ),
            ),
            known[name].reference,
        )
        for name in names
    )
    headings = (
        Heading(
            "method", f"{LABEL_MARK} reads benchmark or sub-task labels; {ORACLE_MARK} knows test outcomes."
        ),
        *([Heading("rank", RANK)] if there["rank"] else []),
        *(
            Heading(
                c.title,
                explained(c.metric),
                ASCENDING if c.better < 0 else DESCENDING,
                c is columns[0],
            )
            for c in columns
        ),
    )
    n = max((score.n for score in there[primary].values()), default=0)
    unit = {"benchmark-prediction": "models", "new-models": "new models"}.get(task, "test questions")
    return Table(f"{task}-{place}", f"{task}, {benchmark}: {n:,} {unit}", benchmark, headings, lines)


def _value(score: Score, otherwise: float) -> float:
    return otherwise * float("inf") if score.value is None else score.value


def _named(row: Row) -> Cell:
    return Cell(row.name + LABEL_MARK * row.reads_labels + ORACLE_MARK * row.oracle, row.name)


def _rank(score: Score | None) -> Cell:
    return Cell(rank_text(score), "" if score is None or score.low is None else f"{score.low:g}")


def _cell(score: Score | None, column: Column, span: tuple[float, float], *, best: bool) -> Cell:
    if score is None or score.value is None:
        return Cell("", "")
    whisker = None
    if column.interval and score.low is not None and score.high is not None:
        low, width = span[0], max(span[1] - span[0], 1e-9)
        places = (100 * (end - low) / width for end in (score.low, score.high, score.value))
        whisker = Whisker(*(round(place, 1) for place in places))
    return Cell(cell_text(score, column), f"{score.value:.6g}", whisker, best)


def _span(scores: Sequence[Score]) -> tuple[float, float]:
    ends = [end for s in scores for end in (s.low, s.high, s.value) if end is not None]
    return min(ends, default=0.0), max(ends, default=1.0)
