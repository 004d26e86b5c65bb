"""Checks of what a method may offer beyond forecasts: vectors, adding a model, being kept in a folder."""

from __future__ import annotations

import contextlib
import tempfile
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from embedllm_bench.matrix import Questions
from embedllm_bench.methods.base import (
    AddsModels,
    HasEmbeddings,
    Method,
    Prefers,
    Saves,
    ScoresLinearly,
    preferences,
    vectors,
)
from embedllm_bench.testing.base import Check, require
from embedllm_bench.testing.data import Problem, constant, exchanged, problem, with_models, without
from embedllm_bench.testing.method_basics import fitted, forecast_of, other_settings

if TYPE_CHECKING:
    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.matrix import CorrectnessMatrix

ORDER_TOLERANCE = 1e-4  #: of a forecast, where two models' scores differ by their rounding only
TOLERANCE = 1e-6  #: of a forecast for a model that was there before, or after loading
ALONE, SAME = 4, 1e-4  #: questions routed alone, and how far that may move what they are routed by
ASKED = 24  #: questions of an added model
UNASKED = 0.02  #: what questions it was not asked may move its forecasts by, on average
PICKLED = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))


def _vectors(kind: type[Method]) -> None:
    given = problem()
    models = len(given.train.models)
    method = fitted(kind, given)
    made = vectors(method, models)
    assert made is not None  # noqa: S101 - the check is for those that have them
    require(made.shape[1] > 0, "its vectors have no numbers in them.")
    require(
        _equal(made, vectors(method, models)),
        "embeddings() gives others the second time it is called.",
    )
    require(
        _equal(made, vectors(fitted(kind, given), models)),
        "two fits with the same seed have other vectors; draw everything in fit, from a generator made of self.seed.",
    )
    few = problem(models=3, seed=1)
    vectors(fitted(kind, few), 3)


def _equal(one: Float32Array, other: Float32Array | None) -> bool:
    return other is not None and np.array_equal(one, other)


def _added_model(kind: type[Method]) -> None:
    """The last model is held back and then added: from no outcome, from eight, and from all of them."""
    given = problem()
    count = len(given.train.models) - 1
    method = fitted(kind, given.learning_from(partial(with_models, models=range(count))))
    asked = given.test.questions
    before, drawn = forecast_of(method, asked, count), vectors(method, count)
    for outcomes in (0, 8, len(given.train.questions)):
        rows = np.arange(outcomes)
        new = with_models(given.train, [count]).take(rows)
        require(isinstance(method, AddsModels), "it has no add_model.")
        more = _add(method, new.questions, new.correct[0], new.attempts[0])
        still = np.asarray(method.predict_proba(asked), dtype=before.dtype)  # as it was checked, of any shape
        require(
            np.array_equal(still, before),
            "add_model changes the method it is called on; return a copy with one more model.",
        )
        p, after = forecast_of(more, asked, count + 1), vectors(more, count + 1)
        moved = np.abs(p[:count] - before).max()
        require(
            moved <= TOLERANCE,
            f"a model added from {outcomes} outcomes moves the others' forecasts by up to {moved:.2g}.",
        )
        require(
            drawn is None or (after is not None and np.array_equal(after[:count], drawn)),
            f"a model added from {outcomes} outcomes changes the others' vectors.",
        )


def _added_outcomes(kind: type[Method]) -> None:
    """As everywhere a cell that nobody was asked holds 0, which a method may rely on."""
    given = problem()
    count = len(given.train.models) - 1
    method = fitted(kind, given.learning_from(partial(with_models, models=range(count))))
    new = with_models(given.train, [count])
    alike = new.attempts > 0
    few = new.take(np.flatnonzero(alike[0])[:ASKED])

    def forecast(outcomes: CorrectnessMatrix) -> Float32Array:
        more = _add(method, outcomes.questions, outcomes.correct[0], outcomes.attempts[0])
        row: Float32Array = forecast_of(more, given.test.questions, count + 1)[count]
        return row

    others = new.take(np.flatnonzero(alike[0])[ASKED:])
    unasked = without(others, np.ones(others.attempts.shape, dtype=bool))
    moved = np.abs(forecast(_joined(few, unasked)) - forecast(few)).mean()
    require(
        moved <= UNASKED,
        f"questions that an added model was not asked move its forecasts by {moved:.3f} on average; take cells"
        " without attempts for nothing.",
    )
    right, wrong = (float(forecast(constant(new, right=right)).mean()) for right in (True, False))
    require(
        right > wrong,
        f"a model added with all its answers right is forecast {right:.3f} on average, and with all wrong"
        f" {wrong:.3f}; learn from its outcomes.",
    )


def _joined(one: CorrectnessMatrix, other: CorrectnessMatrix) -> CorrectnessMatrix:
    """The questions of both."""
    questions = Questions(
        one.questions.ids + other.questions.ids,
        one.questions.texts + other.questions.texts,
        one.questions.benchmarks + other.questions.benchmarks,
        one.questions.subtasks + other.questions.subtasks,
        np.concatenate([one.questions.embeddings, other.questions.embeddings]),
    )
    return replace(
        one,
        questions=questions,
        correct=np.concatenate([one.correct, other.correct], axis=1),
        attempts=np.concatenate([one.attempts, other.attempts], axis=1),
    )


def _add(method: object, *outcomes: object) -> Method:
    assert isinstance(method, AddsModels)  # noqa: S101 - for the type checker
    made = method.add_model(*outcomes)  # type: ignore[arg-type]  # as they stand in the matrix
    require(isinstance(made, Method), "add_model returns no method; return a copy with one more model.")
    assert isinstance(made, Method)  # noqa: S101 - for the type checker
    return made


def _linear_scores(kind: type[Method]) -> None:
    given = problem()
    models = len(given.train.models)
    method = fitted(kind, given)
    asked = given.test.questions
    p = forecast_of(method, asked, models)
    assert isinstance(method, ScoresLinearly)  # noqa: S101 - the check is for those that have them
    scores = method.linear_scores()
    expected = (models, asked.embeddings.shape[1])
    require(
        scores.weight.shape == expected and scores.offset.shape == (models,),
        f"linear_scores are of shape {scores.weight.shape} and {scores.offset.shape}; expected"
        f" {expected[0]} x {expected[1]} and {models}.",
    )
    chosen = (scores.weight @ asked.embeddings.T + scores.offset[:, None]).argmax(0)  # (Q,)
    short = float((p.max(0) - p[chosen, np.arange(len(asked))]).max())
    require(
        short <= ORDER_TOLERANCE,
        f"the model of the highest linear score is forecast up to {short:.2g} below the best one.",
    )


def _preference(kind: type[Method]) -> None:
    given = problem()
    method, asked, models = fitted(kind, given), given.test.questions, len(given.train.models)
    whole = preferences(method, asked, forecast_of(method, asked, models))
    assert whole is not None  # noqa: S101 - the check is for those that have one
    for at in range(ALONE):
        one = asked.take(np.array([at]))
        alone = preferences(method, one, forecast_of(method, one, models))
        assert alone is not None  # noqa: S101 - the same
        far = float(np.abs(alone[:, 0] - whole[:, at]).max())
        require(
            far <= SAME * max(1.0, float(np.abs(whole).max())),
            f"what a question is routed by moves by up to {far:.3f} with the other questions it is asked with.",
        )


def _saved(kind: type[Method]) -> None:
    """With settings other than the defaults, and loaded from a copy, once another fit was saved too."""
    given = problem()
    models = len(given.train.models)
    method = _of_other_settings(kind, given)
    before, drawn = forecast_of(method, given.test.questions, models), vectors(method, models)
    with tempfile.TemporaryDirectory() as place:
        folder, copied = (
            Path(place) / "a" / "fitted",
            Path(place) / "copied",
        )  # folders that are not there yet
        _save(method, folder)
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        require(files, "save writes no file into the folder it is given.")
        pickled = [path.name for path in files if _is_pickled(path)]
        require(not pickled, f"{', '.join(pickled)} is a pickle, which can run anything when it is loaded.")
        folder.rename(copied)
        _save(fitted(kind, given.learning_from(exchanged)), folder)
        loaded = kind.load(copied) if issubclass(kind, Saves) else None
    require(isinstance(loaded, Method), "load returns no method.")
    assert isinstance(loaded, Method)  # noqa: S101 - for the type checker
    require(
        loaded == method, f"what is loaded has other settings than what was saved: {loaded}, not {method}."
    )
    moved = np.abs(forecast_of(loaded, given.test.questions, models) - before).max()
    require(
        moved <= TOLERANCE, f"what is loaded forecasts otherwise than what was saved, by up to {moved:.2g}."
    )
    after = vectors(loaded, models)
    require(
        drawn is None or (after is not None and np.array_equal(after, drawn)),
        "what is loaded has other vectors than what was saved.",
    )


def _save(method: Method, folder: Path) -> None:
    assert isinstance(method, Saves)  # noqa: S101 - the check is for those that save
    method.save(folder)


def _of_other_settings(kind: type[Method], given: Problem) -> Method:
    """Fitted with every setting next to its default, but for those that then cannot be."""
    values: dict[str, Any] = {}
    for name, value in other_settings(kind).items():
        with contextlib.suppress(Exception):
            kind(**(values | {name: value}))
            values[name] = value
    with contextlib.suppress(Exception):
        method = kind(**values)
        method.fit(given.train, given.validation)
        return method
    return fitted(kind, given)


def _is_pickled(path: Path) -> bool:
    if zipfile.is_zipfile(path):  # as torch.save and numpy.savez write it
        with zipfile.ZipFile(path) as archive:
            return any(archive.read(name)[:2] in PICKLED for name in archive.namelist())
    content = path.read_bytes()
    # a safetensors file begins with the length of its header, which may be the same two bytes; a pickle also ends so
    return content[:2] in PICKLED and content.endswith(b".")


CHECKS: tuple[Check[type[Method]], ...] = (
    Check("vectors", "one finite vector per model, the same at every call and for one seed", _vectors, HasEmbeddings),
    Check("added-model", "an added model leaves the others' vectors and forecasts alone", _added_model, AddsModels),
    Check("added-outcomes", "an added model is forecast by what it was asked", _added_outcomes, AddsModels),
    Check("linear-scores", "linear scores put first what the forecasts put first", _linear_scores, ScoresLinearly),
    Check("preference", "a question is routed by the same alone and among others", _preference, Prefers),
    Check("saved", "what is saved and loaded forecasts the same, without pickle", _saved, Saves),
)  # fmt: skip
