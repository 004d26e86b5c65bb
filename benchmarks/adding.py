"""One more model added to what 112 models taught, for every method that takes models in, and for the pool model.

python -m benchmarks.adding [--repeats 3]

The aim is a tenth of a second for a model. Timed is `add_model` alone, with all training outcomes of the new model and
with 256 of them; the fit on the others comes before and is not timed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import matrices
from benchmarks.measuring import Outcome, Work, measure, report_one, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedllm_bench.arrays import IndexArray
    from embedllm_bench.matrix import CorrectnessMatrix

    Adder = Callable[[IndexArray], Callable[[], object]]

MODULE = "benchmarks.adding"
FEW, TIMES = 256, 5
POOL, HYBRID = "pool model", "embedllm, vectors=hybrid"


def names() -> list[str]:
    """The built-in methods that take models in, and what else does."""
    from embedllm_bench.methods.base import AddsModels
    from embedllm_bench.registry import Plugins
    from embedllm_bench.registry.catalog import BUILTIN

    catalog = Plugins().methods
    able = [
        name
        for name, method in catalog.things.items()
        if issubclass(method, AddsModels) and not method.reference and catalog[name].plugin == BUILTIN
    ]
    return [*able, HYBRID, POOL]


def one(name: str, path: Path) -> Outcome:
    """Fit on all models but the last, add that one."""
    parts = matrices.divide(matrices.load(path), held_out=matrices.PAPER_HELD_OUT)
    count = len(parts.train.models) - 1
    known = parts.train.take_models(np.arange(count))
    if name == POOL:
        add = pool_adder(known, parts.train)
    else:
        add = method_adder(name, known, parts.validation.take_models(np.arange(count)), parts.train)
    everything = np.arange(len(parts.train.questions))
    few = np.random.default_rng(0).permutation(everything)[:FEW]
    seconds, seconds_few = (median_of(add(asked)) for asked in (everything, few))
    return Outcome(seconds, {f"ms with {FEW} outcomes": 1e3 * seconds_few})


def method_adder(
    name: str, known: CorrectnessMatrix, validation: CorrectnessMatrix, whole: CorrectnessMatrix
) -> Adder:
    """Adds the last model of the whole to a method fitted on the known ones."""
    from embedllm_bench.cards.traits import Traits
    from embedllm_bench.methods.settings import build
    from embedllm_bench.registry import Plugins

    settings = {"vectors": "hybrid"} if name == HYBRID else {}
    kind: Any = Plugins().methods.things[name.partition(",")[0]]
    method: Any = build(kind, settings, seed=0).fit(known, validation)

    def add(asked: IndexArray) -> Callable[[], object]:
        outcomes = whole.questions.take(asked), whole.correct[-1, asked], whole.attempts[-1, asked]
        if name == HYBRID:
            return lambda: method.add_described_model(Traits(), *outcomes)
        return lambda: method.add_model(*outcomes)

    return add


def pool_adder(known: CorrectnessMatrix, whole: CorrectnessMatrix) -> Adder:
    """Places the last model in the pool of the known ones."""
    from embedllm_bench.onboarding.place import Probe
    from embedllm_bench.onboarding.pool import PoolModel

    pool = PoolModel.fit(known)

    def add(asked: IndexArray) -> Callable[[], object]:
        correct, attempts = (counts[-1, asked].astype(float) for counts in (whole.correct, whole.attempts))
        probe = Probe(asked, correct / attempts, attempts)
        return lambda: pool.forecast(pool.place(probe))

    return add


def median_of(work: Callable[[], object]) -> float:
    """Seconds of one of several times."""
    taken = []
    for _ in range(TIMES):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def main() -> None:
    if sys.argv[1:2] == ["one"]:
        report_one(lambda: one(sys.argv[2], Path(sys.argv[3])))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as folder:
        path = matrices.make(Path(folder) / "paper.npz", matrices.PAPER_MODELS, matrices.PAPER_QUESTIONS)
        works = [Work(name, "models added", 1, MODULE, (name, str(path))) for name in names()]
        rows = measure(works, repeats)
    write(
        "adding",
        "One more model",
        " ".join(["python -m benchmarks.adding", *sys.argv[1:]]),
        rows,
        {},
        [
            (
                "One model's outcomes at all training questions of the paper's size, 111 models known; the median of"
                f" {TIMES} times in each repeat. The fit before is not timed; memory is the whole process's."
            ),
        ],
    )


if __name__ == "__main__":
    main()
