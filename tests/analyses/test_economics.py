"""Unit economics: published numbers, sums that add up, small cells folded, sentences where nothing has a meaning."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gtmlib.analyses.economics.acquisition import Acquisition, analyse_acquisition, list_paybacks, list_values
from gtmlib.analyses.economics.cycle import Cycle, analyse_cycle
from gtmlib.analyses.economics.recurring import Recurring, analyse_recurring
from gtmlib.analyses.reductions import OTHER, MissingData
from gtmlib.data.contract import Economics
from gtmlib.data.load import load_frames
from gtmlib.data.loaded import Loaded
from gtmlib.present.exhibits import present
from gtmlib.present.language import Language

LANGUAGES = [Language("en", "SEK"), Language("sv", "SEK")]


def spend(*rows: tuple[Any, ...], columns: str = "period spend n_won") -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split())


def register(n: int, segment: str, *, came: date = date(2025, 2, 3), first: int = 0) -> pd.DataFrame:
    ids = [f"K{first + i}" for i in range(n)]
    return pd.DataFrame({"customer_id": ids, "segment": segment, "channel": "Direct", "acquired_on": came})


def sales(customers: pd.DataFrame, monthly: float, cogs: float) -> pd.DataFrame:
    days = [date(2025, month, 3) for month in range(1, 13)]
    rows = [(f"{who}-{day}", who, day, monthly, cogs) for who in customers["customer_id"] for day in days]
    return pd.DataFrame(rows, columns=["transaction_id", "customer_id", "date", "net_revenue", "cogs"])


def whole(loaded: Loaded) -> Acquisition:
    found = analyse_acquisition(loaded)
    assert isinstance(found, Acquisition)
    return found


def test_acquisition_cost_counts_lost_prospects_and_shows_the_won_only_figure_beside_it() -> None:
    rows = spend(("2025-Q1", 30_000.0, 40, 10), ("Q2 2025", 20_000.0, 60, 15), columns="period spend n_prospects n_won")
    (row,) = whole(load_frames({"acquisition": rows})).rows
    assert (row.cost.loaded.value, row.cost.won_only, row.n_prospects) == (2_000, 500, 100)


def test_payback_is_cost_over_monthly_gross_profit() -> None:
    people = register(40, "Industry", came=date(2024, 3, 1))
    loaded = load_frames({
        "acquisition": spend(("2024", 200_000.0)  , columns="period spend"),
        "customers": people,
        "transactions": sales(people, 500.0, 100.0),
    })  # fmt: skip
    (row,) = whole(loaded).rows
    assert row.payback is not None
    assert row.payback.value == pytest.approx(12.5, rel=0.01)  # 5,000 / (500 x .8), in months of 30.4 days
    assert row.cost.n_won == 40


def test_spend_of_no_known_group_is_in_the_whole_and_said_beside_the_groups() -> None:
    people = pd.concat([register(9, "Industry"), register(12, "Retail", first=20)])
    rows = spend(("2025", 9_000.0, "Industry"), ("2025", 6_000.0, "Retail"), ("2025", 500.0, None),
                 ("2025", 70.0, "Rymd"), columns="period spend segment")  # fmt: skip
    loaded = load_frames({"acquisition": rows, "customers": people})
    found = analyse_acquisition(loaded, by="segment")
    assert isinstance(found, Acquisition)
    assert {row.group: row.cost.loaded.value for row in found.rows} == {"Retail": 500.0, "Industry": 1_000.0}
    assert found.spend_without_group == 570.0
    assert whole(loaded).rows[0].cost.spend == 15_570.0


def test_a_group_with_few_customers_won_is_folded_so_that_none_can_be_computed_back() -> None:
    people = pd.concat([register(40, "A"), register(9, "B", first=50), register(2, "C", first=70)])
    rows = spend(("2025", 1.0, "A"), ("2025", 1.0, "B"), ("2025", 1.0, "C"), columns="period spend segment")
    found = analyse_acquisition(load_frames({"acquisition": rows, "customers": people}), by="segment")
    assert isinstance(found, Acquisition)
    assert [(row.group, row.cost.n_won) for row in found.rows] == [("A", 40), (OTHER, 11)]


def test_periods_that_cannot_be_read_are_left_out_and_named() -> None:
    rows = spend(("2025-01", 10.0, 5), ("våren", 90.0, 7))
    found = whole(load_frames({"acquisition": rows}))
    assert (found.unread_periods, found.rows[0].cost.spend) == (("våren",), 10.0)
    assert "våren" in " ".join(present(found, LANGUAGES[1], "#1f5f8b").notes)
    assert isinstance(analyse_acquisition(load_frames({"acquisition": spend(("2025-13", 1.0, 1))})), MissingData)


def test_channels_that_no_customer_came_through_have_no_count_of_customers_won() -> None:
    rows = spend(("2025", 10.0, "Mässa"), columns="period spend channel")
    found = analyse_acquisition(load_frames({"acquisition": rows, "customers": register(9, "A")}), by="channel")
    assert isinstance(found, MissingData)
    assert found.needed == ("acquisition.n_won",)


def contracts(*rows: tuple[str, date, date | None, float]) -> pd.DataFrame:
    named = pd.DataFrame(rows, columns=["customer_id", "starts_on", "ends_on", "monthly_revenue"])
    return named.assign(contract_id=[str(i) for i in range(len(rows))])


OLD, NEW, GONE = date(2024, 1, 1), date(2025, 5, 1), date(2025, 9, 1)
STAYED = [(f"S{i}", OLD, None, 100.0) for i in range(10)]
LEFT = [(f"L{i}", OLD, GONE, 50.0) for i in range(6)]
CAME = [(f"N{i}", NEW, None, 80.0) for i in range(8)]
GREW = [(f"S{i}", NEW, None, 20.0) for i in range(5)]


def recurring(*rows: tuple[str, date, date | None, float], burn: float | None = None) -> Recurring:
    found = analyse_recurring(load_frames({"contracts": contracts(*rows)}, economics=Economics(net_burn=burn)))
    assert isinstance(found, Recurring)
    return found


def test_recurring_revenue_adds_up_from_a_year_ago_to_now() -> None:
    found = recurring(*STAYED, *LEFT, *CAME, *GREW, burn=30_000.0)
    assert found.at_start + sum(change.amount for change in found.changes) == found.at_end
    assert {change.name: (change.amount, change.n) for change in found.changes} == {
        "new": (7_680.0, 8), "more": (1_200.0, 5), "less": (0.0, 0), "ended": (-3_600.0, 6)
    }  # fmt: skip
    assert found.multiple is not None
    assert found.multiple.value == pytest.approx(30_000 / 5_280)
    assert found.kept is not None
    assert found.kept.rate == 10 / 16


def test_burn_of_three_million_for_one_million_of_new_recurring_revenue_is_three() -> None:
    rows = [(f"N{i}", NEW, None, 1e6 / 12 / 8) for i in range(8)]
    found = recurring(*rows, burn=3e6)
    assert found.multiple is not None
    assert found.multiple.value == pytest.approx(3)


@pytest.mark.parametrize("n_left", range(7))
def test_no_change_of_recurring_revenue_has_one_to_four_customers_behind_it(n_left: int) -> None:
    found = recurring(*STAYED, *LEFT[:n_left], *CAME, *GREW[:3])
    assert all(change.n == 0 or change.n >= 5 for change in found.changes) or len(found.changes) == 1
    assert found.at_start + sum(change.amount for change in found.changes) == pytest.approx(found.at_end)


def test_an_open_deal_counts_as_longer_than_its_age() -> None:
    deals = pd.DataFrame({"deal_id": [str(i) for i in range(60)], "status": ["won"] * 20 + ["open"] * 40})
    deals = deals.assign(created_on=date(2025, 1, 1), closed_on=[date(2025, 1, 11)] * 20 + [None] * 40)
    found = analyse_cycle(load_frames({"deals": deals}))
    assert isinstance(found, Cycle)
    assert (found.rows[0].median, found.rows[0].n_closed) == (None, 20)
    assert "20 of 60" in present(found, LANGUAGES[0], "#1f5f8b").title


def test_a_planted_median_is_found_though_half_of_the_deals_are_cut_off() -> None:
    rng, covered = np.random.default_rng(3), 0
    for _ in range(60):
        days, age = rng.exponential(90 / np.log(2), 400), rng.uniform(0, 300, 400)
        created = [pd.Timestamp("2025-12-31") - pd.Timedelta(int(a), "D") for a in age]
        closed = [day + pd.Timedelta(int(d), "D") if d <= a else pd.NaT
                  for day, d, a in zip(created, days, age, strict=True)]  # fmt: skip
        deals = pd.DataFrame({"deal_id": [str(i) for i in range(400)], "created_on": created, "closed_on": closed})
        deals = deals.assign(status=["won" if d <= a else "open" for d, a in zip(days, age, strict=True)])
        found = analyse_cycle(load_frames({"deals": deals}))
        assert isinstance(found, Cycle)
        low, high = found.rows[0].ci_low, found.rows[0].ci_high
        covered += (low or 0) <= 90 <= (high or np.inf)
    assert covered >= 53  # of 60 at 95 %: fewer in one of a thousand


NOBODY = spend(("2025", 9_000.0, 0))
FREE = spend(("2025", 0.0, 20))
GIVEN_AWAY = {"customers": register(20, "A"), "transactions": sales(register(20, "A"), 100.0, 130.0)}
DEGENERATE = {
    "nobody won": {"acquisition": NOBODY},
    "nothing spent": {"acquisition": FREE, "customers": register(20, "A"),
                      "transactions": sales(register(20, "A"), 100.0, 30.0)},
    "no gross profit": {"acquisition": spend(("2025", 9_000.0, 20)), **GIVEN_AWAY},
    "one customer": {"acquisition": spend(("2025", 9_000.0, 1)), "customers": register(1, "A"),
                     "transactions": sales(register(1, "A"), 100.0, 30.0)},
    "nobody leaves": {"contracts": contracts(*STAYED, *CAME)},
    "everybody leaves": {"contracts": contracts(*LEFT)},
    "nobody comes": {"contracts": contracts(*STAYED)},
    "everybody is new": {"contracts": contracts(*CAME)},
    "no contract runs": {"contracts": contracts(("K1", date(2020, 1, 1), date(2021, 1, 1), 5.0))},
    "no deal closes": {"deals": pd.DataFrame({"deal_id": ["1", "2"], "status": "open", "created_on": OLD})},
    "deals close before they begin": {"deals": pd.DataFrame(
        {"deal_id": ["1"], "status": "won", "created_on": NEW, "closed_on": OLD})},
}  # fmt: skip


@pytest.mark.parametrize("case", DEGENERATE)
@pytest.mark.parametrize("burn", [None, 0.0, -50_000.0, 2e6])
def test_what_has_no_meaning_is_a_sentence_and_never_infinity_nan_or_a_false_zero(
    case: str, burn: float | None
) -> None:
    loaded = load_frames(DEGENERATE[case], economics=Economics(net_burn=burn))
    groups = analyse_acquisition(loaded, by="segment")
    found = [analyse_acquisition(loaded), groups, list_paybacks(groups), list_values(groups),
             analyse_recurring(loaded), analyse_cycle(loaded)]  # fmt: skip
    for result in found:
        for finding in result.findings():
            assert finding.value is None or np.isfinite(finding.value)
        for language in LANGUAGES:
            exhibit = present(result, language, "#1f5f8b")
            text = " ".join((exhibit.title, *exhibit.sentences, *exhibit.notes, exhibit.alt))
            assert exhibit.title
            assert not {"inf", "nan", "∞", "None"} & set(text.replace(",", " ").split())


def test_the_sentences_of_the_degenerate_cases_say_what_is_so() -> None:
    english = LANGUAGES[0]
    assert "Nobody was won" in present(whole(load_frames({"acquisition": NOBODY})), english, "#1f5f8b").title
    no_profit = present(whole(load_frames(DEGENERATE["no gross profit"])), english, "#1f5f8b")
    assert any("no gross profit" in sentence for sentence in no_profit.sentences)
    shrunk = present(recurring(*STAYED, *LEFT, burn=2e6), english, "#1f5f8b")
    assert shrunk.title.startswith("Yearly recurring revenue fell")
    assert any("has no meaning" in sentence for sentence in shrunk.sentences)
    kept = present(recurring(*STAYED, *CAME), english, "#1f5f8b").sentences
    assert any("That does not make it certain that nobody leaves" in sentence for sentence in kept)
    earned = present(recurring(*STAYED, *CAME, burn=-50_000.0), english, "#1f5f8b").sentences
    assert any("Nothing was burnt" in sentence for sentence in earned)
