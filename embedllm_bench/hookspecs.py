"""What a plugin can add, one hook each.

A plugin is a module with one or more of these functions, marked with :data:`hookimpl`. Each is called when
its kind is first needed, so that listing models imports no method; what is expensive is imported inside it.
``register`` refuses what is not of its kind, and two plugins with one name are both told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pluggy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from embedllm_bench.cards import BenchmarkCard, ModelCard
    from embedllm_bench.encoders.base import KnownEncoder
    from embedllm_bench.exchange.base import Importer
    from embedllm_bench.methods.base import Method

GROUP = "embedllm_bench"  #: the entry-point group, and what pluggy calls the project
hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


class RegisterBenchmark(Protocol):
    """Takes a benchmark's card and, where it is no task of lm-eval's, the file of its questions."""

    def __call__(self, card: BenchmarkCard, questions: Path | None = None) -> None: ...


@hookspec
def register_models(register: Callable[[ModelCard], None]) -> None:
    """Call ``register`` with the card of each model; its ``id`` is how users ask for it."""


@hookspec
def register_benchmarks(register: RegisterBenchmark) -> None:
    """Call ``register`` with the card of each benchmark, and the file of its own questions if it has some.

    The file is read when the benchmark is first used: what it may hold is said in docs/collecting.md. The
    card leaves ``questions``, their SHA-256, out, or pins it.
    """


@hookspec
def register_methods(register: Callable[[type[Method]], None]) -> None:
    """Call ``register`` with each method class of yours; its ``name`` is how users ask for it."""


@hookspec
def register_encoders(register: Callable[[KnownEncoder], None]) -> None:
    """Call ``register`` with each encoder; weights are looked for and loaded when it is asked for by name."""


@hookspec
def register_importers(register: Callable[[Importer], None]) -> None:
    """Call ``register`` with the importer of each format.

    Those of plugins are asked before the built-in ones whether they recognise a file, as a suffix says
    less than what stands in it; recognise no more than your own format.
    """
