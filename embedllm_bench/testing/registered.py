"""What one plugin registers, of every kind."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

from embedllm_bench.errors import PluginError, UsageError
from embedllm_bench.registry import Plugins

if TYPE_CHECKING:
    from embedllm_bench.cards import ModelCard
    from embedllm_bench.encoders.base import KnownEncoder
    from embedllm_bench.exchange.base import Importer
    from embedllm_bench.methods.base import Method
    from embedllm_bench.registry import Catalog, KnownBenchmark
    from embedllm_bench.registry.catalog import Thing


@dataclass(frozen=True)
class Registrations:
    """A plugin's module, where it is one, and its things in the order in which it registers them."""

    name: str
    module: ModuleType | None
    methods: tuple[type[Method], ...] = ()
    encoders: tuple[KnownEncoder, ...] = ()
    importers: tuple[Importer, ...] = ()
    models: tuple[ModelCard, ...] = ()
    benchmarks: tuple[KnownBenchmark, ...] = ()
    idle: tuple[str, ...] = ()  #: hooks that register nothing


def registrations(name: str, plugins: Plugins | None = None) -> Registrations:
    """What the plugin of this name registers; of the installed plugins, if none are given.

    Raises:
        UsageError: there is no such plugin; names the nearest.
        PluginError: it is broken or disabled.
    """
    plugins = Plugins() if plugins is None else plugins
    rows = {row.source.name: row for row in plugins.listing()}
    if name not in rows:
        near = difflib.get_close_matches(name, rows, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"There is no plugin {name!r}; there are {', '.join(rows)}.{hint}")
    if rows[name].state != "sound":
        raise PluginError(
            f"Plugin {name!r} is {rows[name].state} and cannot be checked: {rows[name].reason}; mend that first."
        )
    module = plugins.find(name).module  # not loaded anew: a file's classes would be others then
    return Registrations(
        name,
        module if isinstance(module, ModuleType) else None,
        _of(name, plugins.methods),
        _of(name, plugins.encoders),
        _of(name, plugins.importers),
        _of(name, plugins.models),
        _of(name, plugins.benchmarks),
        rows[name].idle,
    )


def _of(name: str, catalog: Catalog[Thing]) -> tuple[Thing, ...]:
    return tuple(entry.thing for entry in catalog.values() if entry.plugin == name)
