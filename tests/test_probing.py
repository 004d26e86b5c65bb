"""What a probe says of a model."""

from __future__ import annotations

import pytest

from embedllm_bench.probing import Predicted, Reading, Routed


@pytest.mark.parametrize(
    ("accuracy", "low", "high", "half"),
    [(0.3, 0.2, 0.4, 0.1), (0.01, 0.0, 0.06, 0.05), (0.97, 0.9, 1.0, 0.07)],
)
def test_an_interval_cut_off_is_as_wide_as_its_longer_side(
    accuracy: float, low: float, high: float, half: float
) -> None:
    whole = Predicted(None, accuracy, low, high, n=100, asked=16)
    reading = Reading("new", (whole,), 9, 1, 9, (), Routed(0.0, 0.5, 0.5), "hashed-ngrams")
    assert reading.half_width == pytest.approx(half)
