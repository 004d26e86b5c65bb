"""The rules that hold the package together."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import embedllm_bench

ROOT = Path(embedllm_bench.__file__).parent
#: Rooms in the order in which data flows: a room may import itself and those before it.
ROOMS = (
    "errors", "wording", "process", "versions", "cards", "question_set", "arrays", "devices", "matrix", "near",
    "splits", "store", "dividing", "collecting", "encoders", "exchange", "methods", "router", "statistics",
    "onboarding", "figure_data", "results", "tasks", "figures", "hookspecs", "builtin", "registry", "calls",
    "skeleton", "session", "provenance", "planning", "newcomers", "comparison", "artifact", "audit", "analysis",
    "simulation", "placement", "probing", "leaderboard", "published", "report", "testing", "cli",
)  # fmt: skip
#: exchange/forecast_files writes what tasks define, and names the type only.
TYPES_ONLY = {("exchange", "tasks"), ("hookspecs", "methods")}


def room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module == "embedllm_bench":
            names = [f"embedllm_bench.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("embedllm_bench.")}
    return found


def test_imports_follow_the_flow_of_data() -> None:
    wrong = []
    for path in ROOT.rglob("*.py"):
        here = room(path)
        if here == "__init__":
            continue
        wrong += [
            f"{path.relative_to(ROOT)} imports {other}"
            for other in imports(path)
            if ROOMS.index(other) > ROOMS.index(here) and (here, other) not in TYPES_ONLY
        ]
    assert wrong == []


def test_modules_and_functions_stay_short() -> None:
    long = []
    for path in ROOT.rglob("*.py"):
        text = path.read_text()
        if text.count("\n") > 300:
            long.append(str(path))
        long += [
            f"{path}:{node.name}"
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.FunctionDef)
            and node.end_lineno is not None
            and node.end_lineno - node.lineno > 60
            and node.name != "command"  # a command's signature is its list of options
        ]
    assert long == []


def test_what_is_imported_from_the_package_is_what_it_is_documented_to_be() -> None:
    """In a process in which the rooms have been imported before: one of a name's own would take its place."""
    code = (
        "import pkgutil, importlib, types, embedllm_bench\n"
        "for found in pkgutil.iter_modules(embedllm_bench.__path__, 'embedllm_bench.'):\n"
        "    importlib.import_module(found.name)\n"
        "for name in embedllm_bench.__all__:\n"
        "    thing = getattr(embedllm_bench, name)\n"
        "    assert callable(thing) and not isinstance(thing, types.ModuleType), name\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from embedllm_bench.cli.main import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "heavy = {'torch', 'lm_eval', 'pandas', 'transformers', 'sqlalchemy', 'scipy', 'sklearn', 'pyarrow'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "HEAVY []" in done.stdout
    assert "compare" in done.stdout


def test_nothing_is_unpickled_or_evaluated() -> None:
    for path in ROOT.rglob("*.py"):
        calls = [
            ast.unparse(node.func)
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call)
        ]
        assert not {"torch.load", "pickle.load", "pickle.loads", "eval", "exec"} & set(calls), path


def test_only_its_room_knows_lm_eval() -> None:
    for path in ROOT.rglob("*.py"):
        if room(path) != "collecting":
            assert not re.search(r"^\s*(import|from) lm_eval", path.read_text(), re.MULTILINE), path
