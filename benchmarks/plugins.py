"""What installed plugins add to the time of commands: none, and 20 packages with a method each.

    python -m benchmarks.plugins [--repeats 9]

The packages are made for the occasion, in a folder that the processes find by PYTHONPATH.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measuring import Measured, write

PLUGINS = 20
COMMANDS = (("--help",), ("models", "--format", "csv"), ("methods", "--format", "csv"))
#: Runs the command line, and then notes its peak of memory in kB.
RUN = """
import sys

note = sys.argv.pop(1)
try:
    from embedllm_bench.cli.main import run

    run()
finally:
    with open("/proc/self/status") as status, open(note, "w") as file:
        file.write(status.read().split("VmHWM:")[1].split()[0])
"""
CODE = """
from embedllm_bench.hookspecs import hookimpl


@hookimpl
def register_methods(register):
    from embedllm_bench.methods.reference import ModelMean

    class Another(ModelMean):
        name = "another-{number}"
        reference = False

    register(Another)
"""


def install(folder: Path, number: int) -> None:
    """What an installed package with one plugin leaves in a folder of packages."""
    (folder / f"another_{number}.py").write_text(CODE.format(number=number))
    info = folder / f"another_{number}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: another-{number}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[embedllm_bench]\nanother-{number} = another_{number}\n")


def once(command: tuple[str, ...], folder: Path | None, note: Path) -> tuple[float, int]:
    """How long a fresh process takes, and its peak of memory."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", RUN, str(note), *command],
        env={**os.environ, "PYTHONPATH": str(folder or "")}, stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    return time.perf_counter() - start, int(note.read_text()) * 1024


def measured(command: tuple[str, ...], folder: Path, repeats: int) -> tuple[Measured, Measured]:
    """The command without and with the plugins, in turn, so that a change in the machine's mood meets both."""
    name = " ".join(command)
    pairs = []
    with tempfile.NamedTemporaryFile() as note:
        for repeat in range(repeats):
            pairs.append([once(command, place, Path(note.name)) for place in (None, folder)])
            without, with_them = (seconds for seconds, _ in pairs[-1])
            print(f"{repeat + 1}/{repeats} {name}: {without:.3f} s, {with_them:.3f} s", file=sys.stderr)
    more = tuple(with_them[0] - without[0] for without, with_them in pairs)
    first, second = (
        Measured(text, "a second", 1, tuple(o[0] for o in outcomes), max(o[1] for o in outcomes), figures)
        for text, outcomes, figures in zip(
            (name, f"{name}, {PLUGINS} plugins"),
            zip(*pairs, strict=True),
            ({}, {"seconds more": more}),
            strict=True,
        )
    )
    return first, second


def main() -> None:
    """Measure all commands, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        for number in range(PLUGINS):
            install(folder, number)
        rows = [row for command in COMMANDS for row in measured(command, folder, repeats)]
    write(
        "plugins",
        f"What {PLUGINS} installed plugins cost",
        f"python -m benchmarks.plugins --repeats {repeats}",
        rows,
        {},
        [
            (
                "A command is a fresh process, from its start to its end; each plugin is a package with a method."
                " Pairs are run in turn, and `seconds more` is the median of the differences within pairs."
            )
        ],
    )


if __name__ == "__main__":
    main()
