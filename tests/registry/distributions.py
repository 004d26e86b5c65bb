"""Installed plugin packages, without an installer: what one leaves in a folder of packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

METHOD = """
from dataclasses import dataclass

from embedllm_bench.hookspecs import hookimpl
from embedllm_bench.methods.base import Method


@dataclass
class Half(Method):
    name = "{name}"
    summary = "one half"

    def fit(self, train, validation=None):
        self.models_ = len(train.models)
        return self

    def predict_proba(self, questions):
        import numpy as np

        return np.full((self.models_, len(questions)), 0.5)


@hookimpl
def register_methods(register):
    register(Half)
"""


def install(folder: Path, distribution: str, code: str, *, plugin: str = "", version: str = "1.0") -> str:
    """Put a package with one entry point into ``folder``; returns the name of its module."""
    module = distribution.replace("-", "_")
    (folder / f"{module}.py").write_text(code)
    info = folder / f"{module}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[embedllm_bench]\n{plugin or distribution} = {module}\n")
    return module
