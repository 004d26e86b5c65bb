"""What the harness itself brings, through the hooks that everybody has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedllm_bench.methods.base import Method


@hookimpl
def register_methods(register: Callable[[type[Method]], None]) -> None:
    """The paper's three methods and the simple rows; imported here because they bring torch."""
    from embedllm_bench.methods.embedllm import EmbedLLM
    from embedllm_bench.methods.knn import KNN
    from embedllm_bench.methods.mf import MatrixFactorization
    from embedllm_bench.methods.reference import BenchmarkMean, ModelMean, SubtaskMean

    for method in (KNN, MatrixFactorization, EmbedLLM, ModelMean, BenchmarkMean, SubtaskMean):
        register(method)
