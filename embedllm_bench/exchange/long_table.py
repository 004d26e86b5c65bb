"""The long table, one row an attempt: from a file's batches to outcomes, or to the first thing wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.errors import DataError
from embedllm_bench.exchange.base import refuse_doubled
from embedllm_bench.exchange.checking import LEAST, Vocabulary, Wrong, numbers
from embedllm_bench.exchange.columns import COLUMNS, REQUIRED, shown
from embedllm_bench.exchange.questions import QuestionList
from embedllm_bench.store.records import FAILED, GRADED, UNKNOWN, OutcomeTable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt

    from embedllm_bench.arrays import FloatArray, IndexArray
    from embedllm_bench.exchange.base import Batch, TableFile

TEXTS = ("model", "benchmark", "question_id", "prompt", "correct", "state", "subtask", "split", "reason")


@dataclass(frozen=True, eq=False)
class ReadTable:
    """What a file held: its outcomes, the rows left out as bad, and columns nobody knows."""

    outcomes: OutcomeTable
    bad_rows: int
    ignored_columns: tuple[str, ...]


def read_long_table(
    path: Path,
    file: TableFile,
    *,
    skip_bad: bool,
    progress: Callable[[int, float], None] | None = None,
) -> ReadTable:
    """Read and check a whole file; ``progress`` is told the rows of each batch and the share read.

    Raises:
        DataError: a column is missing or doubled, or a row is bad and ``skip_bad`` is not set.
    """
    _check_columns(path, file.columns)
    collector = _Collector(path, file, skip_bad)
    for batch in file.batches():
        collector.add(batch)
        if progress is not None:
            progress(len(batch.table), batch.share)
    unknown = tuple(name for name in file.columns if name not in COLUMNS and name)
    return ReadTable(collector.finished(), collector.bad + file.dropped(), unknown + file.ignored)


def _check_columns(path: Path, columns: tuple[str, ...]) -> None:
    refuse_doubled(path, columns)
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise DataError(
            f"{path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)};"
            f" a table needs {', '.join(REQUIRED)}, spelt so, and this one has"
            f" {shown(', '.join(columns) or 'none')}."
        )


@dataclass
class _Collector:
    """Gathers a file's rows as narrow numbers; names and texts are kept once."""

    path: Path
    file: TableFile
    skip_bad: bool
    bad: int = 0
    texts: dict[str, Vocabulary] = field(init=False)
    questions: QuestionList = field(default_factory=QuestionList)
    parts: dict[str, list[npt.NDArray[np.generic]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.texts = {name: Vocabulary(name, self.file.called.get(name)) for name in TEXTS}

    def add(self, batch: Batch) -> None:
        """Read every distinct value once, find what is wrong, keep the rest."""
        missing = [name for name in REQUIRED if name not in batch.table.column_names]
        if missing:  # of a format that a plugin brings
            raise DataError(
                f"{self.path} was read as rows without {', '.join(missing)}; its format has to give every batch the"
                f" columns {', '.join(REQUIRED)}."
            )
        table, wrong = batch.table, Wrong(len(batch.table))
        code = {
            name: self.texts[name].numbers(table[name], wrong) for name in TEXTS if name in table.column_names
        }
        columns: dict[str, npt.NDArray[np.generic]] = {
            name: numbers(name, table[name], wrong) for name in LEAST if name in table.column_names
        }
        correct, state = self._labels(code, wrong)
        if "reason" in code:
            columns["reason"] = code["reason"].astype(np.int32)
            given = np.array([value is not None for value in self.texts["reason"].values])
            wrong.mark(
                (state == GRADED) & given[code["reason"]],
                "reason is given for a graded outcome; leave it empty",
            )
        question = self.questions.numbers(code, wrong)
        if wrong.count:
            self._refuse_or_count(batch, wrong)
        columns |= {
            "model": code["model"].astype(np.int32), "question": question, "correct": correct, "state": state,
        }  # fmt: skip
        for name, values in columns.items():
            self.parts.setdefault(name, []).append(values[wrong.good] if wrong.count else values)

    def _labels(
        self, code: dict[str, IndexArray], wrong: Wrong
    ) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.uint8]]:
        """Correct and state of each row (N,), which have to agree."""
        correct = _looked_up(self.texts["correct"], UNKNOWN)[code["correct"]].astype(np.int8)
        state = np.full(len(correct), GRADED, dtype=np.uint8)
        if "state" in code:
            state = _looked_up(self.texts["state"], GRADED)[code["state"]].astype(np.uint8)
        label = self.file.called.get("correct", "correct")
        wrong.mark(
            (state == GRADED) & (correct == UNKNOWN),
            f"{label} is empty; leave the row out{', or give state failed' * (label == 'correct')}",
        )
        wrong.mark(
            (state == FAILED) & (correct != UNKNOWN), "correct is given for a failed outcome; leave it empty"
        )
        return correct, state

    def _refuse_or_count(self, batch: Batch, wrong: Wrong) -> None:
        if not self.skip_bad:
            row, reason = wrong.first
            read = batch.first + len(batch.table)
            more = f" ({wrong.count} bad rows in the first {read})" if wrong.count > 1 else ""
            raise DataError(
                f"{self.path}, {self.file.place(batch.first + row)}: {reason}{more}; nothing was imported,"
                " mend the file or leave such rows out with --skip-bad."
            )
        self.bad += wrong.count

    def finished(self) -> OutcomeTable:
        """All rows, with attempts numbered in file order where the file does not number them."""
        joined = {name: np.concatenate(self.parts.pop(name)) for name in list(self.parts)}
        if not joined or not len(joined["model"]):
            raise DataError(f"{self.path} holds no outcome.")
        used, model = np.unique(joined["model"], return_inverse=True)
        question = joined["question"].astype(np.int64)
        models = tuple(str(self.texts["model"].values[code]) for code in used.tolist())
        records = self.questions.records(self.texts)
        given = joined.get("attempt")
        if given is not None and (given != UNKNOWN).any():
            attempt = given.astype(np.int64)
            self._check_attempts(attempt, model, question, models)
        else:
            attempt = occurrence(model * len(records) + question)
        return OutcomeTable(
            models=models,
            questions=records,
            model=model.astype(np.int64),
            question=question,
            attempt=attempt,
            state=joined["state"].astype(np.uint8),
            correct=joined["correct"].astype(np.int8),
            score=_known_floats(joined.get("score")),
            cost=_known_floats(joined.get("cost")),
            latency=_known_floats(joined.get("latency")),
            prompt_tokens=_known_integers(joined.get("prompt_tokens")),
            completion_tokens=_known_integers(joined.get("completion_tokens")),
            reason=self._reasons(joined.get("reason")),
        )

    def _reasons(self, codes: npt.NDArray[np.generic] | None) -> tuple[str | None, ...] | None:
        if codes is None:
            return None
        texts = [None if value is None else str(value) for value in self.texts["reason"].values]
        return tuple(texts[code] for code in codes.tolist()) if any(texts) else None

    def _check_attempts(
        self, given: IndexArray, model: IndexArray, question: IndexArray, models: tuple[str, ...]
    ) -> None:
        if (given == UNKNOWN).any():
            raise DataError(f"{self.path} numbers some attempts and leaves others empty; number all or none.")
        order = np.lexsort((given, question, model))
        same = (np.diff(model[order]) == 0) & (np.diff(question[order]) == 0) & (np.diff(given[order]) == 0)
        if same.any():
            row = int(order[np.flatnonzero(same)[0]])
            record = self.questions.records(self.texts)[question[row]]
            raise DataError(
                f"{self.path} has attempt {given[row]} of model {models[model[row]]!r} at question"
                f" {record.question_id!r} of {record.benchmark!r} more than once; number attempts apart, or"
                " drop the column."
            )


def _looked_up(texts: Vocabulary, bad: int) -> IndexArray:
    """What each number of a column stands for."""
    return np.array([value if isinstance(value, int) else bad for value in texts.values], dtype=np.int64)


def occurrence(cell: IndexArray) -> IndexArray:
    """1 for the first row of each cell, 2 for the second, and so on, in order."""
    order = np.argsort(cell, kind="stable")
    ordered = cell[order]
    new = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    if new.all():
        return np.ones(len(cell), dtype=np.int64)
    start = np.maximum.accumulate(np.where(new, np.arange(len(cell)), 0))
    occurrence = np.empty(len(cell), dtype=np.int64)
    occurrence[order] = np.arange(len(cell)) - start + 1
    return occurrence


def _known_floats(column: npt.NDArray[np.generic] | None) -> FloatArray | None:
    values = None if column is None else column.astype(np.float64)
    return None if values is None or np.isnan(values).all() else values


def _known_integers(column: npt.NDArray[np.generic] | None) -> IndexArray | None:
    values = None if column is None else column.astype(np.int64)
    return None if values is None or (values == UNKNOWN).all() else values
