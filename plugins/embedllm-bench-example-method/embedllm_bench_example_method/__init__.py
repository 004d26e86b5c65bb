"""A plugin with one method; the method is imported when methods are asked for, and brings scipy then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedllm_bench.methods.base import Method


@hookimpl
def register_methods(register: Callable[[type[Method]], None]) -> None:
    """One method."""
    from embedllm_bench_example_method.pooled_logistic import PooledLogistic

    register(PooledLogistic)
