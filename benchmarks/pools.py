"""knn, mf, embedllm and the released scripts on pools larger than the paper's: 1,149 real models, 8,000 simulated.

python -m benchmarks.pools [--repeats 1]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks import matrices
from benchmarks.fits import CLASSIFIERS, LOOP, METHODS, PEERS, SAMPLED, STEPS, fit_and_forecast, peer
from benchmarks.measuring import Outcome, Work, measure, report_one, write

MODULE = "benchmarks.pools"
REAL = "openllm_v1_dense"
EPOCHS = 50  #: of the released loop
LARGE_MODELS, LARGE_QUESTIONS, LARGE_MISSING = 8_000, 36_000, 0.4


def one(name: str, path: Path, held_out: int) -> Outcome:
    if name in METHODS:
        return fit_and_forecast(path, name, held_out, stops=True)
    return peer(path, name, held_out, EPOCHS)


def main() -> None:
    if sys.argv[1:2] == ["one"]:
        report_one(lambda: one(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])))
        return
    if sys.argv[1:2] == ["make"]:  # in a process of its own, for the memory that drawing takes
        matrices.make(Path(sys.argv[2]), LARGE_MODELS, LARGE_QUESTIONS, missing=LARGE_MISSING)
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=1)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as name:
        pools = make_pools(Path(name))
        works = []
        for label, (path, held_out) in pools.items():
            cells = training_cells(path, held_out)
            works += [
                Work(f"{name}, {label}", "training cells", cells, MODULE, (name, str(path), str(held_out)))
                for name in (*METHODS, CLASSIFIERS, LOOP)
            ]
        rows = measure(works, repeats)
    write(
        "pools",
        "Larger pools than the paper's",
        " ".join(["python -m benchmarks.pools", *sys.argv[1:]]),
        rows,
        {f"{method}, {label}": f"{beside}, {label}" for label in pools for method, beside in PEERS.items()},
        [
            (
                "Default fits and a forecast of the test part, without loading the matrix; accuracy and log-loss are on"
                " the test part. Memory is the whole process's, the matrix included."
            ),
            (
                f"The released loop's seconds are those of {EPOCHS} epochs, extrapolated from {STEPS} steps; those of"
                f" scikit-learn's classifiers, given lists, from {SAMPLED} models."
            ),
        ],
    )


def make_pools(folder: Path) -> dict[str, tuple[Path, int]]:
    """The matrices, and how many questions of each are for validation and for test."""
    import subprocess

    large = folder / "large.npz"
    subprocess.run([sys.executable, "-m", MODULE, "make", str(large)], check=True)
    paper = matrices.make(folder / "paper.npz", matrices.PAPER_MODELS, matrices.PAPER_QUESTIONS)
    pools = {
        "paper scale": (paper, matrices.PAPER_HELD_OUT),
        f"{LARGE_MODELS:,} x {LARGE_QUESTIONS:,} simulated": (large, matrices.PAPER_HELD_OUT),
    }
    if matrices.SHARED.exists():
        pools["1,149 x 1,324 real"] = (
            matrices.keep(folder / "real.npz", matrices.real(folder, REAL, "mpnet", "all-mpnet-base-v2")),
            132,
        )
    else:
        print(f"left out: {REAL}, which is not in {matrices.SHARED}", file=sys.stderr)
    return pools


def training_cells(path: Path, held_out: int) -> int:
    matrix = matrices.divide(matrices.load(path), held_out=held_out).train
    return int(np.count_nonzero(matrix.attempts))


if __name__ == "__main__":
    main()
