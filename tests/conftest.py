"""Generated cases are the same in every run; `--hypothesis-profile search` looks for new ones."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("search", derandomize=False)
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")
