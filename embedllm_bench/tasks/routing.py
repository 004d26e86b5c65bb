"""Model routing: send each question to the model most likely to answer it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.statistics import routing as metrics
from embedllm_bench.tasks.base import Scope, averaged, common_units, ranked, scored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import BoolArray, Float32Array, FloatArray, IndexArray
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.results import Score
    from embedllm_bench.statistics.functionals import Functional
    from embedllm_bench.statistics.units import QuestionUnits
    from embedllm_bench.tasks.base import Run

NAME = "routing"
PRIMARY = "accuracy"
RANDOM, BEST_SINGLE, ORACLE = "random", "best-single", "oracle"
SWEEPS = 100


@dataclass(frozen=True, eq=False)
class Candidates:
    """The models asked on each of T questions, and the share of right attempts of each.

    Whoever chooses, chooses among these: a model that was not asked has no outcome to score.
    """

    share: FloatArray  #: (M, T) NaN where not asked
    asked: BoolArray  #: (M, T)

    @classmethod
    def of(cls, matrix: CorrectnessMatrix, test: IndexArray) -> Candidates:
        attempts = matrix.attempts[:, test]
        share = np.full(attempts.shape, np.nan)
        np.divide(matrix.correct[:, test], attempts, out=share, where=attempts > 0)
        return cls(share, np.asarray(attempts > 0))

    @property
    def weights(self) -> FloatArray:
        """(T,): 1, or 0 for a question without any candidate."""
        return np.asarray(self.asked.any(0), dtype=np.float64)

    def choose(self, preference: Float32Array | FloatArray) -> IndexArray:
        """The candidate (T,) of highest preference (M, T); the first of equals."""
        choice: IndexArray = np.where(self.asked, preference, -np.inf).argmax(0)
        return choice

    def outcome(self, choice: IndexArray) -> FloatArray:
        """What the chosen models scored (T,)."""
        return np.asarray(self.share[choice, np.arange(self.share.shape[1])])

    def expectation(self, frequency: FloatArray) -> FloatArray:
        """Mean outcome (T,) of drawing among the candidates with these frequencies (M,)."""
        weight = np.where(self.asked, frequency[:, None], 0.0)
        total = weight.sum(0)
        drawn = np.where(self.asked, self.share, 0.0)
        # frequencies that leave a question without any candidate say nothing there: all are equal then
        even = np.where(self.asked, 1.0, 0.0)
        weight = np.where(total > 0, weight, even)
        return np.asarray((weight * drawn).sum(0) / np.maximum(weight.sum(0), 1e-12))


def single_preference(train: CorrectnessMatrix) -> FloatArray:
    """How good each model is (M,), compared over the questions models share.

    The model effects of a least-squares fit of share = model + question; for a complete matrix they
    order the models as their means do, and a model asked only easy questions gains nothing by it.
    """
    weight = train.attempts.astype(np.float64)
    correct = train.correct.astype(np.float64)
    per_model, per_question = weight.sum(1), weight.sum(0)
    model, question = np.zeros(len(weight)), np.zeros(weight.shape[1])
    for _ in range(SWEEPS):
        question = (correct.sum(0) - model @ weight) / np.maximum(per_question, 1)
        updated = (correct.sum(1) - weight @ question) / np.maximum(per_model, 1)
        done = np.abs(updated - model).max(initial=0) < 1e-9
        model = updated
        if done:
            break
    return np.where(per_model > 0, model, -np.inf)


def score_runs(
    matrix: CorrectnessMatrix,
    runs: Sequence[Run],
    singles: Sequence[FloatArray],
    scope: Scope,
    competitors: Sequence[str],
    simple: Sequence[str],
    replicates: int,
) -> list[Score]:
    """Every metric of every row; ``singles`` (M, T) per run are the static preference learned on train."""
    units = common_units(matrix, runs)
    per_run = [_outcomes(matrix, run, single) for run, single in zip(runs, singles, strict=True)]
    names = [name for name in per_run[0].rows if all(name in outcomes.rows for outcomes in per_run)]
    parts: dict[str, dict[str, list[Functional]]] = {}
    for outcomes, own in zip(per_run, units, strict=True):
        for name in names:
            for metric, functional in _metrics(outcomes, name, own, overall=scope.benchmark is None).items():
                parts.setdefault(metric, {}).setdefault(name, []).append(functional)
    strata = units[0].strata
    scores: list[Score] = []
    for metric, rows in parts.items():
        functionals = averaged(rows)
        scores += scored(scope, metric, functionals, strata, replicates)
        if metric == PRIMARY and scope.benchmark is None:
            scores += ranked(scope, functionals, strata, competitors, simple, replicates)
    if scope.benchmark is None:
        for name in competitors:
            if name in names:
                entropy = float(np.mean([outcomes.entropy[name] for outcomes in per_run]))
                scores.append(scope.score("choice_entropy", name, entropy))
    return scores


@dataclass(frozen=True, eq=False)
class _Outcomes:
    """Per row the outcome (T,) of its choices; per router also of drawing as often as it chose, and entropy."""

    rows: dict[str, FloatArray]
    weighted_random: dict[str, FloatArray]
    entropy: dict[str, float]
    weights: FloatArray


def _outcomes(matrix: CorrectnessMatrix, run: Run, single: FloatArray) -> _Outcomes:
    candidates = Candidates.of(matrix, run.test)
    best = np.where(candidates.asked, candidates.share, -np.inf)
    rows = {
        ORACLE: candidates.outcome(candidates.choose(best)),
        BEST_SINGLE: candidates.outcome(candidates.choose(single)),
        RANDOM: candidates.expectation(np.ones(len(matrix.models))),
    }
    drawn, entropy = {}, {}
    for name, p in run.forecasts.items():
        choice = candidates.choose(run.preferences.get(name, p))
        rows[name] = candidates.outcome(choice)
        frequency = np.bincount(choice, minlength=len(matrix.models)) / max(len(choice), 1)
        drawn[name] = candidates.expectation(frequency)
        used = frequency[frequency > 0]
        entropy[name] = float(-(used * np.log2(used)).sum())
    return _Outcomes(rows, drawn, entropy, candidates.weights)


def _metrics(outcomes: _Outcomes, name: str, units: QuestionUnits, *, overall: bool) -> dict[str, Functional]:
    chosen, weights = outcomes.rows[name], outcomes.weights
    found = {"accuracy": metrics.routing_accuracy(chosen, units, weights)}
    if not overall:
        return found
    single, oracle = outcomes.rows[BEST_SINGLE], outcomes.rows[ORACLE]
    found["macro_accuracy"] = metrics.routing_macro_accuracy(chosen, units, weights)
    found["gain"] = metrics.routing_gain(chosen, single, units, weights)
    found["gap_closed"] = metrics.gap_closed(chosen, single, oracle, units, weights)
    if name in outcomes.weighted_random:
        drawn = outcomes.weighted_random[name]
        found["weighted_random_accuracy"] = metrics.routing_accuracy(drawn, units, weights)
    return found
