"""The probe of model vectors: what it finds where there is something, nothing, or too little."""

from __future__ import annotations

import numpy as np
import pytest

from embedllm_bench.tasks.probe import DIVISIONS, probe


def drawn(models: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(models, 3)).astype(np.float32)
    return vectors, 0.5 + 0.1 * vectors[:, 0].astype(np.float64)


def test_accuracy_that_stands_in_the_vectors_is_read_off_them() -> None:
    result = probe(*drawn(60), seed=0)
    assert result is not None
    assert result.divisions == DIVISIONS
    for name in ("ridge", "minimum_norm"):
        assert result.values[f"probe_{name}_significant"] == 1.0
        assert result.values[f"probe_{name}_r2"] == pytest.approx(1, abs=1e-3)
    assert result.values["probe_random_significant"] < 0.2
    assert result.values["probe_random_r2"] < 0.1


def test_of_equal_accuracies_no_order_is_found() -> None:
    vectors, _ = drawn(20)
    result = probe(vectors, np.full(20, 0.5), seed=0)
    assert result is not None
    assert {v for name, v in result.values.items() if name.endswith("significant")} == {0.0}


def test_models_without_accuracy_do_not_count_and_too_few_give_nothing() -> None:
    vectors, accuracy = drawn(12)
    accuracy[:3] = np.nan
    assert probe(vectors, accuracy, seed=0) is None
