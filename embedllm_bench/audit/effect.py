"""What an oddity does to the leaderboard: the same rows with the questions or models that carry it, and without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.comparison import score_split
from embedllm_bench.errors import DataError
from embedllm_bench.registry import Plugins
from embedllm_bench.session import Session
from embedllm_bench.splits import question_split, restricted
from embedllm_bench.tasks import forecasting, routing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.audit.finding import Finding
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.results import Score
    from embedllm_bench.splits import Split

REPLICATES = 500
TASKS = (forecasting.NAME, routing.NAME)


@dataclass(frozen=True)
class Effect:
    """Accuracies in forecasting and routing on the question split of seed 0, but for what is left out.

    ``left_out`` None is all of it. The questions that are left stay in their parts, so that nothing but
    what is left out changes.
    """

    left_out: str | None
    scores: tuple[Score, ...]


def effects(
    matrix: CorrectnessMatrix,
    findings: Sequence[Finding],
    methods: Sequence[str],
    plugins: Plugins | None = None,
) -> list[Effect]:
    """The rows on everything, then without each finding; a finding that leaves too little has none."""
    plugins = plugins or Plugins()
    split = question_split(matrix.questions, seed=0)
    found = [Effect(None, _scores(matrix, split, methods, plugins))]
    for one in findings:
        if not len(one.questions) and not len(one.models):
            continue
        try:
            found.append(Effect(one.kind, _scores(*without(matrix, split, one), methods, plugins)))
        except DataError:  # nothing is left to split
            continue
    return found


def without(matrix: CorrectnessMatrix, split: Split, one: Finding) -> tuple[CorrectnessMatrix, Split]:
    """The matrix and its split without the questions and models that carry a finding."""
    kept = np.setdiff1d(np.arange(len(matrix.models)), one.models)
    fewer = matrix.take_models(kept)
    left = np.setdiff1d(np.arange(len(matrix.questions)), one.questions)
    asked = left[fewer.observed[:, left].any(0)] if len(kept) else left
    left_matrix = fewer.take(asked)
    return left_matrix, restricted(split, left_matrix.questions, asked)


def _scores(
    matrix: CorrectnessMatrix, split: Split, methods: Sequence[str], plugins: Plugins
) -> tuple[Score, ...]:
    if len(matrix.models) < 2:
        raise DataError("One model is left, and there is no choice.")
    session = Session.of(matrix, None, methods, {}, None, plugins)
    made = score_split(session, split, TASKS, REPLICATES)
    return tuple(score for score in made if score.metric == "accuracy")
