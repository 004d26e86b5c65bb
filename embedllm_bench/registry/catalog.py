"""A catalog: the things of one kind by name, who brought each, and what broken plugins left out of it."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from embedllm_bench.errors import ABORTS, BenchError, PluginError, UnknownNameError
from embedllm_bench.registry.loading import told
from embedllm_bench.registry.sources import DISABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Thing = TypeVar("Thing")
BUILTIN = "built-in"


@dataclass(frozen=True)
class Registered(Generic[Thing]):
    """A thing and the name of the plugin that registered it."""

    thing: Thing
    plugin: str


@dataclass(frozen=True)
class Fault:
    """What is wrong with a plugin."""

    plugin: str
    reason: str  #: without a full stop
    remedy: str  #: likewise
    also: tuple[str, ...] = ()  #: plugins that have a share in it

    def __str__(self) -> str:
        if self.also:  # neither is at fault alone
            return f"{self.reason[0].upper()}{self.reason[1:]}; {self.remedy}."
        return f"Plugin {self.plugin!r} is broken: {self.reason}; {self.remedy}."


@dataclass(frozen=True, eq=False)
class Catalog(Mapping[str, Registered[Thing]]):
    """The sound things by name; ``claimed`` are names that are not to be had because plugins are broken."""

    kind: str
    entries: Mapping[str, Registered[Thing]]
    faults: tuple[Fault, ...]
    claimed: Mapping[str, Fault]
    disabled: tuple[str, ...] = ()  #: plugins that were left out on request
    idle: tuple[str, ...] = ()  #: sound plugins whose hook for this kind registers nothing
    hook: str = ""  #: the hook of this kind

    def __getitem__(self, name: str) -> Registered[Thing]:
        return self.entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def things(self) -> dict[str, Thing]:
        """The things by name."""
        return {name: entry.thing for name, entry in self.entries.items()}

    @property
    def _adding_nothing(self) -> str:
        """Sentences on the plugins that add nothing here: left out on request, or by a hook that registers nothing."""
        disabled = f" {DISABLE} leaves out {', '.join(map(repr, self.disabled))}." if self.disabled else ""
        return disabled + "".join(
            f" The {self.hook} of plugin {name!r} registers nothing." for name in self.idle
        )

    @contextlib.contextmanager
    def explaining(self, name: str) -> Iterator[None]:
        """Where ``name`` is found to be unknown, say which plugin it may be of.

        Raises:
            PluginError: in place of the unknown name, where that plugin is broken.
            UnknownNameError: the same with the plugins that add nothing.
        """
        try:
            yield
        except UnknownNameError as error:
            if name in self.claimed:
                raise PluginError(str(self.claimed[name])) from error
            if not self.faults or error.near:
                raise UnknownNameError(f"{error}{self._adding_nothing}", near=error.near) from error
            more = len(self.faults) - 1
            others = (
                f" (so {'is 1 other' if more == 1 else f'are {more} others'}, see 'embedllm-bench plugins')"
                if more
                else ""
            )
            first = self.faults[0]
            raise PluginError(
                f"There is no {self.kind} {name!r} among the sound plugins, and plugin {first.plugin!r} is"
                f" broken{others}: {first.reason}; {first.remedy}."
            ) from error

    @contextlib.contextmanager
    def blaming(self, find: Callable[[], str]) -> Iterator[None]:
        """Where the code of a plugin's thing raises what is no sentence, name the plugin.

        ``find`` gives the thing's name; it is called only then.

        Raises:
            PluginError: in place of what was raised.
        """
        try:
            yield
        except (BenchError, *ABORTS):
            raise
        except BaseException as error:
            name = find()
            plugin = self.entries[name].plugin if name in self.entries else BUILTIN
            if plugin == BUILTIN:
                raise
            raise PluginError(
                f"The {self.kind} {name!r} of plugin {plugin!r} failed ({told(error)}); mend it, or leave it out"
                f" with {disabling(plugin)}."
            ) from error


def look_up(catalog: Catalog[Thing], names: Iterable[str]) -> list[Thing]:
    """The things of these names.

    Raises:
        UnknownNameError: there is none of that name; names the nearest.
        PluginError: it may be of a plugin that is broken.
    """
    found = []
    for name in names:
        if name not in catalog:
            near = difflib.get_close_matches(name, catalog, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            with catalog.explaining(name):
                raise UnknownNameError(
                    f"There is no {catalog.kind} {name!r}; there are {', '.join(catalog)}.{hint}",
                    near=bool(near),
                )
        found.append(catalog[name].thing)
    return found


def disabling(*plugins: str) -> str:
    """How to leave one of these out."""
    return " or ".join(f"{DISABLE}={name}" for name in plugins)
