"""What importing a plugin's module and calling its hooks does to a process: run in one of its own.

Torch is imported first, so that what changes in it is seen; what was found is a line of JSON after all else.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import sys
from functools import partial
from typing import TYPE_CHECKING

from embedllm_bench.process import changed, generators, settings
from embedllm_bench.registry.loading import BrokenError, hooks_of
from embedllm_bench.testing.base import printed

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

MARK = "embedllm_bench.testing.probe: "  #: what the line begins with


def probe(module: str, file: str) -> dict[str, str]:
    """The first thing that is wrong, by the check that is about it; nothing where it cannot be imported."""
    import torch  # noqa: F401 - see above

    wrong: dict[str, str] = {}
    imported: list[ModuleType] = []
    _watch("importing it", lambda: imported.append(load(module, file)), wrong)
    try:
        hooks = hooks_of(imported[0]) if imported else {}
    except BrokenError:  # which is told elsewhere
        hooks = {}
    for name, hook in hooks.items():
        _watch(f"its {name}", partial(hook, _register), wrong)
    return wrong


def _register(*given: object, **named: object) -> None:
    """Whatever it is: what is registered is looked at elsewhere."""


def load(module: str, file: str) -> ModuleType:
    """A module by its name, or where that is no name for others by its file."""
    if file and importlib.util.find_spec(module) is None:
        spec = importlib.util.spec_from_file_location(module, file)
        if spec is None or spec.loader is None:
            raise ImportError(file)
        made = importlib.util.module_from_spec(spec)
        sys.modules[module] = made
        spec.loader.exec_module(made)
        return made
    return importlib.import_module(module)


def _watch(what: str, action: Callable[[], object], wrong: dict[str, str]) -> None:
    def survive() -> None:
        with contextlib.suppress(BaseException):  # that it fails is told elsewhere
            action()

    before = generators() | settings()
    said = printed(survive)
    name = changed(before, generators() | settings())
    if said:
        wrong.setdefault("silent", f"{what} prints or warns {said!r}.")
    if name:
        wrong.setdefault("process", f"{what} changes {name} for the whole process; leave it, or put it back.")


def main() -> None:
    """Say what is wrong with the module that the argument names."""
    _, module, file = json.loads(sys.argv[1])
    sys.stdout.write(f"\n{MARK}{json.dumps(probe(module, file))}\n")
