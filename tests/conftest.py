"""Generated cases are the same in every run; `--hypothesis-profile search` looks for new ones."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import settings

# benchmarks/ is no part of the package and lies beside it here; last, so that the package is met as installed
sys.path.append(str(Path(__file__).parents[1]))

settings.register_profile("search", derandomize=False)
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")
