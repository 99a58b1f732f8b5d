"""The report file: what is in it, what it asks for, and what a browser makes of it."""

from __future__ import annotations

import base64
import gzip
import itertools
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from gtmlib.errors import ParameterError
from gtmlib.present.exhibit import Exhibit, Kpi, Table, TableColumn
from gtmlib.present.figures import plot_heatmap, plot_intervals, plot_waterfall, plot_whale_curve
from gtmlib.present.language import Language
from gtmlib.run.report import AppendixTable, ChapterView, Headline, ReportView, css_string, render_report
from tests.browser import open_browser, open_report

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(2)>",
    "$x$ and \\(y\\)",
    '"><svg onload=alert(3)>',
    "{{ 7 * 7 }}{% raw %}",
    "</style><b>",
    "javascript:alert(4)",
)
LONG = "Tillverkningsindustri med flera anläggningar i Norden"


def make_view(
    code: str = "sv", *, names: tuple[str, ...] = (LONG, "Handel", "Offentlig sektor"), charts: bool = True
) -> ReportView:
    language = Language(code, "SEK")
    rows = list(names)
    rates, low, high = ([place / (len(rows) + share) for place in range(len(rows))] for share in (1.0, 1.4, 0.6))
    look: dict[str, Any] = {"language": language, "accent": "#c8a000"}
    figures = (
        plot_waterfall(rows, [1e7 - 1e6 * place for place in range(len(rows))], [True] * len(rows), **look),
        plot_intervals(rows, rates, low, high, reference=0.2, reference_label=names[0], details=rows, **look),
        plot_intervals(rows, rates, low, high, marks="bars", axis_title=names[0], **look),
        plot_whale_curve([0, 0.4, 1], [0, 1.5, 1], peak_label=names[0], end_label=names[0], **look),
        plot_heatmap(rows, rows, [rates for _ in rows], **look),
    )
    table = Table(
        columns=(TableColumn(label=names[0]), TableColumn(label="Belopp", kind="money")),
        rows=tuple((name, 1234567.8) for name in rows),
        has_total_row=True,
    )
    exhibits = tuple(
        Exhibit(
            id=f"exhibit-{number}",
            title=names[0],
            sentences=names,
            figure=figure if charts else None,
            alt=names[0],
            table=table,
            notes=names,
            verdict=("confirmed", "refuted", "cannot_tell")[number % 3],
            evidence=names[0],
        )
        for number, figure in enumerate(figures)
    )
    return ReportView(
        language=language,
        client=names[0],
        title=names[0],
        consultancy=names[0],
        accent="#c8a000",
        period=names[0],
        data_date=language.format("2026-01-15", "date"),
        headlines=(Headline(text=names[0], verdict="confirmed", evidence=names[0], exhibit_id="exhibit-0"),),
        kpis=(Kpi(label=names[0], value="1 234 567 kr", detail=names[0]),),
        chapters=(
            ChapterView(id="first", name=names[0], headline=names[0], question=names[0], exhibits=exhibits[:3]),
            ChapterView(id="second", name="B", headline="C", exhibits=exhibits[3:], missing=names),
        ),
        method=names,
        appendix=(AppendixTable(id="sources", title=names[0], table=table, notes=names),),
    )


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_browser() as found:
        yield found


def test_two_renderings_of_a_view_have_the_same_bytes() -> None:
    assert render_report(make_view()) == render_report(make_view())


def test_plotly_is_packed_into_a_report_once_and_only_where_there_is_a_chart() -> None:
    page = render_report(make_view())
    packs = re.findall(r'<script id="plotly-pack" type="text/plain">([^<]+)</script>', page)
    assert len(packs) == 1
    assert gzip.decompress(base64.b64decode(packs[0])) == (files("plotly") / "package_data/plotly.min.js").read_bytes()
    assert "plotly-pack" not in {attrs.get("id") for _, attrs in Tags(render_report(make_view(charts=False))).found}


def test_a_report_is_under_3_mb_and_without_charts_under_100_kb() -> None:
    assert len(render_report(make_view()).encode()) < 3_000_000
    assert len(render_report(make_view(charts=False)).encode()) < 100_000


def test_nothing_in_a_report_points_to_an_address() -> None:
    for tag, attrs in Tags(render_report(make_view())).found:
        for name in ("src", "href", "srcset", "data", "action", "poster"):
            assert (attrs.get(name) or "#").startswith(("#", "data:")), (tag, attrs)
    assert not re.search(r"https?://|url\(|@import|MathJax|require\.js", render_report(make_view()))


def test_the_policy_allows_no_source_but_the_hashes_of_the_scripts() -> None:
    metas = [attrs for tag, attrs in Tags(render_report(make_view())).found if tag == "meta"]
    policy = next(str(attrs["content"]) for attrs in metas if attrs.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert all(source.startswith("'sha256-") for source in rules["script-src"].split())
    assert len(rules["script-src"].split()) == 3


def test_ids_are_unique_and_headings_go_down_one_level_at_a_time() -> None:
    tags = Tags(render_report(make_view())).found
    ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    levels = [int(tag[1]) for tag, _ in tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_each_chart_is_a_figure_with_an_alternative_text_and_a_table_with_scopes() -> None:
    tags = Tags(render_report(make_view())).found
    figures = [attrs for tag, attrs in tags if tag == "figure"]
    assert len(figures) == 5
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in figures)
    assert sum(tag == "details" and attrs.get("class") == "numbers" for tag, attrs in tags) == 5
    assert {attrs.get("scope") for tag, attrs in tags if tag == "th"} == {"col", "row"}


def test_no_code_of_a_notebook_and_no_untranslated_key_is_shown() -> None:
    page = render_report(make_view())
    assert "report." not in re.sub(r"<script.*?</script>|<style.*?</style>", "", page, flags=re.DOTALL)
    assert 'lang="sv"' in page


def test_texts_of_the_exports_stay_texts() -> None:
    harmless, hostile = (Tags(render_report(make_view(names=names))).found for names in (("a",) * 7, HOSTILE))
    assert [tag for tag, _ in hostile] == [tag for tag, _ in harmless]
    assert not [attrs for _, attrs in hostile if any(name.startswith("on") for name in attrs)]


def test_a_css_string_cannot_end_its_string() -> None:
    assert not set("\"'<>/;{}\n") & set(css_string("".join(HOSTILE) + "\n")[1:-1])


def test_two_exhibits_of_one_id_are_refused_by_name() -> None:
    view = make_view()
    with pytest.raises(ParameterError, match="'exhibit-0'"):
        render_report(ReportView(language=view.language, client="A", title="B", chapters=(view.chapters[0],) * 2))


@pytest.mark.parametrize("code", ["en", "sv"])
@pytest.mark.parametrize("width", [1280, 375])
def test_a_browser_draws_every_chart_asks_for_nothing_and_needs_no_sideways_scroll(
    browser: Any, tmp_path: Path, code: str, width: int
) -> None:
    path = tmp_path / "report.html"
    path.write_text(render_report(make_view(code)), encoding="utf-8")
    with open_report(browser, path, width=width) as opened:
        opened.wait_for_charts()
        assert (opened.n_drawn, opened.requests, opened.problems) == (5, [], [])
        assert opened.sideways == 0
        assert "Share chart" not in opened.page.content()
        assert not opened.page.query_selector(".modebar-btn")


def test_hostile_texts_run_nothing_in_a_browser_and_are_shown_as_written(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(render_report(make_view(names=HOSTILE)), encoding="utf-8")
    with open_report(browser, path) as opened:
        opened.wait_for_charts()
        assert (opened.n_drawn, opened.requests, opened.problems) == (5, [], [])
        assert opened.page.inner_text("h1") == HOSTILE[0]
        assert HOSTILE[0] in opened.page.text_content("#exhibit-0-chart")
        assert not opened.page.query_selector(".chart a")


def test_without_scripts_the_numbers_are_open_and_no_empty_box_is_seen(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(render_report(make_view()), encoding="utf-8")
    with open_report(browser, path, scripts=False) as opened:
        page = opened.page
        assert page.is_visible("#exhibit-0 table")
        assert not page.is_visible("#exhibit-0 figure")
        assert opened.requests == []


def test_paper_has_a_cover_and_every_chart(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(render_report(make_view()), encoding="utf-8")
    with open_report(browser, path) as opened:
        opened.wait_for_charts()
        opened.print(tmp_path / "report.pdf")
        assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
        opened.page.emulate_media(media="print")
        boxes = opened.page.eval_on_selector_all(
            ".chart .main-svg", "found => found.map(svg => [svg.clientWidth, svg.parentElement.clientWidth])"
        )
        assert all(0 < drawn <= room for drawn, room in boxes)
