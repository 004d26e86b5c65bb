"""What README and docs show is what happens."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from embedllm_bench.cli.main import main

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
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
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "COLUMNS": "100", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [script, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    return (done.stdout + done.stderr).splitlines()


def matches(shown: str, printed: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, shown.split("..."))), printed) is not None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
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
        name, *arguments = shlex.split(line)
        command = main.commands.get(name)
        assert command is not None, line
        options = {text for p in command.params if isinstance(p, click.Option) for text in p.opts}
        used = {argument.split("=")[0] for argument in arguments if argument.startswith("-")}
        assert used <= options, line


def test_the_speed_table_is_what_a_real_run_wrote() -> None:
    written = (ROOT / "benchmarks" / "results" / "importing.md").read_text().splitlines()
    shown = (ROOT / "docs" / "data.md").read_text().splitlines()
    table = [line for line in written if line.startswith("|")]
    assert table == shown[-len(table) :]
