"""embedllm at the size of the paper's data, beside the released training loop on the same cells.

    python -m benchmarks.training [--repeats 3] [--epochs 50] [--loss L]

An epoch of the released loop is timed on some of its steps. What loss 50 of them end at is found by training the same
model with the same settings on shuffled cells, whole batches at once (--set embedllm.protocol=paper), which takes
most of an hour and is not timed; --loss is what an earlier run found, as the data are the same. Ours is timed until it
is as good on the validation part, within MARGIN.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import matrices
from benchmarks.measuring import Measured, Outcome, Work, measure, report_one, write

MODULE = "benchmarks.training"
STEPS = 100  #: of an epoch of the released loop
MARGIN = 0.0005  #: of log-loss: what counts as as good
MOST_EPOCHS = 60


def default_fit(path: Path, epochs: int | None = None) -> Outcome:
    """The default settings, with early stopping or so many epochs."""
    from embedllm_bench.methods.embedllm import EmbedLLM

    parts = matrices.divide(matrices.load(path))
    start = time.perf_counter()
    method = EmbedLLM(epochs=epochs).fit(parts.train, parts.validation)
    seconds = time.perf_counter() - start
    return Outcome(
        seconds, matrices.quality(method.predict_proba(parts.validation.questions), parts.validation)
    )


def until(path: Path, loss: float) -> Outcome:
    """As few epochs as are as good as ``loss`` on the validation part: the time of that fit alone.

    Raises:
        ValueError: none are.
    """
    for epochs in range(1, MOST_EPOCHS + 1):
        outcome = default_fit(path, epochs)
        if outcome.figures["log-loss"] <= loss + MARGIN:
            return Outcome(outcome.seconds, {**outcome.figures, "epochs": epochs})
    raise ValueError(f"no fit comes within {MARGIN} of {loss}")


def whole_released(path: Path, epochs: int) -> Outcome:
    """How good the released settings are on shuffled cells, the last epoch kept."""
    from embedllm_bench.methods.embedllm import EmbedLLM

    parts = matrices.divide(matrices.load(path))
    start = time.perf_counter()
    method = EmbedLLM(protocol="paper", epochs=epochs).fit(parts.train)
    seconds = time.perf_counter() - start
    return Outcome(
        seconds, matrices.quality(method.predict_proba(parts.validation.questions), parts.validation)
    )


def released_loop(path: Path, epochs: int) -> Outcome:
    """Some steps of the first epoch, as many times as the epochs have them."""
    from benchmarks.released import seconds_per_epoch

    epoch = seconds_per_epoch(matrices.divide(matrices.load(path)).train, STEPS)
    return Outcome(epoch * epochs, {"s an epoch": epoch})


def mf(path: Path) -> Outcome:
    """Matrix factorisation's default fit."""
    from embedllm_bench.methods.mf import MatrixFactorization

    parts = matrices.divide(matrices.load(path))
    start = time.perf_counter()
    method = MatrixFactorization().fit(parts.train, parts.validation)
    seconds = time.perf_counter() - start
    return Outcome(
        seconds, matrices.quality(method.predict_proba(parts.validation.questions), parts.validation)
    )


def one(name: str, path: Path, *rest: str) -> Outcome:
    if name == "until":
        return until(path, float(rest[0]))
    if name in ("whole", "loop"):
        return {"whole": whole_released, "loop": released_loop}[name](path, int(rest[0]))
    return {"default": default_fit, "mf": mf}[name](path)


def main() -> None:
    if sys.argv[1:2] == ["one"]:
        report_one(lambda: one(sys.argv[2], Path(sys.argv[3]), *sys.argv[4:]))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=50, help="Of the released settings.")
    parser.add_argument(
        "--loss", type=float, help="The log-loss that the released settings end at, where it is known."
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        path = matrices.make(Path(name) / "paper.npz", matrices.PAPER_MODELS, matrices.PAPER_QUESTIONS)
        loss = options.loss
        if loss is None:
            (whole,) = measure([work("released settings", "whole", str(path), str(options.epochs))], 1)
            loss = whole.figures["log-loss"][0]
        rows = measured(str(path), options.repeats, options.epochs, loss)
    loop, ours = rows[:2]
    write(
        "training",
        f"embedllm on {matrices.PAPER_MODELS} models x {matrices.PAPER_QUESTIONS:,} simulated questions",
        " ".join(["python -m benchmarks.training", *sys.argv[1:]]),
        rows,
        {row.name: loop.name for row in rows if row is not loop},
        [
            (
                f"{matrices.PAPER_HELD_OUT:,} questions are for validation, as many for test,"
                f" {matrices.DIMENSION} numbers a vector; accuracy and log-loss are on the validation part. Loading"
                " the matrix is not in the seconds."
            ),
            (
                f"The loop's seconds are those of {options.epochs} epochs, extrapolated from {STEPS} steps of one. The"
                f" loss it ends at, {loss:.5f}, is that of the same model, settings and cells trained by whole batches,"
                f" run once; '{ours.name}' is the shortest default fit that comes within {MARGIN} of it."
            ),
        ],
    )


def work(name: str, *arguments: str) -> Work:
    cells = matrices.PAPER_MODELS * (matrices.PAPER_QUESTIONS - 2 * matrices.PAPER_HELD_OUT)
    return Work(name, "training cells", cells, MODULE, arguments)


def measured(path: str, repeats: int, epochs: int, loss: float) -> list[Measured]:
    works = [
        work("released loop (extrapolated)", "loop", path, str(epochs)),
        work("embedllm, to the released loop's loss", "until", path, repr(loss)),
        work("embedllm, whole default fit", "default", path),
        work("mf, whole default fit", "mf", path),
    ]
    return measure(works, repeats)


if __name__ == "__main__":
    main()
