"""Routing as it is used: a question's vector in, the model most likely to answer it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from embedllm_bench.errors import UsageError
from embedllm_bench.matrix import Questions
from embedllm_bench.methods.base import LinearScores, Method, ScoresLinearly, probabilities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import Float32Array, IndexArray

BATCH = 8192  #: questions whose scores are in memory at once


@dataclass(frozen=True, eq=False)
class Router:
    """Chooses among the models of a fitted method, given nothing but question vectors.

    Where the method's forecasts are ordered as scores linear in the vector (``embedllm``, ``mf``), a choice is
    one product of a matrix and a vector; otherwise it is a forecast. Among equals the first model is taken.
    """

    models: tuple[str, ...]
    method: Method
    scores: LinearScores | None

    @classmethod
    def of(cls, method: Method, models: Sequence[str]) -> Self:
        """The router of a method fitted on these models, in the order of its training matrix.

        Raises:
            UsageError: it forecasts from the names of benchmarks, which a new question does not have, or from its
                text, which is not at hand here.
        """
        if method.reads_labels:
            raise UsageError(
                f"{method.name} forecasts from benchmark names, which a new question does not have; route with a"
                " method that reads the question's vector."
            )
        if method.reads_texts:
            raise UsageError(
                f"{method.name} reads a question's text beside its vector; route with Artifact.route or 'embedllm-bench"
                " route', which have it, or with a method that reads vectors only."
            )
        scores = method.linear_scores() if isinstance(method, ScoresLinearly) else None
        return cls(tuple(models), method, scores)

    def choose(self, vector: Float32Array) -> str:
        """The model for one question's vector (D,)."""
        if self.scores is None:
            return self.models[int(self.choose_many(vector[None])[0])]
        return self.models[(self.scores.weight @ vector + self.scores.offset).argmax()]

    def choose_many(self, vectors: Float32Array) -> IndexArray:
        """The position of the model for each question (Q,), from their vectors (Q, D)."""
        parts = [self._choose(vectors[start : start + BATCH]) for start in range(0, len(vectors), BATCH)]
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)

    def rank(self, vectors: Float32Array) -> IndexArray:
        """The positions of all models for each question (Q, M), the one to choose first."""
        parts = [
            np.argsort(-self._scores(vectors[start : start + BATCH]), axis=1, kind="stable")
            for start in range(0, len(vectors), BATCH)
        ]
        return np.concatenate(parts) if parts else np.empty((0, len(self.models)), dtype=np.int64)

    def _choose(self, vectors: Float32Array) -> IndexArray:
        return np.asarray(self._scores(vectors).argmax(1), dtype=np.int64)

    def _scores(self, vectors: Float32Array) -> Float32Array:
        """(Q, M)."""
        if self.scores is None:
            return probabilities(self.method, _unnamed(vectors), len(self.models)).T
        scores: Float32Array = vectors @ self.scores.weight.T
        scores += self.scores.offset
        return scores


def _unnamed(vectors: Float32Array) -> Questions:
    """New questions, of which only the vectors are known."""
    count = len(vectors)
    ids = tuple(str(i) for i in range(count))
    return Questions(ids, ("",) * count, ("",) * count, (None,) * count, vectors)
