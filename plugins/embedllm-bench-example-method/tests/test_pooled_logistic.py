"""What this method is for."""

from pathlib import Path

import numpy as np
import pytest
from embedllm_bench import Plugins, Store, compare
from embedllm_bench.matrix import CorrectnessMatrix, Questions
from embedllm_bench.simulation import simulate, write

from embedllm_bench_example_method.pooled_logistic import PooledLogistic


def outcomes(
    correct: list[list[int]], attempts: list[list[int]], vectors: list[list[float]]
) -> CorrectnessMatrix:
    n = len(vectors)
    questions = Questions(
        tuple(f"q{i}" for i in range(n)),
        ("",) * n,
        ("b",) * n,
        (None,) * n,
        np.array(vectors, dtype=np.float32),
    )
    counts = np.array(correct, dtype=np.uint8), np.array(attempts, dtype=np.uint8)
    return CorrectnessMatrix(tuple(f"m{i}" for i in range(len(correct))), questions, *counts)


def test_a_model_that_was_asked_nothing_is_forecast_as_all_models_are() -> None:
    matrix = outcomes([[1, 0], [1, 0], [0, 0]], [[1, 1], [1, 1], [0, 0]], [[1.0], [-1.0]])
    method = PooledLogistic(shrinkage=1.0).fit(matrix)
    p = method.predict_proba(matrix.questions)
    assert method.embeddings()[2] == pytest.approx([0, 0], abs=1e-6)
    assert p[2, 0] > 0.6 > 0.4 > p[2, 1]


def test_the_more_shrinkage_the_less_a_question_matters() -> None:
    matrix = outcomes([[1, 0]] * 2, [[1, 1]] * 2, [[1.0], [-1.0]])
    spread = [
        float(np.ptp(PooledLogistic(shrinkage=s).fit(matrix).predict_proba(matrix.questions)[0]))
        for s in (0.1, 1.0, 10.0)
    ]
    assert spread == sorted(spread, reverse=True)
    assert spread[0] > 0.5 > spread[2]


def test_installed_it_beats_the_mean_of_each_model(tmp_path: Path) -> None:
    assert Plugins().methods["pooled-logistic"].plugin == "example-method"
    with Store.open(tmp_path / "s.db", write=True) as store:
        write(store, simulate(12, 400, benchmarks=4, dimension=16, seed=1), "test")
        rows = compare(store, methods=["pooled-logistic"], tasks=["forecasting"], replicates=100).overall(
            "forecasting"
        )
    ours, mean = (rows[name]["log_loss"].value for name in ("pooled-logistic", "model-mean"))
    assert ours is not None
    assert mean is not None
    assert ours < mean - 0.02
