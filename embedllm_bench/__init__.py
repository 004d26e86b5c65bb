"""Measure and use learned representations of LLMs.

``Store``, ``compare`` and ``encode`` are imported when first asked for, so that the command line starts without torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embedllm_bench.comparison import compare
    from embedllm_bench.encoders.encoding import encode
    from embedllm_bench.store.store import Store

__all__ = ["Store", "compare", "encode"]


def __getattr__(name: str) -> object:
    if name == "Store":
        from embedllm_bench.store.store import Store

        return Store
    if name == "compare":
        from embedllm_bench.comparison import compare

        return compare
    if name == "encode":
        from embedllm_bench.encoders.encoding import encode

        return encode
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
