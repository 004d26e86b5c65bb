"""The contract of a plugin's module itself: the one that its entry point names."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property

from embedllm_bench.errors import UsageError
from embedllm_bench.testing.base import Check, require, run_all
from embedllm_bench.testing.probe import MARK

#: Imports a module on this process's path and says whether torch came with it, apart from what it prints.
PROBE = (
    "import importlib.util, sys\n"
    "sys.path[:] = {path!r}\n"
    "if importlib.util.find_spec({module!r}) is None and {file!r}:\n"
    "    spec = importlib.util.spec_from_file_location({module!r}, {file!r})\n"
    "    sys.modules[{module!r}] = module = importlib.util.module_from_spec(spec)\n"
    "    spec.loader.exec_module(module)\n"
    "else:\n"
    "    importlib.import_module({module!r})\n"
    "sys.exit(77 if 'torch' in sys.modules else 0)\n"
)
TORCH = 77
WATCH = (
    "import json, sys\n"
    "sys.path[:] = json.loads(sys.argv[1])[0]\n"
    "from embedllm_bench.testing.probe import main\n"
    "main()\n"
)


@dataclass(frozen=True)
class EntryModule:
    """A module by the name it is imported by, and its file where that is no name for others."""

    name: str
    file: str = ""

    @cached_property
    def probed(self) -> subprocess.CompletedProcess[str]:
        """How importing it went, in a process of its own."""
        code = PROBE.format(path=sys.path, module=self.name, file=self.file)
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603

    @cached_property
    def watched(self) -> dict[str, str]:
        """What importing it and calling its hooks did to another process, by check."""
        given = json.dumps([sys.path, self.name, self.file])
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", WATCH, given], capture_output=True, text=True, check=False
        )
        said = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
        found: dict[str, str] = json.loads(said[-1].removeprefix(MARK)) if said else {}
        return found


def _imports(entry: EntryModule) -> None:
    done = entry.probed
    lines = done.stderr.strip().splitlines() or ["?"]
    require(done.returncode in (0, TORCH), f"it cannot be imported: {lines[-1]}.")


def _imports_no_torch(entry: EntryModule) -> None:
    require(
        entry.probed.returncode != TORCH,
        "importing it imports torch, which makes every command slow; import methods inside register_methods.",
    )


def _silent(entry: EntryModule) -> None:
    done = entry.probed
    said = next((line for line in (done.stdout + done.stderr).splitlines() if line.strip()), "")
    require(done.returncode not in (0, TORCH) or not said, f"importing it prints {said!r}.")
    require("silent" not in entry.watched, entry.watched.get("silent", ""))


def _process(entry: EntryModule) -> None:
    require("process" not in entry.watched, entry.watched.get("process", ""))


CHECKS: tuple[Check[EntryModule], ...] = (
    Check("imports", "it can be imported", _imports),
    Check("imports-no-torch", "importing it does not import torch", _imports_no_torch),
    Check("silent", "importing it and calling its hooks prints nothing", _silent),
    Check("process", "importing it and calling its hooks leaves generators and settings as found", _process),
)


def entry_checks() -> tuple[Check[EntryModule], ...]:
    """Every check of a plugin's module."""
    return CHECKS


def check_entry(module: str) -> None:
    """Run every check on the module that an entry point names.

    Raises:
        AssertionError: the first promise that is broken, in one sentence.
        UsageError: it is no module's name.
    """
    if not all(part.isidentifier() for part in module.split(".")):
        raise UsageError(f"{module!r} is no module's name.")
    run_all(CHECKS, EntryModule(module))
