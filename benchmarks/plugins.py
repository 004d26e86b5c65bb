"""What installed plugins add to the time of commands: none, and 20 packages with a method each.

    python -m benchmarks.plugins [--repeats 9]

The packages are made for the occasion, in a folder that the processes find by PYTHONPATH.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measuring import RESULTS

PLUGINS = 20
COMMANDS = (("--help",), ("models", "--format", "csv"), ("methods", "--format", "csv"))
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


def seconds(command: tuple[str, ...], path: str) -> float:
    """How long a fresh process takes."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", "from embedllm_bench.cli.main import run; run()", *command],
        env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    return time.perf_counter() - start


def main() -> None:
    """Measure both in turn, and write the medians as a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    lines = [f"| command | no plugin, s | {PLUGINS} plugins, s | more, s |", "| --- | ---: | ---: | ---: |"]
    with tempfile.TemporaryDirectory() as folder:
        for number in range(PLUGINS):
            install(Path(folder), number)
        for command in COMMANDS:
            pairs = [(seconds(command, ""), seconds(command, folder)) for _ in range(repeats)]
            without, with_them = (statistics.median(column) for column in zip(*pairs, strict=True))
            lines.append(
                f"| {' '.join(command)} | {without:.3f} | {with_them:.3f} | {with_them - without:.3f} |"
            )
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "plugins.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
