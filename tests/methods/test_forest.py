"""The forest: its trees as arrays, and the rows that they read."""

from __future__ import annotations

import numpy as np
import pytest

from embedllm_bench.errors import UsageError
from embedllm_bench.methods.forest import Forest
from embedllm_bench.methods.kernels.components import Components
from embedllm_bench.methods.kernels.machine import KernelMachine
from embedllm_bench.methods.kernels.traits import Traits
from embedllm_bench.methods.kernels.trees import LEAF, TRIED, Trees
from tests.helpers import random_matrix


def test_the_arrays_forecast_what_scikit_learn_s_trees_do() -> None:
    from sklearn.ensemble import ExtraTreesRegressor

    generator = np.random.default_rng(0)
    rows = generator.normal(size=(200, 7)).astype(np.float32)
    targets = rows[:, :2] ** 2 + generator.normal(size=(200, 2))
    theirs = ExtraTreesRegressor(12, min_samples_leaf=LEAF, max_features=TRIED, random_state=3).fit(
        rows, targets
    )
    new = generator.normal(size=(50, 7)).astype(np.float32)
    trees = Trees.grow(rows, targets, trees=12, seed=3)
    assert trees.forecast(new) == pytest.approx(theirs.predict(new), abs=1e-5)
    again = Trees.from_arrays(trees.arrays())
    assert np.array_equal(again.forecast(new), trees.forecast(new))


def test_one_row_makes_trees_of_one_leaf() -> None:
    trees = Trees.grow(np.ones((1, 2), dtype=np.float32), np.array([[0.25]]), trees=3, seed=0)
    assert trees.forecast(np.zeros((4, 2), dtype=np.float32)).tolist() == [[0.25]] * 4


def test_a_training_question_s_row_does_not_see_its_own_outcomes() -> None:
    matrix = random_matrix(5, 120)
    machine, components, viewed = KernelMachine.fit(matrix, 200, seed=0)
    traits, rows = Traits.learn(viewed, machine, components.scores, seed=0)
    seen = traits.rows(matrix.questions)
    assert rows.shape == seen.shape
    forecasts = seen.shape[1] - sum(r.left_out.shape[1] for r in (machine.ridge, *traits.views))
    assert rows[:, :forecasts] == pytest.approx(seen[:, :forecasts], abs=1e-4)
    truth = Components.of(matrix).scores[:, 0]
    near = [np.abs(made[:, forecasts] - truth).mean() for made in (rows, seen)]
    assert near[0] > near[1] * 1.1  # with its own outcomes a question is forecast better than it could be


def test_its_settings_count_from_one() -> None:
    with pytest.raises(UsageError, match=r"forest.trees is 0; it counts, so it starts at 1"):
        Forest(trees=0).fit(random_matrix(3, 20))
