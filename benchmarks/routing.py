"""A routing decision over 112 models, from the question's vector: in batches, and one question at a time.

python -m benchmarks.routing [--repeats 3]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import matrices
from benchmarks.measuring import Outcome, Work, measure, report_one, write

if TYPE_CHECKING:
    from embedllm_bench.methods.embedllm import EmbedLLM

MODULE = "benchmarks.routing"
TIMES = 20  #: the test part is routed, so that a batch takes long enough to be timed
ONE_BY_ONE = 500  #: questions of the sequential loop


def fitted(parts: matrices.Divided) -> EmbedLLM:
    from embedllm_bench.methods.embedllm import EmbedLLM

    return EmbedLLM(epochs=1).fit(parts.train)


def in_batches(path: Path) -> Outcome:
    """All questions at once; the choices are those of the forecasts."""
    from embedllm_bench import Router

    parts = matrices.divide(matrices.load(path))
    method = fitted(parts)
    router = Router.of(method, parts.train.models)
    vectors = np.tile(parts.test.questions.embeddings, (TIMES, 1))
    router.choose_many(vectors)
    start = time.perf_counter()
    chosen = router.choose_many(vectors)
    seconds = time.perf_counter() - start
    best = method.predict_proba(parts.test.questions).argmax(0)
    same = float((chosen[: len(best)] == best).mean())
    return Outcome(seconds / TIMES, {"share of the forecasts' choices": same})


def one_at_a_time(path: Path) -> Outcome:
    """Each question by itself."""
    from embedllm_bench import Router

    parts = matrices.divide(matrices.load(path))
    router = Router.of(fitted(parts), parts.train.models)
    seconds = []
    for vector in parts.test.questions.embeddings:
        start = time.perf_counter()
        router.choose(vector)
        seconds.append(time.perf_counter() - start)
    return Outcome(sum(seconds), _spread(seconds))


def released_loop(path: Path) -> Outcome:
    """The released model on one question and all models, again and again."""
    import torch

    from benchmarks.released import Network, route_one_by_one

    parts = matrices.divide(matrices.load(path))
    torch.manual_seed(0)
    network = Network(len(parts.train.models), parts.test.questions.embeddings)
    _, seconds = route_one_by_one(network, ONE_BY_ONE)
    return Outcome(statistics.mean(seconds) * len(parts.test.questions), _spread(seconds))


def _spread(seconds: list[float]) -> dict[str, float]:
    microseconds = np.array(seconds) * 1e6
    return {
        "median us": float(np.median(microseconds)),
        "99th percentile us": float(np.percentile(microseconds, 99)),
    }


def main() -> None:
    if sys.argv[1:2] == ["one"]:
        name, path = sys.argv[2], Path(sys.argv[3])
        report_one(
            lambda: {"batches": in_batches, "single": one_at_a_time, "loop": released_loop}[name](path)
        )
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as name:
        path = matrices.make(Path(name) / "paper.npz", matrices.PAPER_MODELS, matrices.PAPER_QUESTIONS)
        labels = {
            "Router, in batches": "batches",
            "Router, one at a time": "single",
            "released loop, one at a time": "loop",
        }
        works = [
            Work(label, "decisions", matrices.PAPER_HELD_OUT, MODULE, (work, str(path)))
            for label, work in labels.items()
        ]
        rows = measure(works, repeats)
    ratio = statistics.median(rows[2].figures["median us"]) / statistics.median(rows[1].figures["median us"])
    write(
        "routing",
        f"A decision over {matrices.PAPER_MODELS} models from a vector of {matrices.DIMENSION} numbers",
        " ".join(["python -m benchmarks.routing", *sys.argv[1:]]),
        rows,
        {row.name: rows[-1].name for row in rows[:-1]},
        [
            (
                f"{matrices.PAPER_HELD_OUT:,} questions; a batch is timed over {TIMES} times as many, the"
                f" loop over {ONE_BY_ONE}"
                f" and extrapolated. Medians one at a time: {ratio:.0f} x."
            ),
        ],
    )


if __name__ == "__main__":
    main()
