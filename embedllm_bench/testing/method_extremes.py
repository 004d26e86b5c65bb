"""Checks that a method survives data at the edge: next to nothing of it, nothing but one answer, a lot."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.testing.base import Check, require
from embedllm_bench.testing.data import Problem, constant, problem, repeated, without
from embedllm_bench.testing.method_basics import fit_and_forecast, fitted, forecast_of

if TYPE_CHECKING:
    from embedllm_bench.methods.base import Method

MANY = 10_000
NOTHING = 0.02  #: what a validation part without an answer may move forecasts by, on average
ATTEMPTS = 300  #: at a cell; more than 8 bits hold


def _one_model(kind: type[Method]) -> None:
    fit_and_forecast(kind, problem(models=1))


def _one_question(kind: type[Method]) -> None:
    """One to learn from, one to choose on, one to forecast; all of one benchmark and sub-task."""
    given = problem(missing=0.0, benchmarks=1)
    subtasks = np.array(given.train.questions.subtasks)
    mixed = (given.train.correct > 0).any(0) & (given.train.wrong > 0).any(0)
    first = np.flatnonzero(mixed)[0]
    second, third = np.flatnonzero(subtasks == subtasks[first])[-2:]
    parts = (given.train.take(np.array([i])) for i in (first, second, third))
    fit_and_forecast(kind, Problem(*parts))


def _constant_outcomes(kind: type[Method]) -> None:
    given = problem()
    for right in (True, False):
        fit_and_forecast(kind, given.learning_from(partial(constant, right=right)))


def _mostly_missing(kind: type[Method]) -> None:
    """95 % of the cells are not asked, one model and one question not at all."""
    given = problem(missing=0.95)
    gone = np.zeros(given.train.attempts.shape, dtype=bool)
    gone[2], gone[:, 5] = True, True
    fit_and_forecast(kind, Problem(without(given.train, gone), given.validation, given.test))


def _unseen_benchmark(kind: type[Method]) -> None:
    given = problem(benchmarks=4)
    known = np.array(given.train.questions.benchmarks) != "simulated-1"
    unseen = np.array(given.test.questions.benchmarks) == "simulated-1"
    method = kind()
    method.fit(given.train.take(np.flatnonzero(known)), given.validation)
    forecast_of(method, given.test.questions.take(np.flatnonzero(unseen)), len(given.train.models))


def _no_validation(kind: type[Method]) -> None:
    """None is given where there is no validation question; one that nobody answered has no more to say."""
    given = problem()
    blank = without(given.validation, np.ones(given.validation.attempts.shape, dtype=bool))
    made = []
    for validation in (None, blank):
        method = kind()
        method.fit(given.train, validation)
        made.append(forecast_of(method, given.test.questions, len(given.train.models)))
    moved = np.abs(made[1] - made[0]).mean()
    require(
        moved <= NOTHING,
        f"a validation part that nobody answered moves forecasts by {moved:.3f} on average; take it as None, as"
        " methods.validation.usable does.",
    )


def _repeated_attempts(kind: type[Method]) -> None:
    given = problem(models=4, questions=64)
    fit_and_forecast(kind, given.learning_from(partial(repeated, times=ATTEMPTS)))


def _many_questions(kind: type[Method]) -> None:
    given = problem(models=3, questions=MANY)
    everything = problem(models=3, questions=MANY, seed=1).train.questions
    method = fitted(kind, given)
    forecast_of(method, everything, 3)


CHECKS: tuple[Check[type[Method]], ...] = (
    Check("no-validation", "it does without a validation part, or with one nobody answered", _no_validation),
    Check("unseen-benchmark", "questions of a benchmark it never saw are forecast", _unseen_benchmark),
    Check("one-model", "a single model can be learned", _one_model),
    Check("one-question", "a single training question is enough", _one_question),
    Check("constant-outcomes", "everybody right on everything, or wrong, is survived", _constant_outcomes),
    Check("mostly-missing", "95 % of cells not asked, a model and a question among them, is survived", _mostly_missing),
    Check("repeated-attempts", f"counts are survived, {ATTEMPTS} attempts at a cell", _repeated_attempts),
    Check("many-questions", f"{MANY:,} questions are survived", _many_questions),
)  # fmt: skip
