"""Charts and tables: reduced numbers in the reader's way, and colours that can be told apart."""

from __future__ import annotations

import json
import re
from typing import Any

import plotly.graph_objects as go
import plotly.io
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.present.chart_layout import LOOK
from gtmlib.present.colours import (
    DARK_PAPER,
    INK,
    PAPER,
    QUIET,
    SOFT,
    blend,
    contrast,
    dark_shade,
    loss_colour,
    readable_ink,
    readable_shade,
    tint,
)
from gtmlib.present.exhibit import Table, TableColumn
from gtmlib.present.figures import apply_look, plot_heatmap, plot_intervals, plot_waterfall, plot_whale_curve
from gtmlib.present.language import Language
from gtmlib.present.tables import render_table

SV = Language("sv", "SEK")
COLOURS = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


def spec(figure: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(plotly.io.to_json(figure))
    return found


@given(COLOURS, COLOURS)
def test_dark_paper_keeps_the_contrast_of_each_colour(colour: str, other: str) -> None:
    most = contrast(PAPER, DARK_PAPER)  # what white on dark paper can give
    for one in (colour, other):
        wanted = min(contrast(one, PAPER), most)
        assert wanted - 0.01 <= contrast(dark_shade(one), DARK_PAPER) <= max(wanted * 1.06, 1.12)


def test_an_ink_that_is_read_on_a_shade_is_read_on_its_dark_shade() -> None:
    for accent in ("#1f5f8b", "#8c7500", "#7a2e0e", "#5a5a5a"):
        for step in range(21):
            ground = blend(tint(accent, 0.94), readable_shade(accent, 5.5), step / 20)
            ink = readable_ink(ground)
            assert contrast(dark_shade(ink), dark_shade(ground)) >= min(4.5, contrast(ink, ground) * 0.94)


@given(COLOURS)
def test_any_accent_gives_a_shade_that_can_be_read_and_losses_that_differ_in_grey(accent: str) -> None:
    assert contrast(readable_shade(accent, 4.5), PAPER) >= 4.5
    assert contrast(loss_colour(accent), readable_shade(accent, 4.5)) >= 1.3


def test_a_waterfall_starts_each_change_where_the_last_one_ended() -> None:
    bars = spec(plot_waterfall(["A", "b", "C"], [10.0, -4.0, 6.0], [True, False, True], language=SV))["data"][0]
    assert (bars["base"], bars["x"]) == ([0.0, 10.0, 0.0], [10.0, -4.0, 6.0])


def test_each_interval_is_drawn_from_low_to_high_and_said_beside_its_estimate() -> None:
    found = spec(plot_intervals(["A", "B"], [0.3, None], [0.2, None], [0.425, None], language=SV))["layout"]
    assert [(line["x0"], line["x1"]) for line in found["shapes"]] == [(0.2, 0.425)]
    texts = [note["text"].replace("\N{NO-BREAK SPACE}", " ") for note in found["annotations"]]
    assert texts == ["<b>30,0 %</b>", "20,0 till 42,5 %", "<b>–</b>", ""]


def test_axes_are_written_in_the_reader_s_way() -> None:
    found = spec(plot_waterfall(["A"], [48e6], [True], language=SV))["layout"]
    assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in found["xaxis"]["ticktext"]][:2] == ["0 kr", "10 mn kr"]
    assert found["separators"] == SV.plotly_separators


@pytest.mark.parametrize("accent", ["#1f5f8b", "#ffd500", "#000000"])
def test_every_cell_of_a_heat_map_can_be_read_on_its_shade(accent: str) -> None:
    cells = spec(plot_heatmap(["A"], ["x", "y", "z"], [[0.0, 0.5, 1.0]], language=SV, accent=accent))["data"][0]
    light, dark = (colour for _, colour in cells["colorscale"])
    assert contrast(light, INK) >= 4.5
    assert contrast(dark, PAPER) >= 4.5
    assert [text.split('"')[1] for text in cells["text"][0]][::2] == [f"color:{INK}", f"color:{PAPER}"]


def test_a_whale_curve_turns_to_the_colour_of_losses_at_its_peak() -> None:
    rise, fall, _ = spec(plot_whale_curve([0, 0.5, 1], [0, 1.4, 1], language=SV))["data"]
    assert rise["x"][-1] == fall["x"][0] == 0.5
    assert fall["line"]["color"] == loss_colour()


def test_charts_carry_numbers_as_text_and_no_packed_arrays() -> None:
    assert "bdata" not in plotly.io.to_json(apply_look(go.Figure(go.Bar(x=["A"], y=[1])), SV))


def test_a_chart_of_one_s_own_takes_the_look_where_it_has_no_setting() -> None:
    layout = apply_look(go.Figure(go.Bar(x=["A"], y=[1]), {"height": 200, "title": {"text": "A"}}), SV).layout
    assert (layout.height, layout.title.text, layout.separators) == (200, None, SV.plotly_separators)
    assert layout.template.layout.dragmode is False


def test_the_look_has_no_ink_that_the_report_does_not_have() -> None:
    inks = set(re.findall("#[0-9a-f]{6}", json.dumps(LOOK)))
    assert inks - {"#e9ebee"} == {INK, SOFT, QUIET, PAPER}


def test_a_label_that_looks_like_markup_is_a_label() -> None:
    found = spec(plot_waterfall(["<a href='x'>A</a> & B"], [1.0], [True], language=SV))["layout"]
    assert found["yaxis"]["ticktext"] == ["<b>&lt;a href='x'&gt;A&lt;/a&gt; &amp; B</b>"]


def test_a_table_writes_money_in_the_reader_s_way_and_marks_its_total() -> None:
    columns = (TableColumn(label="{{m^2}} <b>"), TableColumn(label="Belopp", kind="money"))
    page = render_table(
        Table(columns=columns, rows=(("A", 1234567.8), ("Alla", None)), has_total_row=True), table_id="t", language=SV
    )
    assert "1 234 568 kr" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert '<tr class="total">' in page.split("Alla")[0].split("A</th>")[1]
    assert "&#123;&#123;m^2}} &lt;b&gt;" in page
    assert "<style" not in page
    assert 'data-v="1234567.8"' in page  # what sorting and CSV read
    assert page.count('scope="col"') == 2
