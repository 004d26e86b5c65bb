"""The matrices that are measured on: simulated at any size, and real tables, as files that load in no time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench import Store, import_table
from embedllm_bench.encoders.choosing import question_vectors
from embedllm_bench.exchange.vectors import import_vectors
from embedllm_bench.matrix import CorrectnessMatrix, LabelConvention, Questions
from embedllm_bench.simulation import simulate, write

if TYPE_CHECKING:
    from embedllm_bench.arrays import Float32Array

PAPER_MODELS, PAPER_QUESTIONS, PAPER_HELD_OUT = 112, 35_673, 3_000  # arXiv 2410.02223, as released
DIMENSION = 768
SHARED = Path(__file__).parents[2] / "shared/data"


@dataclass(frozen=True, eq=False)
class Divided:
    """Training, validation and test parts."""

    train: CorrectnessMatrix
    validation: CorrectnessMatrix
    test: CorrectnessMatrix


def make(
    path: Path, models: int, questions: int, *, dimension: int = DIMENSION, missing: float = 0.0
) -> Path:
    """A simulated matrix of ten benchmarks."""
    simulated = simulate(models, questions, benchmarks=10, dimension=dimension, missing=missing)
    shape = (models, questions)
    attempts, correct = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    table = simulated.outcomes
    attempts[table.model, table.question] = 1
    correct[table.model, table.question] = table.correct
    benchmarks = np.array([benchmark for benchmark, _ in simulated.truth.keys])
    np.savez(path, correct=correct, attempts=attempts, vectors=simulated.vectors, benchmarks=benchmarks)
    return path


def make_store(path: Path, models: int, questions: int) -> Path:
    """The same as a store."""
    with Store.open(path, write=True) as store:
        write(store, simulate(models, questions, benchmarks=10, dimension=DIMENSION), "benchmark")
        store.compact()
    return path


def keep(path: Path, matrix: CorrectnessMatrix) -> Path:
    """Another matrix as such a file."""
    questions = matrix.questions
    np.savez(
        path, correct=matrix.correct, attempts=matrix.attempts, vectors=questions.embeddings,
        benchmarks=np.array(questions.benchmarks),
    )  # fmt: skip
    return path


def real(folder: Path, table: str, vectors: str, encoder: str) -> CorrectnessMatrix:
    """One of the real tables in ../shared, read through a store made in the folder, with an encoder's vectors."""
    with Store.open(folder / f"{table}.db", write=True) as store:
        import_table(store, SHARED / table / "outcomes.parquet")
        import_vectors(store, SHARED / f"vectors/{table}.{vectors}.parquet", encoder)
        return store.matrix(question_vectors(store, encoder)[1])


def load(path: Path) -> CorrectnessMatrix:
    """What :func:`make` or :func:`keep` wrote; questions are named by their position."""
    with np.load(path) as arrays:
        correct, attempts, vectors = arrays["correct"], arrays["attempts"], arrays["vectors"]
        benchmarks = tuple(arrays["benchmarks"].tolist())
    models = tuple(f"model-{m}" for m in range(len(correct)))
    return CorrectnessMatrix(models, named(benchmarks, vectors), correct, attempts, LabelConvention.RAW)


def named(benchmarks: tuple[str, ...], vectors: Float32Array) -> Questions:
    """Questions of these benchmarks, named by their position."""
    ids = tuple(map(str, range(len(benchmarks))))
    return Questions(ids, ids, benchmarks, (None,) * len(ids), vectors)


def divide(matrix: CorrectnessMatrix, *, seed: int = 0, held_out: int = PAPER_HELD_OUT) -> Divided:
    """So many questions for validation and for test, drawn at random; the rest is for training."""
    order = np.random.default_rng(seed).permutation(len(matrix.questions))
    parts = np.split(order, [held_out, 2 * held_out])
    test, validation, train = (matrix.take(np.sort(part)) for part in parts)
    return Divided(train, validation, test)


def quality(p: Float32Array, part: CorrectnessMatrix) -> dict[str, float]:
    """Accuracy and log-loss of forecasts (M, Q) over the attempts of a part."""
    likely = np.clip(p.astype(np.float64), 1e-7, 1 - 1e-7)
    attempts = part.attempts.sum(dtype=np.int64)
    right = np.where(p > 0.5, part.correct, part.wrong).sum(dtype=np.int64)
    loss = -(part.correct * np.log(likely) + part.wrong * np.log(1 - likely)).sum()
    return {"accuracy": float(right / attempts), "log-loss": float(loss / attempts)}
