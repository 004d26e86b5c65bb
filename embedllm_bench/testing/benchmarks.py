"""The contract of benchmarks that bring questions of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.testing.base import Check, require, run_all

if TYPE_CHECKING:
    from embedllm_bench.registry import KnownBenchmark


def _questions(known: KnownBenchmark) -> None:
    _, questions = known.read()
    require(questions is None or questions.of("test"), "its file holds no question to be asked.")


CHECKS: tuple[Check[KnownBenchmark], ...] = (
    Check("questions", "its questions can be read and go with its card", _questions),
)


def benchmark_checks() -> tuple[Check[KnownBenchmark], ...]:
    """Every check of a benchmark as a plugin registers it."""
    return CHECKS


def check_benchmark(known: KnownBenchmark) -> None:
    """Run every check on a benchmark's card and the file of its questions.

    Raises:
        AssertionError: the first promise that is broken, in one sentence.
    """
    run_all(CHECKS, known)
