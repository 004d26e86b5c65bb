"""What the package says about itself."""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


def test_the_lower_bounds_are_what_the_lowest_environment_installs() -> None:
    """`tox run -e lowest` runs the tests with tests/lowest.txt as constraints."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    bounds = {}
    for text in project["dependencies"]:
        requirement = Requirement(text)
        (bound,) = requirement.specifier  # exactly one: nothing is bounded from above
        assert bound.operator == ">="
        bounds[requirement.name] = bound.version
    lines = (ROOT / "tests" / "lowest.txt").read_text().splitlines()
    pinned = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    assert pinned == bounds
