"""Cards: what a model is and what a benchmark is, as plain values."""

from embedllm_bench.cards.benchmark import BenchmarkCard
from embedllm_bench.cards.model import ModelCard

__all__ = ["BenchmarkCard", "ModelCard"]
