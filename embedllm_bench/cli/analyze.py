"""embedllm-bench analyze: questions about learned representations, each answered by a table."""

from __future__ import annotations

import click

from embedllm_bench.cli import (
    analyze_benchmarks,
    analyze_dimension,
    analyze_encoders,
    analyze_latency,
    analyze_probe,
    analyze_reconstruction,
    analyze_similarity,
    analyze_training_size,
)


@click.group("analyze")
def command() -> None:
    """Ask what learned vectors are worth: size, data, relatives, transfer, speed."""


for _module in (
    analyze_reconstruction, analyze_dimension, analyze_training_size, analyze_benchmarks, analyze_encoders,
    analyze_similarity, analyze_probe, analyze_latency,
):  # fmt: skip
    command.add_command(_module.command)
