"""One method's fit and forecast on a matrix in a file, timed: what the benchmarks of size have in common."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks import matrices
from benchmarks.measuring import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.methods.base import Method

METHODS = ("knn", "mf", "embedllm")
EPOCHS = 5  #: of embedllm where its cost is to be compared, as early stopping ends earlier here than there


def method_of(name: str, *, stops: bool) -> Method:
    """The method with its defaults; ``stops``: embedllm ends when validation says so."""
    from embedllm_bench.methods.embedllm import EmbedLLM
    from embedllm_bench.methods.knn import KNN
    from embedllm_bench.methods.mf import MatrixFactorization

    if name == "embedllm":
        return EmbedLLM() if stops else EmbedLLM(epochs=EPOCHS, patience=EPOCHS)
    return KNN() if name == "knn" else MatrixFactorization()


def fit_and_forecast(path: Path, name: str, held_out: int, *, stops: bool) -> Outcome:
    """Fit on the training part, choose on validation, forecast the test part."""
    parts = matrices.divide(matrices.load(path), held_out=held_out)
    method = method_of(name, stops=stops)
    start = time.perf_counter()
    method.fit(parts.train, parts.validation)
    fitted = time.perf_counter()
    p = method.predict_proba(parts.test.questions)
    end = time.perf_counter()
    cells = int((parts.train.attempts > 0).sum())
    figures = {"s to forecast": end - fitted, "ns a training cell": 1e9 * (end - start) / cells}
    return Outcome(end - start, {**figures, **matrices.quality(p, parts.test)})
