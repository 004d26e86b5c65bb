from __future__ import annotations

import numpy as np
import pytest

from embedllm_bench.onboarding.anchors import GROUPS, Anchors

SIZES = (300, 200, 120, 80)
CENTRES = np.array([[0, 0], [10, 0], [0, 10], [10, 10]], dtype=np.float64)
POINTS = np.concatenate(
    [
        centre + np.random.default_rng(at).normal(size=(size, 2))
        for at, (centre, size) in enumerate(zip(CENTRES, SIZES, strict=True))
    ]
)
QUESTIONS = np.arange(len(POINTS)) + 1_000  # not their places


def test_as_many_anchors_as_there_are_clusters_are_their_middles_largest_first() -> None:
    found = Anchors(QUESTIONS, POINTS, seed=0).choose(4)
    assert np.linalg.norm(POINTS[found - 1_000] - CENTRES, axis=1).max() < 0.5


@pytest.mark.parametrize("count", [0, 1, 8, GROUPS - 1, GROUPS, GROUPS + 40, len(POINTS), len(POINTS) + 5])
def test_anchors_are_different_questions_and_the_same_every_time(count: int) -> None:
    anchors = Anchors(QUESTIONS, POINTS, seed=1)
    found = anchors.choose(count).tolist()
    assert len(set(found)) == len(found) == min(count, len(POINTS))
    assert set(found) <= set(QUESTIONS.tolist())
    assert found == Anchors(QUESTIONS, POINTS, seed=1).choose(count).tolist()


@pytest.mark.parametrize("count", [4, 16, 64])
def test_clusters_of_groups_are_about_as_tight_as_clusters_of_the_questions(count: int) -> None:
    from sklearn.cluster import KMeans

    found = POINTS[Anchors(QUESTIONS, POINTS, seed=0).choose(count) - 1_000]
    distances = np.linalg.norm(POINTS[:, None] - found, axis=2).min(1)
    centres = KMeans(count, n_init=1, random_state=0).fit(POINTS).cluster_centers_
    best = POINTS[np.linalg.norm(POINTS[:, None] - centres, axis=2).argmin(0)]
    assert (distances**2).sum() < 1.1 * (np.linalg.norm(POINTS[:, None] - best, axis=2).min(1) ** 2).sum()


def test_questions_that_are_all_alike_fill_up() -> None:
    found = Anchors(QUESTIONS[:20], np.ones((20, 3)), seed=0).choose(5).tolist()
    assert len(set(found)) == 5
