"""The runs in an lm-eval output tree: which sample files count, and of which model each is.

lm-eval writes ``OUT/<model>/results_<time>.json`` and ``samples_<task>_<time>.jsonl`` beside it.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from embedllm_bench.errors import DataError
from embedllm_bench.exchange.lm_eval_results import BARE, from_folder, read_results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from embedllm_bench.exchange.lm_eval_results import Configuration

TIME = r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?"
SAMPLES = re.compile(rf"samples_(?P<task>.+)_(?P<time>{TIME})\.jsonl")


@dataclass(frozen=True)
class TaskRun:
    """One task of one run."""

    samples: Path
    task: str
    time: str
    results: Path | None
    configuration: Configuration


@dataclass(frozen=True)
class Tree:
    """What counts in a tree, with the model of each task's run, and what was left out."""

    runs: tuple[tuple[str, TaskRun], ...]
    superseded: tuple[Path, ...]  #: run again with the same model
    links: tuple[Path, ...]  #: not followed


def holds_samples(path: Path) -> bool:
    """Whether this is a sample file or a folder with some in it."""
    if path.is_dir():
        return next(_sample_files(path, []), None) is not None
    return SAMPLES.fullmatch(path.name) is not None and path.is_file()


def read_tree(path: Path) -> Tree:
    """Find the sample files of a tree (or take the one given), and read the results files beside them.

    Raises:
        DataError: there is none, a results file cannot be read, or runs cannot be told apart.
    """
    links: list[Path] = []
    files = sorted(_sample_files(path, links)) if path.is_dir() else [path]
    named = [(file, found) for file in files if (found := SAMPLES.fullmatch(file.name))]
    if not named:
        linked = f", only links, which are not followed ({links[0]})" if links else ""
        raise DataError(
            f"{path} holds no samples_<task>_<time>.jsonl{linked}; lm-eval writes them with --log_samples."
        )
    known: dict[Path, Configuration] = {}
    runs = []
    for file, found in named:
        results = _results_beside(file, found["time"])
        key = results or file.parent
        if key not in known:
            known[key] = read_results(key) if results else from_folder(file.resolve().parent)
        runs.append(TaskRun(file, found["task"], found["time"], results, known[key]))
    return _told_apart(runs, tuple(links))


def _sample_files(folder: Path, links: list[Path]) -> Iterator[Path]:
    """Sample files below a folder; links may lead anywhere and are collected, not followed."""

    def unreadable(error: OSError) -> None:
        raise DataError(f"{error.filename} cannot be read: {error.strerror}.") from error

    for place, folders, names in os.walk(folder, onerror=unreadable):
        folders.sort()
        links += [Path(place, name) for name in folders if Path(place, name).is_symlink()]
        for name in names:
            if SAMPLES.fullmatch(name):
                file = Path(place, name)
                if file.is_symlink():
                    links.append(file)
                else:
                    yield file


def _results_beside(file: Path, time: str) -> Path | None:
    """The results file of the same run; ``--output_path NAME.json`` puts NAME where "results" stands."""
    beside = [path for path in file.parent.glob(f"*_{time}.json") if not path.is_symlink()]
    if len(beside) > 1:
        raise DataError(f"{file} has several results files beside it: {', '.join(p.name for p in beside)}.")
    return beside[0] if beside else None


def _told_apart(runs: Sequence[TaskRun], links: tuple[Path, ...]) -> Tree:
    """Name each run's model; of a task run again with the same model one run counts."""
    by_name: dict[str, list[TaskRun]] = defaultdict(list)
    for run in runs:
        by_name[run.configuration.name].append(run)
    cells: dict[tuple[str, str], list[TaskRun]] = defaultdict(list)
    for name, group in by_name.items():
        _check_folders(name, group)
        label = _labels(group)
        for run in group:
            cells[":".join(filter(None, (name, label(run)))), run.task].append(run)
    counted = {cell: max(again, key=_rank) if len(again) > 1 else again[0] for cell, again in cells.items()}
    for (model, task), again in cells.items():
        if len({(frozenset(r.configuration.settings.items()), _shots(r)) for r in again}) > 1:
            raise DataError(
                f"{model} was run on {task} in configurations that their names do not tell apart:"
                f" {', '.join(str(run.samples) for run in again)}; import them one at a time."
            )
    return Tree(
        tuple((model, run) for (model, _), run in counted.items()),
        tuple(r.samples for cell, again in cells.items() for r in again if r is not counted[cell]),
        links,
    )


def _check_folders(model: str, group: Sequence[TaskRun]) -> None:
    folders = sorted({run.samples.parent for run in group if run.results is None})
    if len(folders) > 1:
        raise DataError(
            f"{' and '.join(map(str, folders))} are both named for {model} and hold no results file to tell the"
            " configurations apart; import one at a time."
        )


def _labels(group: Sequence[TaskRun]) -> Callable[[TaskRun], str]:
    """What tells a run of one model from the others: the settings in which they differ, if they do.

    Examples in the prompt belong to the task as much as to the model, so they count only where one task
    has been run with different numbers of them.
    """
    settings = [run.configuration.settings for run in group]
    differing = [
        key for key in sorted(set().union(*settings)) if len({setting.get(key) for setting in settings}) > 1
    ]
    shots_of: dict[str, set[int | None]] = defaultdict(set)
    of_run: dict[int, set[int]] = defaultdict(set)
    for run in group:
        shots_of[run.task].add(_shots(run))
        of_run[id(run.configuration)] |= {count for count in [_shots(run)] if count is not None}
    shots_differ = any(len(counts) > 1 for counts in shots_of.values())

    def label(run: TaskRun) -> str:
        setting, shots = run.configuration.settings, of_run[id(run.configuration)]
        parts = [
            setting[key] if key in BARE else f"{key}={setting[key]}" for key in differing if key in setting
        ]
        if shots_differ and shots:
            parts.append(f"{'/'.join(map(str, sorted(shots)))}-shot")
        return ",".join(parts)

    return label


def _shots(run: TaskRun) -> int | None:
    return run.configuration.shots.get(run.task)


def _rank(run: TaskRun) -> tuple[int, str]:
    """The longest of several runs counts, of equals the latest: a trial with --limit replaces nothing."""
    with run.samples.open("rb") as file:
        return sum(1 for line in file if line.strip()), run.time
