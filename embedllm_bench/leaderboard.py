"""A comparison as tables: for the terminal, for a paper, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from embedllm_bench.results import SCORE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedllm_bench.results import Comparison, Row, Score

LABEL_MARK, ORACLE_MARK = "*", "+"


@dataclass(frozen=True)
class Column:
    """A metric as a column; columns that find no room are dropped from the end of the list."""

    metric: str
    title: str
    digits: int = 3
    interval: bool = True
    better: int = 1  #: 1 where more is better, -1 where less is, 0 where neither


COLUMNS: dict[str, tuple[Column, ...]] = {
    "forecasting": (
        Column("accuracy", "accuracy"),
        Column("log_loss", "log-loss", interval=False, better=-1),
        Column("auroc", "AUROC", interval=False),
        Column("fit_seconds", "fit s", 1, interval=False, better=-1),
        Column("decisions_per_second", "decisions/s", 0, interval=False),
        Column("macro_accuracy", "macro"),
        Column("brier", "Brier", interval=False, better=-1),
        Column("ece", "ECE", better=-1),
    ),
    "routing": (
        Column("accuracy", "accuracy"),
        Column("gap_closed", "gap closed"),
        Column("fit_seconds", "fit s", 1, interval=False, better=-1),
        Column("decisions_per_second", "decisions/s", 0, interval=False),
        Column("macro_accuracy", "macro"),
        Column("gain", "gain"),
        Column("weighted_random_accuracy", "as often at random", interval=False, better=0),
        Column("choice_entropy", "bits", 2, interval=False, better=0),
    ),
    "benchmark-prediction": (
        Column("mae", "MAE", better=-1),
        Column("kendall", "Kendall"),
        Column("fit_seconds", "fit s", 1, interval=False, better=-1),
        Column("decisions_per_second", "decisions/s", 0, interval=False),
        Column("spearman", "Spearman"),
        Column("rmse", "RMSE", better=-1),
        Column("probe_ridge_significant", "probe", 2, interval=False),
        Column("probe_random_significant", "random vectors", 2, interval=False, better=0),
    ),
    "new-models": (
        Column("accuracy@64", "accuracy at 64", interval=False),
        Column("accuracy@8", "at 8", interval=False),
        Column("accuracy@0", "at 0", interval=False),
        Column("accuracy@256", "at 256", interval=False),
        Column("refit_accuracy", "refit", interval=False),
        Column("answered_mae@64", "MAE at 64", interval=False, better=-1),
        Column("answered_coverage@64", "covered", 2, interval=False, better=0),
        Column("routing@64", "routing at 64", interval=False),
        Column("area@64", "area at 64", interval=False),
        Column("qnc@64", "QNC at 64", interval=False, better=-1),
        Column("accuracy@128", "accuracy at 128", interval=False),
        Column("all_accuracy", "at all", interval=False),
        Column("answered_mae@128", "MAE at 128", interval=False, better=-1),
        Column("unseen_mae@64", "MAE of unseen", interval=False, better=-1),
    ),
}


@dataclass(frozen=True)
class Board:
    """One task's table: texts, with what a drawing needs to know of each row."""

    task: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    best: tuple[frozenset[int], ...]  #: the columns in which each row is the best of those that compete
    reference: tuple[bool, ...]
    notes: tuple[str, ...]


def boards(comparison: Comparison) -> list[Board]:
    """A table for each task that was scored, best row first."""
    known = {row.name: row for row in comparison.manifest.rows}
    made = []
    for task, columns in COLUMNS.items():
        scores = comparison.overall(task)
        if scores:
            made.append(_board(task, columns, scores, known, comparison))
    return made


def _board(
    task: str,
    columns: tuple[Column, ...],
    scores: Mapping[str, Mapping[str, Score]],
    known: Mapping[str, Row],
    comparison: Comparison,
) -> Board:
    primary, sign = columns[0].metric, -columns[0].better
    order = sorted(scores, key=lambda name: sign * _value(scores[name].get(primary), -sign))
    shown = [column for column in columns if any(column.metric in scores[name] for name in order)]
    rows, reference = [], []
    for name in order:
        row = known[name]
        mark = LABEL_MARK * row.reads_labels + ORACLE_MARK * row.oracle
        rank = scores[name].get("rank")
        cells = [cell_text(scores[name].get(column.metric), column) for column in shown]
        rows.append((rank_text(rank), name + mark, *cells))
        reference.append(row.reference)
    competing = [name for name in order if not known[name].reference]
    best = [best_of(scores, competing, column) for column in shown]
    notes = [
        *_bare(task, shown, scores, known), *_verdicts(scores, order, known), *_failures(comparison, known),
    ]  # fmt: skip
    return Board(
        task,
        ("rank", "method", *(c.title for c in shown)),
        tuple(rows),
        tuple(frozenset(place for place, names in enumerate(best, 2) if name in names) for name in order),
        tuple(reference),
        tuple(notes),
    )


def best_of(
    scores: Mapping[str, Mapping[str, Score]], competing: Sequence[str], column: Column
) -> frozenset[str]:
    """Those whose number, as it is shown, no other's is better than; none where all are the same."""
    shown = {
        name: round(found.value, column.digits)
        for name in competing
        if (found := scores[name].get(column.metric)) is not None and found.value is not None
    }
    if not column.better or len(set(shown.values())) < 2:
        return frozenset()
    best = max(column.better * value for value in shown.values())
    return frozenset(name for name, value in shown.items() if column.better * value == best)


def _value(score: Score | None, otherwise: float) -> float:
    return otherwise * float("inf") if score is None or score.value is None else score.value


def rank_text(score: Score | None) -> str:
    """The range of ranks that the comparisons leave open."""
    if score is None or score.low is None or score.high is None:
        return ""
    return f"{score.low:.0f}" if score.low == score.high else f"{score.low:.0f}-{score.high:.0f}"


def cell_text(score: Score | None, column: Column) -> str:
    """A number as the column shows it, with its interval where it has one."""
    if score is None or score.value is None:
        return ""
    text = _number(score.value, column.digits)
    if column.interval and score.low is not None and score.high is not None:
        text += f" [{_number(score.low, column.digits)}, {_number(score.high, column.digits)}]"
    return text


def _number(value: float, digits: int) -> str:
    """Shares without the leading zero, as the field prints them; large numbers with thousands marks."""
    text = f"{value:,.{digits}f}"
    return text.replace("0.", ".", 1) if digits >= 2 and text.lstrip("-").startswith("0.") else text


def _bare(
    task: str,
    columns: Sequence[Column],
    scores: Mapping[str, Mapping[str, Score]],
    known: Mapping[str, Row],
) -> list[str]:
    """Why numbers stand without an interval; the simple rows' gap of 0 and the oracle's of 1 are so by definition."""
    notes = []
    for column in columns:
        bare = [
            name
            for name, by_metric in scores.items()
            for found in [by_metric.get(column.metric)]
            if column.interval and found is not None and found.value is not None and found.low is None
            if not (known[name].reference or known[name].oracle) or found.value not in (0, 1)
        ]
        if bare:
            what = "models" if task == "benchmark-prediction" else "test questions"
            as_simple = ", or the same as the best single model or the oracle"
            notes.append(
                f"{column.title} without an interval: too few {what} for one"
                f"{as_simple if column.metric == 'gap_closed' else ''}."
            )
    return notes


def _verdicts(
    scores: Mapping[str, Mapping[str, Score]], order: Sequence[str], known: Mapping[str, Row]
) -> list[str]:
    """Whether anything beats the best simple row, said in words."""
    leads = [(name, scores[name]["lead"]) for name in order if "lead" in scores[name]]
    simple = next((name for name in order if known[name].reference and not known[name].oracle), None)
    if not leads or simple is None:
        return []
    better = [name for name, lead in leads if lead.low is not None and lead.low > 0]
    worse = [name for name, lead in leads if lead.high is not None and lead.high < 0]
    title = simple + LABEL_MARK * known[simple].reads_labels
    notes = [f"Better than the best simple row, {title}: {', '.join(better) or 'no method'}."]
    if worse:
        notes.append(f"Worse than it: {', '.join(worse)}.")
    return notes


def _failures(comparison: Comparison, known: Mapping[str, Row]) -> list[str]:
    first = {failure.method: failure for failure in reversed(comparison.failures)}
    return [f"FAILED {name} on {first[name].split}: {first[name].reason}" for name in known if name in first]


def header(comparison: Comparison) -> list[str]:
    """What the numbers are of, in a few lines."""
    manifest = comparison.manifest
    data, request = manifest.data, manifest.request
    splits = {name: digest for name, digest in manifest.splits.items() if request.split in name}
    one = next(iter(splits.values()), "")[:12]
    warning = "SIMULATED DATA. " if data.simulated else ""
    folds = f", {request.folds} folds" if request.folds else ""
    near = ", near-identical questions kept together" if request.group == "near" else ""
    digest = f" ({one})" if len(splits) == 1 else ""
    seeds = f"seed{'s' * (len(request.seeds) > 1)} {', '.join(map(str, request.seeds))}"
    filled = f"{data.filled:.1%} filled, {data.partly_asked:.1%} of questions partly filled"
    learned = f"labels {request.labels}; encoder {request.encoder}"
    return [
        f"{warning}{data.counts()}, {filled}; data {data.hash[:12]}.",
        f"Split {request.split}{folds}{near}{digest}, {seeds}; {learned}; 95 % intervals.",
        *(f"{skip.task}: not done. {skip.reason}" for skip in manifest.skipped),
    ]


def footnotes() -> str:
    return (
        f"{LABEL_MARK} reads benchmark or sub-task labels; {ORACLE_MARK} knows test outcomes, out of reach."
    )


def to_text(comparison: Comparison, layout: str) -> str:
    """The comparison as json, csv (all scores), md or latex."""
    if layout == "json":
        return comparison.to_json()
    if layout == "csv":
        return to_csv(comparison)
    write = {"md": as_markdown, "latex": as_latex}[layout]
    parts = header(comparison)
    for board in boards(comparison):
        parts += ["", f"**{board.task}**" if layout == "md" else f"% {board.task}", ""]
        parts += [write(board.header, board.rows), "", *board.notes]
    lines = [*parts, "", footnotes()]
    if layout == "latex":
        lines = [line if "\\" in line or not line else f"% {line.lstrip('% ')}" for line in lines]
    return "\n".join(lines) + "\n"


def to_csv(comparison: Comparison) -> str:
    """Every score, one a line."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(SCORE_COLUMNS)
    writer.writerows(astuple(score) for score in comparison.scores)
    return file.getvalue()


def as_markdown(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def as_latex(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A booktabs tabular."""
    body = [" & ".join(_escaped(cell) for cell in row) + r" \\" for row in rows]
    head = " & ".join(_escaped(title) for title in titles) + r" \\"
    shape = "l" * min(2, len(titles)) + "r" * (len(titles) - 2)
    begin = rf"\begin{{tabular}}{{{shape}}}"
    return "\n".join([begin, r"\toprule", head, r"\midrule", *body, r"\bottomrule", r"\end{tabular}"])


def _escaped(text: str) -> str:
    for letter in "&%$#_{}":
        text = text.replace(letter, "\\" + letter)
    return text
