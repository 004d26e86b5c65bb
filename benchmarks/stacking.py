"""The methods that read texts, beside embedllm, at paper scale: what a fit takes, and 3,000 forecasts.

python -m benchmarks.stacking [--repeats 2]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import matrices
from benchmarks.fits import fit_and_forecast
from benchmarks.measuring import Work, measure, report_one, write

MODULE = "benchmarks.stacking"
METHODS = ("embedllm", "kernel", "boosting", "ensemble")


def main() -> None:
    if sys.argv[1:2] == ["one"]:
        name, path, held_out = sys.argv[2:5]
        report_one(lambda: fit_and_forecast(Path(path), name, int(held_out), stops=True))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=2)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as folder:
        paper = matrices.make(Path(folder) / "paper.npz", matrices.PAPER_MODELS, matrices.PAPER_QUESTIONS)
        parts = matrices.divide(matrices.load(paper), held_out=matrices.PAPER_HELD_OUT)
        cells = int((parts.train.attempts > 0).sum())
        arguments = (str(paper), str(matrices.PAPER_HELD_OUT))
        rows = measure(
            [Work(name, "training cells", cells, MODULE, (name, *arguments)) for name in METHODS], repeats
        )
    write(
        "stacking",
        "Fits of the methods that read texts, at paper scale",
        " ".join(["python -m benchmarks.stacking", *sys.argv[1:]]),
        rows,
        {},
        [
            (
                f"{matrices.PAPER_MODELS} models x {matrices.PAPER_QUESTIONS:,} simulated questions,"
                f" {matrices.DIMENSION} numbers a vector, of which {matrices.PAPER_HELD_OUT:,} are for validation"
                " and as many for test; default settings, without loading the matrix. Simulated texts are numbers: they"
                " tell nothing, and reading them takes less than real ones."
            )
        ],
    )


if __name__ == "__main__":
    main()
