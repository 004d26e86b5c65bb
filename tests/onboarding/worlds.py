"""Worlds in which what is to be found is known: outcomes drawn from a few factors of models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.matrix import CorrectnessMatrix, Questions
from embedllm_bench.onboarding.choosing import Chooser
from embedllm_bench.onboarding.place import Probe
from embedllm_bench.onboarding.pool import PoolModel

if TYPE_CHECKING:
    from embedllm_bench.arrays import FloatArray, IndexArray

BENCHMARKS = 3


def world(models: int, questions: int, seed: int) -> tuple[CorrectnessMatrix, FloatArray]:
    """A full matrix whose questions' vectors tell their factors but for noise, and its true P(correct)."""
    generator = np.random.default_rng(seed)
    slopes = generator.normal(size=(questions, 3)) * [0.4, 0.7, 0.5] + [1.2, 0.0, 0.0]
    logits = generator.normal(size=(models, 3)) @ slopes.T + generator.normal(size=questions)
    p = 1 / (1 + np.exp(-logits))
    vectors = np.concatenate([slopes, generator.normal(size=(questions, 5)) * 0.3], axis=1)
    names = tuple(f"b{q % BENCHMARKS}" for q in range(questions))
    listed = Questions(
        tuple(map(str, range(questions))),
        tuple(f"question {q}" for q in range(questions)),
        names,
        (None,) * questions,
        vectors.astype(np.float32),
    )
    correct = (generator.random(p.shape) < p).astype(np.uint8)
    named = tuple(f"org/{'qwen' if m % 2 else 'llama'}-{m}b" for m in range(models))
    return CorrectnessMatrix(named, listed, correct, np.ones_like(correct)), p


def codes(matrix: CorrectnessMatrix) -> IndexArray:
    """The benchmark of every question."""
    return matrix.questions.benchmark_codes[1]


MATRIX, TRUTH = world(models=60, questions=600, seed=0)
KNOWN, NEW = np.arange(40), np.arange(40, 60)
POOL = PoolModel.fit(MATRIX.take_models(KNOWN))
EVERY = np.ones(600, dtype=bool)


def probe_of(model: int, asked: IndexArray) -> Probe:
    """What the model answered to these questions."""
    return Probe(asked, MATRIX.correct[model, asked].astype(float), np.ones(len(asked)))


def chosen(strategy: str, count: int) -> IndexArray:
    """So many questions of all, for a model of which nothing is known."""
    return Chooser(strategy, EVERY, codes(MATRIX)).choose(POOL, count).questions
