"""A plugin with one importer; it is imported when formats are asked for, and brings pyarrow then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedllm_bench.exchange.base import Importer


@hookimpl
def register_importers(register: Callable[[Importer], None]) -> None:
    """One format."""
    from embedllm_bench_example_importer.every_eval_ever import EVERY_EVAL_EVER

    register(EVERY_EVAL_EVER)
