"""The plugins of one run: found at once, imported when something is first asked of them."""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from embedllm_bench import builtin
from embedllm_bench.errors import PluginError, UnknownNameError
from embedllm_bench.registry.catalog import BUILTIN, Catalog, Fault, disabling
from embedllm_bench.registry.filling import fill
from embedllm_bench.registry.kinds import BENCHMARKS, ENCODERS, IMPORTERS, METHODS, MODELS
from embedllm_bench.registry.loading import BrokenError, Plugin, load
from embedllm_bench.registry.sources import DISABLE, Source, find, names_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from embedllm_bench.cards import ModelCard
    from embedllm_bench.encoders.base import KnownEncoder
    from embedllm_bench.exchange.base import Importer
    from embedllm_bench.methods.base import Method
    from embedllm_bench.registry.benchmark import KnownBenchmark
    from embedllm_bench.registry.catalog import Thing
    from embedllm_bench.registry.kinds import Kind


#: The plural of its kind, by hook.
KINDS = {
    MODELS.hook: "models",
    BENCHMARKS.hook: "benchmarks",
    METHODS.hook: "methods",
    ENCODERS.hook: "encoders",
    IMPORTERS.hook: "formats",
}


@dataclass(frozen=True)
class _Loaded:
    plugins: tuple[Plugin, ...]
    broken: tuple[tuple[Source, Fault], ...]
    disabled: tuple[Source, ...]


@dataclass(frozen=True, eq=False)
class Plugins:
    """Built-ins, installed plugins, those of EMBEDLLM_BENCH_PLUGINS, and ``named`` files and modules."""

    named: tuple[str, ...] = ()

    @cached_property
    def models(self) -> Catalog[ModelCard]:
        return self._filled(MODELS)

    @cached_property
    def benchmarks(self) -> Catalog[KnownBenchmark]:
        return self._filled(BENCHMARKS)

    @cached_property
    def methods(self) -> Catalog[type[Method]]:
        return self._filled(METHODS)

    @cached_property
    def encoders(self) -> Catalog[KnownEncoder]:
        return self._filled(ENCODERS)

    @cached_property
    def importers(self) -> Catalog[Importer]:
        return self._filled(IMPORTERS)

    @property
    def catalogs(self) -> dict[str, Catalog[Any]]:
        """All catalogs by the plural of their kind; fills those that are not yet."""
        return {
            "models": self.models,
            "benchmarks": self.benchmarks,
            "methods": self.methods,
            "encoders": self.encoders,
            "formats": self.importers,
        }

    def find(self, name: str) -> Plugin:
        """The plugin of this name.

        Raises:
            UnknownNameError: there is none; names the nearest.
            PluginError: it is broken.
        """
        for plugin in self._loaded.plugins:
            if plugin.name == name:
                return plugin
        for source, fault in self._loaded.broken:
            if source.name == name:
                raise PluginError(str(fault))
        known = [plugin.name for plugin in self._loaded.plugins]
        near = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UnknownNameError(
            f"There is no plugin {name!r}; there are {', '.join(known)}.{hint}", near=bool(near)
        )

    def versions(self, names: Iterable[str]) -> dict[str, str]:
        """Distribution, file or module -> version, of the plugins of these names that are not built in."""
        wanted = set(names) - {BUILTIN}
        return {
            plugin.source.origin: plugin.source.version
            for plugin in self._loaded.plugins
            if plugin.name in wanted
        }

    def check(self) -> None:
        """Look everything over.

        Raises:
            PluginError: a plugin is broken.
        """
        faults = list(dict.fromkeys(fault for c in self.catalogs.values() for fault in c.faults))
        if faults:
            more = len(faults) - 1
            raise PluginError(f"{faults[0]}{_more(more)}")

    def listing(self) -> list[Listed]:
        """Every plugin that was found, with what it registered or what is wrong with it."""
        loaded, catalogs = self._loaded, self.catalogs
        rows = []
        for plugin in loaded.plugins:
            faults = dict.fromkeys(
                fault
                for catalog in catalogs.values()
                for fault in catalog.faults
                if plugin.name in (fault.plugin, *fault.also)
            )
            registered = {
                kind: tuple(name for name, entry in catalog.items() if entry.plugin == plugin.name)
                for kind, catalog in catalogs.items()
            }
            rows.append(
                Listed(
                    plugin.source,
                    "broken" if faults else "sound",
                    "; ".join(dict.fromkeys(fault.reason for fault in faults)),
                    "; ".join(dict.fromkeys(fault.remedy for fault in faults)),
                    tuple(plugin.hooks),
                    {kind: names for kind, names in registered.items() if names},
                    () if faults else tuple(h for h in plugin.hooks if not registered[KINDS[h]]),
                )
            )
        rows += [Listed(source, "broken", fault.reason, fault.remedy) for source, fault in loaded.broken]
        rows += [Listed(source, "disabled", f"{DISABLE} names it") for source in loaded.disabled]
        return rows

    @property
    def disabling_nothing(self) -> tuple[str, ...]:
        """What EMBEDLLM_BENCH_DISABLE names and is no plugin."""
        disabled = self._loaded.disabled
        return tuple(name for name in names_in(DISABLE) if not any(s.is_one_of([name]) for s in disabled))

    def _filled(self, kind: Kind[Thing]) -> Catalog[Thing]:
        disabled = tuple(source.name for source in self._loaded.disabled)
        return fill(kind, self._loaded.plugins, self._import_faults, disabled)

    @property
    def _import_faults(self) -> tuple[Fault, ...]:
        return tuple(dict.fromkeys(fault for _, fault in self._loaded.broken))

    @cached_property
    def _loaded(self) -> _Loaded:
        left_out = names_in(DISABLE)
        sources = find(self.named)
        disabled = tuple(source for source in sources if source.is_one_of(left_out))
        sources = [source for source in sources if source not in disabled]
        own = Source(BUILTIN, "embedllm-bench", version("embedllm-bench"), lambda: builtin)
        count = Counter(source.name for source in [own, *sources])
        plugins, broken = [load(own)], []
        for source in sources:
            try:
                if count[source.name] > 1:
                    fault = _doubled([other for other in [own, *sources] if other.name == source.name])
                    broken.append((source, fault))
                else:
                    plugins.append(load(source))
            except BrokenError as error:
                remedy = f"mend it, or leave it out with {disabling(source.name)}"
                broken.append((source, Fault(source.name, str(error), remedy)))
        return _Loaded(tuple(plugins), tuple(broken), disabled)


@dataclass(frozen=True)
class Listed:
    """A plugin as the list of them shows it."""

    source: Source
    state: str  #: sound, broken or disabled
    reason: str = ""
    remedy: str = ""
    hooks: tuple[str, ...] = ()
    registered: dict[str, tuple[str, ...]] = field(default_factory=dict)
    idle: tuple[str, ...] = ()  #: hooks of a sound one that register nothing


def _more(faults: int) -> str:
    if not faults:
        return ""
    return " There is 1 more fault." if faults == 1 else f" There are {faults} more faults."


def _doubled(sources: list[Source]) -> Fault:
    """Plugins of one name: none of them is used, as nobody can say which is meant."""
    origins = [
        source.origin for source in sources if source.name != BUILTIN or source.origin != "embedllm-bench"
    ]
    return Fault(
        sources[0].name,
        f"{' and '.join(map(str, sources))} both have a plugin of that name",
        f"uninstall one, or leave one out with {disabling(*origins)}",
    )
