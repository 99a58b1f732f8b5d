"""The pipeline what-if: at first it is the chapter, and each assumption moves it as computed by hand from the rows."""

from __future__ import annotations

import json
import math
from dataclasses import astuple
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtmlib.analyses.pipeline.deals import open_deals
from gtmlib.analyses.pipeline.outcomes import PipelineVelocity, analyse_velocity
from gtmlib.analyses.pipeline.watermelon import Watermelon, analyse_watermelon
from gtmlib.analyses.reductions import OTHER, MissingData
from gtmlib.analyses.workshop import open_panel as open_by_name
from gtmlib.analyses.workshop.panel import PanelError, settle, start_of
from gtmlib.analyses.workshop.pipeline import NothingOpen, PipelinePanel, PipelineWhatIf, open_panel
from gtmlib.data.engagement import Disclosure
from gtmlib.data.engine import to_frame
from gtmlib.data.load import Loaded, load_frames
from gtmlib.errors import ParameterError
from gtmlib.present.blocks import from_block, to_block
from gtmlib.present.exhibits import present
from gtmlib.present.language import Language
from gtmlib.stats.competing_risks import Stake, chances_if_open, estimate_expected, estimate_stakes, tabulate_risks

from ...present.drawn_pipeline import random_client

ENGLISH = Language("en", "SEK")


def client_of(n: int = 400, seed: int = 3, **decided: Any) -> Loaded:
    client = random_client(np.random.default_rng(seed), n, **decided)
    assert not client.missing(deals=("amount",))
    return client


def panel_of(client: Loaded) -> PipelinePanel:
    panel = open_panel(client)
    assert isinstance(panel, PipelinePanel)
    return panel


def asked(panel: PipelinePanel, **state: Any) -> PipelineWhatIf:
    return panel.compute(settle(panel, state))[0]


CLIENT = client_of()
PANEL = panel_of(CLIENT)
ROWS = to_frame(open_deals(CLIENT))  # every open deal, which only the test looks at


def test_at_first_the_panel_says_what_the_chapter_says() -> None:
    chapter, velocity, found = analyse_watermelon(CLIENT), analyse_velocity(CLIENT), asked(PANEL)
    assert isinstance(chapter, Watermelon)
    assert isinstance(velocity, PipelineVelocity)
    assert found.is_as_today
    assert found.reported == found.kept == chapter.leading
    assert found.wins == found.wins_after == chapter.naive.expected
    assert found.amount == found.amount_after == (chapter.amounts.expected if chapter.amounts else None)
    assert found.velocity == found.velocity_after == velocity.expected
    assert found.closed_rate == chapter.closed_rate.rate
    values = {finding.id: finding.value for finding in found.findings()}
    assert values["workshop.cost_of_delay"] == pytest.approx(4 * 7 * velocity.expected.value)
    assert set(PANEL.headlines) - {"workshop.expected_amount"} <= set(values)


def test_what_is_closed_counts_as_lost_and_promises_nothing() -> None:
    days = int(PANEL.cuts[len(PANEL.cuts) // 2])
    found = asked(PANEL, close_after=days)
    kept = ROWS[ROWS["days"] <= days]
    assert (found.n_closed, found.close_days) == (len(ROWS) - len(kept), days)
    assert found.wins_after.value == pytest.approx(chances_if_open(PANEL.clock.table, kept["days"]).sum())
    assert found.wins_after.n == len(kept)
    assert found.wins == PANEL.today.naive.expected  # what is expected today stays
    snapshots = to_frame(CLIENT.tables["forecast_snapshots"])
    latest = snapshots[snapshots["taken_on"] == snapshots["taken_on"].max()]
    latest = latest[latest["deal_id"].isin(kept["deal_id"])]
    assert found.basis == "reported"
    assert found.kept is not None
    assert found.kept.counted == pytest.approx(latest["probability"].sum())


def test_without_forecasts_closed_deals_lower_the_rate_that_the_others_are_counted_at() -> None:
    frames = {"deals": to_frame(CLIENT.tables["deals"])}
    panel = panel_of(load_frames(frames))
    found, closed = asked(panel, close_after=200), panel.today.closed_rate
    assert found.basis == "closed_win_rate"
    assert found.kept is not None
    rate = closed.n_successes / (closed.n_trials + found.n_closed)
    assert found.kept.counted == pytest.approx(found.kept.n * rate)
    assert found.kept.expected == found.wins_after


def test_a_higher_win_rate_turns_lost_into_won_and_a_lower_one_won_into_lost() -> None:
    table, rate, days = PANEL.clock.table, PANEL.today.closed_rate.rate, ROWS["days"]
    won = estimate_expected(table, days, np.ones(len(days))).value
    lost = estimate_expected(table, days, np.ones(len(days)), outcome="lost").value
    up, down = asked(PANEL, win_rate=0.1), asked(PANEL, win_rate=-0.1)
    assert up.wins_after.value == pytest.approx(won + 0.1 / (1 - rate) * lost)
    assert down.wins_after.value == pytest.approx(won * (1 - 0.1 / rate))
    assert up.wins_after.ci_low < up.wins_after.value < up.wins_after.ci_high
    assert up.kept == asked(PANEL).kept  # what is reported today does not know of it


def test_a_changed_win_rate_in_one_stage_leaves_the_deals_of_the_others_alone() -> None:
    table, rate = PANEL.clock.table, PANEL.today.closed_rate.rate
    stages = {control.id: control for control in PANEL.controls}["stages"].options
    assert set(stages) == set(ROWS["stage"].dropna())
    inside = ROWS["stage"] == stages[0]
    lost = estimate_expected(table, ROWS.loc[inside, "days"], np.ones(inside.sum()), outcome="lost").value
    found = asked(PANEL, win_rate=0.05, stages=[stages[0]])
    assert found.wins_after.value == pytest.approx(found.wins.value + 0.05 / (1 - rate) * lost)
    assert found.stages == (stages[0],)
    assert asked(PANEL, win_rate=0.05, stages=list(stages)) == asked(PANEL, win_rate=0.05)
    with pytest.raises(PanelError, match="no_stage"):
        asked(PANEL, win_rate=0.05, stages=[])
    assert asked(PANEL, stages=[]).wins_after == found.wins  # nothing changes in no stage: there is nothing to refuse


def test_money_moves_as_the_wins_do() -> None:
    rows = to_frame(CLIENT.tables["deals"])
    panel = panel_of(load_frames({"deals": rows.assign(amount=1000.0)}))
    found = asked(panel, win_rate=0.08, close_after=250)
    assert found.amount_after is not None
    assert found.amount_after.value == pytest.approx(1000 * found.wins_after.value)
    assert found.amount_after.ci_high == pytest.approx(1000 * found.wins_after.ci_high)


def test_a_quarter_shorter_cycle_brings_a_third_more_a_week_and_delay_costs_that_times_the_weeks() -> None:
    before, found = asked(PANEL, delay=0), asked(PANEL, cycle=-0.25, delay=6)
    assert before.velocity is not None
    assert found.velocity_after is not None
    assert found.velocity_after.value == pytest.approx(before.velocity.value / 0.75)
    assert found.wins_after == before.wins
    cost = next(one for one in found.findings() if one.id == "workshop.cost_of_delay")
    assert cost.value == pytest.approx(found.velocity_after.value * 42)
    assert next(one for one in before.findings() if one.id == "workshop.cost_of_delay").value == 0


def test_no_two_settings_of_the_slider_are_a_few_deals_of_any_stage_apart() -> None:
    slider = PANEL.controls[0]
    asked_for = np.arange(slider.low, slider.high + 1, slider.step)
    kept = sorted({asked(PANEL, close_after=float(days)).close_days for days in asked_for})
    stages = {control.id: control for control in PANEL.controls}["stages"].options
    shown = ROWS["stage"].where(ROWS["stage"].isin(stages), OTHER)
    assert len(kept) > 5
    counts = np.array([[((shown == stage) & (ROWS["days"] <= days)).sum() for stage in stages] for days in kept])
    apart = np.concatenate([counts, np.diff(counts, axis=0)])
    assert not ((apart > 0) & (apart < 5)).any()
    found = asked(PANEL, close_after=slider.low)
    assert found.close_days >= found.asked_days == slider.low


def test_a_stage_that_can_not_be_divided_takes_the_closing_of_old_deals_away() -> None:
    rows = to_frame(CLIENT.tables["deals"])
    is_open = (rows["status"] == "open").to_numpy()
    rows["stage"] = np.where(is_open & (is_open.cumsum() <= 9), "Split", "Else")  # less than twice five deals
    rows.loc[is_open, "created_on"] = np.where(is_open.cumsum()[is_open] % 2, "2025-12-28", "2025-03-01")
    panel = panel_of(load_frames({"deals": rows}))
    assert [control.id for control in panel.controls][:2] == ["win_rate", "stages"]
    assert asked(panel).is_as_today


def test_a_stage_of_few_deals_is_folded_into_other() -> None:
    rows = to_frame(CLIENT.tables["deals"])
    is_open = rows["status"] == "open"
    rows.loc[rows.index[is_open][:3], "stage"] = "A pet project"
    panel = panel_of(load_frames({"deals": rows}, disclosure=Disclosure(smallest_group=5)))
    options = {control.id: control for control in panel.controls}["stages"].options
    assert "A pet project" not in options
    assert OTHER in options
    assert panel.cells["n"].sum() == PANEL.cells["n"].sum()
    assert panel.cells.groupby("stage")["n"].sum().min() >= 5


def test_what_cannot_be_told_is_left_out_and_says_what_to_send() -> None:
    rows = to_frame(CLIENT.tables["deals"])
    bare = panel_of(load_frames({"deals": rows.drop(columns=["amount", "stage"])}))
    assert "stages" not in start_of(bare)
    found = asked(bare, win_rate=0.1)
    assert (found.amount_after, found.velocity_after) == (None, None)
    assert "amount" in " ".join(present(found, ENGLISH, "#1f5f8b").notes)
    nothing = open_panel(load_frames({"deals": rows[["deal_id"]]}))
    assert isinstance(nothing, MissingData)
    assert nothing.needed == ("deals.created_on", "deals.status", "deals.closed_on")


def test_where_no_deal_is_open_the_panel_says_so_and_asks_for_nothing() -> None:
    rows = to_frame(CLIENT.tables["deals"])
    panel = open_panel(load_frames({"deals": rows[rows["status"] != "open"]}))
    assert isinstance(panel, NothingOpen)
    with pytest.raises(PanelError) as caught:
        panel.compute(start_of(panel))
    assert ENGLISH.say(f"workshop.error.{caught.value.key}").startswith("No deal is open")
    waiting = rows[rows["status"] == "open"]
    undated = rows[rows["status"] == "won"].assign(created_on=None)  # closed, and on no clock
    assert open_panel(load_frames({"deals": pd.concat([waiting, undated])})) == MissingData(
        chapter="pipeline", needed=("deals.closed_on",)
    )


@settings(max_examples=40)
@given(st.data())
def test_wherever_the_controls_stand_the_answer_is_finite_and_survives_its_block(data: st.DataObject) -> None:
    state: dict[str, Any] = {}
    for control in PANEL.controls:
        if control.kind == "slider":
            n_steps = round((control.high - control.low) / control.step)
            state[control.id] = min(control.low + data.draw(st.integers(0, n_steps)) * control.step, control.high)
        else:
            state[control.id] = data.draw(st.lists(st.sampled_from(control.options), unique=True))
    if state["win_rate"] and not state["stages"]:
        with pytest.raises(PanelError, match="no_stage"):
            asked(PANEL, **state)
        return
    found = asked(PANEL, **state)
    for one in found.findings():
        assert one.value is not None
        assert math.isfinite(one.value)
        assert one.ci_low is not None
        assert one.ci_high is not None
        assert one.ci_low <= one.value + 1e-9
        assert one.value <= one.ci_high + 1e-9
    read, _ = from_block(json.loads(json.dumps(to_block(found))))
    assert read == found
    assert present(found, ENGLISH, "#1f5f8b").figure is not None


def test_the_panel_is_opened_by_its_name() -> None:
    assert isinstance(open_by_name("pipeline", CLIENT), PipelinePanel)


# --- The statistic behind it ---


def test_stakes_of_one_table_are_added_up_with_their_common_error() -> None:
    table = tabulate_risks([1, 2, 3, 4, 5, 6], [2, 0, 3, 1, 2, 1], [1, 3, 1, 2, 0, 1], [0, 1, 0, 1, 2, 0])
    whole = estimate_expected(table, [0, 2], [10, 5])
    parts = estimate_stakes(table, [Stake(ages=[0], counts=[10]), Stake(ages=[2], counts=[5])])
    # Not the root of two squares: both rest on the same deals.
    assert astuple(parts) == pytest.approx(astuple(whole))
    won, lost = (estimate_expected(table, [0, 2], [10, 5], outcome=name).value for name in ("won", "lost"))
    half = estimate_stakes(table, [Stake(ages=[0, 2], counts=[10, 5], won=0.9, lost=0.2)])
    assert half.value == pytest.approx(0.9 * won + 0.2 * lost)
    with pytest.raises(ParameterError, match="from 0 to 1"):
        estimate_stakes(table, [Stake(ages=[0], counts=[1], lost=1.5)])


def test_the_interval_of_a_stake_holds_what_a_bootstrap_says() -> None:
    rng = np.random.default_rng(20)
    days, ends = rng.integers(1, 60, 600), rng.choice(3, 600, p=[0.3, 0.5, 0.2])

    def stake_of(chosen: np.ndarray[Any, Any]) -> Any:
        table = tabulate_risks(days[chosen], *(ends[chosen] == end for end in range(3)))
        return estimate_stakes(table, [Stake(ages=[10], counts=[60], lost=0.3), Stake(ages=[25], counts=[40])])

    found = stake_of(np.arange(600))
    again = [stake_of(rng.integers(0, 600, 600)).value for _ in range(300)]
    assert found.standard_error == pytest.approx(float(np.std(again)), rel=0.15)
