"""The price and cost what-if: today it is the chapter, and each slider does what the arithmetic says."""

from __future__ import annotations

import json
import math
from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtmlib.analyses.profitability import Segments, analyse_segments
from gtmlib.analyses.reductions import OTHER, MissingData
from gtmlib.analyses.waterfall import Waterfall, analyse_waterfall
from gtmlib.analyses.workshop import open_panel
from gtmlib.analyses.workshop.panel import PanelError, settle, start_of
from gtmlib.analyses.workshop.price_cost import REACH, Changes, Group, PriceCostPanel, WhatIf, work_out
from gtmlib.analyses.workshop.sums import UNKNOWN
from gtmlib.data.engagement import Contract
from gtmlib.data.load import Loaded, load_frames
from gtmlib.present.blocks import from_block, to_block
from gtmlib.present.exhibits import present
from gtmlib.present.language import Language
from templates.demo.synth import Demo

from ...conftest import load_demo, value_of

ROWS = [  # segment, net revenue, cost of goods, cost to serve; of each of five customers
    ("A", 100.0, 50.0, 10.0),
    ("B", 80.0, 60.0, 30.0),
    (None, 10.0, 5.0, 0.0),
]


def load(rows: list[tuple[str | None, float, float, float]] = ROWS, has_costs: bool = True, **sizes: int) -> Loaded:
    each = [(f"{name}{i}", name, *money) for name, *money in rows for i in range(sizes.get(str(name), 5))]
    frame = pd.DataFrame(each, columns=["customer_id", "segment", "net_revenue", "cogs", "amount"])
    frame["transaction_id"], frame["date"], frame["cost_pool"] = frame["customer_id"], date(2025, 3, 4), "service"
    tables = {
        "transactions": frame[["transaction_id", "customer_id", "date", "net_revenue", "cogs"]],
        "customers": frame[["customer_id", "segment"]],
        "costs": frame[["cost_pool", "customer_id", "amount"]],
    }
    return load_frames({name: table for name, table in tables.items() if has_costs or name != "costs"})


def opened(loaded: Loaded) -> PriceCostPanel:
    panel = open_panel("price_cost", loaded)
    assert isinstance(panel, PriceCostPanel)
    return panel


def ask(panel: PriceCostPanel, **state: Any) -> WhatIf:
    (found,) = panel.compute(settle(panel, state))
    return found  # type: ignore[no-any-return]


def test_today_is_the_chapter(demo: Demo, demo_contract: Contract) -> None:
    loaded = load_demo(demo, demo_contract, ["customers", "transactions", "costs"])
    found, waterfall, segments = ask(opened(loaded)), analyse_waterfall(loaded), analyse_segments(loaded)
    assert isinstance(waterfall, Waterfall)
    assert isinstance(segments, Segments)
    assert (found.before, found.after, found.change) == (waterfall.left, waterfall.left, 0)
    assert [(row.segment, row.n, row.net_revenue, row.after) for row in found.rows] == [
        (row.segment, row.mean.n, row.net_revenue, row.contribution) for row in segments.rows
    ]
    assert [row.rank_after for row in found.rows] == [1, 2, 3, 4]
    assert value_of(found.findings(), "workshop.break_even_volume") == 0


def test_each_slider_does_what_the_arithmetic_says() -> None:
    panel = opened(load())
    assert [control.id for control in panel.controls] == ["price", "volume", "cogs", "serve", "segments"]
    before = 5 * (40 - 10 + 5)
    assert ask(panel).before == before
    assert ask(panel, price=0.1).change == 5 * 19
    assert ask(panel, volume=-0.1).change == 5 * -(19 - 11.5)  # cost of goods falls with it, cost to serve does not
    assert ask(panel, cogs=0.1).change == 5 * -11.5
    assert ask(panel, serve=0.5).change == 5 * -20
    both = ask(panel, price=0.1, volume=-0.2)
    assert both.after == pytest.approx(5 * (190 * 1.1 * 0.8 - 115 * 0.8 - 40))


def test_only_the_segments_that_are_picked_are_met() -> None:
    found = ask(opened(load()), price=0.1, segments=("B",))
    assert {row.segment: (row.before, row.after) for row in found.rows} == {
        "A": (200, 200), UNKNOWN: (25, 25), "B": (-50, -10),
    }  # fmt: skip
    assert found.break_even_volume == pytest.approx(-8 / 28)  # of B alone: 0.1 x 80 over 20 + 8
    assert ask(opened(load()), volume=-0.5, segments=("B",)).break_even_price == pytest.approx(20 / 80)


def test_places_are_those_of_segments_and_follow_the_changes() -> None:
    found = ask(opened(load()), price=-0.2, cogs=0.3, segments=("A",))
    assert {row.segment: (row.rank_before, row.rank_after) for row in found.rows} == {
        "A": (1, 1), UNKNOWN: (None, None), "B": (2, 2),
    }  # fmt: skip
    sums = {"n": 5, "cogs": 0.0, "cost_to_serve": 0.0}
    groups = [Group(segment=name, net_revenue=net, **sums) for name, net in (("A", 100.0), ("B", 95.0), (OTHER, 999.0))]
    moved = work_out(groups, Changes(price=-0.1), ["A"])
    assert {row.segment: (row.rank_before, row.rank_after) for row in moved.rows} == {
        OTHER: (None, None), "A": (1, 2), "B": (2, 1),
    }  # fmt: skip


def test_small_segments_are_one_with_each_other() -> None:
    panel = opened(load([*ROWS[:2], ("C", 9.0, 4.0, 1.0), ("D", 9.0, 4.0, 1.0)], C=2, D=3))
    assert {group.segment: (group.n, group.net_revenue) for group in panel.groups} == {
        "A": (5, 500), "B": (5, 400), OTHER: (5, 45),
    }  # fmt: skip


def test_without_cost_to_serve_gross_profit_is_what_is_left_and_its_slider_is_not_there() -> None:
    panel = opened(load(has_costs=False))
    assert [control.id for control in panel.controls] == ["price", "volume", "cogs", "segments"]
    assert (panel.measure, ask(panel).before) == ("gross_profit", 5 * 75)


def test_without_cost_of_goods_it_asks_for_it() -> None:
    lines = pd.DataFrame({"transaction_id": ["1"], "customer_id": "K1", "net_revenue": 9.0})
    found = open_panel("price_cost", load_frames({"transactions": lines}))
    assert found == MissingData(chapter="profitability", needed=("transactions.cogs",))


def test_changes_that_meet_nobody_and_too_few_customers_are_said_in_a_sentence() -> None:
    with pytest.raises(PanelError, match="no_segment"):
        ask(opened(load()), segments=())
    lines = pd.DataFrame({"transaction_id": ["1"], "customer_id": "K1", "net_revenue": 9.0, "cogs": 4.0})
    with pytest.raises(PanelError, match="too_few"):
        ask(opened(load_frames({"transactions": lines})))


PANEL = opened(load())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([group.segment for group in PANEL.groups]), min_size=1, unique=True),
    st.tuples(*(st.floats(-most, most) for most, _ in REACH.values())),
)
def test_every_setting_gives_finite_numbers_that_add_up(met: list[str], moves: tuple[float, ...]) -> None:
    found = ask(PANEL, segments=met, **dict(zip(REACH, moves, strict=True)))
    assert sum(row.after for row in found.rows) == pytest.approx(found.after, abs=0.02)
    assert all(row.after == row.before for row in found.rows if not row.is_met)
    assert all(finding.value is None or math.isfinite(finding.value) for finding in found.findings())
    assert from_block(json.loads(json.dumps(to_block(found), allow_nan=False)))[0] == found


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([-0.2, -0.1, -0.05, 0.05, 0.1, 0.2]), st.sampled_from([-0.1, 0.0, 0.2]))
def test_at_its_break_even_volume_a_change_leaves_what_there_was(price: float, cogs: float) -> None:
    volume = ask(PANEL, price=price, cogs=cogs).break_even_volume
    if volume is not None and abs(volume) <= 0.5:
        assert ask(PANEL, price=price, cogs=cogs, volume=volume).change == pytest.approx(0, abs=0.011)


def said(panel: PriceCostPanel = PANEL, **state: Any) -> tuple[str, ...]:
    exhibit = present(ask(panel, **state), Language("en", "SEK"), "#1f5f8b")
    return tuple(text.replace("\N{NO-BREAK SPACE}", " ") for text in (exhibit.title, *exhibit.sentences))


def test_it_says_what_follows_and_that_it_is_arithmetic() -> None:
    assert said()[0] == "Today contribution is SEK 175; nothing has been changed yet"
    title, volume, order, turned, assumes = said(price=0.2)
    assert title == "With these changes contribution rises by SEK 190 to SEK 365"
    assert "may fall by 33.6%" in volume
    assert order == "The order of the segments stays as it is today."
    assert turned == "From loss to profit: B."
    assert assumes.startswith("This is arithmetic, not evidence")
    assert "must grow by 33.9%" in said(price=-0.1)[1]
    assert "no volume makes up for that" in said(price=-0.2, cogs=0.3, segments=("B",))[1]
    assert "bought nothing" in said(opened(load([("A", 100.0, 80.0, 90.0)])), serve=-0.5)[1]
    assert "prices 9.9% higher" in said(volume=-0.2)[1]


def test_the_start_has_a_state_of_its_own_for_every_control() -> None:
    assert start_of(PANEL) == {"price": 0, "volume": 0, "cogs": 0, "serve": 0, "segments": ("A", "B", UNKNOWN)}
