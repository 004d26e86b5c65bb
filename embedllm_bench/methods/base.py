"""What a method is: two methods to write, hyper-parameters as dataclass fields, nothing else required."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, Self, runtime_checkable

import numpy as np

from embedllm_bench.errors import MethodError

if TYPE_CHECKING:
    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.matrix import CorrectnessMatrix, Questions


@dataclass
class Method(abc.ABC):
    """Learns from a correctness matrix and forecasts, for every model, new questions.

    Subclasses are dataclasses: the fields are the hyper-parameters, all with defaults; what is learned
    is kept in attributes whose names end in an underscore. A method is given training and validation
    outcomes only; the test part reaches it as :class:`Questions`, which carries no outcome.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    reference: ClassVar[bool] = False  #: a simple row that is always in the table and takes no rank
    reads_labels: ClassVar[bool] = False  #: uses benchmark or sub-task names when forecasting

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


@dataclass(frozen=True, eq=False)
class Forecast:
    """What the tasks see of a method: probabilities and, where it learns them, vectors."""

    p: Float32Array  #: (M, Q) in [0, 1]
    embeddings: Float32Array | None  #: (M, K)


def forecast(method: Method, questions: Questions, models: int) -> Forecast:
    """A fitted method's checked forecast for ``questions``.

    Raises:
        MethodError: the shape is wrong, or a value is not finite or no probability.
    """
    p = _checked(method, "predict_proba", method.predict_proba(questions), (models, len(questions)))
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise MethodError(
            f"{method.name}.predict_proba returned values from {p.min():.3g} to {p.max():.3g};"
            " probabilities lie in [0, 1]."
        )
    vectors = None
    if isinstance(method, HasEmbeddings):
        vectors = _checked(method, "embeddings", method.embeddings(), (models, None))
    return Forecast(p, vectors)


def _checked(method: Method, what: str, array: object, shape: tuple[int, int | None]) -> Float32Array:
    values = np.asarray(array, dtype=np.float32)
    expected = " x ".join("any" if n is None else str(n) for n in shape)
    if values.ndim != 2 or any(
        n is not None and n != got for n, got in zip(shape, values.shape, strict=True)
    ):
        raise MethodError(f"{method.name}.{what} returned shape {values.shape}; expected {expected}.")
    if not np.isfinite(values).all():
        bad = int(np.count_nonzero(~np.isfinite(values)))
        raise MethodError(f"{method.name}.{what} returned {bad} values that are not finite numbers.")
    return values
