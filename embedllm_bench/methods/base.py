"""What a method is: two methods to write, hyper-parameters as dataclass fields, nothing else required."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, Self, runtime_checkable

import numpy as np

from embedllm_bench.errors import MethodError, first_line

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.arrays import CountArray, Float32Array
    from embedllm_bench.cards.traits import Traits
    from embedllm_bench.matrix import CorrectnessMatrix, Questions


@dataclass
class Method(abc.ABC):
    """Learns from a correctness matrix and forecasts, for every model, new questions.

    Subclasses are dataclasses: the fields are the hyper-parameters, all with defaults; what is learned
    is kept in attributes whose names end in an underscore. A method is given training and validation
    outcomes only; the test part reaches it as :class:`Questions`, which carries no outcome.

    What a method may offer beyond that is a protocol each: :class:`HasEmbeddings`, :class:`AddsModels`,
    :class:`AddsDescribedModels`, :class:`ScoresLinearly`, :class:`Prefers`, :class:`Saves`; having their methods is
    enough.
    :func:`embedllm_bench.testing.check_method` says whether a class keeps all that it promises.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    reference: ClassVar[bool] = False  #: a simple row that is always in the table and takes no rank
    reads_labels: ClassVar[bool] = False  #: uses benchmark or sub-task names when forecasting
    reads_texts: ClassVar[bool] = False  #: uses the question's text beside its vector when forecasting

    seed: int = 0

    @abc.abstractmethod
    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        """Learn from ``train``; choose settings and stop on ``validation``. Forgets an earlier fit."""

    @abc.abstractmethod
    def predict_proba(self, questions: Questions) -> Float32Array:
        """P(correct) (M, Q) for the fitted models, in the order of the training matrix."""


@runtime_checkable
class HasEmbeddings(Protocol):
    """A method that learns one compact vector per model."""

    def embeddings(self) -> Float32Array:
        """The fitted models' vectors (M, K)."""


@runtime_checkable
class AddsModels(Protocol):
    """A fitted method that takes in one more model without being fitted again."""

    def add_model(self, questions: Questions, correct: CountArray, attempts: CountArray) -> Self:
        """A fitted method with one more model, the last; ``self`` stays as it is.

        ``correct`` and ``attempts`` (Q,) are the new model's counts at ``questions``, which may be few,
        none, or others than those of the fit. The other models' vectors stay bit for bit what they
        were, and their forecasts within 1e-6.
        """


@runtime_checkable
class AddsDescribedModels(Protocol):
    """A fitted method that also takes in a model by what its card tells."""

    def add_described_model(
        self, traits: Traits, questions: Questions, correct: CountArray, attempts: CountArray
    ) -> Self:
        """As :meth:`AddsModels.add_model`, of a model of which also this is known; any of it may be missing."""


@dataclass(frozen=True, eq=False)
class LinearScores:
    """One score per model for a question of vector x (D,): weight @ x + offset."""

    weight: Float32Array  #: (M, D)
    offset: Float32Array  #: (M,)


@runtime_checkable
class ScoresLinearly(Protocol):
    """A fitted method whose best model for a question can be read off scores linear in its vector."""

    def linear_scores(self) -> LinearScores:
        """Scores whose largest is a model of the highest forecast, at every question."""


@runtime_checkable
class Prefers(Protocol):
    """A fitted method that routes by something else than its forecasts.

    The most likely of many models is also the one most likely overrated, so that the best forecasts need not make the
    best choices.
    """

    def preference(self, questions: Questions, p: Float32Array) -> Float32Array:
        """Values (M, Q), the largest of a question for the model to ask; ``p`` (M, Q) is what it forecast of them."""


@runtime_checkable
class Saves(Protocol):
    """A fitted method that can be kept in a folder; :mod:`embedllm_bench.methods.saving` does the writing."""

    def save(self, folder: Path) -> None:
        """Write what was learned and the settings, as safetensors and JSON; the folder is made."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The fitted method that :meth:`save` wrote.

        Raises:
            MethodError: the folder holds none, that of another method, or a damaged one.
        """


@dataclass(frozen=True, eq=False)
class Forecast:
    """What the tasks see of a method: probabilities and, where it learns them, vectors."""

    p: Float32Array  #: (M, Q) in [0, 1]
    embeddings: Float32Array | None  #: (M, K)
    preference: Float32Array | None = None  #: (M, Q), where it routes by something else than p


def forecast(method: Method, questions: Questions, models: int) -> Forecast:
    """A fitted method's checked forecast for ``questions``.

    Raises:
        MethodError: the shape is wrong, or a value is not finite or no probability.
    """
    p = probabilities(method, questions, models)
    return Forecast(p, vectors(method, models), preferences(method, questions, p))


def probabilities(method: Method, questions: Questions, models: int) -> Float32Array:
    """A fitted method's checked P(correct) (M, Q).

    Raises:
        MethodError: the shape is wrong, or a value is not finite or no probability.
    """
    p = _checked(method, "predict_proba", method.predict_proba(questions), (models, len(questions)))
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise MethodError(
            f"{method.name}.predict_proba returned values from {p.min():.3g} to {p.max():.3g};"
            " probabilities lie in [0, 1]."
        )
    return p


def preferences(method: Method, questions: Questions, p: Float32Array) -> Float32Array | None:
    """What a fitted method routes by (M, Q), checked, where that is not its forecasts ``p``.

    Raises:
        MethodError: the shape is wrong, or a value is not finite.
    """
    if not isinstance(method, Prefers):
        return None
    return _checked(method, "preference", method.preference(questions, p), (p.shape[0], p.shape[1]))


def vectors(method: Method, models: int) -> Float32Array | None:
    """A fitted method's checked vectors (M, K), None where it learns none.

    Raises:
        MethodError: the shape is wrong, or a value is not finite.
    """
    if not isinstance(method, HasEmbeddings):
        return None
    return _checked(method, "embeddings", method.embeddings(), (models, None))


def _checked(method: Method, what: str, array: object, shape: tuple[int, int | None]) -> Float32Array:
    values = _numbers(method, what, array)
    expected = " x ".join("any" if n is None else str(n) for n in shape)
    if values.ndim != 2 or any(
        n is not None and n != got for n, got in zip(shape, values.shape, strict=True)
    ):
        raise MethodError(f"{method.name}.{what} returned shape {values.shape}; expected {expected}.")
    if not np.isfinite(values).all():
        bad = int(np.count_nonzero(~np.isfinite(values)))
        raise MethodError(f"{method.name}.{what} returned {bad} values that are not finite numbers.")
    return values


def _numbers(method: Method, what: str, array: object) -> Float32Array:
    """As float32; what NumPy would drop the half of in silence is refused."""
    try:
        given = np.asarray(array)
        if np.iscomplexobj(given):
            raise MethodError(f"{method.name}.{what} returned complex numbers; return real ones.")
        return np.asarray(given, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise MethodError(
            f"{method.name}.{what} returned what is no array of numbers: {first_line(error)}."
        ) from error
