"""Is the fast training as good as the released one? Both on real data, over five seeds of split and method.

python -m benchmarks.agreeing [--questions 2000]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks import matrices
from benchmarks.measuring import Measured, Outcome, Work, measure, report_one, write

MODULE = "benchmarks.agreeing"
TABLE = "openllm_v2_dense78"
SEEDS = range(5)
PROTOCOLS = ("default", "paper")


def trained(path: Path, protocol: str, seed: int) -> Outcome:
    """The test part's accuracy and log-loss; a tenth of the questions each for validation and test."""
    from embedllm_bench.methods.embedllm import EmbedLLM

    matrix = matrices.load(path)
    parts = matrices.divide(matrix, seed=seed, held_out=len(matrix.questions) // 10)
    start = time.perf_counter()
    method = EmbedLLM(protocol="paper" if protocol == "paper" else "default", seed=seed)
    method.fit(parts.train, parts.validation)
    seconds = time.perf_counter() - start
    return Outcome(seconds, matrices.quality(method.predict_proba(parts.test.questions), parts.test))


def difference(rows: list[Measured], metric: str) -> str:
    """Default less paper protocol, seed by seed."""
    by_protocol = [[row.figures[metric][0] for row in rows if row.name.startswith(p)] for p in PROTOCOLS]
    gaps = [ours - theirs for ours, theirs in zip(*by_protocol, strict=True)]
    error = statistics.stdev(gaps) / len(gaps) ** 0.5
    return f"{metric} {statistics.mean(gaps):+.4f} (standard error {error:.4f})"


def main() -> None:
    if sys.argv[1:2] == ["one"]:
        report_one(lambda: trained(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--questions", type=int, default=2000)
    questions = parser.parse_args().questions
    with tempfile.TemporaryDirectory() as name:
        whole = matrices.real(Path(name), TABLE, "mpnet", "all-mpnet-base-v2")
        drawn = np.sort(np.random.default_rng(0).permutation(len(whole.questions))[:questions])
        path = matrices.keep(Path(name) / "real.npz", whole.take(drawn))
        cells = int((whole.take(drawn).attempts > 0).sum() * 0.8)
        works = [
            Work(
                f"{protocol}, seed {seed}", "training cells", cells, MODULE, (str(path), protocol, str(seed))
            )
            for seed in SEEDS
            for protocol in PROTOCOLS
        ]
        rows = measure(works, 1)
    write(
        "agreeing",
        f"embedllm: default and released training, {len(whole.models)} models x {questions:,} questions",
        " ".join(["python -m benchmarks.agreeing", *sys.argv[1:]]),
        rows,
        {},
        [
            (
                f"{TABLE}, questions drawn at random, vectors of all-mpnet-base-v2; accuracy and log-loss are on the"
                " test part. 'paper' is embedllm.protocol=paper: the released settings, 50 epochs of shuffled cells."
            ),
            f"Default less paper: {difference(rows, 'accuracy')}, {difference(rows, 'log-loss')}.",
        ],
    )


if __name__ == "__main__":
    main()
