"""One method's fit and forecast on a matrix in a file, or its peer's, timed: what the benchmarks of size share."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks import matrices
from benchmarks.measuring import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.methods.base import Method

METHODS = ("knn", "mf", "embedllm")
LOOP, CLASSIFIERS = "released loop (extrapolated)", "classifier per model (extrapolated)"
PEERS = {"knn": CLASSIFIERS, "mf": LOOP, "embedllm": LOOP}  #: what users run today in a method's place
STEPS, SAMPLED = (
    30,
    2,
)  #: steps of the loop and models with a classifier that are timed; the rest is extrapolated
EPOCHS = 5  #: of embedllm where its cost is to be compared, as early stopping ends earlier here than there


def method_of(name: str, *, stops: bool) -> Method:
    """The method with its defaults; ``stops``: embedllm ends when validation says so."""
    from embedllm_bench import Plugins
    from embedllm_bench.methods.embedllm import EmbedLLM

    if name == "embedllm" and not stops:
        return EmbedLLM(epochs=EPOCHS, patience=EPOCHS)
    return Plugins().methods.things[name]()


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


def peer(path: Path, name: str, held_out: int, epochs: int) -> Outcome:
    """The released scripts' way to the same: so many epochs of the loop, or a classifier for each model."""
    from benchmarks.released import seconds_of_classifiers, seconds_per_epoch

    parts = matrices.divide(matrices.load(path), held_out=held_out)
    if name == CLASSIFIERS:
        return Outcome(seconds_of_classifiers(parts.train, parts.test, SAMPLED))
    epoch = seconds_per_epoch(parts.train, STEPS)
    return Outcome(epoch * epochs, {"s an epoch": epoch})
