"""An example of every format, and an installed plugin, for the tests of the kit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from embedllm_bench.exchange.embedllm_export import export_release
from embedllm_bench.exchange.exporting import export_table
from embedllm_bench.simulation import simulate, write
from embedllm_bench.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def example(kind: str, folder: Path) -> Path:
    """A small file or folder of the format."""
    if kind == "lm-eval":
        return _samples(folder / "samples_sums_2026-01-02T03-04-05.000006.jsonl")
    with Store.open(folder / "s.db", write=True) as store:
        write(store, simulate(3, 24, benchmarks=2, seed=1), "small")
        if kind == "embedllm":
            path = folder / "release"
            export_release(store, path)
        else:
            path = folder / f"table.{kind}"
            export_table(store, path, kind)
    return path


def _samples(path: Path) -> Path:
    rows = [
        {
            "doc_id": i, "doc": {"problem": f"{i} + {i}"}, "target": str(2 * i), "arguments": {},
            "resps": [["4"]], "filtered_resps": ["4"], "filter": "none", "metrics": ["exact_match"],
            "doc_hash": f"{i:064x}", "prompt_hash": f"{i + 50:064x}", "target_hash": f"{i + 99:064x}",
            "exact_match": float(i == 2),
        }
        for i in range(6)
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def install(folder: Path, module: str, *, name: str = "stranger") -> Path:
    """A folder for PYTHONPATH in which a package with an entry point is installed."""
    site = folder / "site"
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "stranger_plugin.py").write_text(module)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[embedllm_bench]\n{name} = stranger_plugin\n")
    return site


METHOD = '''
"""A plugin: a method in a file of its own, imported when methods are asked for."""
from embedllm_bench.hookspecs import hookimpl


@hookimpl
def register_methods(register):
    from stranger_method import Half

    register(Half)
'''
HALF = """
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from embedllm_bench.methods.base import Method


@dataclass
class Half(Method):
    name: ClassVar[str] = "half"
    summary: ClassVar[str] = "the same for everybody"

    p: float = 0.5

    def fit(self, train, validation=None):
        self.models_ = len(train.models)
        {line}
        return self

    def predict_proba(self, questions):
        return np.full((self.models_, len(questions)), self.p, dtype=np.float32)
"""
