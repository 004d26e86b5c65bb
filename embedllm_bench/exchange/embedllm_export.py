"""A store as an EmbedLLM release: the folder that the released scripts, and our importer, read."""

from __future__ import annotations

import contextlib
import csv
import itertools
import operator
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from embedllm_bench.errors import DataError
from embedllm_bench.exchange.embedllm_release import MODEL_ORDER, PARTS, QUESTION_ORDER
from embedllm_bench.exchange.long_table import occurrence
from embedllm_bench.matrix import Questions
from embedllm_bench.splits import question_split
from embedllm_bench.store.records import FAILED, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from embedllm_bench.arrays import BoolArray
    from embedllm_bench.store.records import OutcomeTable, QuestionRecord
    from embedllm_bench.store.store import Store

HEADER = ("", "prompt_id", "model_id", "category_id", "label", "prompt", "model_name", "category")
PUBLISHED = "published"


@dataclass(frozen=True)
class ReleaseReport:
    """What a release holds, and what it has no place for."""

    outcomes: int
    models: int
    questions: Mapping[str, int]  #: how many are in train, validation and test
    split: str  #: "published", or the name of the split made for the want of one
    left_out: Mapping[str, int]  #: how many failed outcomes, scores, costs and so on
    absent: int  #: models without a row in one of the files although it has rows


def export_release(store: Store, path: str | os.PathLike[str]) -> ReleaseReport:
    """Write all graded outcomes as a release; the folder appears when it is complete.

    Models are numbered by name. Questions keep their ids where these are 0, 1, ... without a gap, as
    those of an imported release are; else they are numbered by benchmark and id. Both are stable.

    Raises:
        DataError: there is something at ``path``, nothing to write, or a published split of some only.
    """
    path = Path(path).resolve()
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if path.exists() and not path.is_dir():
            raise DataError(f"{path} is a file; give a folder that is empty or not there yet.")
        if path.exists() and any(path.iterdir()):
            raise DataError(f"{path} is not empty; give a folder that is empty or not there yet.")
        unfinished.mkdir()
        report = _write(store, unfinished)
        unfinished.replace(path)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return report


def _write(store: Store, folder: Path) -> ReleaseReport:
    tables = store.read_outcomes()
    first = next(tables, None)
    if first is not None:
        with _Release(folder, _Layout(first.questions)) as release:
            for outcomes in itertools.chain([first], tables):
                release.write(outcomes)
            if release.models:
                return release.finish()
    raise DataError(f"{store.path} holds no graded outcome; there is nothing to export.")


class _Layout:
    """The number and part of each of Q questions, and the number of each category."""

    def __init__(self, questions: Sequence[QuestionRecord]) -> None:
        self.questions = questions
        self.number = _numbers([question.question_id for question in questions])
        self.split, self.part = _parts(questions)  #: the part as a position in PARTS
        names = sorted({question.benchmark for question in questions})
        self.category = {name: number for number, name in enumerate(names)}


def _numbers(ids: Sequence[str]) -> list[int]:
    if sorted(ids) == sorted(map(str, range(len(ids)))):
        return [int(identity) for identity in ids]
    return list(range(len(ids)))


def _parts(questions: Sequence[QuestionRecord]) -> tuple[str, list[int]]:
    named = [question.part for question in questions]
    missing = named.count(None)
    if not missing:
        position = {name: position for position, name in enumerate(PARTS.values())}
        return PUBLISHED, [position[name] for name in named if name is not None]
    if missing < len(named):
        raise DataError(
            f"{missing} of {len(named)} questions have no part in the published split that the others have;"
            " import them once more with a 'split' column and --on-conflict skip."
        )
    split = question_split(
        Questions(
            ids=tuple(question.question_id for question in questions),
            texts=tuple(question.text for question in questions),
            benchmarks=tuple(question.benchmark for question in questions),
            subtasks=tuple(question.subtask for question in questions),
            embeddings=np.empty((len(questions), 0), dtype=np.float32),
        ),
        seed=0,
    )
    part = np.zeros(len(questions), dtype=np.int64)
    part[split.validation], part[split.test] = 1, 2
    return split.name, part.tolist()


class _Release:
    """The files of a release while they are written, one model after the other."""

    def __init__(self, folder: Path, layout: _Layout) -> None:
        self.models: list[str] = []
        self._folder = folder
        self._layout = layout
        self._left_out = {"sub-tasks": sum(q.subtask is not None for q in layout.questions)}
        self._written: list[list[int]] = []  #: rows of each model in each part
        self._open = contextlib.ExitStack()
        self._writers = [self._file(name, HEADER) for name in PARTS]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def write(self, outcomes: OutcomeTable) -> None:
        """A model's graded outcomes, by prompt and attempt, each into the file of its question's part."""
        layout, graded = self._layout, outcomes.state != FAILED
        self._count_what_is_left_out(outcomes, graded)
        if not graded.any():
            self._count("models that only failed", ~graded[:1])
            return
        question, label = outcomes.question[graded], outcomes.correct[graded]
        order = np.argsort(np.array(layout.number)[question], kind="stable")
        model, name = len(self.models), outcomes.models[0]
        start = [sum(column) for column in zip(*self._written, strict=True)] or [0] * len(PARTS)
        rows: list[list[tuple[object, ...]]] = [[] for _ in PARTS]
        for at, correct in zip(question[order].tolist(), label[order].tolist(), strict=True):
            asked, part = layout.questions[at], layout.part[at]
            index, category = start[part] + len(rows[part]), layout.category[asked.benchmark]
            rows[part].append(
                (index, layout.number[at], model, category, correct, asked.text, name, asked.benchmark)
            )
        for write, new in zip(self._writers, rows, strict=True):
            write(new)
        self.models.append(name)
        self._written.append([len(new) for new in rows])

    def finish(self) -> ReleaseReport:
        """The order files, and what all files hold."""
        layout, written = self._layout, np.array(self._written)  # (M, 3)
        self._file(MODEL_ORDER, ("", "model_id", "model_name"))(
            (number, number, name) for number, name in enumerate(self.models)
        )
        asked = sorted(zip(layout.number, layout.questions, strict=True), key=operator.itemgetter(0))
        self._file(QUESTION_ORDER, ("prompt_id", "category", "prompt"))(
            (number, question.benchmark, question.text) for number, question in asked
        )
        return ReleaseReport(
            outcomes=int(written.sum()),
            models=len(self.models),
            questions={name: layout.part.count(position) for position, name in enumerate(PARTS.values())},
            split=layout.split,
            left_out={what: count for what, count in self._left_out.items() if count},
            absent=int(((written == 0) & written.any(axis=0)).any(axis=1).sum()),
        )

    def _file(self, name: str, header: Sequence[str]) -> Callable[[Iterable[Sequence[object]]], object]:
        """A new file; what writes rows to it. Python's writer quotes line breaks of every kind."""
        file = self._open.enter_context((self._folder / name).open("w", newline="", encoding="utf-8"))
        writer = csv.writer(file)
        writer.writerow(header)
        return writer.writerows

    def _count_what_is_left_out(self, outcomes: OutcomeTable, graded: BoolArray) -> None:
        self._count("failed outcomes", ~graded)
        numbers = {"scores": outcomes.score, "costs": outcomes.cost, "latencies": outcomes.latency}
        for what, values in numbers.items():
            if values is not None:
                self._count(what, ~np.isnan(values))
        for tokens in (outcomes.prompt_tokens, outcomes.completion_tokens):
            if tokens is not None:
                self._count("token counts", tokens != UNKNOWN)
        number = occurrence(outcomes.question[graded])
        self._count("attempt numbers that leave a gap", number != outcomes.attempt[graded])

    def _count(self, what: str, those: BoolArray) -> None:
        self._left_out[what] = self._left_out.get(what, 0) + int(np.count_nonzero(those))
