"""The plugin manager, and the catalogs it fills: a name, a thing, and the plugin it came from."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import pluggy

from embedllm_bench import builtin, hookspecs
from embedllm_bench.errors import BenchError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from embedllm_bench.methods.base import Method

BUILTIN = "built-in"


@dataclass(frozen=True)
class Registered:
    """A method class and the plugin that registered it."""

    method: type[Method]
    plugin: str


def plugin_manager() -> pluggy.PluginManager:
    """Built-ins and every installed plugin of the group ``embedllm_bench``.

    Entry points are loaded one by one, since pluggy's own loader stops at the first that fails and
    passes over a second one of the same name.
    """
    manager = pluggy.PluginManager(hookspecs.GROUP)
    manager.add_hookspecs(hookspecs)
    manager.register(builtin, BUILTIN)
    for entry in entry_points(group=hookspecs.GROUP):
        if manager.has_plugin(entry.name):
            raise UsageError(f"Two plugins are named {entry.name!r}; uninstall one of them.")
        try:
            manager.register(entry.load(), entry.name)
        except Exception as error:
            raise BenchError(
                f"Plugin {entry.name!r} ({entry.value}) cannot be loaded: {error}; mend or uninstall it."
            ) from error
    return manager


def method_catalog(manager: pluggy.PluginManager | None = None) -> dict[str, Registered]:
    """All methods by name, built-ins first."""
    manager = plugin_manager() if manager is None else manager
    catalog: dict[str, Registered] = {}
    plugins = manager.list_name_plugin()
    for name, plugin in sorted(plugins, key=lambda pair: (pair[0] != BUILTIN, pair[0])):
        others = [other for _, other in plugins if other is not None and other is not plugin]

        def register(method: type[Method], origin: str = name) -> None:
            if method.name in catalog:
                raise UsageError(
                    f"Plugins {catalog[method.name].plugin!r} and {origin!r} both register the method"
                    f" {method.name!r}; uninstall one of them."
                )
            catalog[method.name] = Registered(method, origin)

        manager.subset_hook_caller("register_methods", others)(register=register)
    return catalog


def look_up(catalog: Mapping[str, Registered], names: Iterable[str]) -> list[type[Method]]:
    """The methods of these names.

    Raises:
        UsageError: there is no such method; names the nearest ones.
    """
    found = []
    for name in names:
        if name not in catalog:
            near = difflib.get_close_matches(name, catalog, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise UsageError(f"There is no method {name!r}; there are {', '.join(catalog)}.{hint}")
        found.append(catalog[name].method)
    return found
