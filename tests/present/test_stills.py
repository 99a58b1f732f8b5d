"""Stills: the same picture as plotly's from the same spec, as small SVG that is the same every time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.present.chart_layout import draw
from gtmlib.present.figures import plot_heatmap, plot_intervals, plot_waterfall, plot_whale_curve
from gtmlib.present.language import Language
from gtmlib.present.profit_figures import plot_against_today, plot_cells, plot_shrunken
from gtmlib.present.still_text import read_lines, width_of
from gtmlib.present.stills import render_still
from gtmlib.present.variant_figures import ForestRow, Slope, plot_course, plot_forest, plot_slopes
from tests.browser import open_browser, open_report

LOOK: dict[str, Any] = {"language": Language("en", "SEK"), "accent": "#1f5f8b"}
NAMES = ["Manufacturing", "Retail & <chains>", "Public sector"]


def spec_of(figure: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(figure.to_json(validate=False))
    return found


def spec(*traces: dict[str, Any], **layout: Any) -> dict[str, Any]:
    """A figure of traces as they are, on the look of all charts."""
    return spec_of(draw(list(traces), {"height": 300} | layout, LOOK["language"]))


def ours() -> dict[str, dict[str, Any]]:
    """A figure of every kind that the chapters draw."""
    rates = ([0.1, 0.2, 0.3], [0.05, 0.1, 0.2], [0.2, 0.3, 0.5])
    forest = [ForestRow(label=name, value=0.03, low=-0.01, high=0.07, detail="100 contacts") for name in NAMES]
    slopes = [Slope(label=name, rates=(0.1, 0.2), sizes=(40, 60)) for name in NAMES]
    figures = {
        "waterfall": plot_waterfall(NAMES, [1e7, -4e6, 6e6], [True, False, True], axis_title="SEK", **LOOK),
        "dots": plot_intervals(NAMES, *rates, reference=0.2, details=NAMES, **LOOK),
        "bars": plot_intervals(NAMES, *rates, marks="bars", axis_title="Share", **LOOK),
        "whale": plot_whale_curve([0, 0.4, 1], [0, 1.5, 1], peak_label="Peak", end_label="All", **LOOK),
        "heatmap": plot_heatmap(NAMES, NAMES, [[0.1, None, 0.3]] * 3, **LOOK),
        "cells": plot_cells(NAMES, NAMES, [[0.1, None, -0.3]] * 3, empty="grey", x_title="Months", **LOOK),
        "against today": plot_against_today(
            NAMES, [1e5, -2e4, 0], [9e4, 1e4, 0], highlight=[True, False, True], **LOOK
        ),
        "shrunken": plot_shrunken(NAMES, [1e5, -2e4, 0], [9e4, None, 0], [8e4, None, -1], [1.2e5, None, 1], **LOOK),
        "forest": plot_forest(forest, axis_title="Points", **LOOK),
        "slopes": plot_slopes(slopes, slopes[0], ends=("A", "B"), axis_title="Share", **LOOK),
        "course": plot_course(NAMES, [0.1, 0.05, 0.06], [-0.9, -0.1, 0], [1, 0.2, 0.12], **LOOK),
    }
    return {name: spec_of(figure) for name, figure in figures.items()}


def read(still: str) -> Element:
    return fromstring(still)  # raises where it is not well-formed


def words(still: str) -> list[str]:
    return ["".join(text.itertext()) for text in read(still).iter("text")]


def number_of(element: Element, name: str) -> float:
    return float(element.attrib[name])


def rectangles(still: str) -> list[Element]:
    return [rect for rect in read(still).iter("rect") if rect.get("fill") != "none"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_browser() as found:
        yield found


@pytest.mark.parametrize("name", list(ours()))
@pytest.mark.parametrize("width", [720, 360])
def test_every_figure_of_ours_has_a_small_still_that_asks_for_nothing(name: str, width: int) -> None:
    still = render_still(ours()[name], id="a-still", width=width)
    assert still == render_still(ours()[name], id="a-still", width=width)
    assert len(still) < 8_000
    assert read(still).attrib["aria-hidden"] == "true"
    assert not re.search(r"https?:|href|<image|<script|<style|NaN|inf\b|None", still)
    assert {element.attrib["id"] for element in read(still).iter() if "id" in element.attrib} <= {
        "a-still",
        "a-still-plot",
    }


@pytest.mark.parametrize("name", list(ours()))
def test_a_still_says_every_tick_and_note_of_its_figure(name: str) -> None:
    figure = ours()[name]
    layout = figure["layout"]
    axes = [layout["xaxis"], layout["yaxis"]]
    texts = [text for axis in axes for text in (*axis.get("ticktext", ()), axis.get("title", {}).get("text", ""))]
    texts += [note["text"] for note in layout.get("annotations", ())]
    said = words(render_still(figure, id="a"))
    wanted = {"".join(run.text for run in line) for text in texts for line in read_lines(text)} - {""}
    assert wanted <= set(said)


def test_bars_are_as_long_as_their_values_and_start_at_their_base() -> None:
    bars = {"type": "bar", "orientation": "h", "x": [4, -2, 1], "y": [0, 1, 2], "base": [0, 4, 2]}
    found = rectangles(render_still(spec(bars, xaxis={"range": [0, 4]}, yaxis={"range": [2.5, -0.5]}), id="a"))
    first, second, third = found
    unit = number_of(first, "width") / 4
    assert number_of(second, "width") == pytest.approx(2 * unit, abs=0.2)
    assert number_of(third, "width") == pytest.approx(unit, abs=0.2)
    assert number_of(second, "x") == pytest.approx(number_of(first, "x") + 2 * unit, abs=0.2)
    assert [number_of(bar, "y") for bar in found] == sorted(number_of(bar, "y") for bar in found)


def test_stacked_bars_stand_on_each_other_and_grouped_ones_beside() -> None:
    traces = [{"type": "bar", "x": ["a", "b"], "y": [1, 2]}, {"type": "bar", "x": ["a", "b"], "y": [3, 1]}]
    for mode in ("stack", "group"):
        low_a, low_b, high_a, _ = rectangles(render_still(spec(*traces, barmode=mode), id="a"))
        assert number_of(low_a, "height") * 2 == pytest.approx(number_of(low_b, "height"), abs=0.3)
        above = number_of(high_a, "y") + number_of(high_a, "height")
        if mode == "stack":
            assert above == pytest.approx(number_of(low_a, "y"), abs=0.2)
        else:
            right = number_of(low_a, "x") + number_of(low_a, "width")
            assert number_of(high_a, "x") == pytest.approx(right, abs=0.2)


def test_a_step_line_goes_along_and_then_up_and_its_band_comes_back_the_same_way() -> None:
    low = {"type": "scatter", "mode": "lines", "x": [0, 1, 2], "y": [0, 1, 1], "line": {"shape": "hv"}}
    high = low | {"y": [1, 2, 3], "fill": "tonexty", "fillcolor": "#abcdef"}
    found = read(render_still(spec(low, high), id="a"))
    band = next(path for path in found.iter("path") if path.get("fill") == "#abcdef")
    assert re.fullmatch(r"M[\d. ]+(H[\d.]+V[\d.]+){2}L[\d. ]+(V[\d.]+H[\d.]+){2}Z", band.attrib["d"])


def test_stacked_areas_lie_on_each_other() -> None:
    area = {"type": "scatter", "x": [0, 1], "stackgroup": "a"}
    layers = (area | {"y": [1, 1], "fillcolor": "#111111"}, area | {"y": [2, 0], "fillcolor": "#222222"})
    still = render_still(spec(*layers), id="a")
    paths = {path.get("fill"): path.attrib["d"] for path in read(still).iter("path") if path.get("fill")}
    top_of_first = re.findall(r"[ML]([\d. ]+)", paths["#111111"])
    assert re.findall(r"[ML]([\d. ]+)", paths["#222222"])[-2:] == top_of_first[::-1]


def test_gaps_stay_gaps_and_unseen_marks_are_left_out() -> None:
    line = {"type": "scatter", "mode": "lines", "x": [0, 1, 2, 3], "y": [1, 2, None, 3]}
    unseen = {"type": "scatter", "mode": "markers", "x": [0], "y": [1], "marker": {"opacity": 0, "size": 26}}
    hidden = {"type": "bar", "x": [0], "y": [9], "visible": False}
    found = read(render_still(spec(line, unseen, hidden), id="a"))
    assert not list(found.iter("circle"))
    assert not list(found.iter("rect"))
    assert any(path.attrib["d"].count("M") == 2 for path in found.iter("path"))


def test_error_bars_have_both_of_their_arms() -> None:
    dots = {"type": "scatter", "mode": "markers", "x": [1], "y": [5]}
    dots["error_y"] = {"type": "data", "array": [3], "arrayminus": [1], "width": 0, "color": "#123456"}
    found = read(render_still(spec(dots, yaxis={"range": [0, 10]}), id="a"))
    whisker = next(path.attrib["d"] for path in found.iter("path") if path.get("stroke") == "#123456")
    low, high = map(float, re.findall(r" ([\d.]+)V([\d.]+)", whisker)[0])
    middle = number_of(next(found.iter("circle")), "cy")
    assert (low - middle) * 3 == pytest.approx(middle - high, abs=0.5)


def test_powers_of_ten_are_equally_far_apart_on_a_logarithmic_axis() -> None:
    dots = {"type": "scatter", "mode": "markers", "x": [1, 10, 100], "y": [1, 1, 1]}
    first, second, third = read(render_still(spec(dots, xaxis={"type": "log"}), id="a")).iter("circle")
    assert number_of(second, "cx") - number_of(first, "cx") == pytest.approx(
        number_of(third, "cx") - number_of(second, "cx"), abs=0.2
    )


def test_a_second_plot_stands_in_its_own_part_of_the_picture() -> None:
    left = {"type": "bar", "x": [1], "y": [1]}
    right = left | {"xaxis": "x2", "yaxis": "y2"}
    layout: dict[str, Any] = {"xaxis": {"domain": [0, 0.4]}, "yaxis2": {"anchor": "x2"}}
    layout["xaxis2"] = {"domain": [0.6, 1], "anchor": "y2"}
    first, second = rectangles(render_still(spec(left, right, **layout), id="a"))
    assert number_of(first, "x") + number_of(first, "width") < 0.45 * 720 < 0.55 * 720 < number_of(second, "x")


def test_a_line_that_leaves_its_axes_is_cut_at_the_plot() -> None:
    line = {"type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 9]}
    assert 'clip-path="url(#a-plot)"' in render_still(spec(line, yaxis={"range": [0, 1]}), id="a")
    assert "clip" not in render_still(spec(line, yaxis={"range": [0, 9]}), id="a")


def test_arrays_in_bytes_are_drawn_like_lists() -> None:
    packed = {"type": "bar", "x": ["a", "b"], "y": {"dtype": "f8", "bdata": "AAAAAAAA8D8AAAAAAAAAQA=="}}
    assert render_still(spec(packed), id="a") == render_still(spec(packed | {"y": [1.0, 2.0]}), id="a")


BAR: dict[str, Any] = {"type": "bar", "x": [1], "y": [1]}
DOTS: dict[str, Any] = {"type": "scatter", "mode": "markers", "x": [1], "y": [1]}
PATH = {"type": "path", "x0": 0, "x1": 0, "y0": 0, "y1": 0}


@pytest.mark.parametrize(
    ("figure", "message"),
    [
        (spec({"type": "box", "y": [1, 2]}), "trace of type 'box'.*heatmap, bar, scatter"),
        (spec(DOTS | {"fill": "tonext"}), "fill 'tonext'"),
        (spec(DOTS | {"marker": {"symbol": "star"}}), "symbol 'star'"),
        (spec(DOTS | {"line": {"shape": "vhv"}}), "shape 'vhv'"),
        (spec(BAR, xaxis={"type": "date"}), "'xaxis' of type 'date'"),
        (spec(BAR, shapes=[PATH]), "shape of type 'path'"),
        (spec(BAR, annotations=[{"text": "a", "x": 0, "y": 0, "xref": "x3"}]), "no axis 'x3'"),
    ],
)
def test_what_a_still_cannot_draw_is_an_error_that_names_it(figure: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        render_still(figure, id="a")


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")), min_size=1, max_size=12))
def test_any_name_stays_a_text(name: str) -> None:
    still = render_still(spec_of(plot_waterfall([name], [1.0], [True], **LOOK)), id="a")
    assert {element.tag for element in read(still).iter()} <= {"svg", "g", "path", "rect", "text", "tspan"}


def test_widths_are_estimated_within_a_tenth_of_a_browsers(browser: Any, tmp_path: Path) -> None:
    texts = [
        "Manufacturing",
        "SEK 102,375,860",
        "14.8 to 20.2%",
        "Vibrationsgivare VG-20",
        "<b>Net revenue</b>",
        "−1 234 567 kr",
    ]
    lines = [read_lines(text) for text in texts]
    path = tmp_path / "texts.html"
    body = "".join(f'<span style="position:absolute">{text}</span>' for text in texts)
    path.write_text(f'<meta charset="utf-8"><body style="font:13px Arial">{body}', encoding="utf-8")
    with open_report(browser, path) as opened:
        found = opened.page.eval_on_selector_all(
            "span", "found => found.map(span => span.getBoundingClientRect().width)"
        )
    for text, line, width in zip(texts, lines, found, strict=True):
        assert width_of(line, 13) == pytest.approx(width, rel=0.1), text


def test_dots_and_bars_are_where_plotly_draws_them(browser: Any, tmp_path: Path) -> None:
    from plotly.offline import get_plotlyjs

    path = tmp_path / "both.html"
    figures = {name: figure for name, figure in ours().items() if name in ("waterfall", "dots", "whale", "slopes")}
    stills = "".join(
        f'<div id="plotly-{name}"></div>{render_still(figure, id=name)}' for name, figure in figures.items()
    )
    plot = "Plotly.newPlot('plotly-' + name, f.data, {...f.layout, width: 720})"
    run = f"for (const [name, f] of Object.entries(F)) {plot};"
    scripts = f"<script>{get_plotlyjs()}</script><script>const F = {json.dumps(figures)}; {run}</script>"
    path.write_text(f'<meta charset="utf-8">{stills}{scripts}', encoding="utf-8")
    measure = "(found, at) => found.map(n => n.getBoundingClientRect()).map(r => (r.left + r.right) / 2 - at)"
    with open_report(browser, path) as opened:
        page = opened.page
        page.wait_for_selector("#plotly-slopes .main-svg")
        for name in figures:
            left = page.eval_on_selector(f"#{name}", "svg => svg.getBoundingClientRect().left")
            kinds = (
                ((".bars .point path", "rect[fill]"),) if name == "waterfall" else ((".points path.point", "circle"),)
            )
            for theirs, own in kinds:
                theirs_at = sorted(page.eval_on_selector_all(f"#plotly-{name} {theirs}", measure, 8))
                own_at = sorted(page.eval_on_selector_all(f"#{name} {own}", measure, left))
                near = [min(abs(at - other) for other in theirs_at) for at in own_at]
                assert own_at
                assert max(near) < 24, (name, near)  # plotly keeps room for a title that is not there
