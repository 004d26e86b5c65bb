"""Checks that a forecast depends on what was observed, and on nothing else."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.testing.base import Check, require
from embedllm_bench.testing.data import Problem, exchanged, problem, with_models, without
from embedllm_bench.testing.fresh import fresh_forecast
from embedllm_bench.testing.method_basics import fit_and_forecast, fitted, forecast_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.methods.base import Method

#: How far forecasts may move, on average over cells, with the order in which models or questions come. Methods
#: that start at random or train on batches do move: they may by so many times what another seed moves them.
ORDER_TOLERANCE, SEEDS = 0.02, 1.5
SAME = 1e-4  #: what rounding may change where the arithmetic is the same
REFIT_TOLERANCE = 1e-3  #: at any cell, between a method fitted for the second time and a new one
GAPS = 0.6  #: the share of cells not asked
GAPS_TOLERANCE = 0.1  #: how far from 1 the sum of the two forecasts may be
ASKED = 48  #: of the training questions, where all others are asked of one model alone


def _gaps(kind: type[Method]) -> None:
    """Exchange right and wrong: what was observed turns round, what was not asked stays what it was.

    A method that knows the difference forecasts p of the one and about 1 - p of the other. One that
    takes a gap for a wrong answer forecasts too little both times, and the two no longer sum to 1.
    (A matrix holds 0 in a cell nobody was asked, which a method may rely on; so nothing is written there.)
    First some gaps lie everywhere; then nineteen in twenty questions are asked of the last model alone, so that what
    is divided by the number of questions, a prior mean, say, is near 0 for the others.
    """
    scattered = problem(questions=320, missing=GAPS)
    _require_sum(kind, scattered, scattered.train.models, f"with {GAPS:.0%} of the cells not asked")
    long = problem(questions=1280, missing=0.0)
    gone = np.zeros(long.train.attempts.shape, dtype=bool)
    gone[:-1, ASKED:] = True
    asked = Problem(without(long.train, gone), long.validation.take(np.arange(ASKED // 4)), long.test)
    where = f"with {long.train.attempts.shape[1] - ASKED} questions more that one model alone was asked"
    _require_sum(kind, asked, long.train.models[:-1], where)


def _require_sum(kind: type[Method], given: Problem, models: Sequence[str], where: str) -> None:
    """That the forecasts for the first ``models`` turn round with the outcomes."""
    parts = (given, given.learning_from(exchanged))
    total = sum(float(fit_and_forecast(kind, part)[: len(models)].mean()) for part in parts)
    require(
        abs(total - 1) <= GAPS_TOLERANCE,
        f"{where}, P(correct) and, with right and wrong exchanged, P(wrong) sum to"
        f" {total:.2f} instead of 1: gaps are counted as {'wrong' if total < 1 else 'right'} answers.",
    )


def _model_order(kind: type[Method]) -> None:
    given = problem()
    order = np.random.default_rng(0).permutation(len(given.train.models))
    shuffled = given.learning_from(partial(with_models, models=order))
    p = fit_and_forecast(kind, given)
    moved, most = np.abs(fit_and_forecast(kind, shuffled) - p[order]).mean(), _tolerance(kind, given, p)
    require(
        moved <= most,
        f"with the models in another order forecasts move by {moved:.3f} on average, and may by {most:.3f}.",
    )


def _question_order(kind: type[Method]) -> None:
    given = problem()
    generator = np.random.default_rng(0)
    shuffled = given.learning_from(lambda part: part.take(generator.permutation(len(part.questions))))
    method, models = fitted(kind, given), len(given.train.models)
    p = forecast_of(method, given.test.questions, models)
    moved, most = np.abs(fit_and_forecast(kind, shuffled) - p).mean(), _tolerance(kind, given, p)
    require(
        moved <= most,
        f"with the training questions in another order forecasts move by {moved:.3f} on average, and may by"
        f" {most:.3f}.",
    )
    order = generator.permutation(len(given.test.questions))
    far = np.abs(forecast_of(method, given.test.questions.take(order), models) - p[:, order]).max()
    require(far <= SAME, f"asked in another order, a question's forecast moves by up to {far:.3f}.")


def _batch(kind: type[Method]) -> None:
    """In use questions come one at a time, in a comparison a test part at once."""
    given = problem()
    method, models, asked = fitted(kind, given), len(given.train.models), given.test.questions
    p = forecast_of(method, asked, models)
    half = np.arange(len(asked))[1::2]
    parts = [half, *(np.array([i]) for i in range(0, len(asked), 4))]
    far = max(
        float(np.abs(forecast_of(method, asked.take(part), models) - p[:, part]).max()) for part in parts
    )
    require(
        far <= SAME,
        f"a question's forecast moves by up to {far:.3f} with the other questions it is asked with; forecast each"
        " from what was learned in fit.",
    )


def _labels(kind: type[Method]) -> None:
    """A user's question carries no label, so a method that reads them says so and is marked in the tables."""
    if kind.reads_labels:
        return
    given = problem()
    method, models, asked = fitted(kind, given), len(given.train.models), given.test.questions
    p = forecast_of(method, asked, models)
    names = sorted(set(asked.benchmarks))
    other = dict(zip(names, [*names[1:], names[0]], strict=True))
    exchanged_names = replace(
        asked, benchmarks=tuple(other[name] for name in asked.benchmarks), subtasks=asked.subtasks[::-1]
    )
    blank = replace(asked, benchmarks=("",) * len(asked), subtasks=(None,) * len(asked))
    far = max(float(np.abs(forecast_of(method, q, models) - p).max()) for q in (exchanged_names, blank))
    require(
        far <= SAME,
        f"with other benchmark and sub-task names a question's forecast moves by up to {far:.3f}; set"
        " reads_labels = True, or do without them in predict_proba.",
    )


def _texts(kind: type[Method]) -> None:
    """A router may be handed vectors alone, so a method that reads texts too says so."""
    if kind.reads_texts:
        return
    given = problem()
    method, models, asked = fitted(kind, given), len(given.train.models), given.test.questions
    blank = replace(asked, texts=("",) * len(asked))
    p = forecast_of(method, asked, models)
    far = float(np.abs(forecast_of(method, blank, models) - p).max())
    require(
        far <= SAME,
        f"without its text a question's forecast moves by up to {far:.3f}; set reads_texts = True, or do with the"
        " vector in predict_proba.",
    )


def _tolerance(kind: type[Method], given: Problem, p: Float32Array) -> float:
    """What the order may move the forecasts ``p`` made with seed 0."""
    other = fit_and_forecast(kind, given, seed=1)
    return max(ORDER_TOLERANCE, SEEDS * float(np.abs(other - p).mean()))


def _same_seed(kind: type[Method]) -> None:
    given = problem()
    first, second = (fit_and_forecast(kind, given, seed=1) for _ in range(2))
    require(
        np.array_equal(first, second),
        f"two fits with the same seed differ by up to {np.abs(first - second).max():.2g};"
        " draw everything from a generator made of self.seed.",
    )


def _refit(kind: type[Method]) -> None:
    given, other = problem(), problem(models=5, questions=96, seed=1)
    method = fitted(kind, other.learning_from(exchanged))
    turned = given.learning_from(exchanged)  # of the same shape, which a method might take for the same data
    for part in (turned, given):
        method.fit(part.train, part.validation)
    again = forecast_of(method, given.test.questions, len(given.train.models))
    most = np.abs(again - fit_and_forecast(kind, given)).max()
    require(
        most <= REFIT_TOLERANCE,
        f"fitted for the second time it forecasts otherwise than a new one, by up to {most:.3f};"
        " let fit start from nothing.",
    )


def _remembers(kind: type[Method]) -> None:
    """All folds of a comparison are fitted in one process: what one learned may not reach the next.

    Both problems are of shapes that no other check uses, so that nothing is remembered of them yet.
    """
    given = problem(models=7, questions=152, seed=2)
    first = fitted(kind, given)
    alone = forecast_of(first, given.test.questions, len(given.train.models))
    leaking = Problem(given.test, given.test, given.train)  # the outcomes that are to be forecast
    fit_and_forecast(kind, leaking)
    most = np.abs(forecast_of(first, given.test.questions, len(given.train.models)) - alone).max()
    require(
        most <= REFIT_TOLERANCE,
        f"it forecasts otherwise once another was fitted, by up to {most:.3f}; keep what is learned on self, not on the"
        " class or in the module.",
    )
    most = np.abs(fit_and_forecast(kind, given) - alone).max()
    require(
        most <= REFIT_TOLERANCE,
        f"a new one forecasts otherwise once another was fitted on the test outcomes, by up to {most:.3f}; keep"
        " what is learned on self, not on the class or in the module.",
    )
    given = problem(models=7, questions=144, seed=3)
    turned = fit_and_forecast(kind, given.learning_from(exchanged))
    straight = fit_and_forecast(kind, given)
    fewer = fit_and_forecast(
        kind, given.learning_from(lambda part: part.take(np.arange(1, len(part.questions))))
    )
    stuck = np.abs(straight - turned).max() <= REFIT_TOLERANCE < np.abs(fewer - turned).mean()
    require(
        not stuck,
        "a new one forecasts what another learned from other outcomes of as many questions; keep what is learned"
        " on self, not on the class or in the module.",
    )
    most = np.abs(straight - fresh_forecast(kind, models=7, questions=144, seed=3)).max()
    require(
        most <= REFIT_TOLERANCE,
        f"in a process where nothing else was fitted it forecasts otherwise, by up to {most:.3f}; keep what is"
        " learned on self, not on the class or in the module, and depend on the order of no set.",
    )


CHECKS: tuple[Check[type[Method]], ...] = (
    Check("same-seed", "the same seed gives the same forecast, bit for bit", _same_seed),
    Check("refit", "fitting again forgets the first fit", _refit),
    Check("remembers", "what one instance learned reaches no other", _remembers),
    Check("gaps", "what was not asked counts neither as wrong nor as right", _gaps),
    Check("model-order", "the models' order moves forecasts no more than another seed does", _model_order),
    Check("question-order", "the questions' order moves forecasts no more than another seed does", _question_order),
    Check("batch", f"a question's forecast is the same alone and among others, within {SAME}", _batch),
    Check("labels", "benchmark and sub-task names are read by those alone that say reads_labels", _labels),
    Check("texts", "a question's text is read by those alone that say reads_texts", _texts),
)  # fmt: skip
