"""On what a comparison ran: versions, threads, machine."""

from __future__ import annotations

import datetime as dt
import platform
from typing import TYPE_CHECKING

import torch

from embedllm_bench.results import Manifest
from embedllm_bench.versions import installed

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
    plugins: Mapping[str, str],
) -> Manifest:
    """The manifest of a comparison made now, here; ``plugins`` are the versions of those that methods are of."""
    return Manifest(
        request=request,
        data=data,
        splits=dict(splits),
        rows=rows,
        skipped=skipped,
        versions={**installed(PACKAGES), **plugins},
        threads=torch.get_num_threads(),
        machine=f"{platform.system()} {platform.machine()}",
        created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )
