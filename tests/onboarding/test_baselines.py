from __future__ import annotations

import numpy as np
import pytest

from embedllm_bench.onboarding.baselines import Ridge, benchmark_means, plain_mean
from embedllm_bench.onboarding.estimating import targets
from embedllm_bench.onboarding.irt import ItemResponse
from embedllm_bench.onboarding.place import Probe
from tests.onboarding.worlds import BENCHMARKS, MATRIX, NEW, POOL, chosen, codes, probe_of


def test_the_plain_ways_on_a_case_done_by_hand() -> None:
    weights = targets(codes(MATRIX), BENCHMARKS)
    asked = np.array([0, 3, 1])  # two of b0, one of b1, none of b2
    probe = Probe(asked, np.array([1.0, 0.0, 1.0]), np.ones(3))
    assert plain_mean(POOL, probe) == pytest.approx(2 / 3)
    assert benchmark_means(POOL, probe, weights) == pytest.approx([0.5, 1.0, 2 / 3, (0.5 + 1 + 2 / 3) / 3])
    nothing = Probe(asked[:0], np.zeros(0), np.zeros(0))
    assert Ridge.fit(POOL, asked[:0], weights).estimate(nothing) == pytest.approx(weights @ POOL.mean)


def test_item_response_and_ridge_read_more_than_the_mean_of_the_known_models() -> None:
    weights = targets(codes(MATRIX), BENCHMARKS)
    responses, asked = ItemResponse.fit(POOL), chosen("random", 60)
    regression = Ridge.fit(POOL, asked, weights)
    truth = MATRIX.correct[NEW].mean(1)
    known = np.abs(POOL.mean.mean() - truth).mean()
    for estimate in (
        [responses.estimate(probe_of(m, asked), weights)[-1] for m in NEW.tolist()],
        [regression.estimate(probe_of(m, asked))[-1] for m in NEW.tolist()],
    ):
        assert np.abs(np.array(estimate) - truth).mean() < known / 2
