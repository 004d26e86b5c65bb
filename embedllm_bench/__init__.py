"""Measure and use learned representations of LLMs.

Names are imported when first asked for, so that the command line starts without torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embedllm_bench.artifact import Artifact, fit
    from embedllm_bench.calls import encode, import_table
    from embedllm_bench.cards import BenchmarkCard, ModelCard
    from embedllm_bench.collecting.collector import collect
    from embedllm_bench.comparison import compare
    from embedllm_bench.placement import place
    from embedllm_bench.registry import Plugins
    from embedllm_bench.router import Router
    from embedllm_bench.store.store import Store

__all__ = [
    "Artifact", "BenchmarkCard", "ModelCard", "Plugins", "Router", "Store", "collect", "compare", "encode", "fit",
    "import_table", "place",
]  # fmt: skip

_HOME = {
    "Artifact": "artifact",
    "BenchmarkCard": "cards",
    "ModelCard": "cards",
    "Plugins": "registry",
    "Router": "router",
    "Store": "store.store",
    "collect": "collecting.collector",
    "compare": "comparison",
    "encode": "calls",
    "fit": "artifact",
    "import_table": "calls",
    "place": "placement",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
