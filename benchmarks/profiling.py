"""What bounds a fit, the scoring and an encoder: where their seconds go.

    python -m benchmarks.profiling

torch's profiler tells the operators of the default fit of embedllm and of one question through an encoder, Python's
the functions of scoring, both at paper scale. Beside them: how fast the machine multiplies and copies, and so the
least that a fit's arithmetic and memory traffic take.
"""

from __future__ import annotations

import argparse
import cProfile
import datetime as dt
import json
import pstats
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import matrices
from benchmarks.comparing import scoring_seconds
from benchmarks.measuring import RESULTS, machine

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCHS = 5  #: of embedllm, as each is like the others
SHOWN = 8  #: operators or functions
ENCODER = "all-MiniLM-L6-v2"
QUESTION = "If a train leaves at 7:45 and the journey takes 95 minutes, when does it arrive?"


@dataclass(frozen=True)
class Share:
    """One operator's or function's own time."""

    work: str
    name: str
    seconds: float
    share: float


def operators(work: str, action: Callable[[], object]) -> list[Share]:
    """By torch's profiler, of the time of all operators and of what is between them."""
    from torch.profiler import ProfilerActivity, profile

    start = time.perf_counter()
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        action()
    total = time.perf_counter() - start
    found = [(event.key, event.self_cpu_time_total / 1e6) for event in profiled.key_averages()]
    between = total - sum(seconds for _, seconds in found)
    found = sorted([*found, ("outside torch's operators", max(between, 0.0))], key=lambda item: -item[1])
    return [Share(work, name, seconds, seconds / total) for name, seconds in found[:SHOWN]]


def functions(work: str, action: Callable[[], object]) -> list[Share]:
    """By Python's profiler."""
    profiler = cProfile.Profile()
    profiler.runcall(action)
    stats = pstats.Stats(profiler)
    own = sorted(
        ((key, entry[2]) for key, entry in stats.stats.items()),  # type: ignore[attr-defined]  # typeshed lacks it
        key=lambda item: -item[1],
    )
    total = sum(seconds for _, seconds in own)
    return [Share(work, _called(key), seconds, seconds / total) for key, seconds in own[:SHOWN]]


def _called(key: tuple[str, int, str]) -> str:
    file, _, function = key
    return function if file == "~" else f"{'/'.join(Path(file).parts[-2:])}: {function}"


def speeds() -> dict[str, float]:
    """Products and copies of float32 that the machine manages, the best of some."""
    import torch

    a, b = torch.randn(2048, 2048), torch.randn(2048, 2048)
    product = _best(lambda: a @ b)
    large = torch.randn(64_000_000)
    copy = _best(large.clone)
    return {
        "GFLOP/s of a product": 2 * 2048**3 / product / 1e9,
        "GB/s of a copy": 2 * large.nbytes / copy / 1e9,
    }


def _best(action: Callable[[], object], times: int = 5) -> float:
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def arithmetic() -> float:
    """GFLOP of an epoch of embedllm: projecting the questions and one product for all models, forward and back."""
    from embedllm_bench.methods.embedllm import EmbedLLM

    questions = matrices.PAPER_QUESTIONS - 2 * matrices.PAPER_HELD_OUT
    width = EmbedLLM().dimension
    # back through the projection only its weights want a gradient, through the product both sides do
    return 2 * questions * width * (2 * matrices.DIMENSION + 3 * matrices.PAPER_MODELS) / 1e9


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    from embedllm_bench.encoders.base import Settings
    from embedllm_bench.encoders.catalog import make_encoder
    from embedllm_bench.methods.embedllm import EmbedLLM

    with tempfile.TemporaryDirectory() as name:
        path = matrices.make(Path(name) / "paper.npz", matrices.PAPER_MODELS, matrices.PAPER_QUESTIONS)
        parts = matrices.divide(matrices.load(path))
        fit = EmbedLLM(epochs=EPOCHS, patience=EPOCHS)
        start = time.perf_counter()
        fit.fit(parts.train, parts.validation)
        seconds = (time.perf_counter() - start) / EPOCHS
        shares = operators(
            f"embedllm, {EPOCHS} epochs", lambda: fit.fit(parts.train, parts.validation)
        ) + functions("scoring of four methods", lambda: scoring_seconds(path, 4))
    encoder = make_encoder(ENCODER, Settings())
    encoder.encode([QUESTION])  # loads
    shares += operators(f"a question through {ENCODER}", lambda: encoder.encode([QUESTION]))
    write(shares, {**speeds(), "GFLOP of an epoch": arithmetic(), "s of an epoch": seconds})


def write(shares: list[Share], figures: dict[str, float]) -> None:
    """results/profiling.md and .json."""
    facts = machine()
    least = figures["GFLOP of an epoch"] / figures["GFLOP/s of a product"]
    lines = [
        "# What bounds it",
        "",
        f"`{' '.join(['python -m benchmarks.profiling', *sys.argv[1:]])}`, {dt.date.today().isoformat()}.",
        "",
        "; ".join(f"{name}: {value:.3g}" for name, value in figures.items())
        + f"; of that arithmetic alone: {least:.3g} s, {least / figures['s of an epoch']:.0%} of it.",
    ]
    for work in dict.fromkeys(share.work for share in shares):
        lines += ["", f"## {work}", "", "| where | own seconds | share |", "|---|---|---|"]
        lines += [f"| `{s.name}` | {s.seconds:.3g} | {s.share:.0%} |" for s in shares if s.work == work]
    lines += ["", ", ".join(f"{key} {value}" for key, value in facts.items()) + "."]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "profiling.md").write_text("\n".join(lines) + "\n")
    content = {"machine": facts, "figures": figures, "shares": [asdict(share) for share in shares]}
    (RESULTS / "profiling.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
