"""Charts and tables: reduced numbers in the reader's way, and colours that can be told apart."""

from __future__ import annotations

import json
from typing import Any

import plotly.graph_objects as go
import plotly.io
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.present.colours import INK, PAPER, contrast, loss_colour, readable_shade
from gtmlib.present.exhibit import Table, TableColumn
from gtmlib.present.figures import apply_look, plot_heatmap, plot_intervals, plot_waterfall, plot_whale_curve
from gtmlib.present.language import Language
from gtmlib.present.tables import render_table

SV = Language("sv", "SEK")
COLOURS = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


def spec(figure: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(plotly.io.to_json(figure))
    return found


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
    figure = apply_look(go.Figure(go.Bar(x=["A"], y=[1])), SV)
    assert "bdata" not in plotly.io.to_json(figure)
    assert figure.layout.dragmode is False


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
