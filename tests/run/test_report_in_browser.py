"""What a browser makes of a report: charts, themes, keys, tables, paper, and pages without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import OpenPage, open_browser, open_report
from tests.run.test_report import HOSTILE, page_of

INK_OF_LABELS = "getComputedStyle(document.querySelector('#exhibit-0-chart .ytick text')).fill"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_browser() as found:
        yield found


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page_of(), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def opened(browser: Any, report: Path) -> Iterator[OpenPage]:
    """The report in one window, for all that does not need another."""
    with open_report(browser, report) as page:
        page.wait_for_charts()
        yield page


def test_a_browser_draws_every_chart_asks_for_nothing_and_needs_no_sideways_scroll(opened: OpenPage) -> None:
    for width in (1280, 375, 1280):
        opened.resize(width)
        assert (opened.n_drawn, opened.requests, opened.problems) == (5, [], [])
        assert opened.sideways == 0
    assert "Share chart" not in opened.page.content()
    assert not opened.page.query_selector(".modebar-btn")


def test_the_button_turns_page_and_charts_dark_and_light_again(opened: OpenPage) -> None:
    seen = []
    for _ in range(3):
        ground = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
        seen.append((ground, opened.page.evaluate(INK_OF_LABELS), opened.page.get_attribute("#theme", "aria-pressed")))
        opened.page.focus("#theme")
        opened.page.keyboard.press("Enter")
        opened.wait_for_charts()
    assert seen[0] == seen[2] == ("rgb(255, 255, 255)", "rgb(28, 33, 39)", "false")
    assert seen[1] == ("rgb(20, 24, 29)", "rgb(244, 245, 246)", "true")
    opened.page.click("#theme")
    opened.wait_for_charts()


def test_a_table_is_sorted_by_its_headings_with_the_total_below(opened: OpenPage) -> None:
    page = opened.page
    page.click("#exhibit-0 details summary")
    first = "#exhibit-0 thead th:first-child"
    names = "#exhibit-0 tbody tr > :first-child"
    was = page.locator(names).all_inner_texts()
    for order in ("descending", "ascending"):
        page.focus(f"{first} button")
        page.keyboard.press("Enter")
        assert page.get_attribute(first, "aria-sort") == order
        now = page.locator(names).all_inner_texts()
        assert now[:-1] == sorted(was[:-1], reverse=order == "descending")
        assert now[-1] == was[-1]


def test_the_numbers_are_saved_as_a_table_that_a_swedish_spreadsheet_reads(opened: OpenPage, tmp_path: Path) -> None:
    if not opened.page.is_visible("#exhibit-1 .csv"):
        opened.page.click("#exhibit-1 details summary")
    with opened.page.expect_download() as saved:
        opened.page.click("#exhibit-1 .csv")
    saved.value.save_as(tmp_path / "saved.csv")
    assert saved.value.suggested_filename == "exhibit-1.csv"
    lines = (tmp_path / "saved.csv").read_bytes().decode("utf-8-sig").splitlines()
    assert lines[2] == '"Handel";1234567,8'
    assert (opened.requests, opened.problems) == ([], [])


def test_the_arrows_read_a_chart_point_by_point(opened: OpenPage) -> None:
    for exhibit, key in (("exhibit-1", "ArrowDown"), ("exhibit-4", "ArrowRight")):  # rows, and cells of a heat map
        opened.page.focus(f"#{exhibit} figure")
        heard = []
        for _ in range(2):
            opened.page.keyboard.press(key)
            heard.append(opened.page.text_content("#said"))
            opened.page.wait_for_selector(f"#{exhibit}-chart .hoverlayer .hovertext", state="attached")
        assert heard[0] != heard[1]
        assert "<" not in heard[1]
        opened.page.keyboard.press("Escape")


def test_the_whole_report_is_reached_by_the_tab_key(opened: OpenPage) -> None:
    page = opened.page
    wanted = set(
        page.evaluate("""() => [...document.querySelectorAll(
        'a[href], button, summary, [tabindex="0"]')].filter((part) => part.checkVisibility()).map((part, place) => {
        part.dataset.stop = place; return String(place); })""")
    )
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    reached = set()
    for _ in range(len(wanted) + 5):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.dataset.stop ?? ''"))
    assert wanted - reached == set()


def test_paper_has_a_cover_the_marks_of_a_draft_and_every_chart_uncut(opened: OpenPage, tmp_path: Path) -> None:
    opened.print(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    opened.page.emulate_media(media="print", color_scheme="dark")
    boxes = opened.page.eval_on_selector_all(
        ".still", "all => all.map(one => [one.getBoundingClientRect(), one.parentElement.getBoundingClientRect()])"
    )
    assert len(boxes) == 5
    for still, figure in boxes:
        assert 0 < still["width"] <= figure["width"] + 0.5
        assert 0 < still["height"] <= figure["height"] + 0.5
    assert not opened.page.is_visible(".chart")
    assert opened.page.is_visible(".watermark")
    assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    opened.page.emulate_media(media="screen", color_scheme="light")


@pytest.mark.parametrize("width", [1280, 375])
def test_without_scripts_every_chart_is_a_picture_and_every_number_is_there(
    browser: Any, report: Path, width: int
) -> None:
    with open_report(browser, report, width=width, scripts=False, scheme="dark") as closed:
        page = closed.page
        assert page.locator(".still:visible").count() == 5
        assert closed.sideways == 0
        assert page.locator("figure + details table:visible").count() == 5
        assert page.locator("button:visible").count() == 0
        assert page.locator(".exhibit .still text:visible").first.is_visible()
        assert closed.requests == []


def test_hostile_texts_run_nothing_in_a_browser_and_are_shown_as_written(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(page_of(names=HOSTILE), encoding="utf-8")
    with open_report(browser, path) as page:
        page.wait_for_charts()
        assert (page.n_drawn, page.requests, page.problems) == (5, [], [])
        assert page.page.inner_text("h1") == HOSTILE[0]
        assert HOSTILE[0] in page.page.text_content("#exhibit-0-chart")
        assert not page.page.query_selector(".chart a")


def test_a_cell_that_looks_like_a_formula_is_saved_as_text(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(page_of("en", names=("=1+1", "@b", "-c", "+d")), encoding="utf-8")
    with open_report(browser, path) as page:
        page.wait_for_charts()
        page.page.click("#exhibit-0 details summary")
        with page.page.expect_download() as saved:
            page.page.click("#exhibit-0 .csv")
        saved.value.save_as(tmp_path / "saved.csv")
    lines = (tmp_path / "saved.csv").read_bytes().decode("utf-8-sig").splitlines()
    assert lines[1:] == [f'"\'{name}",1234567.8' for name in ("=1+1", "@b", "-c", "+d")]
    assert re.match("\"'=1", lines[0])
