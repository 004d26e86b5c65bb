"""The benchmark of probes in batches: where each stops, and what its numbers are means of."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.batches import MOST, Look, Means, Table, measured, stopped, tables
from embedllm_bench.probing import BATCH
from tests.helpers import random_matrix


def look(asked: int, half_width: float) -> Look:
    return Look(asked, half_width, holds=True, off=0.0)


def test_a_probe_stops_at_the_first_interval_that_is_narrow_enough_or_when_all_is_asked() -> None:
    looks = [look(16, 0.08), look(32, 0.05), look(48, 0.06), look(64, 0.04)]
    assert [stopped(looks, width).asked for width in (0.1, 0.08, 0.06, 0.045, 0.01)] == [16, 16, 32, 64, 64]


def test_a_model_counts_once_however_often_it_was_new() -> None:
    means = Means()
    for model, value in ((0, 1.0), (0, 0.0), (0, 0.5), (1, 0.9)):
        means.add(("models", "holds", 16), model, value)
    value, half = means.mean(("models", "holds", 16))
    assert value == pytest.approx(0.7)  # of .5 and .9
    assert half == pytest.approx(12.706 * 0.2, rel=1e-3)  # Student's t with one degree of freedom


def test_every_model_that_was_asked_everything_is_new_once_a_split() -> None:
    matrix = random_matrix(12, 400)
    attempts = matrix.attempts.copy()
    attempts[3, 7] = 0  # this one cannot be told how far off it is
    correct = np.minimum(matrix.correct, attempts)
    means = measured(
        Table.of(type(matrix)(matrix.models, matrix.questions, correct, attempts)), "accuracy", 2
    )
    for way in ("batches", "at once"):
        for k in range(BATCH, MOST + 1, BATCH):
            found = means.found[f"models, {way}", "holds", k]
            assert sorted(found) == [m for m in range(12) if m != 3]
            assert {len(values) for values in found.values()} == {2}
    for what in ("off", "holds", "width"):  # the first batch is chosen at once
        assert means.found["models, batches", what, 16] == means.found["models, at once", what, 16]
    assert sum(line.startswith("| batches |") for line in tables(means)) == 6
