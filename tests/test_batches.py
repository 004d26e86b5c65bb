"""The benchmark of probes in batches: where each stops, and what its numbers are means of."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import batches
from benchmarks.batches import Means, measured, tables
from benchmarks.probes import COUNTS, Known, Look, Table, stopped
from embedllm_bench.onboarding.settling import AMONG, AUTO, IN_BATCHES
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


def test_every_model_that_was_asked_everything_is_new_once_a_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "WIDTHS", (0.08, 0.05))
    matrix = random_matrix(12, 300)
    attempts = matrix.attempts.copy()
    attempts[3, 7] = 0  # this one cannot be told how far off it is
    correct = np.minimum(matrix.correct, attempts)
    table = Table.of(type(matrix)(matrix.models, matrix.questions, correct, attempts))
    means = measured(table, 2)
    others = [m for m in range(12) if m != 3]
    for key in (
        *(("models, batches", "holds", k) for k in COUNTS),
        *(("models, at once", "holds", k) for k in COUNTS),
        *((f"models, until, {way}", "off", width) for way in (*IN_BATCHES, AUTO) for width in batches.WIDTHS),
        *((f"models, {first}, then {then}", "width", 128) for first in AMONG for then in AMONG),
    ):
        found = means.found[key]
        assert sorted(found) == others, key
        assert {len(values) for values in found.values()} == {2}, key
    for what in ("off", "holds", "width"):  # the first batch is chosen at once
        assert means.found["models, batches", what, 16] == means.found["models, at once", what, 16]
    alike = 0
    for width in batches.WIDTHS:  # auto asks by one of the two; its intervals may be wider
        for model in others:
            offs = [means.found[f"models, until, {way}", "off", width][model] for way in (AUTO, *IN_BATCHES)]
            asked = [
                means.found[f"models, until, {way}", "asked", width][model] for way in (AUTO, *IN_BATCHES)
            ]
            randoms = means.found[f"models, until, {AUTO}", "random", width][model]
            for at, random in enumerate(randoms):
                if asked[0][at] == asked[1 + bool(random)][at]:
                    assert offs[0][at] == offs[1 + bool(random)][at]
                    alike += 1
    assert alike
    assert sum(line.startswith("| batches |") for line in tables(means)) == 6


def test_random_questions_are_of_one_list_and_greedy_ones_go_on_from_what_was_asked() -> None:
    table = Table.of(random_matrix(12, 300))
    known = Known.of(table, np.arange(8), seed=1, strangers=False)
    (believed,) = known.prior.read_all([table.traits[9]])
    first = known.way("anchors").listed(64)
    for strategy in ("random", "accuracy"):
        way = known.way(strategy)
        for begun in (way.listed(64), first):
            asked = way.more(9, begun, believed, 64).tolist()
            assert asked[:64] == begun.tolist()
            assert len(set(asked)) == 128
    way = known.way("random")
    assert way.more(9, way.listed(64), believed, 64).tolist() == way.listed(128).tolist()
    others = [question for question in way.listed(128).tolist() if question not in set(first.tolist())]
    assert way.more(9, first, believed, 64).tolist() == [*first.tolist(), *others[:64]]
