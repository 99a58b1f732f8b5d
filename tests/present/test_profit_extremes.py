"""What the profit chapter says of clients at the edge: one customer, one year, returns alone, too few for a group."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from gtmlib.analyses.cost_trust import CostTrust
from gtmlib.analyses.lifetime import LifetimeValue, Value
from gtmlib.analyses.margins import MarginCell, Margins
from gtmlib.analyses.profitability import SegmentProfit, Segments, Whale
from gtmlib.analyses.reconciliation import reconcile_ledger
from gtmlib.analyses.reductions import OTHER
from gtmlib.analyses.retention import Retention, Staying, Survival
from gtmlib.analyses.waterfall import analyse_waterfall
from gtmlib.data.engagement import CostRule
from gtmlib.data.load import load_frames
from gtmlib.present.exhibit import Exhibit
from gtmlib.present.exhibits import present
from gtmlib.present.language import Language
from gtmlib.present.sentences import describe_finding
from gtmlib.stats.concentration import estimate_whale_curve
from gtmlib.stats.means import estimate_mean
from gtmlib.stats.retention import cohort_triangle


def shown(result: Any, code: str = "en") -> Exhibit:
    return present(result, Language(code, "SEK"), "#1f5f8b")


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def whale(*contributions: float) -> Whale:
    curve = estimate_whale_curve(contributions)
    return Whale(curve=curve, gini=None, herfindahl=None, effective_number=None, measure="contribution", currency="SEK")


def test_a_single_customer_is_not_spoken_of_as_many() -> None:
    assert (
        shown(whale(-3.0)).title
        == "The only customer contributes −SEK\N{NO-BREAK SPACE}3: there is no profit to share out"
    )
    assert shown(whale(3.0)).sentences[0] == "The only customer costs no more than it brings."
    assert shown(whale(3.0), "sv").sentences[0] == "Den enda kunden kostar inte mer än den ger."


def segment(name: str, amount: float, net_revenue: float = 100.0) -> SegmentProfit:
    mean = estimate_mean(2, amount, amount**2)
    return SegmentProfit(segment=name, net_revenue=net_revenue, contribution=amount, mean=mean)


def segments(*rows: SegmentProfit) -> Segments:
    return Segments(
        rows=rows, n_without_segment=0, contribution_without_segment=0.0, is_spread_known=False, smallest_group=5,
        measure="contribution", currency="SEK",
    )  # fmt: skip


@pytest.mark.parametrize(("rows", "title"), [
    ((segment("A", 90.0), segment(OTHER, -500.0)), "The segments together give −SEK 410 (contribution)"),
    ((segment("A", 0.0), segment("B", 0.0)), "The segments together give SEK 0 (contribution)"),
    ((segment("A", 90.0), segment("B", -100.0)), "The segment B loses SEK 100"),
])  # fmt: skip
def test_no_segment_is_said_to_lose_what_another_lost(rows: tuple[SegmentProfit, ...], title: str) -> None:
    assert plain(shown(segments(*rows)).title) == title


def test_a_share_of_negative_revenue_is_not_shown() -> None:
    table = shown(segments(segment("A", -50.0, net_revenue=-100.0), segment("B", 5.0))).table
    assert table is not None
    assert [row[4] for row in table.rows] == [0.05, None]


def trust(**given: Any) -> CostTrust:
    amounts = {"cogs": 100.0, "by_unit_cost": 0.0, "by_cell_ratio": 0.0, "by_segment_ratio": 0.0}
    nothing = {"n_imputed": 0, "n_unpriced": 0, "unpriced_revenue": 0.0, "unallocated": 0.0}
    return CostTrust(**{
        "n_transactions": 10, **amounts, **nothing, "segments": (), "by_cost": None, "by_spread": None,
        "measure": "contribution", "currency": "SEK", **given,
    })  # fmt: skip


@pytest.mark.parametrize(("given", "title"), [
    ({}, "Every sale has its cost: nothing is estimated"),
    ({"n_unpriced": 2, "unpriced_revenue": 7.0}, "Nothing is estimated, but the cost of 2 sales is not known"),
    ({"n_imputed": 1, "by_cell_ratio": 0.01}, "0.0% of cost of goods is estimated: SEK 0"),
    ({"n_imputed": 1, "by_cell_ratio": 25.0}, "25.0% of cost of goods is estimated: SEK 25"),
    ({"n_imputed": 1, "by_cell_ratio": 25.0, "cogs": -5.0}, "Cost of goods of SEK 25 is estimated"),
    ({"n_imputed": 1, "by_cell_ratio": -25.0}, "Cost of goods of −SEK 25 is estimated"),
])  # fmt: skip
def test_every_sale_has_its_cost_only_where_it_has(given: dict[str, Any], title: str) -> None:
    assert plain(shown(trust(**given)).title) == title


def test_rules_that_cancel_out_are_still_said() -> None:
    said = shown(trust(n_imputed=2, by_unit_cost=25.0, by_segment_ratio=-25.0)).sentences
    assert "50% of the amount from what a unit" in said[0]


def test_an_estimate_of_returned_goods_is_an_amount_and_no_negative_share() -> None:
    lines = [("1", 100.0, 60.0), ("2", -100.0, -60.0), ("3", -50.0, None)]
    sales = pd.DataFrame(lines, columns=["transaction_id", "net_revenue", "cogs"]).assign(customer_id="K1")
    waterfall = analyse_waterfall(load_frames({"transactions": sales}))
    note = "Cost of goods of −SEK 10 was missing and is estimated."
    assert note in map(plain, shown(replace(waterfall, imputed_cogs=-10.0)).notes)
    assert not any("%" in text and "estimated" in text for text in shown(replace(waterfall, imputed_cogs=5.0)).notes)


def test_a_pool_whose_rows_all_name_a_customer_has_no_capacity_to_speak_of() -> None:
    sales = {"transaction_id": ["1"], "customer_id": "K1", "net_revenue": 90.0, "cogs": 40.0}
    costs = {"cost_pool": ["service"], "customer_id": "K1", "amount": 5.0}
    rules = {"service": CostRule(rule="time_driven", driver="orders", minutes_each=3.0, capacity=10.0)}
    ledger = reconcile_ledger(
        load_frames({"transactions": pd.DataFrame(sales), "costs": pd.DataFrame(costs)}, costs=rules)
    )
    assert [pool.used_share for pool in ledger.pools] == [None]
    assert len(shown(ledger).notes) == 1


def margins(share: float, *cells: MarginCell) -> Margins:
    names = {"segments": ("A",) if cells else (), "products": tuple(cell.product for cell in cells)}
    return Margins(**names, cells=cells, n_products=30, shown_share=share, smallest_group=5, currency="SEK")


def test_products_are_called_too_many_only_where_they_are() -> None:
    assert shown(margins(0.1)).title.startswith("30 products share the revenue so evenly")
    assert shown(margins(0.9)).title == "Too few customers buy each product for a comparison"


def test_one_margin_has_no_other_end() -> None:
    pump = MarginCell(segment="A", product="Pump", n_customers=9, rate=0.2)
    assert shown(margins(0.9, pump)).sentences == ()
    assert "Valve in A leaves 50.0%" in shown(margins(0.9, pump, replace(pump, product="Valve", rate=0.5))).sentences[0]


def test_a_segment_that_was_followed_for_less_time_stays_in_the_table() -> None:
    row = Staying(segment="Old", n=9, months=6, share=0.9, ci_low=0.8, ci_high=1.0)
    rows = [row, replace(row, months=12, share=0.7), replace(row, segment="New", n=7)]
    rows.append(replace(rows[-1], months=12, share=None, ci_low=None, ci_high=None))
    exhibit = shown(Survival(staying=tuple(rows), gone_after_days=1, confidence_level=0.95))
    assert exhibit.table is not None
    assert exhibit.table.rows == (("Old", 9, 0.9, 0.7), ("New", 7, 0.9, None))
    assert exhibit.notes[0].startswith("A customer counts as gone after 1 day without")


def test_a_horizon_of_one_year_is_one_year() -> None:
    whole = Value(segment="", n=9, value=5.0, ci_low=None, ci_high=None)
    value = LifetimeValue(
        model="multiple", reason="few_repeaters", n_customers=150, n_repeaters=1, whole=whole, segments=(),
        measure="contribution", retention=None, n_years=1, discount_rate=0.1, confidence_level=0.95, currency="SEK",
    )  # fmt: skip
    exhibit = shown(value)
    assert plain(exhibit.title) == "A customer is worth SEK 5 over the next year"
    assert exhibit.sentences == ("Purchases are not modelled: only 1 customer has bought again, and it takes 30.",)
    assert exhibit.alt == ""  # there is no chart
    assert any("a horizon of 1 year," in note for note in exhibit.notes)
    assert "over the next 5 years" in shown(replace(value, n_years=5)).title


def test_the_first_month_after_a_purchase_is_one_month() -> None:
    triangle = cohort_triangle(["2025-01"], [10], [2], [[0, 0, 10], [0, 1, 4]])
    result = Retention(triangle=triangle, months_each=1, n_left_out=0, confidence_level=0.95)
    said = [describe_finding(finding, Language("en", "SEK")) for finding in result.findings()]
    assert said == ["Month 1 after the first purchase: 40.0% of customers buy."]
