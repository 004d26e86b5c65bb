"""A catalog filled plugin by plugin, so that every name has an origin and a fault stays with its plugin."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from embedllm_bench.errors import ABORTS
from embedllm_bench.process import guest
from embedllm_bench.registry.catalog import BUILTIN, Catalog, Fault, Registered, Thing, disabling
from embedllm_bench.registry.kinds import WrongThingError
from embedllm_bench.registry.loading import told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.registry.kinds import Kind
    from embedllm_bench.registry.loading import Plugin


def fill(
    kind: Kind[Thing], plugins: Sequence[Plugin], faults: tuple[Fault, ...], disabled: tuple[str, ...] = ()
) -> Catalog[Thing]:
    """Call the hook of every plugin that has it, the built-in one first.

    A hook that raises or registers what is no such thing adds nothing; a name that two plugins register
    is of neither, but for the built-in ones', which stay.
    """
    found: dict[str, list[Registered[Thing]]] = {}
    claimed: dict[str, Fault] = {}
    own: list[Fault] = []
    idle: list[str] = []
    for plugin in plugins:
        names, taken, fault = _taken(kind, plugin)
        if fault is not None:
            own.append(fault)
            claimed.update(dict.fromkeys(names, fault))
            continue
        if not names and kind.hook in plugin.hooks:
            idle.append(plugin.name)
        for name, thing in zip(names, taken, strict=True):
            found.setdefault(name, []).append(Registered(thing, plugin.name))
    for name, several in found.items():
        if len(several) > 1:
            fault = _doubled(kind, name, [entry.plugin for entry in several])
            own.append(fault)
            if several[0].plugin != BUILTIN:
                claimed[name] = fault
    entries = {
        name: several[0]
        for name, several in found.items()
        if len(several) == 1 or several[0].plugin == BUILTIN
    }
    if kind.strangers_first:
        entries = dict(sorted(entries.items(), key=lambda pair: pair[1].plugin == BUILTIN))
    gone = {name: fault for name, fault in claimed.items() if name not in entries}
    return Catalog(kind.name, entries, (*faults, *own), gone, disabled, tuple(idle), kind.hook)


def _taken(kind: Kind[Thing], plugin: Plugin) -> tuple[list[str], list[Thing], Fault | None]:
    """The names and things that a plugin's hook registers, and what is wrong with it."""
    names: list[str] = []
    things: list[Thing] = []

    def register(*given: object, **named: object) -> None:
        name, thing = kind.take(*given, **named)
        if name in names:
            raise WrongThingError(f"the {kind.name} {name!r} twice")
        names.append(name)
        things.append(thing)

    reason = None
    try:
        if kind.hook in plugin.hooks:
            with guest():
                returned = plugin.hooks[kind.hook](register)
            reason = _in_place_of_calls(kind.hook, returned)
    except WrongThingError as error:
        reason = f"its {kind.hook} registers {error}"
    except ABORTS:
        raise
    except BaseException as error:
        if plugin.name == BUILTIN:
            raise
        reason = f"its {kind.hook} failed ({told(error)})"
    if reason is None:
        return names, things, None
    return names, [], Fault(plugin.name, reason, f"mend it, or leave it out with {disabling(plugin.name)}")


def _in_place_of_calls(hook: str, returned: object) -> str | None:
    """What is wrong with a hook that hands over by returning, of which nobody would see anything."""
    if returned is None:
        return None
    how = f"returns {type(returned).__name__} {repr(returned)[:40]}"
    if inspect.iscoroutine(returned):
        returned.close()  # else Python warns that nobody waited for it
        how = "is async, so that nothing in it ran"
    elif inspect.isgenerator(returned):
        how = "has a yield in it, so that nothing in it ran"
    elif isinstance(returned, list | tuple | set | dict):
        how = f"returns a {type(returned).__name__}"
    return f"its {hook} {how}; let it be a plain function that calls register(...) for each thing"


def _doubled(kind: Kind[Thing], name: str, plugins: Sequence[str]) -> Fault:
    both = " and ".join(map(repr, plugins))
    others = [plugin for plugin in plugins if plugin != BUILTIN]
    return Fault(
        others[-1],
        f"plugins {both} both register the {kind.name} {name!r}",
        f"leave one out with {disabling(*others)}",
        also=tuple(others[:-1]),
    )
