"""A real browser, from the system's packages: Debian's `apt-get install chromium`."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, CDPSession, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    """The browser, or a skip that says why there is none."""
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: tox -e browser"
    )
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"none of {', '.join(NAMES)} is installed: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        # as root, in a container, Chromium has no sandbox of its own
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Opened:
    """A page without a network, and all that it complained of."""

    page: Page
    session: CDPSession
    complaints: list[str] = field(default_factory=list)

    def draw_all(self) -> None:
        """Scroll through, so that every figure is drawn."""
        for plot in self.page.locator(".plot").all():
            plot.scroll_into_view_if_needed()
            plot.locator(".main-svg").first.wait_for()

    def worked(self) -> float:
        """Seconds of processor time that the page took so far: other work on the machine does not count."""
        metrics = self.session.send("Performance.getMetrics")["metrics"]
        return next(float(metric["value"]) for metric in metrics if metric["name"] == "TaskDuration")


@contextlib.contextmanager
def opened(
    browser: Browser, path: Path, *, width: int = 1280, scheme: str = "light", scripts: bool = True
) -> Iterator[Opened]:
    """The file in a window of that width; requests and whatever the console says are complaints."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        offline=True,
        java_script_enabled=scripts,
        accept_downloads=True,
    )
    page = context.new_page()
    found = Opened(page, context.new_cdp_session(page))
    found.session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.on("console", lambda message: found.complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: found.complaints.append(f"error: {error}"))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("file:", "data:", "blob:"))
            else found.complaints.append(f"request: {request.url}")
        ),
    )
    page.goto(path.as_uri())
    yield found
    context.close()
