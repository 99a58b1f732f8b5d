"""Results of the pipeline chapter from deals that have been drawn: few or many, all open, or never closed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from gtmlib.analyses.pipeline import cycles, flow, forecasts, next_steps, outcomes, stalls, watermelon
from gtmlib.analyses.pipeline.cycles import CohortTrend
from gtmlib.analyses.pipeline.flow import SnapshotFlow
from gtmlib.analyses.pipeline.forecasts import Calibration, Slippage
from gtmlib.analyses.pipeline.next_steps import NextSteps
from gtmlib.analyses.pipeline.outcomes import Outcomes, PipelineVelocity, StageFlow
from gtmlib.analyses.pipeline.stalls import Contributors, OpenAges
from gtmlib.analyses.pipeline.watermelon import Watermelon
from gtmlib.analyses.reductions import MissingData
from gtmlib.analyses.workshop.panel import settle
from gtmlib.analyses.workshop.pipeline import NothingOpen, PipelineWhatIf, open_panel
from gtmlib.data.engagement import Pipeline
from gtmlib.data.load import Loaded, load_frames

PIPELINE = {Watermelon, OpenAges, Contributors, Outcomes, StageFlow, CohortTrend, NextSteps}
PIPELINE |= {PipelineVelocity, Calibration, Slippage, SnapshotFlow, PipelineWhatIf}
END = pd.Timestamp("2025-12-31")
STAGES = np.array(["Möte & behov", "<b>Offert</b>", "{x}"])


def random_client(rng: np.random.Generator, n: int, *, n_days: int = 700, **decided: Any) -> Loaded:
    """Deals with all that the chapter reads: histories, monthly forecasts, touches; some without what they need."""
    created = END - pd.to_timedelta(rng.integers(0, n_days, n), unit="D")
    length = rng.integers(0, 200, n)
    status = rng.choice(["won", "lost", "open"], n, p=decided.pop("shares", [0.3, 0.3, 0.4]))
    closed = pd.Series(created + pd.to_timedelta(length, unit="D"))
    is_open = (status == "open") | (closed > END)
    stage = rng.integers(0, 3, n)
    deals = pd.DataFrame({
        "deal_id": [f"D{place}" for place in range(n)],
        "created_on": pd.Series(created).mask(rng.random(n) < 0.03),
        "closed_on": closed.mask(is_open),
        "status": np.where(is_open, "open", status),
        "amount": np.round(rng.gamma(2, 9e4, n), 2),
        "rep_id": [f"R{place}" for place in rng.integers(0, 8, n)],
        "segment": rng.choice(["Large", "Small", None], n),
        "source": rng.choice(["Inbound", "Partner"], n),
        "stage": np.where(is_open, STAGES[stage], "Closed " + pd.Series(status).str.title()),
    })  # fmt: skip
    deals["amount"] = deals["amount"].mask(rng.random(n) < rng.choice([0.0, 0.1]))
    place = np.repeat(np.arange(n), 3)
    history = pd.DataFrame({
        "deal_id": deals["deal_id"].to_numpy()[place],
        "stage": np.tile(STAGES, n),
        "entered_on": pd.Series(created[place] + pd.to_timedelta(rng.integers(0, 90, 3 * n), unit="D")),
    })  # fmt: skip
    days = pd.date_range(END - pd.Timedelta(days=n_days), END, freq="ME").union([END])
    place, taken = (axis.ravel() for axis in np.meshgrid(np.arange(n), np.arange(len(days)), indexing="ij"))
    snapshots = pd.DataFrame({
        "taken_on": days[taken],
        "deal_id": deals["deal_id"].to_numpy()[place],
        "probability": rng.choice([0.1, 0.35, 0.6, 1.0], place.size),
        "amount": np.round(rng.gamma(2, 9e4, place.size), 2),
        "expected_close_on": days[taken] + pd.to_timedelta(rng.integers(-20, 90, place.size), unit="D"),
    })  # fmt: skip
    own = deals.iloc[place].reset_index(drop=True)
    snapshots = snapshots[(own["created_on"] <= snapshots["taken_on"]) & (rng.random(place.size) < 0.9)]
    touches = pd.DataFrame({
        "touch_id": [f"T{place}" for place in range(2 * n)],
        "deal_id": np.tile(deals["deal_id"], 2),
        "date": np.tile(created, 2) + pd.to_timedelta(rng.integers(0, 60, 2 * n), unit="D"),
    })  # fmt: skip
    touches["next_step_on"] = (touches["date"] + pd.Timedelta(days=20)).where(rng.random(2 * n) < 0.5)
    frames = {"deals": deals, "stage_history": history, "forecast_snapshots": snapshots, "touches": touches}
    return load_frames({name: rows.reset_index(drop=True) for name, rows in frames.items()}, **decided)


def what_if(client: Loaded, state: dict[str, Any], side: float) -> PipelineWhatIf | MissingData | None:
    """The pipeline what-if of a state, with the win rate as it is (side 0) or as high as it can be set (side 1)."""
    panel = open_panel(client)
    if isinstance(panel, MissingData):
        return panel
    if isinstance(panel, NothingOpen):
        return None
    controls = {control.id: control for control in panel.controls}
    moved = state | {"win_rate": side * controls["win_rate"].high}
    if "close_after" in controls and "close_after" in state:
        moved["close_after"] = min(controls["close_after"].high, state["close_after"])
    else:
        moved.pop("close_after", None)
    return panel.compute(settle(panel, moved))[0]


@st.composite
def pipelines(draw: st.DrawFn) -> Any:
    """Any result of the pipeline chapter."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    rule = Pipeline(
        horizon_days=draw(st.sampled_from([30, 90])),
        stall_win_chance=draw(st.sampled_from([0.0, 0.05, 0.9])),
        cohort=draw(st.sampled_from(["month", "quarter"])),
        default_close=draw(st.sampled_from([None, "none", "month_end", "next_month_end"])),
    )
    shares = draw(st.sampled_from([[0.3, 0.3, 0.4], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0], [0.9, 0.1, 0.0]]))
    client = random_client(rng, draw(st.sampled_from([6, 60])), pipeline=rule, shares=shares)
    level = draw(st.sampled_from([0.8, 0.95]))
    analyses = [
        watermelon.analyse_watermelon, stalls.analyse_open_ages, outcomes.analyse_outcomes, outcomes.analyse_stages,
        outcomes.analyse_velocity, cycles.analyse_cycles, next_steps.analyse_next_steps, forecasts.analyse_calibration,
        forecasts.analyse_slippage,
    ]  # fmt: skip
    makers = [lambda analyse=analyse: analyse(client, confidence_level=level) for analyse in analyses]
    groupings = ("segment", "stage", "source", "rep")
    makers += [lambda by=by: stalls.rank_contributors(client, by=by, confidence_level=level) for by in groupings]
    makers.append(lambda: flow.analyse_flow(client))
    states = st.sampled_from([{}, {"close_after": 60, "delay": 0}, {"cycle": -0.3, "close_after": 200}])
    makers.append(lambda: what_if(client, draw(states), draw(st.sampled_from([0.0, 0.0, 1.0]))))
    made = draw(st.sampled_from(makers))()
    return made if made is not None else MissingData(chapter="pipeline", needed=("deals",))
