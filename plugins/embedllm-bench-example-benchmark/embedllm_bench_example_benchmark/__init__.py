"""A plugin with one benchmark: its card, and a file of questions inside the package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from embedllm_bench.hookspecs import hookimpl

if TYPE_CHECKING:
    from embedllm_bench.hookspecs import RegisterBenchmark

QUESTIONS = Path(__file__).with_name("order_of_events.jsonl")


@hookimpl
def register_benchmarks(register: RegisterBenchmark) -> None:
    """Which thing comes first; the questions are read when they are first asked."""
    from embedllm_bench import BenchmarkCard

    card = BenchmarkCard(
        id="example/order-of-events",
        task="example/order-of-events",
        metric="acc",
        output_type="multiple_choice",
        text="{question}\n{choices}",
        question_id="id",
    )
    register(card, QUESTIONS)
