"""Figures without a mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import opened

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def test_arrow_keys_go_from_point_to_point_and_say_what_is_shown(browser: Browser, page_file: Path) -> None:
    from playwright.sync_api import expect

    with opened(browser, page_file) as found:
        page, names = found.page, set()
        plot, said = page.locator('[data-figure="map"]'), page.locator("#figure-map .said")
        page.locator("#find").focus()
        page.keyboard.press("Tab")
        expect(plot).to_be_focused()
        plot.locator(".main-svg").first.wait_for()
        for _ in range(18):
            before = said.text_content() or ""
            page.keyboard.press("ArrowRight")
            expect(said).not_to_have_text(before)
            names.add((said.text_content() or "").split("; ")[1])
        assert len(names) == 18  # from left to right no model is left out
        assert "nearest: " in (said.text_content() or "")
        assert plot.locator(".hoverlayer .hovertext").count() == 1
        name = (said.text_content() or "").split("; ")[1]
        page.keyboard.press("Enter")
        section = page.locator("details.model[open]")
        assert name.rpartition("/")[2][:10] in section.locator("summary").inner_text()
        section.get_by_role("button", name="Show on the map").click()
        expect(plot).to_be_focused()
        assert plot.locator(".annotation").count() == 1
        for figure, text in (
            ("agreement", "1.000"),
            ("calibration", "knn"),
            ("forecasting-by-benchmark", "strings"),
        ):
            page.locator(f'[data-figure="{figure}"]').focus()
            page.locator(f'[data-figure="{figure}"] .main-svg').first.wait_for()
            page.keyboard.press("ArrowRight")
            expect(page.locator(f"#figure-{figure} .said")).to_contain_text(text)
        calibration = page.locator('[data-figure="calibration"]')
        calibration.focus()
        for key, text, shown in (
            ("o", "Only knn is shown.", 1),
            ("a", "All are shown.", 5),
            ("h", "knn is hidden.", 4),
        ):
            page.keyboard.press("ArrowRight")
            expect(page.locator("#figure-calibration .said")).to_contain_text("knn; ")
            page.keyboard.press(key)
            expect(page.locator("#figure-calibration .said")).to_have_text(text)
            expect(calibration.locator(".scatterlayer .trace")).to_have_count(shown)
        assert found.complaints == []
