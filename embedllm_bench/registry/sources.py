"""Where plugins come from: installed packages, and files and modules that a user names."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import sys
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from embedllm_bench.hookspecs import GROUP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

PLUGINS = "EMBEDLLM_BENCH_PLUGINS"  #: files and modules to take as plugins, comma separated
DISABLE = "EMBEDLLM_BENCH_DISABLE"  #: plugins to leave out, by name, distribution, file or module


@dataclass(frozen=True)
class Source:
    """A plugin that can be imported, and where it comes from."""

    name: str
    origin: str  #: the distribution, file or module
    version: str
    load: Callable[[], object] = field(compare=False, repr=False)
    aliases: tuple[str, ...] = field(default=(), compare=False)  #: what it may be called besides

    def is_one_of(self, names: Iterable[str]) -> bool:
        """Whether any of these means it: two plugins of one name are told apart by their origins."""
        own = {_normal(text) for text in (self.name, self.origin, *self.aliases)}
        return not own.isdisjoint(map(_normal, names))

    def __str__(self) -> str:
        return f"{self.origin} {self.version}".strip()


def _normal(text: str) -> str:
    """A name as packages' are compared, where my_plugin is My-Plugin; a path as the file it leads to."""
    if os.sep in text:
        return str(Path(text).resolve())
    return re.sub(r"[-_.]+", "-", text).lower()


def find(named: Sequence[str]) -> list[Source]:
    """The installed plugins by name, then those of the environment, then ``named`` ones, each once."""
    installed = [_installed(entry) for entry in entry_points(group=GROUP)]
    texts = [*names_in(PLUGINS), *named]
    return list(dict.fromkeys([*sorted(installed, key=lambda s: (s.name, s.origin)), *map(_named, texts)]))


def names_in(variable: str) -> list[str]:
    """The names in an environment variable."""
    return [text.strip() for text in os.environ.get(variable, "").split(",") if text.strip()]


def is_file(text: str) -> bool:
    """Whether a plugin is named by a file rather than as a module."""
    return text.endswith(".py") or os.sep in text


def _installed(entry: EntryPoint) -> Source:
    if entry.dist is None:
        return Source(entry.name, entry.value, "", entry.load)
    return Source(entry.name, entry.dist.name, entry.dist.version, entry.load, (entry.value, entry.module))


def _named(text: str) -> Source:
    if is_file(text):
        path = Path(text).resolve()
        return Source(path.stem, str(path), _content_version(path), lambda: _load_file(path), (path.name,))
    file = Path(f"{text.replace('.', os.sep)}.py")
    spec = _found(text)
    own = _content_version(Path(spec.origin)) if spec is not None and spec.origin else ""
    return Source(text, text, own, lambda: _load_module(text), (file.name, str(file.resolve())))


def has_module(name: str) -> bool:
    """Whether there is a module of this name."""
    return _found(name) is not None


def _found(name: str) -> ModuleSpec | None:
    """What a module would be made of; nothing is imported, as that may fail for other reasons."""
    _look_here()
    if name in sys.modules:
        return sys.modules[name].__spec__
    parts = name.split(".")
    spec, place = None, None
    for number, part in enumerate(parts, 1):
        spec = _spec(".".join(parts[:number]), place) if part and (number == 1 or place is not None) else None
        place = None if spec is None else spec.submodule_search_locations
    return spec


def _spec(name: str, place: Sequence[str] | None) -> ModuleSpec | None:
    """As importlib.util.find_spec, which would import the packages that a module is in."""
    specs = (finder.find_spec(name, place) for finder in sys.meta_path)
    return next((spec for spec in specs if spec is not None), None)


def _look_here() -> None:
    """Have modules of the current folder found too, as ``python -m`` does.

    The folder comes last and stays: nothing in it stands before what is installed, and what a hook imports
    later is found as well.
    """
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)


def _load_module(name: str) -> ModuleType:
    """A module by its name."""
    _look_here()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise ModuleNotFoundError(f"there is no module {name}{near_file(name)}") from None
        raise


def near_file(text: str) -> str:
    """The file that was meant, where its suffix was left out."""
    return f"; did you mean {text}.py?" if Path(f"{text}.py").is_file() else ""


def _content_version(path: Path) -> str:
    """A file has no version but what stands in it."""
    try:
        return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"
    except OSError:
        return ""


def _load_file(path: Path) -> ModuleType:
    """A file as a module, under a name that no installed module has."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    name = f"embedllm_bench_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file; its name has to end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their annotations up there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
