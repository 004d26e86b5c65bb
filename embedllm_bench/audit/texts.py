"""Questions that stand more than once: the same text, or nearly the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.audit.finding import finding, shown
from embedllm_bench.near import near_groups

if TYPE_CHECKING:
    from embedllm_bench.arrays import IndexArray
    from embedllm_bench.audit.finding import Finding
    from embedllm_bench.matrix import Questions


def repeated_texts(questions: Questions) -> list[Finding]:
    """Repeats of a text, within or between benchmarks; and of texts that are nearly the same."""
    exact = _first_of_group(questions.groups)
    near = _first_of_group(near_groups(questions.texts))
    order = np.arange(len(questions))
    repeats = np.flatnonzero(exact != order)
    nearly = np.flatnonzero((near != order) & (exact == order))
    return [
        *finding(
            "repeated question",
            len(questions),
            [_pair(questions, exact[q], q) for q in repeats.tolist()],
            questions=repeats,
        ),
        *finding(
            "nearly repeated question",
            len(questions),
            [_pair(questions, near[q], q) for q in nearly.tolist()],
            questions=nearly,
        ),
    ]


def _first_of_group(groups: IndexArray) -> IndexArray:
    """The position (Q,) of the first question of each question's group."""
    _, first, code = np.unique(groups, return_index=True, return_inverse=True)
    return first[code]


def _pair(questions: Questions, first: int, second: int) -> str:
    names = [f"{questions.benchmarks[q]} {questions.ids[q]}" for q in (first, second)]
    return f"{names[0]} and {names[1]}: {shown(questions.texts[second])}"
