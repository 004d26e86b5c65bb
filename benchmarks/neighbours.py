"""knn at the size of the paper's data, beside scikit-learn's classifier once per model, as the released code has it.

python -m benchmarks.neighbours [--repeats 3]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks import matrices
from benchmarks.measuring import Outcome, Work, measure, report_one, write

MODULE = "benchmarks.neighbours"
SAMPLED = 2  #: models whose classifiers are timed


def ours(path: Path, *, choose: bool) -> Outcome:
    """Forecasts of the test part, for all models; with the choice of k before, or with the paper's."""
    from embedllm_bench.methods.knn import KNN

    parts = matrices.divide(matrices.load(path))
    start = time.perf_counter()
    method = KNN(k=None if choose else 131).fit(parts.train, parts.validation)
    p = method.predict_proba(parts.test.questions)
    return Outcome(time.perf_counter() - start, {**matrices.quality(p, parts.test), "k": method.k_})


def per_model(path: Path) -> Outcome:
    """A classifier for each of some models, as many times as there are models; does it count what ours counts?"""
    from benchmarks.released import NEIGHBOURS, neighbours_of_a_model
    from embedllm_bench.methods.knn import KNN

    parts = matrices.divide(matrices.load(path))
    start = time.perf_counter()
    theirs = [neighbours_of_a_model(parts.train, parts.test, model) for model in range(SAMPLED)]
    seconds = (time.perf_counter() - start) / SAMPLED * len(parts.train.models)
    method = KNN(k=NEIGHBOURS).fit(parts.train)
    p = method.predict_proba(parts.test.questions)[:SAMPLED]  # the model's mean counts as one more neighbour
    counts = p * (NEIGHBOURS + 1) - method.means_[:SAMPLED, None].numpy()
    same = np.abs(counts - np.stack(theirs) * NEIGHBOURS) < 0.01
    return Outcome(seconds, {"share of equal neighbour counts": float(same.mean())})


def one_search(path: Path) -> Outcome:
    """scikit-learn's neighbours, searched once for all models."""
    from sklearn.neighbors import NearestNeighbors

    parts = matrices.divide(matrices.load(path))
    start = time.perf_counter()
    search = NearestNeighbors(n_neighbors=131).fit(parts.train.questions.embeddings)
    nearest = search.kneighbors(parts.test.questions.embeddings, return_distance=False)  # (Q, k)
    p = np.stack([row[nearest].mean(1) for row in parts.train.correct]).astype(np.float32)
    return Outcome(time.perf_counter() - start, matrices.quality(p, parts.test))


def main() -> None:
    if sys.argv[1:2] == ["one"]:
        name, path = sys.argv[2], Path(sys.argv[3])
        pieces = {
            "ours": lambda: ours(path, choose=False),
            "chosen": lambda: ours(path, choose=True),
            "per-model": lambda: per_model(path),
            "once": lambda: one_search(path),
        }
        report_one(pieces[name])
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as name:
        path = matrices.make(Path(name) / "paper.npz", matrices.PAPER_MODELS, matrices.PAPER_QUESTIONS)
        labels = {
            "knn, k = 131": "ours",
            "knn, k chosen on validation": "chosen",
            "scikit-learn, one search": "once",
            "scikit-learn, a classifier per model (extrapolated)": "per-model",
        }
        works = [
            Work(label, "questions", matrices.PAPER_HELD_OUT, MODULE, (work, str(path)))
            for label, work in labels.items()
        ]
        rows = measure(works, repeats)
    write(
        "neighbours",
        f"k nearest neighbours: {matrices.PAPER_HELD_OUT:,} questions for {matrices.PAPER_MODELS} models",
        " ".join(["python -m benchmarks.neighbours", *sys.argv[1:]]),
        rows,
        {row.name: rows[-1].name for row in rows[:-1]},
        [
            (
                f"Simulated, {matrices.PAPER_QUESTIONS - 2 * matrices.PAPER_HELD_OUT:,} training questions,"
                f" {matrices.DIMENSION} numbers a vector. Fit and forecast, without loading the matrix. Accuracy and"
                " log-loss are on the test part."
            ),
            (
                f"The classifiers' seconds are those of all models, extrapolated from {SAMPLED}; given"
                f" lists, as the released"
                " code gives them."
            ),
        ],
    )


if __name__ == "__main__":
    main()
