"""Simulated outcomes with known true probabilities: a yardstick whose best reachable score is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.errors import UsageError
from embedllm_bench.store.records import GRADED, OutcomeTable, QuestionRecord, Simulation, Source

if TYPE_CHECKING:
    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.store.store import Store

SKILLS = 8
ENCODER = "simulated"
TOPICS_PER_BENCHMARK = 4
#: How much of a question's difficulty its vector does not tell, and how noisy the vector is.
HIDDEN_DIFFICULTY, VECTOR_NOISE = 0.9, 0.35


@dataclass(frozen=True, eq=False)
class Simulated:
    """Outcomes, the latent vectors they were drawn from, and question vectors (Q, D) that tell of these."""

    outcomes: OutcomeTable
    truth: Simulation
    vectors: Float32Array


def simulate(
    models: int,
    questions: int,
    *,
    benchmarks: int = 6,
    dimension: int = 64,
    missing: float = 0.0,
    seed: int = 0,
) -> Simulated:
    """P(correct) = sigmoid(ability_m . loading_q + offset_q), one attempt each, ``missing`` of them not asked.

    A benchmark has four topics; a topic fixes which of eight skills a question loads on and how hard
    it tends to be. The vector of a question is a noisy linear image of loading and of the part of its
    difficulty that can be told from the text.
    """
    if models < 1 or questions < benchmarks or benchmarks < 1 or dimension < 1 or not 0 <= missing < 1:
        raise UsageError(
            "A simulation needs at least one model, one benchmark, a question for each benchmark, one number"
            " a vector, and a missing share from 0 to below 1."
        )
    generator = np.random.default_rng([seed, 4])
    benchmark = np.arange(questions) % benchmarks
    topic = benchmark * TOPICS_PER_BENCHMARK + generator.integers(TOPICS_PER_BENCHMARK, size=questions)
    topics = benchmarks * TOPICS_PER_BENCHMARK
    topic_loading = generator.gamma(0.6, 1.0, size=(topics, SKILLS))
    topic_loading /= topic_loading.sum(1, keepdims=True)
    loading = topic_loading[topic] + generator.gamma(0.3, 0.15, size=(questions, SKILLS))  # (Q, K)
    told = generator.normal(-0.3, 0.9, size=topics)[topic] + generator.normal(0, 0.5, size=questions)
    offset = told + generator.normal(0, HIDDEN_DIFFICULTY, size=questions)
    ability = generator.normal(0, 0.5, size=(models, 1)) + generator.normal(0, 1.5, size=(models, SKILLS))
    truth = Simulation(
        models=tuple(f"simulated/model-{m:0{len(str(models))}}" for m in range(models)),
        keys=tuple((f"simulated-{b + 1}", f"q{q:0{len(str(questions))}}") for q, b in enumerate(benchmark)),
        abilities=ability.astype(np.float32),
        loadings=loading.astype(np.float32),
        offsets=offset.astype(np.float32),
    )
    latent = np.column_stack([loading, told])  # (Q, K + 1)
    vectors = latent @ generator.normal(size=(SKILLS + 1, dimension))
    vectors += VECTOR_NOISE * vectors.std() * generator.normal(size=vectors.shape)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    p = 1 / (1 + np.exp(-(truth.abilities @ truth.loadings.T + truth.offsets)))
    outcomes = _outcomes(truth, topic % TOPICS_PER_BENCHMARK, p, missing, generator)
    return Simulated(outcomes, truth, vectors.astype(np.float16).astype(np.float32))


def _outcomes(
    truth: Simulation,
    topic: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    p: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    missing: float,
    generator: np.random.Generator,
) -> OutcomeTable:
    correct = generator.random(p.shape) < p
    asked = generator.random(p.shape) >= missing
    model, question = np.nonzero(asked)
    records = tuple(
        QuestionRecord(b, i, f"Simulated question {i} of topic {t + 1} in {b}.", f"{b}-topic-{t + 1}")
        for (b, i), t in zip(truth.keys, topic, strict=True)
    )
    return OutcomeTable(
        models=truth.models,
        questions=records,
        model=model,
        question=question,
        attempt=np.ones(len(model), dtype=np.int64),
        state=np.full(len(model), GRADED, dtype=np.uint8),
        correct=correct[asked].astype(np.int8),
    )


def write(store: Store, simulated: Simulated, name: str) -> None:
    """Put a simulation into an empty store: outcomes, vectors in float16, and the truth."""
    store.write_outcomes(simulated.outcomes, Source("simulation", name, f"simulation:{name}"))
    asked = {simulated.truth.keys[q] for q in np.unique(simulated.outcomes.question)}
    rows = [i for i, key in enumerate(simulated.truth.keys) if key in asked]
    keys = [simulated.truth.keys[i] for i in rows]
    store.write_vectors(ENCODER, "", keys, simulated.vectors[rows].astype(np.float16))
    store.write_simulation(simulated.truth)
