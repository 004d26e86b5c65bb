"""How the cost of a fit and a forecast grows with models, questions and vector size, and of scoring with methods.

The released loop and a classifier per model grow beside ours; what they take is extrapolated from a part.

    python -m benchmarks.growing [--repeats 3]

Each size is varied alone. The exponent is the slope of log seconds over log size, on the upper half of the sizes.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks import matrices
from benchmarks.comparing import scoring_seconds
from benchmarks.fits import CLASSIFIERS, EPOCHS, LOOP, METHODS, SAMPLED, STEPS, fit_and_forecast, peer
from benchmarks.measuring import RESULTS, Measured, Outcome, Work, measure, report_one, write

MODULE = "benchmarks.growing"
MODELS, QUESTIONS, DIMENSION, HELD_OUT = 112, 12_000, 384, 1_000
SIZES = {
    "models": (56, 112, 224, 448, 896),
    "questions": (6_000, 12_000, 24_000, 48_000),
    "numbers a vector": (96, 192, 384, 768, 1536),
}
DRAWN = (*METHODS, CLASSIFIERS, LOOP)
BESIDE = {"knn": CLASSIFIERS, "embedllm": LOOP}  #: those of as many epochs
SCORED = (2, 4, 8, 16)  #: methods


def make(folder: Path, axis: str, size: int) -> Path:
    path = folder / f"{axis.replace(' ', '-')}-{size}.npz"
    return matrices.make(
        path,
        size if axis == "models" else MODELS,
        size if axis == "questions" else QUESTIONS,
        dimension=size if axis == "numbers a vector" else DIMENSION,
    )


def one(kind: str, path: Path, which: str) -> Outcome:
    if kind == "score":
        return Outcome(scoring_seconds(path, int(which), held_out=HELD_OUT))
    if which in METHODS:
        return fit_and_forecast(path, which, HELD_OUT, stops=False)
    return peer(path, which, HELD_OUT, EPOCHS)


def main() -> None:
    if sys.argv[1:2] == ["one"]:
        report_one(lambda: one(sys.argv[2], Path(sys.argv[3]), sys.argv[4]))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    curves: dict[str, dict[str, list[tuple[int, Measured]]]] = {}
    with tempfile.TemporaryDirectory() as name:
        for axis, sizes in SIZES.items():
            for size in sizes:
                path = make(Path(name), axis, size)
                works = [
                    Work(f"{method}, {size:,} {axis}", axis, size, MODULE, ("fit", str(path), method))
                    for method in DRAWN
                ]
                for method, row in zip(DRAWN, measure(works, repeats), strict=True):
                    curves.setdefault(axis, {}).setdefault(method, []).append((size, row))
                path.unlink()
        path = make(Path(name), "models", MODELS)
        works = [
            Work(f"scoring, {n} methods", "methods", n, MODULE, ("score", str(path), str(n))) for n in SCORED
        ]
        curves["methods"] = {"scoring": list(zip(SCORED, measure(works, repeats), strict=True))}
    rows = [row for lines in curves.values() for line in lines.values() for _, row in line]
    slopes = [
        f"{name} with {axis}: {exponent(line):.2f}"
        for axis, lines in curves.items()
        for name, line in lines.items()
    ]
    draw(curves)
    write(
        "growing",
        "How cost grows",
        " ".join(["python -m benchmarks.growing", *sys.argv[1:]]),
        rows,
        {
            f"{method}, {size:,} {axis}": f"{beside}, {size:,} {axis}"
            for axis, sizes in SIZES.items()
            for size in sizes
            for method, beside in BESIDE.items()
        },
        [
            (
                f"Simulated, {MODELS} models x {QUESTIONS:,} questions x {DIMENSION} numbers where not varied, of which"
                f" {HELD_OUT:,} questions are for validation and as many for test; embedllm for {EPOCHS}"
                f" epochs. Scoring is"
                " forecasting and routing with 2,000 replicates, all pairs of methods compared."
            ),
            (
                f"The released loop's seconds are those of {EPOCHS} epochs, extrapolated from {STEPS} steps; those of"
                f" scikit-learn's classifiers, given lists, from {SAMPLED} models."
            ),
            "Exponents: " + ", ".join(slopes) + ".",
            "![How cost grows](growing.svg)",
        ],
    )


def exponent(line: list[tuple[int, Measured]]) -> float:
    """The slope of log seconds over log size, on the upper half of the sizes and one more."""
    upper = line[(len(line) - 1) // 2 :]
    sizes, seconds = zip(*((math.log(size), math.log(row.median)) for size, row in upper), strict=True)
    return float(np.polyfit(sizes, seconds, 1)[0])


def draw(curves: dict[str, dict[str, list[tuple[int, Measured]]]]) -> None:
    """results/growing.svg: one panel for each size, both axes logarithmic."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "embedllm-bench"
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, len(curves), figsize=(3 * len(curves), 3), layout="constrained")
    for panel, (axis, lines) in zip(panels, curves.items(), strict=True):
        for marker, (name, line) in zip("osv^D", lines.items(), strict=False):
            seconds = [statistics.median(row.seconds) for _, row in line]
            panel.loglog([size for size, _ in line], seconds, marker=marker, label=name)
        panel.set(xlabel=axis, ylabel="seconds")
        panel.legend()
    RESULTS.mkdir(exist_ok=True)
    figure.savefig(RESULTS / "growing.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
