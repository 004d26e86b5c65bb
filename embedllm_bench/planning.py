"""Which splits a comparison fits on, and which tasks the data does not allow."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from embedllm_bench.results import Skipped
from embedllm_bench.splits import (
    Split,
    benchmark_splits,
    check_usable,
    given_split,
    published_split,
    question_folds,
    question_split,
)
from embedllm_bench.tasks import benchmark_prediction, new_models, routing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedllm_bench.matrix import CorrectnessMatrix


@dataclasses.dataclass(frozen=True)
class Divide:
    """How forecasting and routing divide the questions."""

    split: str
    folds: int | None
    parts: Mapping[tuple[str, str], str]  #: (benchmark, question id) -> part, where these are given

    def question_splits(self, matrix: CorrectnessMatrix, seed: int) -> dict[str, Split]:
        questions = matrix.questions
        if self.split == "benchmark":
            made = list(benchmark_splits(questions, seed).values())
        elif self.parts or self.split == "published":
            parts = {f"{benchmark}\0{question}": part for (benchmark, question), part in self.parts.items()}
            published = self.split == "published"
            made = [
                published_split(questions, parts) if published else given_split(questions, parts, self.split)
            ]
        elif self.folds:
            made = question_folds(questions, seed, self.folds)
        else:
            made = [question_split(questions, seed)]
        return {s.name: s for s in made}


@dataclasses.dataclass(frozen=True)
class Plan:
    """The splits to fit on, by seed and then by name, and the tasks the data does not allow."""

    question: Mapping[int, Mapping[str, Split]]  #: for forecasting and routing
    benchmark: Mapping[int, Mapping[str, Split]]  #: for benchmark prediction, by benchmark
    skipped: tuple[Skipped, ...]

    @property
    def splits(self) -> list[Split]:
        """All of them, by seed and name."""
        return [s for by in (*self.question.values(), *self.benchmark.values()) for s in by.values()]

    def does(self, task: str, tasks: Sequence[str]) -> bool:
        """Whether a task is among those asked for and the data allow it."""
        return task in tasks and task not in {skip.task for skip in self.skipped}

    @classmethod
    def of(
        cls, matrix: CorrectnessMatrix, tasks: Sequence[str], seeds: tuple[int, ...], divide: Divide
    ) -> Plan:
        skipped = []
        if len(matrix.models) < 2:
            need = "has one model, and {} needs at least two"
            skipped += [Skipped(routing.NAME, f"The store {need.format('a choice')}.")]
            skipped += [
                Skipped(benchmark_prediction.NAME, f"The store {need.format('a ranking of models')}.")
            ]
        elif len(matrix.questions.benchmark_codes[0]) < 2:
            reason = "The store has one benchmark; holding one out needs another to train on."
            skipped.append(Skipped(benchmark_prediction.NAME, reason))
        if len(matrix.models) < new_models.FEWEST_MODELS:
            need = f"The store has {len(matrix.models)} models; leaving a third out needs {new_models.FEWEST_MODELS}."
            skipped.append(Skipped(new_models.NAME, need))
        skipped = [skip for skip in skipped if skip.task in tasks]
        left = [task for task in tasks if task not in {skip.task for skip in skipped}]
        wants_questions = any(task != benchmark_prediction.NAME for task in left)
        question = {seed: divide.question_splits(matrix, seed) for seed in seeds} if wants_questions else {}
        benchmark = {}
        if benchmark_prediction.NAME in left:
            benchmark = {seed: benchmark_splits(matrix.questions, seed) for seed in seeds}
        for by_name in (*question.values(), *benchmark.values()):
            for made in by_name.values():
                check_usable(made)
        return cls(question, benchmark, tuple(skipped))
