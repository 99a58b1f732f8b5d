"""The segment explorer: where nothing is moved it is the chapter, and what is moved can be added up by hand."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtmlib.analyses.contribution import reduce_ledger
from gtmlib.analyses.profitability import Segments, Whale, analyse_segments, analyse_whale_curve
from gtmlib.analyses.reductions import OTHER, MissingData
from gtmlib.analyses.waterfall import Waterfall, analyse_waterfall
from gtmlib.analyses.workshop import open_panel
from gtmlib.analyses.workshop.panel import PanelError, settle, start_of
from gtmlib.analyses.workshop.segments import SegmentPanel
from gtmlib.analyses.workshop.sums import UNKNOWN, group_customers
from gtmlib.data.engagement import Contract, CostRule, Disclosure
from gtmlib.data.load import Loaded, load_frames
from gtmlib.present.blocks import from_block, to_block
from gtmlib.present.exhibits import present
from gtmlib.present.language import Language
from templates.demo.synth import Demo

from ...conftest import load_demo

RULES = {
    "freight": CostRule(rule="driver", driver="orders"),
    "support": CostRule(rule="time_driven", driver="tickets", capacity=6_000.0),
    "returns": CostRule(rule="driver", driver="parcels", rate=3.0),
}
N_MONTHS = 6


def make_frames(seed: int = 1, n: int = 40) -> dict[str, pd.DataFrame]:
    """A client with all that a ledger can hold: returns, parts of cents, cost that is missing, rows of nobody."""
    rng = np.random.default_rng(seed)
    ids = [f"K{place:02}" for place in range(n)]
    segments = ["A"] * 16 + ["B"] * 9 + ["C"] * 3 + ["D"] * 2 + [None] * (n - 30)
    n_lines = 30 * n
    lines = pd.DataFrame({
        "transaction_id": [str(place) for place in range(n_lines)],
        "customer_id": rng.choice([*ids, "Stranger"], n_lines),
        "date": [date(2025, *day) for day in rng.integers(1, [N_MONTHS + 1, 29], (n_lines, 2)).tolist()],
        "net_revenue": np.round(rng.gamma(2.0, 50.0, n_lines) * rng.choice([1, 1, 1, -0.3], n_lines), 3),
    })  # fmt: skip
    lines["list_revenue"] = (lines["net_revenue"] * 1.1).round(4)
    lines["cogs"] = (lines["net_revenue"] * rng.uniform(0.3, 1.1, n_lines)).round(4)
    lines.loc[::17, "cogs"] = None
    lines.loc[::41, "customer_id"] = None
    lines.loc[::43, "net_revenue"] = None
    pools = rng.choice(["freight", "support", "returns", "office"], 90)
    costs = pd.DataFrame({
        "cost_pool": pools,
        "customer_id": rng.choice([*ids, "Cost alone", *[None] * 20], 90),
        "amount": np.round(rng.gamma(2.0, 40.0, 90), 2),
        "date": [date(2025, 1 + month, 9) for month in rng.integers(0, N_MONTHS, 90).tolist()],
    })  # fmt: skip
    units = pd.DataFrame({
        "customer_id": rng.choice([*ids, "Not theirs"], 120),
        "driver": rng.choice(["tickets", "parcels"], 120),
        "quantity": rng.integers(1, 9, 120).astype(float),
        "minutes_each": 7.5,
        "date": [date(2025, 1 + month, 20) for month in rng.integers(0, N_MONTHS, 120).tolist()],
    })  # fmt: skip
    return {
        "transactions": lines,
        "costs": costs,
        "drivers": units,
        "customers": pd.DataFrame({"customer_id": ids, "segment": segments}),
    }


def load(frames: dict[str, pd.DataFrame], **decided: Any) -> Loaded:
    return load_frames(frames, **{"exported_on": date(2025, 6, 20), "costs": RULES, **decided})


def opened(loaded: Loaded) -> SegmentPanel:
    panel = open_panel("segments", loaded)
    assert isinstance(panel, SegmentPanel)
    return panel


def ask(panel: SegmentPanel, **state: Any) -> tuple[Waterfall, Whale, Segments]:
    return panel.compute(settle(panel, state))  # type: ignore[return-value]


def chapter(loaded: Loaded) -> tuple[Waterfall, Whale, Segments]:
    """What the chapter shows; the panel leaves out what was spent on winning customers."""
    waterfall = analyse_waterfall(loaded)
    assert isinstance(waterfall, Waterfall)
    steps = tuple(step for step in waterfall.steps if "acquisition" not in step.name)
    return replace(waterfall, steps=steps), analyse_whale_curve(loaded), analyse_segments(loaded)  # type: ignore[return-value]


def numbers(result: Segments) -> list[float]:
    fields = ("value", "ci_low", "ci_high", "n")
    return [getattr(finding, name) or 0.0 for finding in result.findings() for name in fields]


def test_where_nothing_is_moved_the_demo_is_the_chapter(demo: Demo, demo_contract: Contract) -> None:
    loaded = load_demo(demo, demo_contract, ["customers", "transactions", "costs", "acquisition"])
    assert ask(opened(loaded)) == chapter(loaded)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_where_nothing_is_moved_a_ledger_with_everything_in_it_is_the_chapter(seed: int) -> None:
    loaded = load(make_frames(seed))
    found, expected = ask(opened(loaded)), chapter(loaded)
    assert found[0] == expected[0]
    assert found[0].n_left_out > 0
    assert found[0].unmatched != 0
    assert found[0].idle != 0
    assert found[1] == expected[1]
    assert numbers(found[2]) == pytest.approx(numbers(expected[2]), rel=1e-9)  # sums are made in another order
    assert [row.segment for row in found[2].rows] == [row.segment for row in expected[2].rows]


def test_sales_without_a_date_or_a_known_cost_are_counted_and_never_lost() -> None:
    frames = make_frames()
    lines = frames["transactions"]
    lines["product"] = None
    lines.loc[lines["customer_id"] == "K16", "cogs"] = None
    frames["customers"].loc[16, "segment"] = "Costless"  # a segment of one whose cost nothing tells
    undated = lines.index[lines["customer_id"].isin([f"K{place:02}" for place in range(16) if place != 3])]
    lines.loc[undated[::2], "date"] = None
    loaded = load(frames, costs={})
    panel = opened(loaded)
    whole = ask(panel)
    assert whole[:2] == chapter(loaded)[:2]
    assert whole[0].n_unpriced > 0
    assert whole[0].n_undated == 0
    part = ask(panel, first_month="2025-02")[0]
    unsold = lines[lines["date"].isna() & lines["customer_id"].notna() & lines["net_revenue"].notna()]
    assert part.n_undated == len(unsold) > 0


@pytest.mark.parametrize("who", [["K05"], ["K00", "K01", "K02", "K03", "K04", "K20"], ["K28"]])
def test_where_the_undated_sales_are_those_of_a_few_no_period_can_be_picked(who: list[str]) -> None:
    frames = make_frames()
    lines = frames["transactions"]
    lines.loc[lines["customer_id"].isin(who), "date"] = None
    loaded = load(frames)
    panel = opened(loaded)
    assert {control.id for control in panel.controls} == {"segments", "rule"}
    assert ask(panel)[:2] == chapter(loaded)[:2]


@pytest.mark.parametrize("lacking", ["list_revenue", "cogs", "costs", "date", "segment"])
def test_with_less_than_the_full_data_it_is_still_the_chapter(lacking: str) -> None:
    frames = make_frames()
    if lacking == "costs":
        del frames["costs"]
    for name, frame in frames.items():
        frames[name] = frame.drop(columns=lacking, errors="ignore")
    loaded = load(frames, costs={} if lacking == "costs" else RULES)
    panel = opened(loaded)
    found = panel.compute(start_of(panel))
    assert found[:2] == chapter(loaded)[:2]
    assert len(found) == (2 if lacking == "segment" else 3)
    lost = {"costs": {"rule"}, "date": {"first_month", "last_month"}, "segment": {"segments"}}.get(lacking, set())
    assert {control.id for control in panel.controls} == {"segments", "first_month", "last_month", "rule"} - lost


def test_without_sales_it_asks_for_them() -> None:
    assert open_panel("segments", load_frames({})) == MissingData(chapter="profitability", needed=("transactions",))


def by_hand(frames: dict[str, pd.DataFrame], segments: list[Any], months: range) -> dict[str, float]:
    """Net revenue, cost of goods and cost to serve of some segments and months, shared by orders; from the rows."""
    lines = frames["transactions"].dropna(subset=["customer_id", "net_revenue"])
    lines = lines[[day.month in months for day in lines["date"]]]
    costs = frames["costs"][[day.month in months for day in frames["costs"]["date"]]]
    segment = frames["customers"].set_index("customer_id")["segment"]
    orders = lines[lines["net_revenue"] > 0].groupby("customer_id")["date"].nunique()
    shared = costs.loc[costs["customer_id"].isna(), "amount"].sum() * orders / orders.sum()
    direct = costs.groupby("customer_id")["amount"].sum()
    served = shared.add(direct, fill_value=0)

    def picked(ids: pd.Index[Any] | pd.Series[Any]) -> Any:
        names = pd.Series(ids).map(segment).astype(object)
        return names.where(names.notna(), None).isin(segments).to_numpy()

    lines = lines[picked(lines["customer_id"])]
    return {
        "net_revenue": lines["net_revenue"].sum(),
        "cogs": -lines["cogs"].sum(),
        "cost_to_serve": -served[picked(served.index)].sum(),
    }


def test_segments_period_and_rule_give_what_a_computation_from_the_rows_gives() -> None:
    frames = make_frames()
    frames["transactions"]["cogs"] = frames["transactions"]["cogs"].fillna(5.0)
    panel = opened(load(frames))
    first = next(control for control in panel.controls if control.id == "first_month").options
    last = next(control for control in panel.controls if control.id == "last_month").options
    assert (first, last) == (("2025-01", "2025-02", "2025-03", "2025-04", "2025-05", "2025-06"),) * 2
    for picked, names in ((("A",), ["A"]), (("A", UNKNOWN), ["A", None]), (("B", OTHER), ["B", "C", "D"])):
        found = ask(panel, segments=picked, first_month="2025-02", last_month="2025-04", rule="orders")[0]
        expected = by_hand(frames, names, range(2, 5))
        steps = {step.name: step.amount for step in found.steps}
        assert {name: steps[name] for name in expected} == pytest.approx(expected, abs=0.011)
        assert (found.first_on, found.is_last_partial) == ("2025-02-01", False)


def test_the_parts_add_up_to_the_whole_under_every_rule() -> None:
    panel = opened(load(make_frames()))
    for rule in next(control for control in panel.controls if control.id == "rule").options:
        whole = ask(panel, rule=rule, last_month="2025-03")[0]
        parts = [ask(panel, rule=rule, last_month="2025-03", segments=(name,))[0] for name in panel.groups]
        for name in ("net_revenue", "cost_to_serve", "contribution"):
            assert sum(part.amount(name) or 0.0 for part in parts) == pytest.approx(whole.amount(name), abs=0.03)
        assert sum(part.n_transactions for part in parts) == whole.n_transactions
        assert len({part.unallocated for part in parts}) == 1  # what is nobody's is no segment's either


def test_capacity_of_the_whole_period_is_shared_by_its_months() -> None:
    panel = opened(load(make_frames()))
    rules = panel._rules("contract", 0, 2)
    assert (rules["support"].capacity, panel._rules("contract", 0, 5)["support"].capacity) == (3_000.0, 6_000.0)


def test_nothing_picked_is_said_in_a_sentence_and_so_is_a_period_that_ends_first() -> None:
    panel = opened(load(make_frames()))
    for state, key in (
        ({"segments": ()}, "no_segment"),
        ({"first_month": "2025-05", "last_month": "2025-02"}, "no_period"),
    ):
        with pytest.raises(PanelError) as caught:
            ask(panel, **state)
        assert caught.value.key == key


def test_a_rule_that_the_months_have_no_numbers_for_is_said_in_a_sentence() -> None:
    frames = make_frames()
    yearly = pd.DataFrame({"cost_pool": ["support"], "amount": [900.0], "date": [date(2025, 1, 9)], "capacity": [6e4]})
    frames["costs"] = pd.concat([frames["costs"], yearly])
    panel = opened(load(frames, costs={"support": CostRule(rule="time_driven", driver="tickets")}))
    assert ask(panel)[0].idle > 0
    with pytest.raises(PanelError) as caught:
        ask(panel, first_month="2025-02")
    assert caught.value.key == "no_rule"


def test_too_few_customers_are_no_picture() -> None:
    frames = {name: frame for name, frame in make_frames().items() if name == "transactions"}
    panel = opened(load(frames, costs={}, disclosure=Disclosure(smallest_group=50)))
    with pytest.raises(PanelError) as caught:
        ask(panel)
    assert (caught.value.key, caught.value.args_said) == ("too_few", {"n": 50})


def test_small_segments_and_a_few_without_one_are_picked_together() -> None:
    segments = pd.Series([*"A" * 9, *"B" * 7, *"C" * 3, None, None])
    shown, group = group_customers(segments, 5)
    assert group.value_counts().to_dict() == {"A": 9, "B": 7, OTHER: 5}  # C is small, and so are those without
    assert shown.equals(group)
    shown, group = group_customers(pd.Series([*"A" * 9, *"B" * 7, None]), 5)
    assert group.value_counts().to_dict() == {"A": 9, OTHER: 8}  # else all less A and B would be the one without
    assert shown.equals(group)  # as the chapter shows it
    shown, group = group_customers(pd.Series([*"A" * 9, *"B" * 7, *[None] * 5]), 5)
    assert group.value_counts().to_dict() == {"A": 9, "B": 7, UNKNOWN: 5}
    assert shown.isna().sum() == 5
    _, group = group_customers(pd.Series([None] * 3, dtype=object), 5)
    assert set(group) == {UNKNOWN}


def losing(**losers: int) -> SegmentPanel:
    """A client of three segments of 20 customers; so many in each lose, all others earn, and no two the same."""
    rows = []
    for segment in "ABC":
        for place in range(20):
            amount = -float(place + 1) if place < losers[segment] else 1000.0 + place
            rows.append({"customer_id": f"{segment}{place}", "net_revenue": 2000.0, "cogs": 2000.0 - amount})
    lines = pd.DataFrame(rows).assign(transaction_id=[str(place) for place in range(60)])
    customers = lines[["customer_id"]].assign(segment=lines["customer_id"].str[0])
    return opened(load({"transactions": lines, "customers": customers}, costs={}))


@pytest.mark.parametrize(
    ("losers", "told"),
    [
        ({"A": 6, "B": 7, "C": 0}, ["A", "B", "C", "AB", "AC", "BC", "ABC"]),
        ({"A": 6, "B": 1, "C": 0}, ["ABC"]),  # A alone, and then all, would tell the loser of B
        ({"A": 6, "B": 3, "C": 2}, ["A", "ABC"]),  # what A leaves are five: enough, and never told apart
        ({"A": 6, "B": 19, "C": 0}, ["ABC"]),  # all but one lose: what B earns is one customer's
    ],
)
def test_losses_are_told_only_where_no_two_choices_are_a_few_losers_apart(
    losers: dict[str, int], told: list[str]
) -> None:
    panel, found = losing(**losers), []
    for picked in ("A", "B", "C", "AB", "AC", "BC", "ABC"):
        whale = ask(panel, segments=tuple(picked))[1]
        curve, ids = whale.curve, {finding.id for finding in whale.findings()}
        exhibit = present(whale, Language("en", "SEK"), "#1f5f8b")
        is_told = "profitability.n_loss_customers" in ids
        said = " ".join((*exhibit.sentences, *(kpi.label for kpi in exhibit.kpis)))
        assert is_told == ("more than" in said)
        if is_told:
            found.append(picked)
            continue
        assert not ids & {"profitability.loss_total", "profitability.whale_peak_share"}
        assert any("left out here" in note for note in exhibit.notes)
        begins = (curve.n_customers - curve.n_loss_customers) / curve.n_customers
        inside = [share for share in curve.customer_shares if 0 < share < 1]
        assert all(abs(share - begins) * curve.n_customers > 4.5 for share in inside)
    assert found == told


def test_periods_are_steps_in_which_no_group_has_few_buyers() -> None:
    frames = make_frames()
    lines = frames["transactions"]
    small = lines["customer_id"].isin([f"K{place}" for place in range(16, 30)])
    lines = lines[~small | lines["date"].map(lambda day: day.month in (1, 4))]
    panel = opened(load(frames | {"transactions": lines}))
    first, last = (next(c for c in panel.controls if c.id == name).options for name in ("first_month", "last_month"))
    assert (first, last) == (("2025-01", "2025-02"), ("2025-01", "2025-06"))
    for begins, ends in zip(first, last, strict=True):
        for group in panel.groups:
            assert ask(panel, segments=(group,), first_month=begins, last_month=ends)[1].curve.n_customers >= 5


def test_cost_without_a_date_belongs_to_no_month_so_that_none_can_be_picked() -> None:
    frames = make_frames()
    frames["costs"].loc[3, "date"] = None
    assert {control.id for control in opened(load(frames)).controls} == {"segments", "rule"}


PANEL = opened(load(make_frames()))
LEDGER = reduce_ledger(load(make_frames())).customers


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(PANEL.groups), unique=True),
    *(st.sampled_from(control.options) for control in PANEL.controls[1:]),
)
def test_every_setting_gives_finite_numbers_or_a_sentence(
    segments: list[str], first: str, last: str, rule: str
) -> None:
    try:
        found = ask(PANEL, segments=segments, first_month=first, last_month=last, rule=rule)
    except PanelError as error:
        is_said = {"no_segment": not segments, "no_period": first > last}
        assert is_said[error.key]  # noqa: PT017
        return
    for result in found:
        block = json.loads(json.dumps(to_block(result), allow_nan=False))
        assert from_block(block)[0] == result
        assert all(finding.value is None or math.isfinite(finding.value) for finding in result.findings())
    assert found[0].n_customers <= len(LEDGER)


def test_no_customer_can_be_read_from_the_panel() -> None:
    shown = repr(PANEL)
    assert not [name for name in LEDGER["customer_id"] if f"'{name}'" in shown]
