"""What a comparison is: scores, failures and all that is needed to repeat it, as one JSON object."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, TypeAlias

from embedllm_bench.errors import DataError
from embedllm_bench.figure_data import FigureData
from embedllm_bench.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

Setting: TypeAlias = "str | int | float | bool | None"
FORMAT = 1  #: of the JSON file


@dataclass(frozen=True)
class Score:
    """One number of one row; ``seed`` and ``split`` are None where several were averaged.

    ``benchmark`` is None over all questions, ``k`` outside the new-model task. ``low`` and ``high`` bound
    a 95 % interval, and are None where there is none (times, entropies); a value of None is undefined.
    """

    task: str
    metric: str
    method: str
    benchmark: str | None
    k: int | None
    split: str | None
    seed: int | None
    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Failure:
    """A method that raised, or returned what is no forecast, on one split."""

    method: str
    split: str
    reason: str


@dataclass(frozen=True)
class Row:
    """A row of the tables: a method with its settings, or a reference."""

    name: str
    reference: bool
    reads_labels: bool
    oracle: bool  #: knows test outcomes or true probabilities, so that nobody could reach it in use
    settings: Mapping[str, Setting]


@dataclass(frozen=True)
class Skipped:
    """A task the data does not allow, and why."""

    task: str
    reason: str


@dataclass(frozen=True)
class Request:
    """What was asked for; enough, with the data, to ask for it again."""

    store: str
    methods: tuple[str, ...]
    tasks: tuple[str, ...]
    settings: Mapping[str, Mapping[str, Setting]]
    seeds: tuple[int, ...]
    folds: int | None
    split: str
    group: str  #: exact or near: what counts as the same question, and so stays on one side of a split
    encoder: str
    labels: str
    replicates: int


@dataclass(frozen=True)
class DataFacts:
    """The matrix that was compared on."""

    models: int
    questions: int
    benchmarks: int
    filled: float
    partly_asked: float  #: share of questions some model was not asked
    simulated: bool
    hash: str
    cards: str = ""  #: SHA-256 of what cards tell of the models; empty in results of versions before

    def counts(self, *, grouped: bool = False) -> str:
        """Such as "18 models, 1200 questions, 10 benchmarks"; ``grouped`` puts commas between thousands."""
        things = ("model", self.models), ("question", self.questions), ("benchmark", self.benchmarks)
        return ", ".join(counted(count, thing, grouped=grouped) for thing, count in things)


@dataclass(frozen=True)
class Manifest:
    """Where the numbers come from."""

    request: Request
    data: DataFacts
    splits: Mapping[str, str]  #: name -> hash
    rows: tuple[Row, ...]
    skipped: tuple[Skipped, ...]
    versions: Mapping[str, str]
    threads: int
    machine: str
    created: str


@dataclass(frozen=True)
class Comparison:
    """The answer of :func:`embedllm_bench.compare`."""

    scores: tuple[Score, ...]
    failures: tuple[Failure, ...]
    manifest: Manifest
    figures: FigureData | None = None  #: what figures are drawn from; None in results of versions before

    def to_json(self) -> str:
        """One object with ``scores``, ``failures``, ``manifest`` and ``figures``; undefined numbers are null."""
        figures = (
            "null" if self.figures is None else json.dumps(_plain(self.figures.content()), allow_nan=False)
        )
        content = _plain({"format": FORMAT, **asdict(replace(self, figures=None))})
        text = json.dumps(content, indent=1, allow_nan=False)
        end = '"figures": null\n}'  # theirs are long rows of numbers, which are put on one line
        return f"{text.removesuffix(end)}{end.replace('null', figures, 1)}\n"

    @classmethod
    def from_json(cls, text: str, where: str) -> Comparison:
        """Read what :meth:`to_json` wrote.

        Raises:
            DataError: it is not such an object; ``where`` names the file.
        """
        try:
            content = json.loads(text)
            if content["format"] != FORMAT:
                raise DataError(f"{where} was written by another version (format {content['format']}).")
            manifest = dict(content["manifest"])
            request = dict(manifest["request"])
            for name in ("methods", "tasks", "seeds"):
                request[name] = tuple(request[name])
            manifest["request"] = Request(**request)
            manifest["data"] = DataFacts(**manifest["data"])
            manifest["rows"] = tuple(Row(**row) for row in manifest["rows"])
            figures = content.get("figures")
            manifest["skipped"] = tuple(Skipped(**row) for row in manifest["skipped"])
            return cls(
                scores=tuple(Score(**row) for row in content["scores"]),
                failures=tuple(Failure(**row) for row in content["failures"]),
                manifest=Manifest(**manifest),
                figures=FigureData.from_content(figures, where) if figures else None,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"{where} is no result of 'embedllm-bench compare --format json' ({error}); give such a file."
            ) from error

    def overall(self, task: str) -> dict[str, dict[str, Score]]:
        """Method -> metric -> the score over all questions, averaged over seeds where there are several.

        A metric after ``k`` outcomes of a new model is called ``metric@k``.
        """
        table: dict[str, dict[str, Score]] = {}
        for score in self.scores:
            if score.task == task and score.benchmark is None:
                row = table.setdefault(score.method, {})
                metric = score.metric if score.k is None else f"{score.metric}@{score.k}"
                if metric not in row or score.seed is None:
                    row[metric] = score
        return table


def _plain(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


SCORE_COLUMNS = tuple(field.name for field in fields(Score))
