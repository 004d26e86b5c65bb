"""What the parts of `ensemble` add, what labels would, and the released training: variants beside the methods.

embedllm-bench --plugin benchmarks/variants.py compare --method ensemble --method ensemble-labels ...
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from embedllm_bench.hookspecs import hookimpl
from embedllm_bench.methods.embedllm import EmbedLLM
from embedllm_bench.methods.ensemble import Ensemble
from embedllm_bench.methods.kernels.question_rows import QuestionRows, Seen

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedllm_bench.arrays import Float32Array, FloatArray
    from embedllm_bench.matrix import CorrectnessMatrix, Questions
    from embedllm_bench.methods.base import Method
    from embedllm_bench.methods.kernels.components import Components
    from embedllm_bench.methods.kernels.machine import KernelMachine
    from embedllm_bench.methods.kernels.views import Viewed

Label = tuple[str, ...]  #: a benchmark, or a benchmark and one of its sub-tasks

LABEL_SCORES = 8  #: of the components, whose means over a benchmark and a sub-task stand for its name
PRIOR_QUESTIONS = 10.0  #: that a group's mean is drawn to the mean of all by


@dataclass
class Released(EmbedLLM):
    """EmbedLLM with the settings and the training it was released with."""

    name: ClassVar[str] = "embedllm-released"
    summary: ClassVar[str] = "embedllm with protocol=paper"

    protocol: Literal["default", "paper"] = "paper"


@dataclass(frozen=True, eq=False)
class PlainRows(QuestionRows):
    """Rows that do not tell what kernels forecast."""

    def see(self, questions: Questions) -> Seen:
        """New questions (Q,)."""
        return self.without_forecasts(super().see(questions))

    def without_forecasts(self, seen: Seen) -> Seen:
        """The form of the text and the directions, which come first in a row."""
        forecasts = sum(made.shape[1] for made in seen.forecasts)
        return replace(seen, rows=seen.rows[:, :-forecasts])


@dataclass
class WithoutKernels(Ensemble):
    """The ensemble, whose forest is not told what kernels forecast."""

    name: ClassVar[str] = "ensemble-without-kernels"
    summary: ClassVar[str] = "ensemble whose forest does not read kernels' forecasts"

    def learn_rows(
        self, train: CorrectnessMatrix, viewed: Viewed, machine: KernelMachine, components: Components
    ) -> tuple[QuestionRows, Seen]:
        """The rows without what they end in."""
        whole, seen = super().learn_rows(train, viewed, machine, components)
        rows = PlainRows(**vars(whole))
        return rows, rows.without_forecasts(seen)


@dataclass
class ByForecast(Ensemble):
    """The ensemble, which routes by its forecast alone."""

    name: ClassVar[str] = "ensemble-by-forecast"
    summary: ClassVar[str] = "ensemble that routes by its forecast alone"

    def preference(self, questions: Questions, p: Float32Array) -> Float32Array:  # noqa: ARG002 - the protocol's signature
        """The forecast."""
        return p


@dataclass(frozen=True, eq=False)
class LabelledRows(QuestionRows):
    """Rows that tell benchmark and sub-task too, by their mean scores."""

    groups: tuple[dict[Label, FloatArray], ...]  #: of benchmarks and of sub-tasks, each (LABEL_SCORES,)
    nowhere: FloatArray  #: (LABEL_SCORES,) of a name that was not seen in training

    def see(self, questions: Questions) -> Seen:
        """New questions (Q,)."""
        return self.with_labels(super().see(questions), questions)

    def with_labels(self, seen: Seen, questions: Questions) -> Seen:
        """The rows with what their labels say beside them."""
        columns = [
            np.stack([known.get(name, self.nowhere) for name in names])
            for known, names in zip(self.groups, labels(questions), strict=True)
        ]
        return replace(seen, rows=np.concatenate([seen.rows, *columns], axis=1).astype(np.float32))


@dataclass
class Labelled(Ensemble):
    """The ensemble, which is told benchmark and sub-task of every question."""

    name: ClassVar[str] = "ensemble-labels"
    summary: ClassVar[str] = "ensemble that is told benchmark and sub-task"
    reads_labels: ClassVar[bool] = True

    def learn_rows(
        self, train: CorrectnessMatrix, viewed: Viewed, machine: KernelMachine, components: Components
    ) -> tuple[QuestionRows, Seen]:
        """Every question of a group has the same numbers, to which its own outcomes add what one of many does.

        So groups have to be large, as those of the public tables are; with few questions each they tell on themselves.
        """
        plain, seen = super().learn_rows(train, viewed, machine, components)
        scores = components.scores[:, :LABEL_SCORES]
        nowhere = scores.mean(0)
        groups = tuple(_means(names, scores, nowhere) for names in labels(train.questions))
        rows = LabelledRows(**vars(plain), groups=groups, nowhere=nowhere)
        return rows, rows.with_labels(seen, train.questions)


def labels(questions: Questions) -> tuple[list[Label], list[Label]]:
    """The benchmarks (Q,), and with them the sub-tasks (Q,)."""
    benchmarks: list[Label] = [(name,) for name in questions.benchmarks]
    return benchmarks, [(b, s or "") for b, s in zip(questions.benchmarks, questions.subtasks, strict=True)]


def _means(names: list[Label], scores: FloatArray, overall: FloatArray) -> dict[Label, FloatArray]:
    rows: dict[Label, list[int]] = {}
    for row, name in enumerate(names):
        rows.setdefault(name, []).append(row)
    return {
        name: (scores[at].sum(0) + PRIOR_QUESTIONS * overall) / (len(at) + PRIOR_QUESTIONS)
        for name, at in rows.items()
    }


@hookimpl
def register_methods(register: Callable[[type[Method]], None]) -> None:
    """All of them."""
    for variant in (Released, WithoutKernels, ByForecast, Labelled):
        register(variant)
