"""The contract kit: what methods, encoders, importers and cards promise, and checks that say what broke.

The four ``check_`` functions raise AssertionError with one sentence; the ``_checks`` functions give the same as
named checks, to be run one by one. With pytest, :mod:`embedllm_bench.testing.pytest_plugin` does that over all
that a plugin registers; without it, ``embedllm-bench plugins check NAME``.
"""

from embedllm_bench.testing.base import Check, NotRun
from embedllm_bench.testing.benchmarks import benchmark_checks, check_benchmark
from embedllm_bench.testing.cards import card_checks, check_cards
from embedllm_bench.testing.encoders import check_encoder, encoder_checks
from embedllm_bench.testing.entry import check_entry, entry_checks
from embedllm_bench.testing.importers import check_importer, importer_checks
from embedllm_bench.testing.methods import check_method, method_checks
from embedllm_bench.testing.plugins import BoundCheck, plugin_checks
from embedllm_bench.testing.registered import Registrations, registrations

__all__ = [
    "BoundCheck",
    "Check",
    "NotRun",
    "Registrations",
    "benchmark_checks",
    "card_checks",
    "check_benchmark",
    "check_cards",
    "check_encoder",
    "check_entry",
    "check_importer",
    "check_method",
    "encoder_checks",
    "entry_checks",
    "importer_checks",
    "method_checks",
    "plugin_checks",
    "registrations",
]
