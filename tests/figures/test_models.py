from __future__ import annotations

import numpy as np
import pytest

from embedllm_bench.figures.profiles import model_counts, profiles
from embedllm_bench.figures.relations import MOST_SHOWN, agreement, model_map
from embedllm_bench.matrix import CorrectnessMatrix
from tests.helpers import questions, random_matrix


def matrix_of(rows: list[list[int | None]], benchmarks: list[str]) -> CorrectnessMatrix:
    """1 right, 0 wrong, None not asked."""
    attempts = np.array([[value is not None for value in row] for row in rows], dtype=np.uint8)
    correct = np.array([[value or 0 for value in row] for row in rows], dtype=np.uint8)
    asked = questions([f"text {i}" for i in range(len(benchmarks))], benchmarks)
    return CorrectnessMatrix(tuple(f"m{i}" for i in range(len(rows))), asked, correct, attempts)


def test_counts_are_by_benchmark_and_leave_out_what_was_not_asked() -> None:
    counts = model_counts(matrix_of([[1, 0, None], [1, 1, 1]], ["a", "a", "b"]), ["F", None], [None, "2B"])
    assert counts.right == ((1, 2), (0, 1))
    assert counts.asked == ((2, 2), (0, 1))
    assert counts.accuracy(0) == 0.5
    assert counts.accuracy(0, 1) is None


def test_a_profile_says_what_a_model_is_better_at_and_who_complements_it() -> None:
    a, b = [1] * 40 + [0] * 40, [0] * 40 + [1] * 40
    matrix = matrix_of([a, b, b], ["x"] * 40 + ["y"] * 40)  # type: ignore[list-item]  # none is missing
    profile = profiles(matrix)[0]
    assert [(d.benchmark, d.value, d.n) for d in profile.differences] == [(0, 1.0, 40), (1, -1.0, 40)]
    assert profile.differences[0].low > 0
    assert profile.differences[1].high < 0
    assert profile.partners == (1, 2)
    assert profile.together == (1.0, 1.0)
    assert profiles(matrix, [1])[0] == profiles(matrix)[1]


def test_a_model_that_shares_few_questions_complements_nobody() -> None:
    matrix = matrix_of([[1, 0, 0, 0], [None, None, None, 1], [0, 1, 1, 1]], ["x"] * 4)
    assert profiles(matrix)[0].partners == (2,)


def test_one_model_has_no_peers() -> None:
    assert profiles(matrix_of([[1, 0]], ["x", "x"])) == ()


def test_the_map_keeps_distances_of_a_plane_and_names_the_nearest() -> None:
    plane = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 3.0], [1.1, 0.1]], dtype=np.float32)
    turned = plane @ np.linalg.qr(np.random.default_rng(0).normal(size=(5, 2)))[0].T.astype(np.float32)
    found = model_map("m", turned)
    assert found is not None
    drawn = np.column_stack([found.x, found.y])
    for i in range(4):
        for j in range(4):
            expected = np.linalg.norm(plane[i] - plane[j])
            assert np.linalg.norm(drawn[i] - drawn[j]) == pytest.approx(expected, abs=2e-4)
    assert sum(found.explained) == pytest.approx(1, abs=2e-4)
    assert found.nearest[1][0] == 3
    assert all(model not in near for model, near in enumerate(found.nearest))


def test_there_is_no_map_of_two_models_or_of_equal_ones() -> None:
    assert model_map("m", np.eye(2, dtype=np.float32)) is None
    assert model_map("m", np.ones((5, 3), dtype=np.float32)) is None


def test_agreement_puts_those_that_answer_alike_together() -> None:
    rows: list[list[int | None]] = [[1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 0, 0], [0, 0, 1, None]]
    found = agreement(matrix_of(rows, ["x"] * 4))
    assert found is not None
    places = {model: place for place, model in enumerate(found.models)}
    assert abs(places[0] - places[2]) == abs(places[1] - places[3]) == 1
    assert found.share[places[0]][places[2]] == 1.0
    assert found.share[places[0]][places[1]] == 0.0
    assert found.share[places[1]][places[3]] == 1.0


def test_of_many_models_some_are_drawn() -> None:
    found = agreement(random_matrix(200, 20))
    assert found is not None
    assert len(found.models) == len(set(found.models)) == MOST_SHOWN
