"""The ensemble and boosting: their trees as arrays, and the rows that these read."""

from __future__ import annotations

import dataclasses
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedllm_bench.errors import UsageError
from embedllm_bench.methods.boosting import Boosting
from embedllm_bench.methods.ensemble import Ensemble
from embedllm_bench.methods.kernel import Kernel
from embedllm_bench.methods.kernels.boosted import BINS, LEAVES, PENALTY, RATE, Answers, Boosted
from embedllm_bench.methods.kernels.boosted import LEAF as BOOSTED_LEAF
from embedllm_bench.methods.kernels.boosted import TRIED as BOOSTED_TRIED
from embedllm_bench.methods.kernels.cells import Cells
from embedllm_bench.methods.kernels.components import Components
from embedllm_bench.methods.kernels.familiarity import familiarity
from embedllm_bench.methods.kernels.machine import KernelMachine
from embedllm_bench.methods.kernels.question_rows import QuestionRows
from embedllm_bench.methods.kernels.trees import LEAF, TRIED, Trees, out_of_bag
from tests.helpers import random_matrix

if TYPE_CHECKING:
    from embedllm_bench.arrays import Float32Array, FloatArray


def numbers() -> tuple[Float32Array, FloatArray, Float32Array]:
    """Rows, what is to be forecast of them, and new rows."""
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(200, 7)).astype(np.float32)
    targets = rows[:, :2] ** 2 + generator.normal(size=(200, 2))
    return rows, targets, generator.normal(size=(50, 7)).astype(np.float32)


def test_the_arrays_forecast_what_scikit_learn_s_trees_do() -> None:
    from sklearn.ensemble import ExtraTreesRegressor

    rows, targets, new = numbers()
    theirs = ExtraTreesRegressor(12, min_samples_leaf=LEAF, max_features=TRIED, random_state=3).fit(
        rows, targets
    )
    trees = Trees.grow(rows, targets, trees=12, seed=3)
    assert trees.forecast(new) == pytest.approx(theirs.predict(new), abs=1e-5)
    again = Trees.from_arrays(trees.arrays())
    assert np.array_equal(again.forecast(new), trees.forecast(new))


def test_out_of_bag_are_scikit_learn_s_forecasts_and_the_mean_where_no_bag_lacks_the_row() -> None:
    from sklearn.ensemble import ExtraTreesRegressor

    rows, targets, _ = numbers()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of the rows that all trees were shown
        theirs = ExtraTreesRegressor(
            7, min_samples_leaf=LEAF, max_features=TRIED, bootstrap=True, oob_score=True, random_state=3
        ).fit(rows, targets)
    drawn = np.array([np.bincount(shown, minlength=200) for shown in theirs.estimators_samples_])
    once_out = (drawn == 0).any(0)
    assert not once_out.all()
    left_out = out_of_bag(rows, targets, trees=7, seed=3)
    assert left_out[once_out] == pytest.approx(theirs.oob_prediction_[once_out], abs=1e-5)
    assert left_out[~once_out] == pytest.approx(np.tile(targets.mean(0), ((~once_out).sum(), 1)))


def test_one_row_makes_trees_of_one_leaf() -> None:
    row, target = np.ones((1, 2), dtype=np.float32), np.array([[0.25]])
    assert out_of_bag(row, target, trees=3, seed=0).tolist() == [[0.25]]
    trees = Trees.grow(row, target, trees=3, seed=0)
    assert trees.forecast(np.zeros((4, 2), dtype=np.float32)).tolist() == [[0.25]] * 4


def test_a_training_question_s_row_does_not_see_its_own_outcomes() -> None:
    matrix = random_matrix(5, 120)
    machine, components, viewed = KernelMachine.fit(matrix, 200, seed=0)
    made, learned = QuestionRows.learn(viewed, machine, components.scores, seed=0)
    rows, seen = learned.rows, made.see(matrix.questions).rows
    assert rows.shape == seen.shape
    forecasts = seen.shape[1] - sum(r.left_out.shape[1] for r in (machine.ridge, *made.views))
    assert rows[:, :forecasts] == pytest.approx(seen[:, :forecasts], abs=1e-4)
    truth = Components.of(matrix).scores[:, 0]
    near = [np.abs(made[:, forecasts] - truth).mean() for made in (rows, seen)]
    assert near[0] > near[1] * 1.1  # with its own outcomes a question is forecast better than it could be


def test_boosted_arrays_say_what_scikit_learn_s_model_does() -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    generator = np.random.default_rng(0)
    rows = generator.normal(size=(2000, 5)).astype(np.float32)
    right = rows[:, 0] * rows[:, 1] + generator.normal(size=2000) > 0.3
    theirs = HistGradientBoostingClassifier(
        max_iter=9, learning_rate=RATE, max_leaf_nodes=LEAVES, min_samples_leaf=BOOSTED_LEAF,
        max_features=BOOSTED_TRIED, max_bins=BINS, l2_regularization=PENALTY, early_stopping=False, random_state=3,
    ).fit(rows, right)  # fmt: skip
    new = generator.normal(size=(50, 5)).astype(np.float32)
    boosted = Boosted.grow(Answers(rows, right), None, rounds=9, seed=3)
    assert boosted.logits(new) == pytest.approx(theirs.decision_function(new), abs=1e-12)
    again = Boosted.from_arrays(boosted.arrays())
    assert np.array_equal(again.logits(new), boosted.logits(new))


@pytest.mark.parametrize(("right", "share"), [(True, 7 / 8), (False, 1 / 8)])
def test_answers_that_are_all_alike_grow_no_tree(right: bool, share: float) -> None:
    rows = np.ones((6, 2), dtype=np.float32)
    boosted = Boosted.grow(Answers(rows, np.full(6, right)), None, rounds=5, seed=0)
    assert 1 / (1 + np.exp(-boosted.logits(rows))) == pytest.approx(np.full(6, share))
    assert Boosted.from_arrays(boosted.arrays()).logits(rows) == pytest.approx(boosted.logits(rows))


def test_a_cell_s_row_is_the_question_the_forecasts_and_the_model() -> None:
    scores = np.array([[0.1], [0.2]])
    cells = Cells(
        np.array([[5, 6], [7, 8]], dtype=np.float32), (scores, np.array([[1.0], [0.0]])),
        np.array([0.5, 0.75]), np.array([[1.0], [2.0]]),
    )  # fmt: skip
    rows = cells.rows(np.array([1, 0]), np.array([0, 1]))
    expected = [[5, 6, 0.95, 2.75, 0.75, 2.0], [7, 8, 0.7, 0.5, 0.5, 1.0]]
    assert rows == pytest.approx(np.array(expected), abs=1e-6)


def test_every_attempt_is_an_answer_and_what_was_not_asked_is_none() -> None:
    matrix = dataclasses.replace(
        random_matrix(2, 3),
        correct=np.array([[2, 0, 0], [0, 1, 0]], dtype=np.uint8),
        attempts=np.array([[3, 0, 1], [0, 1, 0]], dtype=np.uint8),
    )
    numbers = np.arange(3, dtype=np.float32)[:, None]
    cells = Cells(numbers, (np.zeros((3, 1)),), np.array([0.5, 0.75]), np.array([[1.0], [2.0]]))
    answers = cells.answers(matrix, most=9, seed=0)
    told = [(row[0], row[2], right) for row, right in zip(answers.rows, answers.right, strict=True)]
    assert told == [(0, 0.5, True), (0, 0.5, True), (1, 0.75, True), (0, 0.5, False), (2, 0.5, False)]
    assert len(cells.answers(matrix, most=4, seed=0).rows) == 4


def test_without_validation_it_says_what_the_forest_does() -> None:
    matrix = random_matrix(5, 120)
    method = Ensemble(trees=20).fit(matrix)
    means, loadings = method.means_, method.loadings_
    linear = means[:, None] + loadings @ method.trees_.forecast(method.rows_.see(matrix.questions).rows).T
    assert method.predict_proba(matrix.questions) == pytest.approx(linear.clip(0.01, 0.99), abs=1e-6)


def test_what_is_like_nothing_in_training_is_left_to_the_kernels() -> None:
    matrix = random_matrix(5, 120)
    train, near = matrix.take(np.arange(100)), matrix.take(np.arange(100, 120)).questions
    strange = dataclasses.replace(
        near.with_embeddings(near.embeddings * 50), texts=tuple("?" * 300 + str(i) for i in range(20))
    )
    method, kernel = Ensemble(trees=20).fit(train), Kernel().fit(train)
    assert method.predict_proba(strange) == pytest.approx(kernel.predict_proba(strange), abs=1e-6)
    assert np.abs(method.predict_proba(near) - kernel.predict_proba(near)).max() > 0.01


def test_familiarity_is_where_the_nearest_stands_in_the_last_tenth() -> None:
    usual = np.linspace(0.01, 1.0, 100)
    assert familiarity(usual, np.array([0.0, 0.015, 0.055, 0.5])).tolist() == pytest.approx([0, 0.1, 0.5, 1])
    assert familiarity(np.full(100, 0.999), np.array([0.999, 0.99])).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (Ensemble(trees=0), "ensemble.trees is 0; it counts, so it starts at 1"),
        (Boosting(rounds=0), "boosting.rounds is 0; it counts, so it starts at 1"),
    ],
)
def test_its_settings_count(method: Ensemble | Boosting, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        method.fit(random_matrix(3, 20))
