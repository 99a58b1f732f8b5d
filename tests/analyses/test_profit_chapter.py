"""Acceptance of issue 3 at the level of analyses: every cent has its place, missing cost, change, value, and both
languages."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtmlib.analyses.bridge import PeriodBridge, analyse_bridge
from gtmlib.analyses.cost_trust import CostTrust, analyse_cost_trust
from gtmlib.analyses.ideal import CoreCustomers, analyse_core_customers, list_look_alikes
from gtmlib.analyses.lifetime import LifetimeValue, analyse_lifetime
from gtmlib.analyses.margins import Margins, analyse_margins
from gtmlib.analyses.profitability import Segments, Whale, analyse_segments, analyse_whale_curve
from gtmlib.analyses.reconciliation import Reconciled, reconcile_ledger
from gtmlib.analyses.reductions import MissingData
from gtmlib.analyses.retention import Retention, analyse_retention, analyse_survival
from gtmlib.analyses.waterfall import Waterfall, analyse_waterfall
from gtmlib.data.engagement import CostRule, LedgerTotals, Period, Periods, parse_contract, read_engagement
from gtmlib.data.load import Loaded, load_frames, load_tables
from gtmlib.errors import ContractError, DataError, ParameterError
from gtmlib.present.blocks import from_block, to_block
from gtmlib.present.exhibits import present
from gtmlib.present.language import Language
from gtmlib.present.sentences import describe_finding

from ..conftest import ROOT, value_of

ALL: tuple[Callable[[Loaded], Any], ...] = (
    analyse_waterfall,
    reconcile_ledger,
    analyse_segments,
    analyse_margins,
    analyse_whale_curve,
    analyse_cost_trust,
    analyse_bridge,
    analyse_retention,
    analyse_survival,
    analyse_lifetime,
    analyse_core_customers,
)
Rows = list[dict[str, Any]]


def load(sales: Rows, **tables: Any) -> Loaded:
    """Tables from rows (a transaction's id is its place); other arguments are parts of the contract."""
    frames = {"transactions": [{"transaction_id": str(i), **sale} for i, sale in enumerate(sales)]}
    names = ("costs", "customers", "drivers", "rates", "acquisition", "contracts")
    frames |= {name: tables.pop(name) for name in names if name in tables}
    return load_frames({name: pd.DataFrame(rows) for name, rows in frames.items()}, **tables)


def found(kind: type, result: Any) -> Any:
    assert isinstance(result, kind), result
    return result


def present_all(loaded: Loaded) -> dict[str, list[str]]:
    """Present every result in both languages, by way of its block; give the titles."""
    titles = {}
    for analyse in ALL:
        result = analyse(loaded)
        block = json.loads(json.dumps(to_block(result), allow_nan=False))
        assert from_block(block)[0] == result
        titles[analyse.__name__] = []
        for code in ("en", "sv"):
            language = Language(code, loaded.engagement.contract.currency)
            if not isinstance(result, MissingData):
                exhibit = present(result, language, "#1f5f8b")
                assert exhibit.title
                titles[analyse.__name__].append(exhibit.title)
            for finding in result.findings():
                assert describe_finding(finding, language)
    return titles


# --- Cost to serve and the ledger

SALES = [
    {"customer_id": "K1", "net_revenue": 100.0, "cogs": 40.0, "date": date(2025, 3, 1)},
    {"customer_id": "K2", "net_revenue": 300.0, "cogs": 100.0, "date": date(2025, 3, 2)},
    {"customer_id": None, "net_revenue": 7.5, "cogs": 2.5, "date": date(2025, 3, 2)},  # a sale without customer
]
COSTS = [
    {"cost_pool": "freight", "amount": 10.0, "customer_id": "K1"},
    {"cost_pool": "freight", "amount": 5.0, "customer_id": "K3"},  # a customer without sales
    {"cost_pool": "service", "amount": 560.0, "customer_id": None},
    {"cost_pool": "packing", "amount": 100.0, "customer_id": None},
    {"cost_pool": "rent", "amount": 30.0, "customer_id": None},
]
DRIVERS = [
    {"customer_id": "K1", "driver": "cartons", "quantity": 3.0, "minutes_each": None},
    {"customer_id": "K2", "driver": "cartons", "quantity": 6.0, "minutes_each": None},
    {"customer_id": "stray", "driver": "cartons", "quantity": 1.0, "minutes_each": None},
    {"customer_id": "K1", "driver": "tickets", "quantity": 10.0, "minutes_each": 30.0},
    {"customer_id": "K2", "driver": "tickets", "quantity": 5.0, "minutes_each": 20.0},
]
RULES = {
    "packing": CostRule(rule="driver", driver="cartons"),
    "service": CostRule(rule="time_driven", driver="tickets", capacity=700.0),
}


def test_cost_pools_follow_their_rules_and_every_cent_keeps_its_place() -> None:
    ledger = found(Reconciled, reconcile_ledger(load_with_rules()))
    pools = {pool.name: pool for pool in ledger.pools}
    # 400 of 700 minutes are used, at 0.80 a minute: 240 and 80 are charged, 240 is idle and nobody's.
    assert (pools["service"].assigned, pools["service"].idle) == (320.0, 240.0)
    # Ten cartons at 10: one of them is a stray's.
    assert (pools["packing"].assigned, pools["packing"].unmatched) == (90.0, 10.0)
    assert pools["rent"].unallocated == 30.0
    assert {row.name: row.amount for row in ledger.rows} == {
        "customers": 400 - 140 - 15 - 90 - 320,
        "unmatched": 7.5 - 2.5 - 10,
        "unallocated": -30,
        "idle": -240,
    }
    assert ledger.ledger == 407.5 - 142.5 - 705
    assert (ledger.difference, ledger.is_reconciled) == (0.0, True)


def load_with_rules(**decided: Any) -> Loaded:
    frames = {
        "transactions": pd.DataFrame([{"transaction_id": str(i), **sale} for i, sale in enumerate(SALES)]),
        "costs": pd.DataFrame(COSTS),
        "drivers": pd.DataFrame(DRIVERS),
    }
    return load_frames(frames, **{"costs": RULES, **decided})


def test_the_clients_own_figures_are_held_beside_ours() -> None:
    own = LedgerTotals(net_revenue=407.5, contribution=-400.0)
    ledger = found(Reconciled, reconcile_ledger(load_with_rules(ledger_totals=own)))
    assert [(row.name, row.ours - row.theirs) for row in ledger.compared] == [("net_revenue", 0), ("contribution", -40)]
    exhibit = present(ledger, Language("en", "SEK"), "#1f5f8b")
    assert "and so is ours" in exhibit.sentences[0]
    assert "40.00 less" in exhibit.sentences[1]


def test_an_unknown_driver_names_the_nearest_and_an_unknown_pool_too() -> None:
    with pytest.raises(ParameterError, match="did you mean 'cartons'"):
        reconcile_ledger(load_with_rules(costs={"packing": CostRule(rule="driver", driver="carton")}))
    with pytest.raises(ParameterError, match="did you mean 'packing'"):
        reconcile_ledger(load_with_rules(costs={"pakcing": CostRule(rule="driver", driver="cartons")}))


def test_acquisition_spend_follows_contribution_and_leaves_it_as_it_is() -> None:
    loaded = load(SALES, costs=COSTS, acquisition=[{"period": "2025-Q1", "spend": 50.0}])
    waterfall = found(Waterfall, analyse_waterfall(loaded))
    assert [step.name for step in waterfall.steps][-3:] == ["contribution", "acquisition", "after_acquisition"]
    assert waterfall.left == 400 - 140 - 15
    assert waterfall.steps[-1].amount == waterfall.left - 50
    assert value_of(waterfall.findings(), "profitability.total_contribution") == waterfall.left


CENTS = st.integers(-1_000_000, 1_000_000).map(lambda cents: cents / 100)
POSITIVE = st.integers(0, 1_000_000).map(lambda cents: cents / 100)
SALE = st.tuples(st.one_of(st.none(), st.integers(0, 5)), st.one_of(st.none(), CENTS), st.one_of(st.none(), CENTS))
COST = st.tuples(st.one_of(st.none(), st.integers(3, 8)), POSITIVE, st.sampled_from(["freight", "packing", "service"]))
UNIT = st.tuples(st.integers(4, 12), st.sampled_from(["cartons", "tickets"]), st.integers(0, 9))


@settings(max_examples=12, deadline=None)
@given(st.lists(SALE, min_size=1, max_size=20), st.lists(COST, max_size=12), st.lists(UNIT, min_size=1, max_size=8))
def test_customers_unallocated_idle_and_unmatched_are_the_ledger_to_the_cent(
    sales: list[Any], costs: list[Any], units: list[Any]
) -> None:
    named = lambda who: None if who is None else f"K{who}"  # noqa: E731
    tables = {
        "transactions": pd.DataFrame(
            {
                "transaction_id": [str(i) for i in range(len(sales) + 1)],
                "customer_id": ["K0", *(named(who) for who, _, _ in sales)],  # one sale that is whole
                "net_revenue": [10.0, *(net for _, net, _ in sales)],
                "cogs": [4.0, *(cogs for *_, cogs in sales)],
            }
        ),
        "customers": pd.DataFrame({"customer_id": [f"K{who}" for who in range(10)], "segment": list("AB") * 5}),
        "drivers": pd.DataFrame(
            {
                "customer_id": ["K0", "K0", *(named(who) for who, _, _ in units)],
                "driver": ["cartons", "tickets", *(driver for _, driver, _ in units)],
                "quantity": [1.0, 1.0, *(float(n) for *_, n in units)],
            }
        ),
    }
    pools = [("K0", 1.0, "freight"), (None, 2.0, "packing"), (None, 3.0, "service")]
    pools += [(named(who), amount, pool) for who, amount, pool in costs]
    columns = dict(zip(("customer_id", "amount", "cost_pool"), zip(*pools, strict=True), strict=True))
    tables["costs"] = pd.DataFrame(columns)
    rules = {
        "packing": CostRule(rule="driver", driver="cartons", rate=0.37),
        "service": CostRule(rule="time_driven", driver="tickets", minutes_each=7.0, capacity=100.0),
    }
    ledger = found(Reconciled, reconcile_ledger(load_frames(tables, costs=rules)))
    net = sum(net or 0 for _, net, _ in sales) + 10
    cogs = sum(cogs or 0 for *_, cogs in sales) + 4
    assert ledger.ledger == pytest.approx(net - cogs - sum(amount for _, amount, _ in pools), abs=0.005)
    assert ledger.is_reconciled
    assert ledger.difference == 0


@pytest.mark.parametrize(("name", "total"), [("superstore", 286_397.02), ("northwind", 1_200_850.35)])
def test_real_ledgers_reconcile_to_the_cent(name: str, total: float, shared_data: Path) -> None:
    loaded = load_tables(read_engagement(ROOT / "tests" / "engagements" / name, shared_data))
    ledger = found(Reconciled, reconcile_ledger(loaded))
    assert (ledger.ledger, ledger.difference, ledger.is_reconciled) == (total, 0.0, True)
    present_all(loaded)


# --- Missing cost


def test_superstore_without_thirty_percent_of_its_costs_is_within_two_percent(shared_data: Path) -> None:
    frame = pd.read_csv(shared_data / "superstore.csv", encoding="utf-8")
    sales = pd.DataFrame(
        {
            "transaction_id": frame["Row ID"].astype(str),
            "customer_id": frame["Customer ID"],
            "product": frame["Product ID"] + " " + frame["Product Name"],
            "quantity": frame["Quantity"].astype(float),
            "net_revenue": frame["Sales"],
            "cogs": frame["Sales"] - frame["Profit"],
        }
    )
    customers = frame[["Customer ID", "Segment"]].drop_duplicates().set_axis(["customer_id", "segment"], axis=1)
    truth = {"Consumer": 134_119.21, "Corporate": 91_979.13, "Home Office": 60_298.68}
    for seed in range(10):
        is_missing = np.random.default_rng(seed).random(len(sales)) < 0.3
        thin = sales.assign(cogs=sales["cogs"].mask(is_missing))
        loaded = load_frames({"transactions": thin, "customers": customers}, currency="USD")
        segments = found(Segments, analyse_segments(loaded))
        for row in segments.rows:
            assert abs(row.contribution - truth[row.segment]) < 0.02 * row.net_revenue, (seed, row.segment)
    trust = found(CostTrust, analyse_cost_trust(loaded))
    assert trust.n_imputed + trust.n_unpriced == is_missing.sum()
    assert 0.25 < trust.imputed_share < 0.35
    assert "It is never taken as zero but estimated" in present(trust, Language("en", "USD"), "#1f5f8b").sentences[0]


def test_a_sale_whose_cost_nothing_tells_is_in_no_figure_and_is_said() -> None:
    sales = [
        {"customer_id": "A1", "product": "P", "net_revenue": 100.0, "cogs": 60.0},
        {"customer_id": "B1", "product": "Q", "net_revenue": 40.0, "cogs": None},  # segment B has no cost at all
    ]
    customers = [{"customer_id": "A1", "segment": "A"}, {"customer_id": "B1", "segment": "B"}]
    loaded = load(sales, customers=customers)
    waterfall, ledger = analyse_waterfall(loaded), found(Reconciled, reconcile_ledger(loaded))
    assert (waterfall.n_unpriced, waterfall.left) == (1, 40)
    assert {row.name: row.amount for row in ledger.rows} == {"customers": 40, "unpriced": 40}
    assert ledger.ledger == 80


def test_the_order_of_segments_under_other_costs_is_said_in_words(loaded_demo: Loaded) -> None:
    trust = found(CostTrust, analyse_cost_trust(loaded_demo))
    assert trust.unallocated == 24 * (165_000 + 120_000)
    assert set(trust.segments[0].by_spread) == {"revenue", "orders", "customers"}
    for basis in ("revenue", "orders", "customers"):
        spread = sum(row.contribution - row.by_spread[basis] for row in trust.segments)
        assert spread == pytest.approx(trust.unallocated, rel=0.01)  # the rest is one customer's without segment
    sentences = present(trust, Language("en", "SEK"), "#1f5f8b").sentences
    assert any("the order of the 4 segments would stay the same" in text for text in sentences)


# --- Change, currencies, and time


def test_the_bridge_in_three_currencies_leaves_nothing_over() -> None:
    rng = np.random.default_rng(7)
    n = 400
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 731, n), unit="D")
    who = rng.integers(0, 40, n)
    sales = pd.DataFrame(
        {
            "transaction_id": [str(i) for i in range(n)],
            "customer_id": [f"K{i}" for i in who],
            "date": days.as_unit("us"),
            "net_revenue": rng.gamma(2, 500, n).round(2),
            "cogs": rng.gamma(2, 300, n).round(2),
            "currency": np.array(["SEK", "EUR", "NOK"])[who % 3],
        }
    )
    months = pd.date_range("2024-01-01", "2025-12-01", freq="MS").as_unit("us")
    rates = pd.concat(
        [pd.DataFrame({"currency": code, "date": months, "rate": rate * (1 + rng.uniform(-0.1, 0.1, len(months)))})
         for code, rate in (("EUR", 11.0), ("NOK", 0.98))]
    )  # fmt: skip
    loaded = load_frames({"transactions": sales, "rates": rates})
    bridge = found(PeriodBridge, analyse_bridge(loaded))
    assert abs(bridge.residual) < 1e-6 * abs(bridge.amount("after"))
    assert bridge.amount("currency") != 0
    changes = sum(step.amount for step in bridge.steps if not step.is_total)
    assert changes == pytest.approx(bridge.amount("after") - bridge.amount("before"), abs=0.005)


def test_amounts_are_converted_at_the_day_of_the_sale() -> None:
    sales = [
        {"customer_id": "K1", "net_revenue": 10.0, "cogs": 4.0, "date": date(2025, 1, 9), "currency": "EUR"},
        {"customer_id": "K1", "net_revenue": 10.0, "cogs": 4.0, "date": date(2025, 2, 9), "currency": "EUR"},
        {"customer_id": "K1", "net_revenue": 10.0, "cogs": 4.0, "date": date(2025, 2, 9), "currency": "SEK"},
    ]
    rates = [
        {"currency": "EUR", "date": date(2025, 1, 1), "rate": 11.0},
        {"currency": "EUR", "date": date(2025, 2, 1), "rate": 12.0},
    ]
    waterfall = found(Waterfall, analyse_waterfall(load(sales, rates=rates)))
    assert waterfall.amount("net_revenue") == 110 + 120 + 10
    with pytest.raises(DataError, match="no rate of EUR for their day"):
        load(sales)


def test_a_partial_last_month_and_fiscal_years_are_named_and_kept_out_of_comparisons() -> None:
    days = [date(year, month, 5) for year in (2023, 2024, 2025) for month in range(1, 13)][
        4:31
    ]  # May 2023 to July 2025
    sales = [{"customer_id": f"K{i}", "net_revenue": 10.0, "cogs": 4.0, "date": day} for day in days for i in range(6)]
    loaded = load(sales, exported_on=date(2025, 7, 9), fiscal={"year_starts_in": 5})
    waterfall = found(Waterfall, analyse_waterfall(loaded))
    assert waterfall.is_last_partial
    assert any("last month was not over" in note for note in present(waterfall, Language("en", "SEK"), "#1f5f8b").notes)
    bridge = found(PeriodBridge, analyse_bridge(loaded))
    assert (bridge.basis, bridge.before, bridge.after) == (
        "fiscal_years", ("2023-05-01", "2024-04-30"), ("2024-05-01", "2025-04-30"),
    )  # fmt: skip


def test_what_has_not_been_seen_yet_is_empty_and_not_zero(loaded_demo: Loaded) -> None:
    retention = found(Retention, analyse_retention(loaded_demo))
    assert retention.triangle is not None
    assert retention.triangle.cohorts[0].n_active[-1] is not None
    assert retention.triangle.cohorts[-1].n_active[-1] is None


# --- Value and core customers


def test_under_a_hundred_customers_the_chapter_refuses_to_model_in_one_sentence(shared_data: Path) -> None:
    loaded = load_tables(read_engagement(ROOT / "tests" / "engagements" / "northwind", shared_data))
    value = found(LifetimeValue, analyse_lifetime(loaded))
    assert (value.model, value.reason, value.n_customers) == ("multiple", "few_customers", 89)
    sentences = present(value, Language("en", "USD"), "#1f5f8b").sentences
    assert "Purchases are not modelled: 89 customers are fewer than the 100 that it takes." in sentences


def test_a_segment_that_loses_money_has_a_negative_lifetime_value(loaded_demo: Loaded) -> None:
    value = found(LifetimeValue, analyse_lifetime(loaded_demo))
    assert value.model == "purchases"
    by = {row.segment: row for row in value.segments}
    assert by["Manufacturing"].value > 0 > by["Public sector"].value
    whole = sum(row.n * row.value for row in value.segments)
    assert value.whole is not None
    assert whole == pytest.approx(value.whole.n * value.whole.value, rel=0.02)


def test_contracts_are_valued_by_their_renewals() -> None:
    contracts = [
        {
            "contract_id": str(i), "customer_id": f"K{i}", "starts_on": date(2020 + i % 4, 1, 1),
            "ends_on": date(2021 + i % 4, 1, 1) if i % 3 == 0 else None, "monthly_revenue": 100.0,
        }
        for i in range(60)
    ]  # fmt: skip
    value = found(LifetimeValue, analyse_lifetime(load(SALES, contracts=contracts)))
    assert (value.model, value.n_customers) == ("contracts", 60)
    assert value.whole is not None
    assert value.whole.ci_low is not None
    assert 0 < value.whole.ci_low < value.whole.value < 5 * 1200


def test_look_alikes_are_named_for_the_consultant_and_in_no_block(loaded_demo: Loaded) -> None:
    listed = list_look_alikes(loaded_demo)
    assert 0 < len(listed) <= 20
    core = found(CoreCustomers, analyse_core_customers(loaded_demo))
    text = json.dumps(to_block(core), ensure_ascii=False)
    assert not any(name in text for name in listed["name"])
    assert all(row.lift.n >= 5 for row in core.levels)


def test_cells_of_fewer_customers_than_the_floor_are_grey() -> None:
    sales = [{"customer_id": f"K{i}", "product": "P", "net_revenue": 10.0, "cogs": 4.0} for i in range(8)]
    sales += [{"customer_id": f"K{i}", "product": "Q", "net_revenue": 10.0, "cogs": 12.0} for i in range(3)]
    customers = [{"customer_id": f"K{i}", "segment": "A"} for i in range(8)]
    margins = found(Margins, analyse_margins(load(sales, customers=customers)))
    assert [(cell.product, cell.n_customers, cell.rate) for cell in margins.cells] == [("P", 8, 0.6), ("Q", None, None)]


def test_withheld_figures_are_in_no_finding_and_no_sentence() -> None:
    sales = [{"customer_id": f"K{i}", "net_revenue": 10.0, "cogs": 4.0 if i else 123.0} for i in range(12)]
    whale = found(Whale, analyse_whale_curve(load(sales)))
    assert "loss_total" in whale.curve.withheld  # the one who loses would be told
    ids = {finding.id for finding in whale.findings()}
    assert "profitability.loss_total" not in ids
    assert not any("loss" in finding.args for finding in whale.findings())
    exhibit = present(whale, Language("en", "SEK"), "#1f5f8b")
    assert "113" not in " ".join(
        (exhibit.title, *exhibit.sentences, exhibit.alt, *(kpi.detail for kpi in exhibit.kpis))
    )


# --- Degenerate inputs, and both languages


def history(who: int, year: int, *, net: float = 10.0, cogs: float = 4.0) -> Rows:
    return [
        {"customer_id": f"K{who}", "product": "P", "net_revenue": net, "cogs": cogs, "date": date(year, month, 2)}
        for month in range(1, 13)
    ]


@cache
def degenerate() -> dict[str, Loaded]:
    """Inputs that are all loss, one customer, one segment, without sales in a period, returned in full."""
    people = [{"customer_id": f"K{i}", "segment": "A" if i % 2 else "B", "country": "SE"} for i in range(12)]
    sales = [row for who in range(12) for year in (2024, 2025) for row in history(who, year)]
    before = Period(starts_on=date(2020, 1, 1), ends_on=date(2020, 12, 31))
    after = Period(starts_on=date(2025, 1, 1), ends_on=date(2025, 12, 31))
    back = [dict(row, net_revenue=-10.0, cogs=-4.0, date=date(2025, 12, 3)) for row in sales]
    return {
        "all loss": load([dict(row, cogs=15.0) for row in sales], customers=people),
        "single customer": load(history(1, 2025), customers=people[1:2]),
        "single segment": load(sales, customers=[dict(row, segment="A") for row in people]),
        "empty period": load(sales, customers=people, bridge=Periods(before=before, after=after)),
        "no period": load(sales, customers=people, period=before),
        "all returned": load(sales + back, customers=people),
        "only returns": load(back, customers=people),
        "one sale": load(sales[:1]),
        "free": load([dict(row, net_revenue=0.0, cogs=0.0) for row in sales], customers=people),
    }


@pytest.mark.parametrize(
    "name",
    ["all loss", "single customer", "single segment", "empty period", "no period", "all returned", "only returns",
     "one sale", "free"],
)  # fmt: skip
def test_degenerate_inputs_give_sentences_in_both_languages(name: str) -> None:
    present_all(degenerate()[name])


def test_an_all_loss_client_is_told_so_in_the_heading() -> None:
    titles = present_all(degenerate()["all loss"])
    assert titles["analyse_waterfall"][0].startswith("Costs exceed net revenue by SEK")
    assert titles["analyse_waterfall"][1].startswith("Kostnaderna överstiger nettoomsättningen med")


def test_the_demo_is_presented_in_both_languages(loaded_demo: Loaded) -> None:
    titles = present_all(loaded_demo)
    assert all(len(found) == 2 for found in titles.values())


def test_the_method_text_gives_the_coverage_on_skewed_amounts(loaded_demo: Loaded) -> None:
    notes = present(analyse_segments(loaded_demo), Language("en", "SEK"), "#1f5f8b").notes
    assert any("76, 79 and 82%" in note for note in notes)


# --- The contract

HEAD = b"""client = "X"
currency = "SEK"
exported_on = 2025-12-31
[sources.a]
file = "a.csv"
"""


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (b'[costs.freight]\nrule = "drivr"\n', "line 7: costs.freight.rule"),
        (b'[costs.freight]\nrule = "driver"\n', "needs 'driver'"),
        (b'[costs.freight]\nrule = "driver"\ndriver = "orders"\ncapacity = 3.0\n', "'capacity' does not belong"),
        (b"[fiscal]\nyear_starts_in = 13\n", "fiscal.year_starts_in"),
        (b"[fiscal]\nyear_start_in = 5\n", "did you mean 'year_starts_in'"),
        (b"[lifetime]\ndiscount_rate = 10.0\n", "lifetime.discount_rate"),
        (
            b"[bridge]\nbefore = { starts_on = 2025-01-01, ends_on = 2025-12-31 }\n"
            b"after = { starts_on = 2025-06-01, ends_on = 2025-12-31 }\n",
            "must begin when 'before' is over",
        ),
    ],
)
def test_wrong_rules_are_refused_with_their_line_and_what_to_do(toml: bytes, said: str) -> None:
    with pytest.raises(ContractError) as error:
        parse_contract(HEAD + toml)
    assert said.lower() in str(error.value).lower()


def test_amounts_with_vat_are_refused_with_the_way_out() -> None:
    with pytest.raises(ContractError, match="ake VAT out"):
        parse_contract(HEAD.replace(b"[sources", b"amounts_without_vat = false\n[sources", 1))
