"""Plugins and what they add: where they come from, what is wrong with them, and a catalog of each kind."""

from embedllm_bench.registry.benchmark import KnownBenchmark
from embedllm_bench.registry.catalog import Catalog, Fault, Registered, look_up
from embedllm_bench.registry.plugins import Plugins

__all__ = ["Catalog", "Fault", "KnownBenchmark", "Plugins", "Registered", "look_up"]
