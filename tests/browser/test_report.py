"""The report in a real browser, its network off."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from embedllm_bench.report.page import render
from tests.browser.chromium import opened
from tests.report.results import HOSTILE, large

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from embedllm_bench.results import Comparison

pytestmark = pytest.mark.browser

WIDTHS = (360, 768, 1600)
SLOWEST_LOAD, SLOWEST_SEARCH = 3.0, 1.0  #: seconds of processor time


def column(page: Page, table: str, place: int) -> list[str]:
    cells = page.locator(f'[data-table="{table}"] tbody tr > :nth-child({place})')
    return [cell.get_attribute("data-order") or "" for cell in cells.all()]


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def violations(page: Page, path: Path) -> list[str]:
    """What axe-core finds serious or worse; it is given to the page past its policy, as a debugger would."""
    axe_file = Path(pytest.importorskip("axe_playwright_python").__file__).with_name("axe.min.js")
    page.evaluate(axe_file.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{path.name}: {one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"][:3]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_it_opens_without_a_complaint_and_fits(
    browser: Browser, page_file: Path, build: Path, width: int, scheme: str
) -> None:
    with opened(browser, page_file, width=width, scheme=scheme) as found:
        found.draw_all()
        assert overflow(found.page) == 0
        assert found.complaints == []
        found.page.evaluate("scrollTo(0, 0)")
        found.page.screenshot(path=build / f"starter-{width}-{scheme}.png", full_page=True)


def test_the_policy_stops_a_script_that_is_not_the_page_s(browser: Browser, page_file: Path) -> None:
    with opened(browser, page_file) as found:
        found.page.evaluate(
            "const s = document.createElement('script'); s.textContent = 'window.broken = 1'; document.body.append(s)"
        )
        assert found.page.evaluate("window.broken") is None
        assert any("Content Security Policy" in complaint for complaint in found.complaints)


def test_a_heading_sorts_up_and_down_by_mouse_and_by_keyboard(browser: Browser, page_file: Path) -> None:
    with opened(browser, page_file) as found:
        heading = found.page.locator('[data-table="forecasting-0"] thead button', has_text="accuracy")
        assert "Share of right decisions" in (heading.get_attribute("title") or "")
        heading.click()
        rising = [float(value) for value in column(found.page, "forecasting-0", 3)]
        assert rising == sorted(rising)
        assert found.page.locator('[data-table="forecasting-0"] [aria-sort="ascending"]').count() == 1
        heading.focus()
        found.page.keyboard.press("Enter")
        assert [float(value) for value in column(found.page, "forecasting-0", 3)] == sorted(
            rising, reverse=True
        )
        found.page.locator('[data-table="forecasting-0"] thead button', has_text="AUROC").click()
        falling = [float(value) for value in column(found.page, "forecasting-0", 5)]
        assert falling == sorted(falling, reverse=True)  # the best first
        found.page.locator('[data-table="forecasting-0"] thead button', has_text="log-loss").click()
        losses = [float(value) for value in column(found.page, "forecasting-0", 4)]
        assert losses == sorted(losses)
        found.page.locator('[data-table="forecasting-0"] thead button', has_text="rank").click()
        ranks = column(found.page, "forecasting-0", 2)
        assert ranks == sorted(ranks, key=lambda rank: (rank == "", rank))  # those without a rank stay last


def test_the_method_and_the_main_metric_are_seen_whole_on_a_telephone(
    browser: Browser, page_file: Path
) -> None:
    with opened(browser, page_file, width=360) as found:
        for task in ("forecasting", "routing", "benchmark-prediction"):
            region = found.page.locator(f'[data-table="{task}-0"]')
            edge = region.evaluate("one => one.getBoundingClientRect().right")
            for place in (1, 3):
                box = region.locator(f"tbody tr:first-child > :nth-child({place})").bounding_box()
                assert box is not None
                assert box["x"] + box["width"] <= edge
            region.evaluate("one => one.scrollTo(1000, 0)")
            name = region.locator("tbody tr:first-child > th").bounding_box()
            assert name is not None
            assert name["x"] >= 0  # it stays when the numbers are moved


def test_a_benchmark_can_be_chosen(browser: Browser, page_file: Path) -> None:
    with opened(browser, page_file) as found:
        board = found.page.locator(".board").first
        assert board.locator("table:visible").count() == 1
        board.locator("select").select_option(label="strings")
        assert board.locator("table:visible caption").inner_text().startswith("forecasting, strings: 12 test")


def test_the_scores_can_be_taken_along(browser: Browser, page_file: Path, starter: Comparison) -> None:
    with opened(browser, page_file) as found:
        with found.page.expect_download() as download:
            found.page.locator(".download").first.click()
        assert download.value.suggested_filename == "forecasting.csv"
        with Path(download.value.path()).open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        expected = [score for score in starter.scores if score.task == "forecasting"]
        assert [float(row["value"]) for row in rows] == [score.value for score in expected]


def test_the_map_names_a_model_on_hover_and_finds_it(browser: Browser, page_file: Path) -> None:
    with opened(browser, page_file) as found:
        plot = found.page.locator('[data-figure="map"]')
        plot.scroll_into_view_if_needed()
        # the lightest hues have too little contrast with white without an outline
        outline = plot.locator(".point").first.evaluate("one => [one.style.stroke, one.style.strokeWidth]")
        assert outline == [found.page.evaluate("getComputedStyle(document.body).color"), "0.75px"]
        plot.locator(".point").first.hover(force=True)
        hover = plot.locator(".hoverlayer .hovertext")
        hover.wait_for()
        assert "nearest:" in (hover.text_content() or "")
        assert "accuracy" in (hover.text_content() or "")
        found.page.locator("#find").fill("gemma")
        assert "4 found" in found.page.locator("#found").inner_text()
        assert sorted(plot.locator(".annotation").all_text_contents()) == ["1", "2", "3", "4"]
        link = found.page.locator("#found a").first
        name = link.inner_text()
        link.click()
        section = found.page.locator("details.model[open]")
        assert name in section.locator("summary").inner_text()
        section.locator("ul").wait_for()
        assert "Complementary" in section.inner_text()
        found.page.locator("#find").fill("no such model")
        assert "0 found" in found.page.locator("#found").inner_text()
        assert plot.locator(".annotation").count() == 0


def test_a_model_in_the_table_leads_to_its_section(browser: Browser, page_file: Path) -> None:
    with opened(browser, page_file) as found:
        link = found.page.locator("#models table [data-model] a").first
        name = link.inner_text()
        assert found.page.locator("details.model summary bdi").first.inner_text() == name  # the best of all
        link.click()
        assert found.page.locator("details.model[open] summary bdi").inner_text() == name


def test_a_telephone_that_is_turned_keeps_the_legend_above_the_points(
    browser: Browser, page_file: Path
) -> None:
    with opened(browser, page_file, width=360) as found:
        plot = found.page.locator('[data-figure="questions"]')
        plot.scroll_into_view_if_needed()
        plot.locator(".legend").wait_for()
        found.page.set_viewport_size({"width": 900, "height": 400})
        found.page.wait_for_function(
            """() => {
              const [legend, points] = [".legend", ".nsewdrag"].map((part) =>
                document.querySelector(`[data-figure="questions"] ${part}`).getBoundingClientRect());
              return points.width > 500 && legend.bottom <= points.top + 1;
            }""",
            timeout=5000,
        )


def test_the_view_of_a_figure_can_be_changed(browser: Browser, page_file: Path) -> None:
    with opened(browser, page_file) as found:
        plot = found.page.locator('[data-figure="map"]')
        plot.scroll_into_view_if_needed()
        plot.locator(".legendtext").first.wait_for()
        found.page.locator("#figure-map select").select_option("colour: accuracy")
        plot.locator(".colorbar").wait_for()
        assert plot.locator(".legendtext").count() == 0


def test_questions_are_chosen_by_kind_benchmark_and_text(browser: Browser, page_file: Path) -> None:
    from playwright.sync_api import expect

    with opened(browser, page_file) as found:
        questions = found.page.locator("details.question:visible")
        assert questions.count() == 25
        found.page.locator("#question-more").click()
        everything = questions.count()
        assert everything > 100
        found.page.locator("#kind").select_option("hardest")
        shares = [float(one.get_attribute("data-share") or "") for one in questions.all()]
        assert shares == sorted(shares)
        found.page.locator("#kind").select_option("discriminating")
        most = [float(one.get_attribute("data-discrimination") or "") for one in questions.all()]
        assert most == sorted(most, reverse=True)
        found.page.locator("#kind").select_option("hardest")
        found.page.locator("#of-benchmark").select_option(label="strings")
        count = questions.count()
        assert 0 < count < everything
        assert found.page.locator("#question-count").inner_text() == f"{count} questions"
        questions.first.locator("summary").click()
        who = questions.first.locator(".who")  # filled in after the click
        expect(who).to_contain_text("Right (0)")
        expect(who).to_contain_text("Wrong (18)")
        found.page.locator("#containing").fill("no question says this")
        assert questions.count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Browser, page_file: Path, scheme: str) -> None:
    with opened(browser, page_file, scheme=scheme) as found:
        found.draw_all()
        for opener in ("details.question", "details.model"):
            found.page.locator(opener).first.locator("summary").click()
        assert violations(found.page, page_file) == []


def test_without_scripts_there_are_tables_and_pictures(browser: Browser, page_file: Path) -> None:
    with opened(browser, page_file, scripts=False) as found:
        assert found.page.locator(".board table:visible").count() > 20
        pictures = found.page.locator("noscript img")
        assert pictures.count() == found.page.locator("figure").count()
        assert all(picture.bounding_box() is not None for picture in pictures.all())
        assert found.page.locator(".controls:visible").count() == 0
        assert overflow(found.page) == 0


@pytest.mark.parametrize("width", [360, 1600])
def test_text_that_means_to_break_the_page_is_text(
    browser: Browser, hostile_file: Path, build: Path, width: int
) -> None:
    with opened(browser, hostile_file, width=width) as found:
        found.draw_all()
        for plot in found.page.locator(".plot").all():
            plot.scroll_into_view_if_needed()
            found.page.mouse.move(width / 2, 450)
        found.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        texts = found.page.locator("details.question pre").all_text_contents()
        for hostile in HOSTILE[:5]:
            assert any(text.startswith(hostile) for text in texts), hostile
        found.page.locator("#find").fill("<script>")
        assert "<script>" in found.page.locator("#found").inner_text()
        assert found.page.evaluate("window.broken") is None
        assert found.page.locator("main img:not(noscript img)").count() == 0
        assert overflow(found.page) == 0
        assert found.complaints == []
        if width == 360:
            assert violations(found.page, hostile_file) == []
        found.page.screenshot(path=build / f"hostile-{width}.png")


def test_many_models_and_questions_stay_responsive(browser: Browser, build: Path) -> None:
    path = build / "large.html"
    path.write_text(render(large(), "result.json"), encoding="utf-8")
    assert path.stat().st_size < 6e6
    with opened(browser, path) as found:
        assert found.worked() < SLOWEST_LOAD
        found.draw_all()
        before = found.worked()
        found.page.locator("#find").fill("model-1148-")
        assert "1 found" in found.page.locator("#found").inner_text()
        found.page.locator("#find-section").fill("model-114")
        assert found.page.locator("#model-count").inner_text() == "10 models"
        assert found.worked() - before < SLOWEST_SEARCH
        assert found.complaints == []
        assert "of 1149 models" in found.page.locator("#figure-agreement figcaption").inner_text()
