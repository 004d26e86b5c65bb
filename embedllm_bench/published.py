"""Figures that others printed, and the data sets that they are about: registry/published.toml."""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedllm_bench.cards.files import registry_folder
from embedllm_bench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from embedllm_bench.results import Comparison, Score

FILE = "published.toml"


@dataclass(frozen=True)
class PublishedFigure:
    """One number, and what has to be known of it before it is held beside another."""

    task: str
    metric: str
    method: str  #: ours of the same name, where there is one
    value: float
    labels: str  #: what repeated attempts count as
    who: str  #: paper, again or quoted
    source: str
    questions: int | None = None  #: how many were trained on, where the task has one such number


@dataclass(frozen=True)
class PublishedData:
    """A data set that figures have been printed of, and how it is known again."""

    name: str
    source: str
    models: int
    parts: Mapping[str, int]  #: how many questions are in each published part
    question_lists: tuple[str, ...]  #: of :func:`question_list_hash`; none where nobody wrote one down
    figures: tuple[PublishedFigure, ...]

    def is_of(self, models: int, texts: Iterable[str], parts: Mapping[tuple[str, str], str]) -> bool:
        """Whether these are its questions: by their hash, or by their numbers where that is not known."""
        if self.question_lists:
            return question_list_hash(texts) in self.question_lists
        return models == self.models and dict(Counter(parts.values())) == dict(self.parts)


@dataclass(frozen=True)
class Beside:
    """A published figure and ours of the same task, metric and method, where it is there."""

    figure: PublishedFigure
    ours: Score | None


def question_list_hash(texts: Iterable[str]) -> str:
    """SHA-256 of the texts, each once, in order of their code points, with a zero byte after each."""
    digest = hashlib.sha256()
    for text in sorted(set(texts)):
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()


def read_published(path: Path | None = None) -> tuple[PublishedData, ...]:
    """The data sets of a file, else of the registry's.

    Raises:
        DataError: it cannot be read or says something else; names the file.
    """
    path = registry_folder() / FILE if path is None else path
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return tuple(_data(entry) for entry in content["data"])
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is no file of published figures: {error}.") from error


def beside(data: PublishedData, comparison: Comparison) -> list[Beside]:
    """Its figures for whole training parts and the tasks that were scored, with ours, in the file's order."""
    ours = {task: comparison.overall(task) for task in dict.fromkeys(figure.task for figure in data.figures)}
    return [
        Beside(figure, ours[figure.task].get(figure.method, {}).get(figure.metric))
        for figure in data.figures
        if ours[figure.task] and figure.questions in (None, data.parts.get("train"))
    ]


def _data(entry: Mapping[str, object]) -> PublishedData:
    figures: Sequence[Mapping[str, object]] = entry["figures"]  # type: ignore[assignment]  # a wrong kind is a TypeError
    made = {**entry, "question_lists": tuple(entry["question_lists"])}  # type: ignore[arg-type]  # as above
    return PublishedData(**{**made, "figures": tuple(PublishedFigure(**figure) for figure in figures)})  # type: ignore[arg-type]  # as above
