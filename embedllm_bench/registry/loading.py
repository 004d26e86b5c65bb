"""A source imported and looked over: its hooks, or what is wrong with it."""

from __future__ import annotations

import difflib
import inspect
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

from embedllm_bench import hookspecs
from embedllm_bench.errors import ABORTS, first_line
from embedllm_bench.process import guest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from embedllm_bench.registry.sources import Source

HERE = Path(__file__).parent
HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("register_"))


@dataclass(frozen=True, eq=False)
class Plugin:
    """A plugin that was imported, and its hooks by name."""

    source: Source
    module: object
    hooks: Mapping[str, Callable[..., object]]

    @property
    def name(self) -> str:
        return self.source.name


class BrokenError(Exception):
    """A source that cannot be used; says why, without a full stop."""


def load(source: Source) -> Plugin:
    """Import a plugin and find its hooks.

    Raises:
        BrokenError: it does not import, or has no hook, a misspelt one, or one of other arguments.
    """
    try:
        with guest():
            module = source.load()
    except ABORTS:
        raise
    except BaseException as error:
        raise BrokenError(f"it cannot be imported ({told(error)})") from error
    return Plugin(source, module, hooks_of(module))


def hooks_of(module: object) -> dict[str, Callable[..., object]]:
    """The hooks of a plugin's module by name, each to be called with ``register``.

    Raises:
        BrokenError: it has none, a misspelt one, or one of other arguments.
    """
    manager = pluggy.PluginManager(hookspecs.GROUP)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(module)
    except pluggy.PluginValidationError as error:
        raise BrokenError(_with_other_arguments(module, str(error))) from error
    callers = manager.get_hookcallers(module) or []
    for caller in callers:
        if not caller.has_spec():
            raise BrokenError(f"it has a hook {caller.name}, which there is not{_nearest(caller.name)}")
    if not callers:
        raise BrokenError(_without_hooks(module))
    hooks = {caller.name: impl for caller in callers for impl in caller.get_hookimpls()}
    for name, impl in hooks.items():
        if not impl.argnames:
            raise BrokenError(f"its {name} does not take register; write it as {name}(register)")
    return {name: impl.function for name, impl in hooks.items()}


def told(error: BaseException) -> str:
    """An error of a plugin's code: its kind, what it says, and the line it came from."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).parent != HERE and "importlib" not in frame.filename
    ]
    own = [frame for frame in frames if HERE.parent not in Path(frame.filename).parents] or frames
    place = f", {Path(own[-1].filename).name} line {own[-1].lineno}" if own else ""
    text = first_line(error)
    kind = type(error).__name__
    return f"{kind}: {text}{place}" if text != kind else f"{kind}{place}"


def _with_other_arguments(module: object, said: str) -> str:
    """What pluggy says is of several lines, and of what there is where."""
    for name in HOOKS:
        function = getattr(module, name, None)
        if inspect.isfunction(function):
            others = [
                argument for argument in inspect.signature(function).parameters if argument != "register"
            ]
            if others:
                return f"its {name} takes {', '.join(others)}; its one argument has to be called register"
    return f"a hook does not take what ours does ({' '.join(said.split())})"


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name, HOOKS, n=1, cutoff=0.5)
    return f"; it is spelt {near[0]}" if near else f"; there are {', '.join(HOOKS)}"


def _without_hooks(module: object) -> str:
    unmarked = [name for name in dir(module) if name.startswith("register_")]
    if unmarked:
        return f"its {unmarked[0]} is not marked as a hook; put embedllm_bench.hookspecs.hookimpl before it"
    return f"it has no hook; there are {', '.join(HOOKS)}"
