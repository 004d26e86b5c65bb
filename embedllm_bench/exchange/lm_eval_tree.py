"""lm-eval output trees as the long table. Their JSON is read here; lm-eval itself is not needed."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa

from embedllm_bench.errors import DataError, UsageError
from embedllm_bench.exchange.base import Batch, Importer, TableFile
from embedllm_bench.exchange.columns import listed
from embedllm_bench.exchange.lm_eval_runs import holds_samples, read_tree
from embedllm_bench.exchange.lm_eval_samples import SampleFile
from embedllm_bench.exchange.lm_eval_text import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from embedllm_bench.exchange.base import ReadOptions
    from embedllm_bench.exchange.lm_eval_runs import TaskRun, Tree
    from embedllm_bench.exchange.lm_eval_samples import Graded

COLUMNS = ("model", "benchmark", "question_id", "prompt", "correct", "score", "state")
NO_FILTER = "none"  #: lm-eval's name for it
LONGEST_PATH = 4096  #: a name that is a path is of use only whole
Value = TypeVar("Value")


def open_lm_eval(path: Path, options: ReadOptions) -> TableFile:
    """Open a tree, or one sample file in it: results files are read, samples are not yet."""
    if options.threshold is not None and not math.isfinite(options.threshold):
        raise UsageError(f"--threshold is {options.threshold}; give a finite number.")
    for name in options.text_field:
        if EXAMPLES.search(name):
            raise UsageError(
                f"--text-field {name} holds examples with their answers; it is no question's text."
            )
    tree = read_tree(path)
    reading = _Reading(path, tree, options)
    results = dict.fromkeys(run.results for _, run in tree.runs if run.results is not None)
    return TableFile(
        columns=COLUMNS,
        files=(*(run.samples for _, run in tree.runs), *results),
        batches=reading.batches,
        place=reading.place,
        dropped=lambda: reading.found.dropped,
        notes=reading.notes,
        names=tuple(name for model, run in tree.runs for name in (model, run.task)),
    )


@dataclass
class _Found:
    """What one pass over the samples came upon."""

    dropped: int = 0
    failed: int = 0
    first_rows: list[int] = field(default_factory=list)
    lines: list[tuple[Path, tuple[int, ...]]] = field(default_factory=list)
    grading: dict[str, tuple[str, str]] = field(default_factory=dict)  #: task -> metric, filter
    ordered: list[str] = field(default_factory=list)  #: tasks whose filters did not carry names
    by_threshold: list[str] = field(default_factory=list)
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)  #: task -> fields of its first document
    shortened: list[str] = field(default_factory=list)

    def add(self, run: TaskRun, graded: Graded) -> None:
        """Note what a file held.

        Raises:
            DataError: the same task was graded by another metric or filter before.
        """
        self.first_rows.append(self.first_rows[-1] + len(self.lines[-1][1]) if self.lines else 0)
        self.lines.append((run.samples, tuple(sample.line for sample in graded.samples)))
        self.failed += graded.correct.count(None)
        grading = (graded.metric, graded.filter or NO_FILTER)
        metric, name = self.grading.setdefault(run.task, grading)
        if (metric, name) != grading:
            raise DataError(
                f"{run.samples} grades {run.task} by metric {grading[0]} and filter {grading[1]}, another file by"
                f" {metric} and {name}; choose with --metric and --filter, or import one on its own."
            )
        self.fields.setdefault(run.task, graded.samples[0].text.fields)
        if graded.samples[0].filter is None and graded.filter is not None:
            self.ordered.append(run.task)
        if graded.by_threshold:
            self.by_threshold.append(run.task)
        if any(sample.text.shortened for sample in graded.samples):
            self.shortened.append(run.task)

    def place(self, row: int) -> tuple[Path, int]:
        """The file and line of a row that has been read."""
        number = bisect_right(self.first_rows, row) - 1
        path, lines = self.lines[number]
        return path, lines[row - self.first_rows[number]]

    def notes(self, threshold: float | None) -> Iterator[str]:
        """How the tasks were graded, and what their questions' texts are."""
        for (metric, name), tasks in _grouped(self.grading):
            by_order = " (by --filter-order)" if set(tasks) & set(self.ordered) else ""
            filtered = f", filter {name}{by_order}" if name != NO_FILTER else ""
            yield f"Metric {metric}{filtered}: {_listed(tasks)}."
        if self.by_threshold:
            yield f"Correct from score {threshold:g}: {_listed(self.by_threshold)}."
        for fields, tasks in _grouped(self.fields):
            yield f"Question text from {' + '.join(fields)}: {_listed(tasks)}."
        if self.shortened:
            yield f"Only the paragraph with the blank is the question: {_listed(self.shortened)}."
        if self.failed:
            yield f"Outcomes without a value of the metric, failed and not wrong: {self.failed}."


@dataclass
class _Reading:
    """A tree being read, and what there is to say of it afterwards."""

    path: Path
    tree: Tree
    options: ReadOptions
    found: _Found = field(default_factory=_Found)

    def batches(self) -> Iterator[Batch]:
        """A batch a sample file."""
        self.found = _Found()
        sizes = [run.samples.stat().st_size for _, run in self.tree.runs]
        rows = 0
        for number, (model, run) in enumerate(self.tree.runs, 1):
            file = SampleFile(run.samples, run.task, self.options)
            graded = file.graded(run.configuration.lower_is_better)
            self.found.dropped += file.dropped
            self.found.add(run, graded)
            yield Batch(_table(model, run.task, graded), rows, sum(sizes[:number]) / max(sum(sizes), 1))
            rows += len(graded.samples)
        self._check_choices_used()

    def _check_choices_used(self) -> None:
        """A choice that no file knows is a slip of the pen, not a choice."""
        grading, fields = self.found.grading.values(), self.found.fields.values()
        used = {
            "metric": self.options.metric in {metric for metric, _ in grading},
            "filter": self.options.filter in {name for _, name in grading},
            "filter-order": bool(self.found.ordered),
            "threshold": True,
            "text-field": any(set(names) <= set(self.options.text_field) for names in fields),
        }
        for name, value in self.options.choices.items():
            if not used[name]:
                shown = ",".join(value) if isinstance(value, tuple) else value
                raise DataError(f"No task in {self.path} has a use for --{name} {shown}; leave it out.")

    def place(self, row: int) -> str:
        path, line = self.found.place(row)
        return f"line {line}" if path == self.path else f"{path.relative_to(self.path)}, line {line}"

    def notes(self) -> tuple[str, ...]:
        """The choices made, each with the tasks or models it was made for."""
        return (*_notes_on(self.tree), *self.found.notes(self.options.threshold))


def _notes_on(tree: Tree) -> Iterator[str]:
    """Where the models' names are from, and what was not read."""
    for by_folder, source in ((False, "results files"), (True, "folders, as no results file names them")):
        models = [model for model, run in tree.runs if run.configuration.from_folder is by_folder]
        if models:
            yield f"Models named by {source}: {_listed(models)}."
    apart = [model for model, run in tree.runs if model != run.configuration.name]
    if apart:
        yield f"Run in several configurations, each a model of its own: {_listed(apart)}."
    if tree.superseded:
        files = [f"{path.parent.name}/{path.name}" for path in tree.superseded]
        yield f"Run again, so the longest counts, of equals the latest; not read: {_listed(files)}."
    if tree.links:
        yield f"Links are not followed: {_listed(map(str, tree.links))}."


def _grouped(of_task: dict[str, Value]) -> list[tuple[Value, list[str]]]:
    """Tasks by what they have in common."""
    tasks: dict[Value, list[str]] = defaultdict(list)
    for task, value in of_task.items():
        tasks[value].append(task)
    return list(tasks.items())


def _listed(names: Iterable[str]) -> str:
    return listed(sorted(set(names)), LONGEST_PATH)


def _table(model: str, task: str, graded: Graded) -> pa.Table:
    """Texts as bytes, as in JSON lines: what is no valid Unicode is one bad row then."""
    rows = len(graded.samples)
    return pa.table(
        {
            "model": pa.array([_bytes(model)] * rows, pa.binary()),
            "benchmark": pa.array([_bytes(task)] * rows, pa.binary()),
            "question_id": pa.array(map(_bytes, graded.ids), pa.binary()),
            "prompt": pa.array((_bytes(sample.text.text) for sample in graded.samples), pa.binary()),
            "correct": pa.array(graded.correct, pa.int8()),
            "score": pa.array(graded.scores, pa.float64()),
            "state": pa.array(["failed" if c is None else "graded" for c in graded.correct], pa.string()),
        }
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


LM_EVAL = Importer(
    "lm-eval",
    "an output tree of lm-eval, or one samples_<task>_<time>.jsonl of it",
    holds_samples,
    open_lm_eval,
    takes_folders=True,
    takes_choices=True,
)
