"""New models on a table of real outcomes: many splits, one at a time, and the averages of what they gave.

python -m benchmarks.newcomers NAME --store STORE --encoder ENCODER [--splits 20] [--jobs 1]

Every split is a `compare --task new-models` of its own. What it gave is kept at once in results/newcomers/NAME.json,
and what is there is not run again: hours of work go on where they were stopped. NAME.md has the tables.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.curves import TABLES, Curves, kinships, markdown
from benchmarks.differences import differences
from benchmarks.measuring import RESULTS, machine

FOLDER = RESULTS / "newcomers"


def compare(seed: int, given: argparse.Namespace) -> dict[str, Any]:
    """What the comparison of one split says in JSON."""
    methods = [word for name in given.method for word in ("--method", name)]
    what = ["--task", "new-models", "--encoder", given.encoder, *methods, "--seed", str(seed)]
    program = Path(sys.executable).with_name("embedllm-bench")
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "result.json"
        where = ["--store", given.store, "--format", "json", "-o", str(found)]
        done = subprocess.run(
            [str(program), "compare", *what, *where], check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise SystemExit(f"split {seed} failed:\n{done.stderr}")
        result: dict[str, Any] = json.loads(found.read_text())
    return result


def read(name: str) -> Curves:
    """What earlier splits gave."""
    file = FOLDER / f"{name}.json"
    return Curves.read(json.loads(file.read_text())) if file.exists() else Curves()


def write(name: str, curves: Curves) -> None:
    """What all splits gave, and the tables of its means."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(curves.written())
    request, data = curves.about["request"], curves.about["data"]
    methods = "".join(f" --method {method}" for method in request["methods"])
    command = (
        f"python -m benchmarks.newcomers {name} --store {name}.db --encoder {request['encoder']}{methods}"
    )
    seeds = ", ".join(map(str, sorted(curves.splits)))
    about = (
        f"{data['models']} models, {data['questions']:,} questions of {data['benchmarks']} benchmarks, data hash"
        f" `{data['hash'][:16]}`, encoder {request['encoder']}, labels {request['labels']}."
        f" {len(curves.splits)} splits of the questions (seeds {seeds}), each a comparison of its own; shown are means."
        " Intervals (95 %) are over models: the half widths of single splits, averaged, and models counted in the"
        " last. MAE and widths are in points."
    )
    lines = [
        f"# New models: {name}",
        "",
        f"`{command} --splits {len(curves.splits)}`, {dt.date.today().isoformat()}.",
        "",
        about,
        "",
        *kinships(curves),
        *differences(curves),
        *(line for table in TABLES for line in markdown(table, curves)),
        ", ".join(f"{key} {value}" for key, value in machine().items()) + ".",
    ]
    (FOLDER / f"{name}.md").write_text("\n".join(lines) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="what the results are called")
    parser.add_argument("--store", required=True)
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--method", action="append", default=[], help="again for more; mf unless given")
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=1, help="splits at a time")
    given = parser.parse_args()
    given.method = given.method or ["mf"]
    curves = read(given.name)
    seeds = [seed for seed in range(given.splits) if seed not in curves.splits]
    with ThreadPoolExecutor(given.jobs) as pool:
        for result in pool.map(lambda seed: compare(seed, given), seeds):
            curves = curves.with_split(result)
            write(given.name, curves)
            print(f"{len(curves.splits)} splits are in {FOLDER / given.name}.json", file=sys.stderr)


if __name__ == "__main__":
    main()
