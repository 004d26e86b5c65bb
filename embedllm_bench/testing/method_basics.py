"""Checks of a method as a part of the harness: its settings, its forecast's form, and its manners."""

from __future__ import annotations

import dataclasses
import typing
from typing import TYPE_CHECKING, Literal

import numpy as np

from embedllm_bench.errors import UsageError
from embedllm_bench.methods.base import Method, probabilities
from embedllm_bench.methods.settings import read
from embedllm_bench.process import changed, generators, settings
from embedllm_bench.registry.kinds import undeclared
from embedllm_bench.testing.base import Check, printed, require
from embedllm_bench.testing.data import Problem, problem

if TYPE_CHECKING:
    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.matrix import Questions

FAR = 10.0  #: times the length of what was trained on


def fitted(kind: type[Method], given: Problem, *, seed: int = 0) -> Method:
    """A new method of this kind, fitted with a validation part."""
    method = kind(seed=seed)
    method.fit(given.train, given.validation)
    return method


def forecast_of(method: Method, questions: Questions, models: int) -> Float32Array:
    """Its checked forecast."""
    return probabilities(method, questions, models)


def fit_and_forecast(kind: type[Method], given: Problem, *, seed: int = 0) -> Float32Array:
    """The checked forecast of a new method for the test part."""
    return forecast_of(fitted(kind, given, seed=seed), given.test.questions, len(given.train.models))


def _settings(kind: type[Method]) -> None:
    for name in ("name", "summary"):
        text = getattr(kind, name, None)
        require(
            isinstance(text, str) and text.strip() and "\n" not in text,
            f"the class has no {name}; give it one line of text.",
        )
    require(not set(kind.name) & set(" =,"), f"the name {kind.name!r} has a space, '=' or ',' in it.")
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for name in undeclared(kind):
        require(False, f"{name} is annotated and yet no setting; put @dataclass above the class.")
    hints = typing.get_type_hints(kind)
    for name, field in fields.items():
        default = field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        require(default is not dataclasses.MISSING, f"the setting {name} has no default; give it one.")
        try:
            same = read(name, str(default), hints[name]) == default
        except (UsageError, TypeError):
            same = False
        require(
            same,
            f"the setting {name} cannot be given by --set, as its default {default!r} does not read back;"
            " let it be an int, float, bool, str, a Literal of texts, or one of these or None.",
        )


def other_settings(kind: type[Method]) -> dict[str, object]:
    """For every setting whose type says what else it may be, a value that is not the default."""
    hints = typing.get_type_hints(kind)
    found: dict[str, object] = {}
    for field in dataclasses.fields(kind):
        default = field.default
        options = (
            typing.get_args(hints[field.name]) if typing.get_origin(hints[field.name]) is Literal else ()
        )
        if isinstance(default, bool):
            found[field.name] = not default
        elif isinstance(default, int):
            found[field.name] = default + 1
        elif isinstance(default, float):
            found[field.name] = default * 0.9
        elif len(options) > 1:
            found[field.name] = next(option for option in options if option != default)
    return found


def _probabilities(kind: type[Method]) -> None:
    given = problem()
    models = len(given.train.models)
    method = fitted(kind, given)
    questions = given.test.questions
    forecast_of(method, questions, models)
    forecast_of(method, questions.take(np.arange(0)), models)
    forecast_of(method, questions.with_embeddings(questions.embeddings * np.float32(FAR)), models)


def _returns_self(kind: type[Method]) -> None:
    given = problem()
    method = kind()
    made = method.fit(given.train, given.validation)
    what = "another one" if isinstance(made, Method) else type(made).__name__
    require(made is method, f"fit returns {what}, not the method itself; end it with 'return self'.")


def _silent(kind: type[Method]) -> None:
    given = problem()
    said = printed(lambda: fit_and_forecast(kind, given))
    require(not said, f"it printed or warned {said!r}; tell of progress by methods.progress.steps.")


def _generators(kind: type[Method]) -> None:
    import torch  # noqa: F401 - so that its generator is watched, whether the method imports it or not

    before = generators()
    fit_and_forecast(kind, problem())
    name = changed(before, generators())
    require(not name, f"{name} was used or seeded; draw from a generator of your own made of self.seed.")


def _process_settings(kind: type[Method]) -> None:
    import torch  # noqa: F401 - as above

    before = settings()
    fit_and_forecast(kind, problem())
    name = changed(before, settings())
    require(not name, f"{name} was changed for the whole process; put it back, or leave it.")


def _data_untouched(kind: type[Method]) -> None:
    given = problem()
    parts = {"training": given.train, "validation": given.validation, "test": given.test}
    before = {name: part.digest() for name, part in parts.items()}
    fit_and_forecast(kind, given)
    spoilt = [name for name, part in parts.items() if part.digest() != before[name]]
    require(not spoilt, f"it wrote into the {', '.join(spoilt)} data, which other methods share; copy first.")


CHECKS: tuple[Check[type[Method]], ...] = (
    Check("settings", "it has a name, a summary, and settings with defaults that --set can give", _settings),
    Check("probabilities", "P(correct) for every model and question, also for none and far-off ones", _probabilities),
    Check("returns-self", "fit returns the method itself", _returns_self),
    Check("silent", "fitting and forecasting print and warn of nothing", _silent),
    Check("random-generators", "Python's, NumPy's and torch's random generators are left as found", _generators),
    Check("process-settings", "default dtype, thread count and error handling are left as found", _process_settings),
    Check("data-untouched", "the outcomes and vectors it is given are left as found", _data_untouched),
)  # fmt: skip
