"""Profitability: amounts that a reader can add up, what is unknown is said, and what no grouping may change."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gtmlib.analyses.contribution import reduce_ledger
from gtmlib.analyses.cost_trust import CostTrust, analyse_cost_trust
from gtmlib.analyses.profitability import Segments, Whale, analyse_segments, analyse_whale_curve, measure_of
from gtmlib.analyses.reductions import MissingData
from gtmlib.analyses.waterfall import Waterfall, analyse_waterfall
from gtmlib.data.engagement import Contract, Disclosure, Period
from gtmlib.data.load import Loaded, load_frames
from gtmlib.present.exhibits import present
from gtmlib.present.language import Language
from templates.demo.synth import Demo

from ..conftest import load_demo, value_of

Rows = list[dict[str, Any]]


def load(sales: Rows, costs: Rows = [], customers: Rows = [], **decided: Any) -> Loaded:  # noqa: B006
    """Tables from rows; a transaction's id is its place."""
    rows = [{"transaction_id": str(i), **sale} for i, sale in enumerate(sales)]
    costs = [{"cost_pool": "freight", **cost} for cost in costs]
    tables = {"transactions": rows, "costs": costs, "customers": customers}
    return load_frames({name: pd.DataFrame(found) for name, found in tables.items() if found}, **decided)


def steps(loaded: Loaded) -> dict[str, float]:
    waterfall = analyse_waterfall(loaded)
    assert isinstance(waterfall, Waterfall)
    return {step.name: step.amount for step in waterfall.steps}


SALES = [
    {"customer_id": "K1", "list_revenue": 100.0, "net_revenue": 90.0, "cogs": 40.0},
    {"customer_id": "K1", "list_revenue": -20.0, "net_revenue": -18.0, "cogs": -8.0},  # a return
    {"customer_id": "K2", "list_revenue": 50.0, "net_revenue": 50.0, "cogs": 45.0},
]
COSTS = [{"customer_id": "K1", "amount": 12.0}, {"customer_id": "K2", "amount": 9.0}, {"amount": 500.0}]


def test_the_waterfall_walks_from_list_revenue_to_contribution() -> None:
    assert steps(load(SALES, COSTS)) == {
        "list_revenue": 130, "discount": -8, "net_revenue": 122, "cogs": -77, "gross_profit": 45, "cost_to_serve": -21,
        "contribution": 24,
    }  # fmt: skip


def test_costs_of_no_customer_are_shown_apart_and_never_spread() -> None:
    waterfall = analyse_waterfall(load(SALES, COSTS))
    assert isinstance(waterfall, Waterfall)
    assert waterfall.unallocated == 500
    assert waterfall.steps[-1].amount == 24


@pytest.mark.parametrize(
    ("lacking", "unknown", "last"),
    [
        ((), (), ("contribution", 24)),
        (("list_revenue",), ("list_revenue",), ("contribution", 24)),
        (("costs",), ("cost_to_serve",), ("gross_profit", 45)),
        (("cogs",), ("cogs",), ("net_less_cost_to_serve", 101)),
        (("cogs", "costs"), ("cogs", "cost_to_serve"), ("net_revenue", 122)),
    ],
)
def test_what_the_data_lack_is_named_and_never_taken_as_zero(
    lacking: tuple[str, ...], unknown: tuple[str, ...], last: tuple[str, float]
) -> None:
    sales = [{name: value for name, value in row.items() if name not in lacking} for row in SALES]
    loaded = load(sales, [] if "costs" in lacking else COSTS)
    waterfall, whale = analyse_waterfall(loaded), analyse_whale_curve(loaded)
    assert isinstance(waterfall, Waterfall)
    assert isinstance(whale, Whale)
    assert waterfall.unknown == unknown
    assert (waterfall.steps[-1].name, waterfall.steps[-1].amount) == last
    assert whale.measure == measure_of(unknown) == last[0]
    assert whale.curve.total == last[1]


def test_sub_cent_amounts_are_rounded_once_after_summing_and_still_add_up() -> None:
    # Each row rounded to the cent would give 3 x 0.01 = 0.03; the exact sum is 0.0177, shown as 0.02.
    sales = [{"customer_id": "K1", "net_revenue": 0.0059, "cogs": 0.0026} for _ in range(3)]
    found = steps(load(sales, [{"customer_id": "K1", "amount": 0.0044}]))
    assert found["net_revenue"] == 0.02
    assert round(found["net_revenue"] + found["cogs"], 2) == found["gross_profit"]
    assert round(found["gross_profit"] + found["cost_to_serve"], 2) == found["contribution"]


def test_transactions_without_customer_or_amount_are_left_out_and_counted() -> None:
    sales = [*SALES, {"net_revenue": 70.0, "cogs": 1.0}, {"customer_id": "K2", "cogs": 5.0}]
    waterfall = analyse_waterfall(load(sales))
    assert isinstance(waterfall, Waterfall)
    assert (waterfall.n_transactions, waterfall.n_left_out) == (3, 2)
    assert waterfall.amount("net_revenue") == 122


def test_only_the_contracts_period_counts() -> None:
    sales = [{**row, "date": date(2025, month, 1)} for row, month in zip(SALES, (1, 2, 3), strict=True)]
    costs = [{**row, "date": date(2025, 1, 31)} for row in COSTS]
    period = Period(starts_on=date(2025, 2, 1), ends_on=date(2025, 3, 1))
    waterfall = analyse_waterfall(load(sales, costs, period=period))
    assert isinstance(waterfall, Waterfall)
    assert waterfall.amount("net_revenue") == 32  # -18 + 50; both ends of the period are in it
    assert waterfall.unallocated == 0


def test_a_period_without_sales_asks_for_them_instead_of_failing() -> None:
    sales = [{**row, "date": date(2025, 1, 1)} for row in SALES]
    customers = [{"customer_id": "K1", "segment": "A"}]
    loaded = load(sales, customers=customers, period=Period(starts_on=date(2024, 1, 1), ends_on=date(2024, 12, 31)))
    for analyse in (analyse_waterfall, analyse_segments, analyse_whale_curve):
        assert analyse(loaded) == MissingData(chapter="profitability", needed=("transactions",))


def test_customers_without_any_segment_ask_for_it() -> None:
    loaded = load(SALES, customers=[{"customer_id": "K9", "segment": "A"}])
    assert analyse_segments(loaded) == MissingData(chapter="profitability", needed=("customers.segment",))


def test_a_missing_cost_is_the_products_unit_cost_else_a_ratio_within_its_segment() -> None:
    sales = [
        # Product P costs 4 a unit everywhere: 10 units cost 40, whatever they were sold for.
        {"customer_id": "A1", "product": "P", "quantity": 5.0, "net_revenue": 100.0, "cogs": 20.0},
        {"customer_id": "A1", "product": "P", "quantity": 10.0, "net_revenue": 120.0, "cogs": None},
        # Product Q has no quantity: A pays 50 % of net for it, B 80 %; no ratio moves from one segment to the other.
        {"customer_id": "A1", "product": "Q", "net_revenue": 200.0, "cogs": 100.0},
        {"customer_id": "B1", "product": "Q", "net_revenue": 100.0, "cogs": 80.0},
        {"customer_id": "A1", "product": "Q", "net_revenue": 10.0, "cogs": None},
        {"customer_id": "B1", "product": "Q", "net_revenue": 10.0, "cogs": None},
        # Product R was never costed: segment B's own ratio, 80 / 100 (the rows above that were imputed don't count).
        {"customer_id": "B1", "product": "R", "net_revenue": 50.0, "cogs": None},
    ]
    customers = [{"customer_id": "A1", "segment": "A"}, {"customer_id": "B1", "segment": "B"}]
    loaded = load(sales, customers=customers)
    rows = reduce_ledger(loaded).customers.set_index("customer_id")
    assert rows.loc["A1", "imputed_cogs"] == 40 + 5
    assert rows.loc["B1", "imputed_cogs"] == 8 + 40
    assert rows.loc["A1", "cogs"] == 20 + 100 + 45
    waterfall = analyse_waterfall(loaded)
    assert isinstance(waterfall, Waterfall)
    assert waterfall.imputed_cogs == 93


def test_a_customer_with_costs_and_no_sales_is_part_of_the_loss() -> None:
    whale = analyse_whale_curve(load(SALES, [*COSTS, {"customer_id": "K3", "amount": 30.0}]))
    assert isinstance(whale, Whale)
    assert (whale.curve.n_customers, whale.curve.n_loss_customers) == (3, 2)
    assert whale.curve.loss_total == -34  # K2: 50 - 45 - 9, and K3


def sales_of(sizes: dict[str, int]) -> tuple[Rows, Rows]:
    customers = [{"customer_id": f"{name}{i}", "segment": name} for name, n in sizes.items() for i in range(n)]
    return [{"customer_id": row["customer_id"], "net_revenue": 10.0, "cogs": 4.0} for row in customers], customers


def test_segments_below_the_floor_are_folded_together_and_never_shown_alone() -> None:
    sales, customers = sales_of({"Large": 9, "Small": 3, "Tiny": 2})
    segments = analyse_segments(load(sales, customers=customers))
    assert isinstance(segments, Segments)
    assert {row.segment: (row.mean.n, row.contribution) for row in segments.rows} == {
        "Large": (9, 54),
        "other": (5, 30),
    }


def test_one_small_segment_takes_the_next_larger_with_it_so_that_no_total_gives_it_away() -> None:
    sales, customers = sales_of({"Large": 9, "Middle": 6, "Tiny": 2})
    segments = analyse_segments(load(sales, customers=customers))
    assert isinstance(segments, Segments)
    assert {row.segment: row.mean.n for row in segments.rows} == {"Large": 9, "other": 8}


def test_fewer_than_three_customers_have_a_mean_and_no_interval() -> None:
    sales, customers = sales_of({"Large": 9, "Pair": 2})
    segments = analyse_segments(load(sales, customers=customers, disclosure=Disclosure(smallest_group=2)))
    assert isinstance(segments, Segments)
    pair = next(row for row in segments.rows if row.segment == "Pair")
    assert (pair.mean.mean, pair.mean.ci_low, pair.mean.ci_high) == (6, None, None)


def test_customers_without_a_segment_are_counted_apart() -> None:
    sales, customers = sales_of({"A": 5, "B": 5})
    sales += [{"customer_id": f"unknown {place}", "net_revenue": 100.0, "cogs": 30.0} for place in range(5)]
    segments = analyse_segments(load(sales, customers=customers))
    assert isinstance(segments, Segments)
    assert (segments.n_without_segment, segments.contribution_without_segment) == (5, 350)
    assert sum(row.contribution for row in segments.rows) == 60


def test_a_few_customers_without_a_segment_can_not_be_told_by_taking_the_segments_from_the_total() -> None:
    sales, customers = sales_of({"A": 6, "B": 5})
    sales += [{"customer_id": "unknown", "net_revenue": 100.0, "cogs": 30.0}]
    loaded = load(sales, customers=customers)
    segments, trust = analyse_segments(loaded), analyse_cost_trust(loaded)
    assert isinstance(segments, Segments)
    assert isinstance(trust, CostTrust)
    assert {row.segment: row.mean.n for row in segments.rows} == {"A": 6, "other": 6}
    assert {row.segment for row in trust.segments} == {"A", "other"}
    assert (segments.n_without_segment, segments.contribution_without_segment) == (0, 0)
    assert sum(row.contribution for row in segments.rows) == 136
    notes = present(segments, Language("en", "SEK"), "#1f5f8b").notes
    assert any("customers without a segment" in note for note in notes)


# An example takes a third of a second, so that shrinking one would take minutes.
EXAMPLES = settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])
CENTS = st.integers(-1_000_000, 1_000_000).map(lambda cents: cents / 100)
LINES = st.lists(st.tuples(st.integers(0, 11), CENTS, CENTS, CENTS), min_size=1, max_size=30)
GROUPINGS = st.lists(st.sampled_from("ABC"), min_size=12, max_size=12)


def load_lines(lines: list[tuple[int, float, float, float]], grouping: list[str]) -> Loaded:
    sales = [
        {"customer_id": f"K{who}", "list_revenue": list_, "net_revenue": net, "cogs": cogs}
        for who, list_, net, cogs in lines
    ]
    customers = [{"customer_id": f"K{who}", "segment": name} for who, name in enumerate(grouping)]
    return load(sales, [{"customer_id": "K1", "amount": 7.25}], customers, disclosure=Disclosure(smallest_group=2))


@EXAMPLES
@given(LINES, GROUPINGS, GROUPINGS)
def test_totals_survive_any_grouping_into_segments(
    lines: list[tuple[int, float, float, float]], grouping: list[str], other: list[str]
) -> None:
    first, second = analyse_segments(load_lines(lines, grouping)), analyse_segments(load_lines(lines, other))
    assert isinstance(first, Segments)
    assert isinstance(second, Segments)
    expected = sum(net for _, _, net, _ in lines) - sum(cogs for *_, cogs in lines) - 7.25
    for segments in (first, second):
        assert sum(row.contribution for row in segments.rows) == pytest.approx(expected, abs=0.005)
        assert sum(row.mean.n for row in segments.rows) == len({who for who, *_ in lines} | {1})


@EXAMPLES
@given(LINES, GROUPINGS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(
    lines: list[tuple[int, float, float, float]], grouping: list[str], random: Any
) -> None:
    shuffled = random.sample(lines, len(lines))
    assert steps(load_lines(lines, grouping)) == steps(load_lines(shuffled, grouping))
    first, second = (analyse_whale_curve(load_lines(rows, grouping)) for rows in (lines, shuffled))
    assert first == second


@EXAMPLES
@given(LINES, GROUPINGS)
def test_each_total_of_the_waterfall_is_the_one_before_it_and_the_steps_between(
    lines: list[tuple[int, float, float, float]], grouping: list[str]
) -> None:
    waterfall = analyse_waterfall(load_lines(lines, grouping))
    assert isinstance(waterfall, Waterfall)
    changes = [at for at, step in enumerate(waterfall.steps) if not step.is_total]
    assert len(changes) == 3
    for at in changes:
        before, change, after = (step.amount for step in waterfall.steps[at - 1 : at + 2])
        assert round(before + change, 2) == after
    assert waterfall.steps[-1].amount == pytest.approx(sum(net - cogs for _, _, net, cogs in lines) - 7.25, abs=0.005)


def test_the_demo_loses_money_on_some_customers_and_earns_on_all_together(demo: Demo, demo_contract: Contract) -> None:
    loaded = load_demo(demo, demo_contract)
    whale, waterfall = analyse_whale_curve(loaded), analyse_waterfall(loaded)
    assert isinstance(whale, Whale)
    assert isinstance(waterfall, Waterfall)
    total = value_of(waterfall.findings(), "profitability.total_contribution")
    assert whale.curve.total == pytest.approx(total, abs=0.005)
    assert whale.curve.n_loss_customers > 10
    assert value_of(whale.findings(), "profitability.whale_peak_share") > 1
    assert value_of(waterfall.findings(), "profitability.waterfall", step="contribution") == total
    assert waterfall.unallocated == 24 * (165_000 + 120_000)
