"""The pipeline chapter on deals whose truth is known: nothing dropped, nothing claimed that the data do not hold."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gtmlib.analyses.pipeline.cycles import CohortTrend, analyse_cycles
from gtmlib.analyses.pipeline.deals import Clock, read_clock
from gtmlib.analyses.pipeline.flow import SnapshotFlow, analyse_flow
from gtmlib.analyses.pipeline.forecasts import Calibration, Slippage, analyse_calibration, analyse_slippage
from gtmlib.analyses.pipeline.next_steps import NextSteps, analyse_next_steps
from gtmlib.analyses.pipeline.outcomes import StageFlow, analyse_outcomes, analyse_stages, analyse_velocity
from gtmlib.analyses.pipeline.stalls import Contributors, OpenAges, analyse_open_ages, rank_contributors
from gtmlib.analyses.pipeline.watermelon import Watermelon, analyse_watermelon
from gtmlib.analyses.reductions import OTHER, MissingData
from gtmlib.data.engagement import Disclosure, Pipeline
from gtmlib.data.load import Loaded, load_frames, load_tables
from gtmlib.errors import ContractError, ParameterError
from gtmlib.present.exhibits import present
from gtmlib.present.language import Language
from templates.demo.synth import make_demo

from ..conftest import MakeEngagement, load_demo, value_of
from ..present.drawn_pipeline import random_client

END = pd.Timestamp("2025-12-31")
ENGLISH = Language("en", "SEK")


def day(text: str | None) -> pd.Timestamp:
    return pd.Timestamp(text) if text else pd.NaT


def deals_of(*rows: tuple[str | None, str | None, str | None], **columns: Any) -> pd.DataFrame:
    """Deals from (status, start, close)."""
    status, start, close = zip(*rows, strict=True)
    frame = {"deal_id": [f"D{place}" for place in range(len(rows))], "status": list(status)}
    dates = {"created_on": [day(each) for each in start], "closed_on": [day(each) for each in close]}
    return pd.DataFrame(frame | dates | columns)


# --- The clock ---


def test_every_deal_is_on_the_clock_or_counted_once_under_the_first_reason() -> None:
    found = read_clock(
        load_frames({
            "deals": deals_of(
                ("won", "2025-01-01", "2025-02-01"),
                ("stalled", "2025-01-01", None),  # may still be won: open
                ("open", None, None),
                (None, "2025-01-01", None),
                ("lost", "2025-01-01", None),
                ("won", "2025-03-01", "2025-02-01"),
                ("won", "2025-03-01", "2026-02-01"),
            )
        })
    )  # fmt: skip
    assert isinstance(found, Clock)
    about = found.left_out
    counts = (about.n_without_start, about.n_without_status, about.n_without_close, about.n_impossible)
    assert counts == (1, 1, 1, 2)
    assert found.table.n + sum(counts) == 7
    assert found.n_open == 1
    assert found.closed_rate is not None
    assert (found.closed_rate.n_successes, found.closed_rate.n_trials) == (3, 4)  # dated or not: they closed


def test_without_dates_or_status_the_chapter_says_what_to_ask_for() -> None:
    bare = load_frames({"deals": pd.DataFrame({"deal_id": ["1"], "status": ["open"]})})
    needed = ("deals.created_on", "deals.closed_on")
    for analyse in (analyse_watermelon, analyse_open_ages, rank_contributors, analyse_outcomes, analyse_cycles):
        assert analyse(bare) == MissingData(chapter="pipeline", needed=needed)
    lacking = analyse_stages(bare)
    assert isinstance(lacking, MissingData)
    assert lacking.needed == ("stage_history", *needed)


def test_where_nothing_closed_or_nothing_is_open_nothing_is_expected() -> None:
    only_open = load_frames({"deals": deals_of(("open", "2025-06-01", None), ("lost", None, "2025-06-01"))})
    only_closed = load_frames({"deals": deals_of(("won", "2025-06-01", "2025-07-01"))})
    for client in (only_open, only_closed):
        assert analyse_watermelon(client) is None
        assert analyse_open_ages(client) is None
    assert analyse_outcomes(only_open) is None


# --- Watermelon and stalls ---


def test_a_pipeline_of_young_deals_is_no_watermelon() -> None:
    rng = np.random.default_rng(1)
    created = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 500, 400), unit="D")
    closed = created + pd.to_timedelta(rng.integers(60, 100, 400), unit="D")
    old = pd.DataFrame({"created_on": created, "closed_on": closed, "status": rng.choice(["won", "lost"], 400)})
    young = pd.DataFrame({"created_on": END - pd.to_timedelta(rng.integers(0, 40, 60), unit="D"), "status": "open"})
    deals = pd.concat([old, young], ignore_index=True)
    found = analyse_watermelon(load_frames({"deals": deals.assign(deal_id=deals.index.astype(str))}))
    assert isinstance(found, Watermelon)
    assert found.naive.index == pytest.approx(0, abs=0.02)
    assert found.n_stale == 0
    assert present(found, ENGLISH, "#1f5f8b").headline.startswith("The pipeline holds what it promises")


def test_money_is_expected_by_age_and_not_shown_where_an_amount_is_missing() -> None:
    rows = [("won", "2025-11-01", "2025-11-21"), ("lost", "2025-11-01", "2025-12-01")]
    rows += [("open", "2025-12-21", None), ("open", "2025-01-01", None)]
    found = analyse_watermelon(load_frames({"deals": deals_of(*rows, amount=[5.0, 5.0, 100.0, 900.0])}))
    assert isinstance(found, Watermelon)
    assert found.amounts is not None
    assert found.amounts.counted == 500
    assert found.amounts.expected.value == pytest.approx(100 / 3)  # a won, a lost and itself at risk; 900 is too old
    part = analyse_watermelon(load_frames({"deals": deals_of(*rows, amount=[5.0, 5.0, 100.0, None])}))
    assert isinstance(part, Watermelon)
    assert part.amounts is None
    assert part.n_with_amount == 1


def test_the_clients_own_forecast_is_held_to_account_where_most_open_deals_have_one() -> None:
    rows = [("won", "2025-11-01", "2025-11-21"), ("lost", "2025-11-01", "2025-12-01")]
    rows += [("open", "2025-12-21", None), ("open", "2025-01-01", None), ("open", "2025-01-01", None)]
    snapshots = pd.DataFrame({
        "taken_on": [day("2025-11-30"), END, END],
        "deal_id": ["D2", "D2", "D3"],
        "probability": [0.9, 0.6, 0.8],
    })  # fmt: skip
    found = analyse_watermelon(load_frames({"deals": deals_of(*rows), "forecast_snapshots": snapshots}))
    assert isinstance(found, Watermelon)
    assert found.reported is not None
    assert (found.reported.n, found.reported.counted, found.reported_on) == (2, pytest.approx(1.4), "2025-12-31")
    assert found.is_reported
    against = value_of(found.findings(), "pipeline.watermelon_index", against="closed_win_rate")
    assert value_of(found.findings(), "pipeline.watermelon_index") != against
    few = analyse_watermelon(load_frames({"deals": deals_of(*rows), "forecast_snapshots": snapshots[:2]}))
    assert isinstance(few, Watermelon)
    assert not few.is_reported  # one of three


def test_stalled_is_a_chance_that_the_contract_sets_and_no_number_of_days() -> None:
    client = {"deals": random_client(np.random.default_rng(4), 400).tables["deals"].to_pyarrow().to_pandas()}
    found = [
        analyse_open_ages(load_frames(client, pipeline=Pipeline(stall_win_chance=chance))) for chance in (0, 0.05, 0.99)
    ]
    n_open = sum(band.n for band in found[0].bands)  # type: ignore[union-attr]
    assert [each.n_stalled for each in found if isinstance(each, OpenAges)] == sorted(
        each.n_stalled for each in found if isinstance(each, OpenAges)
    )
    assert found[0].n_stalled == 0  # type: ignore[union-attr]
    assert found[2].n_stalled == n_open  # type: ignore[union-attr]


def test_small_groups_are_folded_and_groups_add_up_to_all_open_deals() -> None:
    client = random_client(np.random.default_rng(2), 150, disclosure=Disclosure(smallest_group=8))
    found = rank_contributors(client, by="rep")
    assert isinstance(found, Contributors)
    assert sum(row.promise.n for row in found.rows) == found.n_open
    assert all(row.promise.n >= 8 for row in found.rows)
    assert OTHER in {row.group for row in found.rows}
    with pytest.raises(ParameterError, match="unknown grouping 'reps'"):
        rank_contributors(client, by="reps")


# --- Stages ---


def test_stages_stand_in_the_order_of_deals_and_closing_ones_are_no_stages() -> None:
    rows = [("won", "2025-01-01", "2025-03-01")] * 6 + [("lost", "2025-01-01", "2025-02-01")] * 2
    rows += [("open", "2025-01-01", None)] * 2
    stage = ["Closed Won"] * 6 + ["Closed Lost"] * 2 + ["Offer"] * 2
    history = [(f"D{place}", "Meeting", "2025-01-01") for place in range(10)]
    history += [(f"D{place}", "Offer", "2025-01-15") for place in (0, 1, 2, 3, 4, 5, 8, 9)]
    history += [(f"D{place}", "Meeting", "2025-01-20") for place in (0, 1)]  # back and forth: the first entry counts
    history += [(f"D{place}", "Closed Won", "2025-03-01") for place in range(6)]
    history += [(f"D{place}", "Closed Lost", "2025-02-01") for place in (6, 7)]
    frame = pd.DataFrame(history, columns=["deal_id", "stage", "entered_on"])
    frame["entered_on"] = pd.to_datetime(frame["entered_on"])
    found = analyse_stages(load_frames({"deals": deals_of(*rows, stage=stage), "stage_history": frame}))
    assert isinstance(found, StageFlow)
    meeting, offer = found.steps
    assert (meeting.stage, meeting.n, meeting.n_here) == ("Meeting", 10, 0)
    assert (meeting.point.won, meeting.point.lost) == pytest.approx((0.8, 0.2))
    assert meeting.median_days == 14
    assert (offer.stage, offer.n, offer.n_here) == ("Offer", 8, 2)
    assert offer.point.won == pytest.approx(6 / 8)  # the two open ones are followed, not dropped


# --- Cycles ---


def constant_client(rng: np.random.Generator) -> Loaded:
    """A year of deals whose cycle never changes; the data are cut today."""
    n = 900
    created = END - pd.to_timedelta(rng.integers(0, 365, n), unit="D")
    length = 15 + np.floor(rng.gamma(2.5, 28, n))
    closed = pd.Series(created + pd.to_timedelta(length, unit="D"))
    is_open = closed > END
    status = np.where(is_open, "open", rng.choice(["won", "lost"], n, p=[0.4, 0.6]))
    deals = {"deal_id": np.arange(n).astype(str), "created_on": created, "closed_on": closed.mask(is_open)}
    return load_frames(
        {"deals": pd.DataFrame(deals | {"status": status})}, pipeline=Pipeline(horizon_days=90, cohort="month")
    )


def claims_of(n_runs: int) -> tuple[int, int]:
    """How many runs claim a trend of a constant cycle: the report, and days to won by month of start."""
    rng, n_claims, n_usual = np.random.default_rng(8), 0, 0
    for _ in range(n_runs):
        found = analyse_cycles(constant_client(rng))
        assert isinstance(found, CohortTrend)
        assert found.days_trend is not None
        assert found.won_trend is not None
        n_claims += found.verdict != "cannot_tell" or found.won_trend.direction != 0
        by = {each.by: each.trend.direction for each in found.usual}
        n_usual += by["start"] == -1
        assert found.misleads or not any(by.values()) or found.days_trend.direction
    return n_claims, n_usual


def test_a_constant_cycle_is_no_trend_while_days_to_won_by_month_of_start_shows_one() -> None:
    n_claims, n_usual = claims_of(16)
    assert n_claims <= 3  # 5 % of 16 is 0.8; four or more come in 1 % of such tests
    assert n_usual >= 13


@pytest.mark.full
def test_a_constant_cycle_is_no_trend_in_95_percent_of_200_runs() -> None:
    n_claims, n_usual = claims_of(200)
    assert n_claims <= 10
    assert n_usual >= 160


def test_a_cycle_that_does_get_longer_is_found() -> None:
    rng, n = np.random.default_rng(5), 1200
    start = rng.integers(0, 730, n)
    created = END - pd.to_timedelta(730 - start, unit="D")
    closed = pd.Series(created + pd.to_timedelta(20 + np.floor(rng.gamma(2, 10 + start / 20, n)), unit="D"))
    is_open = closed > END
    deals = pd.DataFrame(
        {"deal_id": np.arange(n).astype(str), "created_on": created, "closed_on": closed.mask(is_open)}
    )
    deals["status"] = np.where(is_open, "open", "won")
    found = analyse_cycles(load_frames({"deals": deals}))
    assert isinstance(found, CohortTrend)
    assert found.verdict == "confirmed"


def test_cohorts_from_before_the_data_hold_closings_are_left_out_and_counted() -> None:
    rng = np.random.default_rng(3)
    client = constant_client(rng).tables["deals"].to_pyarrow().to_pandas()
    for name in ("created_on", "closed_on"):
        client[name] = pd.to_datetime(client[name])
    first = pd.Timestamp("2025-05-10")
    cut = client[~(client["closed_on"] < first)]
    found = analyse_cycles(load_frames({"deals": cut}, pipeline=Pipeline(horizon_days=60, cohort="month")))
    assert isinstance(found, CohortTrend)
    assert found.closings_from is not None
    assert [cohort.starts_on for cohort in found.cohorts] == [f"2025-{month:02}-01" for month in range(6, 11)]
    assert found.n_unrecorded == (cut["created_on"] < "2025-06-01").sum()
    whole = analyse_cycles(load_frames({"deals": client}, pipeline=Pipeline(horizon_days=60, cohort="month")))
    assert isinstance(whole, CohortTrend)
    assert whole.closings_from is None
    assert whole.n_unrecorded == 0


def test_too_few_cohorts_cannot_tell_and_say_what_to_log() -> None:
    found = analyse_cycles(load_frames({"deals": deals_of(*[("won", "2025-08-01", "2025-09-01")] * 9)}))
    assert isinstance(found, CohortTrend)
    exhibit = present(found, ENGLISH, "#1f5f8b")
    assert exhibit.verdict == "cannot_tell"
    assert "log the start date" in exhibit.sentences[0]


# --- Next steps ---


def test_next_steps_ahead_lapsed_and_missing_are_counted_and_an_effect_is_found() -> None:
    rows = [("open", "2025-12-01", None)] * 6 + [("won", "2025-05-01", "2025-07-01")] * 40
    rows += [("lost", "2025-05-01", "2025-07-01")] * 40
    steps = ["2026-01-10"] * 3 + ["2025-12-20"] * 2 + [None] + ["2025-05-20"] * 35 + [None] * 5
    steps += ["2025-05-20"] * 5 + [None] * 35
    touches = pd.DataFrame({
        "touch_id": [f"T{place}" for place in range(86)],
        "deal_id": [f"D{place}" for place in range(86)],
        "date": [day("2025-12-02")] * 6 + [day("2025-05-10")] * 80,
        "next_step_on": [day(step) for step in steps],
    })  # fmt: skip
    found = analyse_next_steps(load_frames({"deals": deals_of(*rows), "touches": touches}))
    assert isinstance(found, NextSteps)
    assert (found.coverage.n_successes, found.n_lapsed, found.n_none) == (3, 2, 1)
    assert found.pays is not None
    assert (found.pays.group.n_successes, found.pays.group.n_trials) == (35, 40)
    assert found.verdict == "confirmed"
    assert "does not prove" in " ".join(present(found, ENGLISH, "#1f5f8b").sentences)


# --- Forecasts ---


def snapshots_of(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Snapshots from (taken on, deal, expected close)."""
    frame = pd.DataFrame(rows, columns=["taken_on", "deal_id", "expected_close_on"])
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in ("taken_on", "expected_close_on")})


def pushed(default: str | None, **about: Any) -> Slippage:
    """Five deals of 10 March that leave the last day of March, of which one is then pushed once more."""
    deals = deals_of(*[("open", "2025-03-10", None)] * 4, ("won", "2025-03-10", "2025-06-15"))
    rows = [(month, f"D{place}", "2025-03-31") for place in range(5) for month in ("2025-03-15",)]
    rows += [("2025-04-15", f"D{place}", "2025-05-20") for place in range(5)]
    rows += [("2025-05-15", f"D{place}", "2025-06-20" if place == 0 else "2025-05-20") for place in range(5)]
    rows += [("2025-06-30", "D4", "2025-07-20")]  # closed by then: HubSpot writes over the date at closing
    client = load_frames(
        {"deals": deals, "forecast_snapshots": snapshots_of(*rows)}, pipeline=Pipeline(default_close=default, **about)
    )
    found = analyse_slippage(client)
    assert isinstance(found, Slippage)
    return found


def test_a_default_close_date_is_no_push_and_leaving_it_is_counted_apart() -> None:
    assert (pushed("month_end").n_pushes, pushed("month_end").n_from_default) == (1, 5)
    assert (pushed("none").n_pushes, pushed("none").n_from_default) == (6, 0)
    assert (pushed(None).n_pushes, pushed("next_month_end").n_pushes) == (6, 6)
    assert pushed("days", default_close_days=21).n_pushes == 1  # 21 days after 10 March


def test_hubspots_default_close_date_is_known_without_a_word_in_the_contract(make_engagement: MakeEngagement) -> None:
    deals = "Record ID,Deal Stage,Create Date,Close Date,Is Closed Won\n"
    deals += "".join(f"{place},Offer,2025-03-10,2025-05-20,false\n" for place in range(6))
    deals += "9,Closed Won,2025-03-10,2025-04-20,true\n"
    rows = [f"{taken},{place},{close}" for place in range(6) for taken, close in (
        ("2025-03-15", "2025-03-31"), ("2025-04-15", "2025-05-20"), ("2025-05-15", "2025-05-20"))]  # fmt: skip
    engagement = make_engagement(
        """
        [sources.deals]
        file = "d.csv"
        table = "deals"
        preset = "hubspot"
        [sources.forecasts]
        file = "f.csv"
        table = "forecast_snapshots"
        columns = { taken_on = "On", deal_id = "Deal", expected_close_on = "Close" }
        """,
        {"d.csv": deals, "f.csv": "On,Deal,Close\n" + "\n".join(rows) + "\n"},
    )
    found = analyse_slippage(load_tables(engagement))
    assert isinstance(found, Slippage)
    assert (found.default_close, found.n_pushes, found.n_from_default) == ("month_end", 0, 6)
    assert found.ages[0].value == 0


def test_days_of_a_default_close_go_with_it(make_engagement: MakeEngagement) -> None:
    toml = '[sources.deals]\nfile = "d.csv"\ntable = "deals"\n[pipeline]\ndefault_close = "days"\n'
    with pytest.raises(ContractError, match="'default_close_days' goes with default_close"):
        make_engagement(toml, {"d.csv": ""})


def test_planted_overconfidence_is_found_and_open_deals_are_not_left_out(demo_contract: Any) -> None:
    for seed in range(4):
        found = analyse_calibration(load_demo(make_demo(seed), demo_contract))
        assert isinstance(found, Calibration)
        assert found.direction == 1, seed
        assert found.parts.reliability > 0.05
        assert sum(each.n_forecasts for each in found.bins) == found.n_forecasts


def test_forecasts_that_cannot_be_used_are_counted() -> None:
    deals = deals_of(*[("won", "2024-01-01", "2024-02-01")] * 6, (None, "2024-01-01", "2024-02-01"))
    snapshots = pd.DataFrame({
        "taken_on": day("2024-01-15"),
        "deal_id": [*(f"D{place}" for place in range(7)), "unknown"],
        "probability": [None, *[0.5] * 7],
    })  # fmt: skip
    found = analyse_calibration(load_frames({"deals": deals, "forecast_snapshots": snapshots}))
    assert isinstance(found, Calibration)
    assert (found.n_forecasts, found.n_left_out) == (5, 3)


def test_honest_forecasts_are_called_right_on_average() -> None:
    rng, n = np.random.default_rng(6), 600
    chance = rng.choice([0.1, 0.3, 0.5, 0.7], n)
    created = pd.Timestamp("2024-06-01") + pd.to_timedelta(rng.integers(0, 200, n), unit="D")
    status = np.where(rng.random(n) < chance, "won", "lost")
    closed = created + pd.to_timedelta(rng.integers(30, 90, n), unit="D")
    ids = np.arange(n).astype(str)
    deals = pd.DataFrame({"deal_id": ids, "created_on": created, "closed_on": closed, "status": status})
    taken = [pd.DataFrame({"taken_on": created + pd.Timedelta(days=days), "deal_id": ids, "probability": chance})
             for days in (5, 15)]  # fmt: skip
    found = analyse_calibration(load_frames({"deals": deals, "forecast_snapshots": pd.concat(taken)}))
    assert isinstance(found, Calibration)
    assert (found.direction, found.n_deals, found.n_forecasts) == (0, n, 2 * n)
    assert [round(each.forecast, 6) for each in found.bins] == [0.1, 0.3, 0.5, 0.7]
    assert found.n_left_out == 0
    assert found.brier.mean == pytest.approx(found.parts.brier)  # each bin holds one forecast: nothing is lost in it


# --- The flow between snapshots ---


def random_flow(rng: np.random.Generator) -> None:
    n = int(rng.integers(1, 30))
    status = rng.choice(["open", "won", "lost"], n)
    closed = pd.Timestamp("2025-08-01") + pd.to_timedelta(rng.integers(0, 150, n), unit="D")
    deals = pd.DataFrame({
        "deal_id": np.arange(n).astype(str),
        "created_on": pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 200, n), unit="D"),
        "closed_on": pd.Series(closed).mask(status == "open"),
        "status": status,
    })  # fmt: skip
    frames = []
    for taken in ("2025-07-31", "2025-09-30", "2025-12-31"):
        amount = pd.Series(np.round(rng.gamma(1, 10.0 ** rng.integers(0, 9), n), int(rng.integers(0, 5))))
        rows = pd.DataFrame({"taken_on": pd.Timestamp(taken), "deal_id": deals["deal_id"], "amount": amount})
        rows["amount"] = rows["amount"].mask(rng.random(n) < 0.1)
        frames.append(rows[rng.random(n) < 0.8])
    snapshots = pd.concat(frames)
    if snapshots["amount"].notna().any() and snapshots["taken_on"].nunique() > 1 and deals["closed_on"].notna().any():
        found = analyse_flow(load_frames({"deals": deals, "forecast_snapshots": snapshots}))
        assert isinstance(found, SnapshotFlow)
        cents = [round(step.amount * 100) for step in found.steps]
        assert sum(cents[:-1]) == cents[-1]
        assert all(abs(step.amount * 100 - cent) < 1e-3 for step, cent in zip(found.steps, cents, strict=True))


def test_the_waterfall_sums_to_the_cent_on_random_histories() -> None:
    rng = np.random.default_rng(9)
    for _ in range(12):
        random_flow(rng)


@pytest.mark.full
def test_the_waterfall_sums_to_the_cent_on_1000_random_histories() -> None:
    rng = np.random.default_rng(10)
    for _ in range(1000):
        random_flow(rng)


def test_each_deal_is_in_the_step_that_happened_to_it() -> None:
    deals = deals_of(
        ("open", "2025-01-01", None), ("won", "2025-01-01", "2025-12-01"), ("lost", "2025-01-01", "2025-11-01"),
        ("open", "2025-01-01", None), ("open", "2025-12-01", None), ("won", "2025-01-01", "2025-09-01"),
    )  # fmt: skip
    rows = [("2025-09-30", f"D{place}", 100.10) for place in (0, 1, 2, 3, 5)]
    rows += [("2025-12-31", "D0", 150.25), ("2025-12-31", "D4", 70.0), ("2025-12-31", "D1", 100.10)]
    frame = pd.DataFrame(rows, columns=["taken_on", "deal_id", "amount"])
    frame["taken_on"] = pd.to_datetime(frame["taken_on"])
    found = analyse_flow(load_frames({"deals": deals, "forecast_snapshots": frame}))
    assert isinstance(found, SnapshotFlow)
    # D5 had closed before the first snapshot, and D1 before the last: both were only still in the list.
    assert [(step.name, step.amount, step.n) for step in found.steps] == [
        ("opening", 400.40, 4), ("new", 70.0, 1), ("raised", 50.15, 1), ("won", -100.10, 1), ("lost", -100.10, 1),
        ("gone", -100.10, 1), ("closing", 220.25, 2),
    ]  # fmt: skip


# --- The whole chapter ---


def test_velocity_is_less_where_open_deals_are_old(loaded_demo: Loaded) -> None:
    found = analyse_velocity(loaded_demo)
    assert found is not None
    assert not isinstance(found, MissingData)
    assert found.expected.ci_high < found.counted.value
    assert found.expected.mean_amount == found.counted.mean_amount


def test_numbers_do_not_depend_on_the_order_of_rows(demo_contract: Any) -> None:
    demo = make_demo()
    turned = {name: rows.iloc[::-1].reset_index(drop=True) for name, rows in demo.frames.items()}
    one = load_demo(demo, demo_contract)
    two = load_frames(turned, pipeline=demo_contract.pipeline, segments=demo_contract.segments,
                      exported_on=date(2025, 12, 31))  # fmt: skip
    for analyse in (analyse_watermelon, analyse_stages, analyse_calibration, analyse_slippage, analyse_flow):
        assert analyse(one) == analyse(two), analyse.__name__
