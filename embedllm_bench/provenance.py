"""On what a comparison ran: versions, threads, machine."""

from __future__ import annotations

import datetime as dt
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import torch

from embedllm_bench.results import Manifest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedllm_bench.results import DataFacts, Request, Row, Skipped

PACKAGES = ("embedllm-bench", "numpy", "scipy", "scikit-learn", "torch", "sqlalchemy", "lm-eval")


def describe(
    request: Request,
    data: DataFacts,
    splits: Mapping[str, str],
    rows: tuple[Row, ...],
    skipped: tuple[Skipped, ...],
) -> Manifest:
    """The manifest of a comparison made now, here."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return Manifest(
        request=request,
        data=data,
        splits=dict(splits),
        rows=rows,
        skipped=skipped,
        versions=versions,
        threads=torch.get_num_threads(),
        machine=f"{platform.system()} {platform.machine()}",
        created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )
