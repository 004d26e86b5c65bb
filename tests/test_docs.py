"""What README and docs show is what happens."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from embedllm_bench import hookspecs
from embedllm_bench.cli.main import main
from embedllm_bench.methods import base, saving
from embedllm_bench.registry import Plugins
from embedllm_bench.registry.catalog import BUILTIN
from embedllm_bench.skeleton import Skeleton
from tests.helpers import bare_environment

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
#: whose commands train, encode, collect or install for half a minute and more
LONG = ("artifacts.md", "collecting.md", "data.md", "plugins.md")
PROGRAM = "embedllm-bench"
BLOCK = re.compile(r"(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<kind>\w*)\n(?P<text>.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Step:
    """A command line and the output lines shown below it, where "..." stands for anything."""

    command: str
    expected: tuple[str, ...]


def steps(text: str) -> list[Step]:
    found: list[Step] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append(Step(line[2:], ()))
        elif found:
            found[-1] = Step(found[-1].command, (*found[-1].expected, line))
    return found


def run(command: str, folder: Path) -> list[str]:
    program, *arguments = shlex.split(command)
    assert program == PROGRAM
    script = Path(sys.executable).with_name(PROGRAM)
    environment = bare_environment(HOME=str(folder), COLUMNS="100", HF_HUB_OFFLINE="1")
    done = subprocess.run(
        [script, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    return (done.stdout + done.stderr).splitlines()


def without_global_options(words: list[str]) -> list[str]:
    """The words from the command on."""
    takes = {text: not p.is_flag for p in main.params if isinstance(p, click.Option) for text in p.opts}
    while words[0] in takes:
        words = words[2 if takes[words[0]] else 1 :]
    return words


def matches(shown: str, printed: str) -> bool:
    """``...`` stands for anything, and in a table for anything as wide."""
    parts = [re.escape(part) for part in re.split(r"\.\.\. *", shown)]
    return re.fullmatch(".*".join(parts), printed) is not None


def test_a_longer_number_in_a_table_matches_too() -> None:
    assert matches("│ 1 │ ...     │ 2 │", "│ 1 │ 118.2   │ 2 │")
    assert matches("... s, 5 files", "1.2 s, 5 files")
    assert not matches("│ 1 │ ...     │ 2 │", "│ 1 │ 118.2   │ 3 │")


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=[pytest.mark.long] if page.name in LONG else []) for page in PAGES],
    ids=lambda page: page.name,
)
def test_commands_print_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    for block in BLOCK.finditer(page.read_text()):
        if block["file"]:
            file = tmp_path / block["file"]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block["text"])
        for step in steps(block["text"]) if block["kind"] == "console" else []:
            printed = run(step.command, tmp_path)
            assert len(printed) == len(step.expected), f"{step.command}\n" + "\n".join(printed)
            for shown, line in zip(step.expected, printed, strict=True):
                assert matches(shown, line), f"{step.command}\n{shown}\n{line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_exists(page: Path) -> None:
    for line in re.findall(rf"^(?:\$ )?{PROGRAM} ([\w-]+.*)$", page.read_text(), re.MULTILINE):
        name, *arguments = without_global_options(shlex.split(line))
        command = main.commands.get(name)
        if isinstance(command, click.Group) and arguments and arguments[0] in command.commands:
            command = command.commands.get(arguments[0])
        assert command is not None, line
        options = {text for p in command.params if isinstance(p, click.Option) for text in p.opts}
        used = {argument.split("=")[0] for argument in arguments if argument.startswith("-")}
        assert used <= options, line


@pytest.mark.parametrize("page", ["plugins.md", "artifacts.md"])
def test_python_shown_runs(page: str, tmp_path: Path) -> None:
    for block in BLOCK.finditer((ROOT / "docs" / page).read_text()):
        if block["file"]:
            (tmp_path / block["file"]).write_text(block["text"])
        elif block["kind"] == "python":
            subprocess.run([sys.executable, "-c", block["text"]], cwd=tmp_path, check=True)


def test_every_hook_is_shown_with_its_signature() -> None:
    page = (ROOT / "docs" / "plugins.md").read_text()
    hooks = [
        f"{node.name}({ast.unparse(node.args)}) -> {ast.unparse(node.returns)}"
        for node in ast.parse(Path(hookspecs.__file__).read_text()).body
        if isinstance(node, ast.FunctionDef) and node.returns is not None
    ]
    assert len(hooks) == 5
    assert [hook for hook in hooks if f"```text\n{hook}\n```" not in page] == []


def test_what_a_method_has_and_can_have_is_shown_with_its_signature() -> None:
    page = (ROOT / "docs" / "plugins.md").read_text()
    protocols = ("Method", "HasEmbeddings", "AddsModels", "AddsDescribedModels", "ScoresLinearly", "Saves")
    classes = [
        node
        for node in ast.parse(Path(base.__file__).read_text()).body
        if isinstance(node, ast.ClassDef) and node.name in protocols
    ]
    functions = [node for kind in classes for node in kind.body if isinstance(node, ast.FunctionDef)]
    functions += [
        node
        for node in ast.parse(Path(saving.__file__).read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.endswith("_fitted")
    ]
    assert len(functions) == 10
    for node in functions:
        assert node.returns is not None
        assert f"\n{node.name}({ast.unparse(node.args)}) -> {ast.unparse(node.returns)}\n" in page
    assert [name for name in protocols[1:] if f"| `{name}` |" not in page] == []


def test_the_page_of_methods_has_all_of_them_with_their_settings() -> None:
    page = (ROOT / "docs" / "methods.md").read_text()
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if line[:3] == "| `"
    ]
    shown = {row[0]: row[-1] for row in rows if len(row) == 4}
    methods = [entry.thing for entry in Plugins().methods.values() if entry.plugin == BUILTIN]
    assert shown == {
        f"`{method.name}`{' (vectors)' * hasattr(method, 'embeddings')}": ", ".join(
            f"{field.name}={field.default}" for field in dataclasses.fields(method) if field.name != "seed"
        )
        for method in methods
        if not method.reference
    }
    assert [m.name for m in methods if m.reference and f"`{m.name}`" not in page] == []


def test_every_name_to_build_on_is_there() -> None:
    page = (ROOT / "docs" / "plugins.md").read_text()
    lists = re.findall(r"^- `(embedllm_bench[\w.]*)`: ((?:`\w+`,?\s+)+)", page, re.MULTILINE)
    assert len(lists) > 5
    for module, names in lists:
        for name in re.findall(r"\w+", names):
            assert hasattr(importlib.import_module(module), name), f"{module}.{name}"


def test_the_entry_point_shown_is_the_skeleton_s() -> None:
    shown = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "plugins.md").read_text(), re.DOTALL)
    written = Skeleton("my-method", "method").contents()["pyproject.toml"]
    assert [block for block in shown if block not in written] == []


def test_the_speed_table_is_what_a_real_run_wrote() -> None:
    written = (ROOT / "benchmarks" / "results" / "importing.md").read_text().splitlines()
    shown = (ROOT / "docs" / "data.md").read_text().splitlines()
    table = [line for line in written if line.startswith("|")]
    assert table == shown[-len(table) :]


def test_tables_of_new_models_are_what_their_splits_gave() -> None:
    page = (ROOT / "docs" / "new-models.md").read_text()
    shown = re.findall(r"<!-- from (\S+) -->\n((?:\|.*\n)+)", page)
    assert len(shown) > 10
    for name, table in shown:
        lines = table.splitlines()
        written = re.findall(r"(?:^\|.*\n)+", (ROOT / name).read_text(), re.MULTILINE)
        kept = [[line for line in whole.splitlines() if line in lines] for whole in written]
        assert lines in kept, f"{name}\n{table}"
