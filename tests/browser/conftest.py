from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from embedllm_bench import Store, compare
from embedllm_bench.report.page import render
from embedllm_bench.store.location import STARTER
from tests.browser.chromium import launched
from tests.report.results import hostile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from embedllm_bench.results import Comparison

BUILD = Path(__file__).parents[2] / "build" / "browser"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with launched() as found:
        yield found


@pytest.fixture(scope="session")
def build() -> Path:
    """Where screenshots are kept to be looked at."""
    BUILD.mkdir(parents=True, exist_ok=True)
    return BUILD


@pytest.fixture(scope="session")
def starter(browser: Browser) -> Comparison:  # noqa: ARG001  # nothing is compared where no browser shows it
    with Store.open(STARTER) as store:
        return compare(store, methods=["knn", "embedllm"], replicates=200)


@pytest.fixture(scope="session")
def page_file(starter: Comparison, build: Path) -> Path:
    path = build / "starter.html"
    path.write_text(render(starter, "result.json"), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def hostile_file(browser: Browser, tmp_path_factory: pytest.TempPathFactory, build: Path) -> Path:  # noqa: ARG001
    path = build / "hostile.html"
    path.write_text(render(hostile(tmp_path_factory.mktemp("store")), "result.json"), encoding="utf-8")
    return path
