"""The report file: what is in it, and what it may ask for. What a browser makes of it: test_report_in_browser.py."""

from __future__ import annotations

import base64
import gzip
import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from plotly.offline import get_plotlyjs

from gtmlib.errors import ParameterError
from gtmlib.present.exhibit import Exhibit, Kpi, Table, TableColumn
from gtmlib.present.figures import plot_heatmap, plot_intervals, plot_waterfall, plot_whale_curve
from gtmlib.present.language import Language
from gtmlib.present.plotlyjs import open_up, plotly_script
from gtmlib.run.packing import data_uri, font_face
from gtmlib.run.report import AppendixTable, ChapterView, Headline, ReportView, css_string, render_report

ROOT = Path(__file__).parents[2]
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
        plot_intervals(rows, rates, low, high, reference=0.2, details=rows, **look),
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
        glossary=((names[0], names[-1]),),
        disclaimer=names[0],
        footer=names[0],
    )


@cache
def page_of(
    code: str = "sv", *, names: tuple[str, ...] = (LONG, "Handel", "Offentlig sektor"), charts: bool = True
) -> str:
    """Render such a view once for all tests."""
    return render_report(make_view(code, names=names, charts=charts))


class Tags(HTMLParser):
    """Every tag of a page with its attributes, but those inside a still."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(re.sub(r'<svg[^>]*class="still".*?</svg>', "", page, flags=re.DOTALL))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def packed(page: str, name: str) -> bytes:
    """Unpack what the page packs under a name, which must be there once."""
    (found,) = re.findall(rf'<script id="{name}-pack" type="text/plain">([^<]+)</script>', page)
    return gzip.decompress(base64.b64decode(found))


def test_two_renderings_of_a_view_have_the_same_bytes() -> None:
    assert render_report(make_view()) == page_of()


def test_another_user_seed_time_zone_and_locale_give_the_same_bytes(tmp_path: Path) -> None:
    code = "import hashlib, tests.run.test_report as t; print(hashlib.sha256(t.page_of().encode()).hexdigest())"
    place = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "TZ": "Pacific/Auckland", "PYTHONHASHSEED": "4242"}
    place |= {"LC_ALL": "C", "LANG": "tr_TR.UTF-8", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ | place, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == hashlib.sha256(page_of().encode()).hexdigest()


def test_plotly_is_packed_into_a_report_once_and_only_where_there_is_a_chart() -> None:
    shipped = (files("plotly") / "package_data/plotly.min.js").read_text("utf-8")
    found = packed(page_of(), "plotly").decode("ascii")
    assert found == open_up(shipped.encode("ascii", "backslashreplace").decode())
    # In patterns only, where the sign and its escape mean the same.
    assert all(re.search(r"=/[^/]*$", shipped[: at.start()][-60:]) for at in re.finditer("[^\x00-\xff]", shipped))
    assert "plotly-pack" not in {attrs.get("id") for _, attrs in Tags(page_of(charts=False)).found}


def test_plotly_stands_open_in_a_report_with_all_its_code_and_notices() -> None:
    shipped = get_plotlyjs().encode("ascii", "backslashreplace").decode()
    ours = plotly_script()
    start, end = shipped.index("var Plotly=(()=>{") + 17, shipped.rindex("();})();")
    assert shipped[start:end] in ours  # else this plotly.js is built in another way: see whether it is still fast
    assert ours.startswith(shipped[: shipped.index("*/") + 2])
    assert shipped[end + 8 :].split("\nwindow.Plotly")[0] in ours


def test_a_plotly_that_is_built_in_another_way_is_started_all_the_same() -> None:
    assert open_up("window.Plotly = {};") == "window.Plotly = {};\nwindow.startPlotly=()=>window.Plotly;"


def test_the_packs_do_not_depend_on_the_machine_s_own_zlib() -> None:
    # Python's zlib differs between systems; pyarrow brings one in its wheel, which the lock file pins.
    source = (ROOT / "gtmlib" / "run" / "packing.py").read_text("utf-8")
    assert not re.search(r"^\s*(import|from) (gzip|zlib)", source, re.MULTILINE)
    (pack,) = re.findall(r'id="charts-pack" type="text/plain">([^<]+)<', page_of())
    assert base64.b64decode(pack)[:10] == b"\x1f\x8b\x08\0\0\0\0\0\x02\xff"  # no time, no system


def test_charts_are_packed_with_what_they_share_once_and_a_dark_shade_for_each_colour() -> None:
    charts = json.loads(packed(page_of(), "charts"))
    assert list(charts["charts"]) == [f"exhibit-{number}" for number in range(5)]
    assert charts["template"]
    assert not any("template" in chart["layout"] for chart in charts["charts"].values())
    colours = set(re.findall(r"#[0-9a-f]{6}\b", json.dumps([charts["template"], charts["charts"]])))
    assert colours <= charts["dark"].keys()


def test_a_report_is_small_and_twenty_more_charts_add_less_than_400_kb() -> None:
    assert len(page_of(charts=False).encode()) < 110_000
    view = make_view()
    more = tuple(
        replace(exhibit, id=f"{exhibit.id}-{copy}")
        for copy in range(4)
        for exhibit in view.chapters[0].exhibits[:3] * 2
    )
    more = tuple(replace(exhibit, id=f"more-{number}") for number, exhibit in enumerate(more[:20]))
    longer = replace(view, chapters=(*view.chapters, ChapterView(id="third", name="D", headline="E", exhibits=more)))
    assert len(more) == 20
    assert len(render_report(longer).encode()) - len(page_of().encode()) < 400_000
    assert len(page_of().encode()) < 2_200_000


def test_nothing_in_a_report_points_to_an_address() -> None:
    for tag, attrs in Tags(page_of()).found:
        for name in ("src", "href", "srcset", "data", "action", "poster"):
            assert (attrs.get(name) or "#").startswith(("#", "data:")), (tag, attrs)
    without_stills = re.sub(r'<svg[^>]*class="still".*?</svg>', "", page_of(), flags=re.DOTALL)
    assert not re.search(r"https?://|url\(|@import|MathJax|require\.js", without_stills)


def test_the_policy_allows_no_source_but_the_hashes_of_the_scripts() -> None:
    metas = [attrs for tag, attrs in Tags(page_of()).found if tag == "meta"]
    policy = next(str(attrs["content"]) for attrs in metas if attrs.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules.pop("default-src") == "'none'"
    scripts = rules.pop("script-src").split()
    assert all(source.startswith("'sha256-") for source in scripts)
    assert len(scripts) == 3
    assert rules == {
        "style-src": "'unsafe-inline'", "img-src": "data:", "font-src": "data:", "base-uri": "'none'",
        "form-action": "'none'",
    }  # fmt: skip


def test_ids_are_unique_and_headings_go_down_one_level_at_a_time() -> None:
    tags = Tags(page_of()).found
    ids = re.findall(r'<[a-z][^<>]*? id="([^"]+)"', page_of())
    assert len(ids) == len(set(ids))
    levels = [int(tag[1]) for tag, _ in tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_each_chart_is_a_figure_with_an_alternative_text_a_still_and_a_table_with_scopes() -> None:
    tags = Tags(page_of()).found
    figures = [attrs for tag, attrs in tags if tag == "figure"]
    assert len(figures) == 5
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in figures)
    assert page_of().count('class="still"') == 5
    assert sum(tag == "details" and attrs.get("class") == "numbers" for tag, attrs in tags) == 5
    assert {attrs.get("scope") for tag, attrs in tags if tag == "th"} == {"col", "row"}


def test_no_code_of_a_notebook_and_no_untranslated_key_is_shown() -> None:
    assert "report." not in re.sub(r"<script.*?</script>|<style.*?</style>", "", page_of(), flags=re.DOTALL)
    assert 'lang="sv"' in page_of()


def test_texts_of_the_exports_stay_texts() -> None:
    harmless, hostile = (Tags(page_of(names=names)).found for names in (("a",) * 7, HOSTILE))
    assert [tag for tag, _ in hostile] == [tag for tag, _ in harmless]
    assert not [attrs for _, attrs in hostile if any(name.startswith("on") for name in attrs)]
    stills = "".join(re.findall(r'<svg[^>]*class="still".*?</svg>', page_of(names=HOSTILE), re.DOTALL))
    drawn = set(re.findall(r"<([a-z]+)", stills))
    assert drawn <= {"svg", "g", "path", "rect", "circle", "line", "text", "tspan", "defs", "pattern", "clippath"}


def test_a_css_string_cannot_end_its_string() -> None:
    assert not set("\"'<>/;{}\n") & set(css_string("".join(HOSTILE) + "\n")[1:-1])


def test_two_exhibits_of_one_id_are_refused_by_name() -> None:
    view = make_view()
    with pytest.raises(ParameterError, match="'exhibit-0'"):
        render_report(ReportView(language=view.language, client="A", title="B", chapters=(view.chapters[0],) * 2))


def test_a_draft_is_marked_on_every_page_and_a_final_report_says_who_released_it() -> None:
    view = make_view("en", charts=False)
    draft, final = render_report(view), render_report(replace(view, released="Released by A. Berg on 3 March 2026"))
    assert draft.count('class="stamp"') == 2  # on the cover, and beside the contents, which stay in sight
    assert 'class="watermark"' in draft
    assert '@bottom-center { content: "Draft"; }' in draft
    assert final.count("Released by A. Berg on 3 March 2026") == 2
    assert not re.search(r'class="(stamp|watermark)"|Draft', final)


def test_a_brand_brings_its_logo_and_its_fonts_inside_the_file(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(b"picture")
    (tmp_path / "own.woff2").write_bytes(b"font")
    view = replace(
        make_view(charts=False),
        logo=data_uri(tmp_path / "logo.png"),
        heading_font="gtm-headings, Georgia",
        font_faces=font_face("gtm-headings", tmp_path / "own.woff2"),
    )
    page = render_report(view)
    assert '<img class="logo" src="data:image/png;base64,cGljdHVyZQ=="' in page
    assert 'src:url(data:font/woff2;base64,Zm9udA==) format("woff2")' in page
    assert "--serif: gtm-headings, Georgia, serif;" in page
    assert (data_uri(None), font_face("x", None)) == ("", "")


def test_a_consultant_s_words_stand_at_the_head_of_their_chapter() -> None:
    view = make_view(charts=False)
    chapter = replace(view.chapters[0], commentary="<p>Våra <em>egna</em> ord</p>")
    page = render_report(replace(view, chapters=(chapter, view.chapters[1])))
    assert page.index('id="first-heading"') < page.index("<p>Våra <em>egna</em> ord</p>") < page.index('id="exhibit-0"')
