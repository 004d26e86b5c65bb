"""What the harness itself brings, through the hooks that everybody has.

Everything is imported inside its hook: methods bring torch, importers pyarrow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedllm_bench.cards import ModelCard
    from embedllm_bench.encoders.base import KnownEncoder
    from embedllm_bench.exchange.base import Importer
    from embedllm_bench.hookspecs import RegisterBenchmark
    from embedllm_bench.methods.base import Method


@hookimpl
def register_models(register: Callable[[ModelCard], None]) -> None:
    """The models of the registry."""
    from embedllm_bench.cards.files import read_models

    for card in read_models().values():
        register(card)


@hookimpl
def register_benchmarks(register: RegisterBenchmark) -> None:
    """The benchmarks of the registry."""
    from embedllm_bench.cards.files import read_benchmarks

    for card in read_benchmarks().values():
        register(card)


@hookimpl
def register_methods(register: Callable[[type[Method]], None]) -> None:
    """The field's methods and the simple rows."""
    from embedllm_bench.methods.boosting import Boosting
    from embedllm_bench.methods.embedllm import EmbedLLM
    from embedllm_bench.methods.ensemble import Ensemble
    from embedllm_bench.methods.irt import ItemResponse
    from embedllm_bench.methods.kernel import Kernel
    from embedllm_bench.methods.knn import KNN
    from embedllm_bench.methods.logistic import Logistic
    from embedllm_bench.methods.mf import MatrixFactorization
    from embedllm_bench.methods.mlp import MultiLayerPerceptron
    from embedllm_bench.methods.reference import BenchmarkMean, ModelMean, SubtaskMean
    from embedllm_bench.methods.uniroute import UniRoute

    learned = (
        KNN, MatrixFactorization, Logistic, EmbedLLM, UniRoute, ItemResponse, MultiLayerPerceptron, Kernel,
        Boosting, Ensemble,
    )  # fmt: skip
    for method in (*learned, ModelMean, BenchmarkMean, SubtaskMean):
        register(method)


@hookimpl
def register_encoders(register: Callable[[KnownEncoder], None]) -> None:
    """The two sentence encoders that papers use, hashed n-grams, and the form of a text."""
    from embedllm_bench.encoders.catalog import catalog

    for encoder in catalog().values():
        register(encoder)


@hookimpl
def register_importers(register: Callable[[Importer], None]) -> None:
    """lm-eval's outputs, the long table in three formats, and the EmbedLLM release."""
    from embedllm_bench.exchange.formats import IMPORTERS

    for importer in IMPORTERS:
        register(importer)
