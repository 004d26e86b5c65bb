"""What a plugin can add, one hook each. A hook is called when its kind is first needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedllm_bench.methods.base import Method

GROUP = "embedllm_bench"  #: the entry-point group, and what pluggy calls the project
hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


@hookspec
def register_methods(register: Callable[[type[Method]], None]) -> None:
    """Call ``register`` with each method class of yours; its ``name`` is how users ask for it."""
