"""Runs work in fresh processes, in turn, and writes what it took as a table."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("embedllm-bench", "numpy", "pandas", "pyarrow", "sqlalchemy", "torch")


@dataclass(frozen=True)
class Outcome:
    """What one repeat came to: its seconds, and what else is worth saying of it."""

    seconds: float
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """One piece of work: seconds of each repeat, the largest peak of memory of any."""

    name: str
    unit: str
    amount: int  #: of the unit, done in each repeat
    seconds: tuple[float, ...]
    peak_bytes: int
    figures: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Work:
    """What a fresh process does: ``python -m MODULE one NAME ARGUMENTS``."""

    name: str
    unit: str
    amount: int
    module: str
    arguments: tuple[str, ...]

    def once(self) -> tuple[Outcome, int]:
        command = [sys.executable, "-m", self.module, "one", *self.arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
        seconds, peak, figures = json.loads(done.stdout.splitlines()[-1])
        return Outcome(seconds, figures), peak


def report_one(work: Callable[[], Outcome | None]) -> None:
    """In the fresh process: do it, print seconds, peak bytes and figures.

    Work that returns an outcome has timed the part that matters; else all of it counts.
    """
    start = time.perf_counter()
    outcome = work() or Outcome(time.perf_counter() - start)
    print(json.dumps([outcome.seconds, _peak_bytes(), dict(outcome.figures)]))


def _peak_bytes() -> int:
    """Of this program alone: getrusage would count the parent's memory before the exec."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def measure(works: Sequence[Work], repeats: int) -> list[Measured]:
    """All works in turn, ``repeats`` times, so that a change in the machine's mood meets all of them."""
    found: dict[str, list[tuple[Outcome, int]]] = {work.name: [] for work in works}
    for repeat in range(repeats):
        for work in works:
            outcome, peak = work.once()
            found[work.name].append((outcome, peak))
            said = "".join(f", {name} {value:.4g}" for name, value in outcome.figures.items())
            print(f"{repeat + 1}/{repeats} {work.name}: {outcome.seconds:.4g} s{said}", file=sys.stderr)
    return [
        Measured(
            work.name,
            work.unit,
            work.amount,
            tuple(outcome.seconds for outcome, _ in found[work.name]),
            max(peak for _, peak in found[work.name]),
            {
                name: tuple(outcome.figures[name] for outcome, _ in found[work.name])
                for name in found[work.name][0][0].figures
            },
        )
        for work in works
    ]


def machine() -> dict[str, object]:
    """On what it ran."""
    processor = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
        **{package: version(package) for package in PACKAGES},
    }


def write(
    name: str,
    title: str,
    command: str,
    rows: Sequence[Measured],
    peers: Mapping[str, str],
    notes: Sequence[str],
) -> None:
    """results/NAME.md and .json; ``peers`` names the peer that a row is held against."""
    facts = machine()
    by_name = {row.name: row for row in rows}
    lines = [f"# {title}", "", f"`{command}`, {dt.date.today().isoformat()}.", ""]
    lines += ["| work | median s | range | per second | peak MB | beside | what it came to |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for row in rows:
        beside = ""
        if row.name in peers:
            peer = by_name[peers[row.name]]
            beside = f"{peer.median / row.median:.1f} x faster than {peer.name}"
        came_to = ", ".join(f"{k} {statistics.median(values):.4g}" for k, values in row.figures.items())
        lines.append(
            f"| {row.name} | {row.median:.3g} | {min(row.seconds):.3g}-{max(row.seconds):.3g} |"
            f" {row.amount / row.median:,.0f} {row.unit} | {row.peak_bytes / 1e6:,.0f} | {beside} | {came_to} |"
        )
    lines += ["", *notes, "", ", ".join(f"{key} {value}" for key, value in facts.items()) + "."]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text("\n".join(lines) + "\n")
    content = {"command": command, "machine": facts, "rows": [asdict(row) for row in rows]}
    (RESULTS / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")
