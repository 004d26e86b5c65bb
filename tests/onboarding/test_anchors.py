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


def test_a_part_has_as_many_anchors_as_its_questions_deserve() -> None:
    found = Anchors(QUESTIONS, POINTS, seed=0).choose(35)
    part = np.linalg.norm(POINTS[found - 1_000][:, None] - CENTRES, axis=2).argmin(1)
    assert np.abs(np.bincount(part, minlength=4) - 35 * np.array(SIZES) / sum(SIZES)).max() <= 3


def test_odd_questions_that_are_like_no_others_are_no_anchors() -> None:
    odd = np.array([[100, 0], [0, 100], [100, 100], [-100, 0], [0, -100], [-100, -100]])
    among = Anchors(np.arange(len(POINTS) + 6), np.concatenate([odd, POINTS]), seed=0)
    assert among.choose(8).min() >= 6


@pytest.mark.parametrize("count", [0, 1, 8, GROUPS - 1, GROUPS, GROUPS + 40, len(POINTS), len(POINTS) + 5])
def test_anchors_are_different_questions_and_the_same_every_time(count: int) -> None:
    anchors = Anchors(QUESTIONS, POINTS, seed=1)
    found = anchors.choose(count).tolist()
    assert len(set(found)) == len(found) == min(count, len(POINTS))
    assert set(found) <= set(QUESTIONS.tolist())
    assert found == Anchors(QUESTIONS, POINTS, seed=1).choose(count).tolist()


@pytest.mark.parametrize("count", [8, 16, 64])
def test_most_questions_have_an_anchor_as_near_as_k_means_has_a_middle(count: int) -> None:
    from sklearn.cluster import KMeans

    found = POINTS[Anchors(QUESTIONS, POINTS, seed=0).choose(count) - 1_000]
    centres = KMeans(count, n_init=1, random_state=0).fit(POINTS).cluster_centers_
    ours, best = (np.median(np.linalg.norm(POINTS[:, None] - at, axis=2).min(1)) for at in (found, centres))
    assert ours < 1.1 * best


def test_questions_that_are_all_alike_fill_up() -> None:
    found = Anchors(QUESTIONS[:20], np.ones((20, 3)), seed=0).choose(5).tolist()
    assert len(set(found)) == 5
