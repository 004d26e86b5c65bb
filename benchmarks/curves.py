"""The curves of the new-models task, averaged over comparisons, as tables: a row a method, a column a k."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from embedllm_bench.tasks.new_models import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

POOLS = (
    "pool-card-auto",
    "pool-auto",
    "pool-card-accuracy",
    "pool-accuracy",
    "pool-forecasts",
    "pool-information",
    "pool-stratified",
    "pool-card-anchors",
    "pool-anchors",
    "pool-card-random",
    "pool-random",
)
PLAIN = ("probe-ridge", "probe-irt", "probe-benchmark-mean", "probe-mean", "size-mean")
SIZES = OUTCOMES
LEARNED = ("ensemble", "kernel", "boosting", "embedllm", "irt", "mlp", "logistic", "mf", "knn", "uniroute")
METHODS = (*POOLS, *LEARNED, "model-mean")
EVERYTHING = ("all", "refit")
DIGITS = 5  #: of what is kept


@dataclass(frozen=True)
class Points:
    """One score over all questions, from split to split."""

    values: tuple[float, ...]
    half: float | None  #: mean half width of the 95 % intervals over models, where there are any
    n: int  #: the models that the last split's interval is over

    @property
    def value(self) -> float:
        return statistics.fmean(self.values)

    @property
    def deviation(self) -> float | None:
        """Standard deviation from split to split."""
        return statistics.stdev(self.values) if len(self.values) > 1 else None

    def with_score(self, score: Mapping[str, Any]) -> Points:
        """One split more."""
        half, count = self.half, len(self.values)
        if score["low"] is not None:
            half = round(((half or 0) * count + (score["high"] - score["low"]) / 2) / (count + 1), DIGITS)
        return Points((*self.values, round(score["value"], DIGITS)), half, score["n"])


Key = tuple[str, str, int | None]  # metric, method, k


@dataclass(frozen=True, eq=False)
class Curves:
    """What ``compare --task new-models`` gave of several splits."""

    about: Mapping[str, Any] = field(default_factory=dict)  #: request and data that all have in common
    splits: Mapping[int, Mapping[str, Any]] = field(
        default_factory=dict
    )  #: by seed, when and with what it was run
    scores: Mapping[Key, Points] = field(default_factory=dict)

    def with_split(self, result: Mapping[str, Any]) -> Self:
        """One more, from what the comparison wrote."""
        manifest = result["manifest"]
        (seed,) = manifest["request"]["seeds"]
        common = ("methods", "settings", "encoder", "labels", "split", "group")
        about = {"data": manifest["data"], "request": {name: manifest["request"][name] for name in common}}
        if self.splits and about != self.about:
            raise SystemExit(
                "What is there is of other data, methods or vectors; give the results another name."
            )
        scores = dict(self.scores)
        for score in result["scores"]:
            if score["benchmark"] is None:
                key = score["metric"], score["method"], score["k"]
                scores[key] = scores.get(key, Points((), None, 0)).with_score(score)
        run = {name: manifest[name] for name in ("created", "versions", "splits")}
        return type(self)(about, {**self.splits, seed: run}, scores)

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Self:
        """From the content of a file."""
        splits = {int(seed): run for seed, run in content["splits"].items()}
        scores = {
            (metric, method, k): Points(tuple(values), half, n)
            for metric, method, k, half, n, values in content["scores"]
        }
        return cls(content["about"], splits, scores)

    def written(self) -> str:
        """For a file, a score a line: metric, method, k, half width, models, values in the order of the splits."""
        scores = [
            json.dumps([*key, points.half, points.n, points.values]) for key, points in self.scores.items()
        ]
        head = json.dumps({"about": self.about, "splits": self.splits}, indent=1).removesuffix("\n}")
        return head + ',\n "scores": [\n  ' + ",\n  ".join(scores) + "\n ]\n}\n"

    def at(self, prefix: str, metric: str, method: str, k: str | int) -> Points | None:
        """The score after ``k`` outcomes, which may be ``all`` or ``refit``."""
        if isinstance(k, int):
            return self.scores.get((f"{prefix}{metric}", method, k))
        return self.scores.get((f"{prefix}{k}_{metric}", method, None))


@dataclass(frozen=True)
class Table:
    """One metric: which rows, after how many outcomes, and how its numbers are written."""

    title: str
    metric: str
    rows: tuple[str, ...]
    columns: tuple[int | str, ...] = SIZES
    points: bool = False  #: in points, else as a share


UNSEEN, ANSWERED = "Unseen test questions", "All questions, which the known models answered"
TABLES = (
    Table(f"{UNSEEN}: accuracy of forecasts", "accuracy", METHODS, (*SIZES, *EVERYTHING)),
    Table(f"{ANSWERED}: MAE of mean accuracy", "answered_mae", (*POOLS, *PLAIN), points=True),
    Table(f"{ANSWERED}: 90 % intervals that hold the truth", "answered_coverage", POOLS),
    Table(f"{ANSWERED}: half width of the intervals", "answered_half_width", POOLS, points=True),
    Table(
        f"{UNSEEN}: MAE of mean accuracy",
        "unseen_mae",
        (*METHODS, *PLAIN),
        (*SIZES, *EVERYTHING),
        points=True,
    ),
    Table(f"{UNSEEN}: 90 % intervals that hold the truth", "unseen_coverage", POOLS),
    Table("Routing among old and new models: accuracy", "routing", METHODS, (*SIZES, *EVERYTHING)),
    Table("Routing with costs, all models: area", "area", METHODS, (*SIZES, *EVERYTHING)),
    Table("Routing with costs, all models: QNC", "qnc", METHODS, (*SIZES, *EVERYTHING)),
    Table("Routing with costs, new models alone: area", "new_area", METHODS, (*SIZES, *EVERYTHING)),
    Table("Routing with costs, new models alone: QNC", "new_qnc", METHODS, (*SIZES, *EVERYTHING)),
)


def markdown(table: Table, curves: Curves) -> list[str]:
    """The table with thirds of the models drawn at random, and with whole families out."""
    lines = [f"## {table.title}", ""]
    for prefix, words in (("", "models at random"), ("families_", "families out")):
        rows = [_row(table, curves, prefix, row) for row in table.rows]
        if told := [row for row in rows if row is not None]:
            head = [words, *(str(column) for column in table.columns)]
            lines += [_line(head), _line(["---"] * len(head)), *told, ""]
            lines += _spread(table, curves, prefix)
    return lines


def _row(table: Table, curves: Curves, prefix: str, row: str) -> str | None:
    found = [curves.at(prefix, table.metric, row, column) for column in table.columns]
    if not any(found):
        return None
    return _line([row, *("" if one is None else _number(one.value, points=table.points) for one in found)])


def _spread(table: Table, curves: Curves, prefix: str) -> list[str]:
    """How sure the numbers are, by the pool model's at 64 random questions."""
    found = curves.at(prefix, table.metric, "pool-random", 64)
    if found is None:
        return []
    said = []
    if found.half is not None:
        said.append(f"{_number(found.half, points=table.points)} either side over {found.n} models")
    if found.deviation is not None:
        said.append(f"standard deviation {_number(found.deviation, points=table.points)} from split to split")
    return [f"pool-random at 64: {'; '.join(said)}.", ""] if said else []


def kinships(curves: Curves) -> list[str]:
    """What cards tell without any outcome, beside the mean of the size and of all."""
    head = [
        "MAE, no outcomes",
        "models",
        "from the card",
        "mean of its size",
        "mean of all",
        "card against size",
    ]
    lines = ["## Cards", "", _line(head), _line(["---"] * len(head))]
    whose = {"kin_": "family known", "strangers_": "family not known", "families_": "whole families out"}
    for prefix, words in whose.items():
        card, size, plain = (
            curves.scores.get((f"{prefix}answered_mae", row, 0))
            for row in ("pool-card-random", "size-mean", "probe-mean")
        )
        if card and size and plain:
            change = f"{100 * (card.value / size.value - 1):+.0f} %"
            lines.append(_line([words, str(card.n), *map(_interval, (card, size, plain)), change]))
    return [*lines, ""]


def _interval(points: Points) -> str:
    value, half = 100 * points.value, 100 * (points.half or 0)
    return f"{value:.2f} [{value - half:.2f}, {value + half:.2f}]"


def _number(value: float, *, points: bool) -> str:
    return f"{100 * value:.2f}" if points else f"{value:.3f}".removeprefix("0")


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
