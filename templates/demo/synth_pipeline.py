"""Stages and forecasts of the demo's deals: what happened on the way, and what was believed of it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


def read_pipeline_model() -> dict[str, Any]:
    """Read the parameters of the deals' stages and forecasts."""
    return tomllib.loads(Path(__file__).with_name("synth_pipeline.toml").read_text("utf-8"))


def make_pipeline(deals: pd.DataFrame, ends_on: Any, *, seed: int) -> dict[str, pd.DataFrame]:
    """Draw stage_history and forecast_snapshots of deals that are there, with random numbers of their own.

    Parameters
    ----------
    deals : DataFrame, one row per deal
        deal_id, created_on, closed_on, status, stage, amount, expected_close_on.
    ends_on : date
        Of the last snapshot.
    seed : int
        Same seed and deals, same history.
    """
    model = read_pipeline_model()
    rng = np.random.default_rng([seed, model["stream"]])
    n, end = len(deals), pd.Timestamp(ends_on)
    created, closed = deals["created_on"], deals["closed_on"]
    span = np.minimum((closed.fillna(end) - created).dt.days, model["longest_days"]).to_numpy()
    reached = _last_stage(rng, model, deals)
    moves = np.sort(rng.uniform(0.1, 0.9, (n, len(model["stages"]) - 1)), axis=1) * span[:, None]
    entered = np.column_stack([np.zeros(n), np.floor(moves)]).astype(int)  # day of entry into each stage
    history = _history(model, deals, entered, reached)
    target = deals["expected_close_on"].fillna(closed + pd.to_timedelta(rng.integers(0, 20, n), unit="D"))
    room = ((target - created).dt.days.to_numpy() - 7) // model["push_days"]
    n_pushes = np.clip(np.minimum(rng.poisson(model["mean_pushes"], n), 3), 0, np.maximum(room, 0))
    push_days = np.sort(rng.uniform(0.15, 1.0, (n, 3)), axis=1) * span[:, None]
    least, most = model["revised_factor"]
    own = pd.DataFrame(
        {
            "target": target,
            "n_pushes": n_pushes,
            "default_until": np.where(rng.random(n) < model["default_share"], rng.uniform(0.2, 0.6, n) * span, -1.0),
            "opinion": rng.choice(model["own_opinion"], n),
            "revised_at": np.where(rng.random(n) < model["revised_share"], rng.uniform(0.2, 0.9, n) * span, -1.0),
            "factor": rng.uniform(least, most, n),
        }
    )
    days = pd.date_range(model["first_snapshot_on"], end, freq="ME")
    place, taken = (axis.ravel() for axis in np.meshgrid(np.arange(n), np.arange(len(days)), indexing="ij"))
    taken_on = pd.Series(days[taken])
    about = deals[["deal_id", "created_on", "closed_on", "amount"]].join(own).iloc[place].reset_index(drop=True)
    is_open = (about["created_on"] <= taken_on) & ~(about["closed_on"] <= taken_on)
    about, place, taken_on = about[is_open].reset_index(drop=True), place[is_open], taken_on[is_open]
    age = (taken_on.reset_index(drop=True) - about["created_on"]).dt.days.to_numpy()
    stage = np.minimum((entered[place] <= age[:, None]).sum(axis=1) - 1, reached[place])
    pushed = np.minimum((push_days[place] <= age[:, None]).sum(axis=1), about["n_pushes"])
    expected = about["target"] - pd.to_timedelta((about["n_pushes"] - pushed) * model["push_days"], unit="D")
    by_crm = age < about["default_until"]
    month_end = about["created_on"] + pd.offsets.MonthEnd(0)
    first_amount = (about["amount"] * about["factor"]).round(2)
    snapshots = pd.DataFrame(
        {
            "taken_on": taken_on.reset_index(drop=True).dt.as_unit("us"),
            "deal_id": about["deal_id"],
            "stage": np.array(model["stages"])[stage],
            "probability": (np.array(model["believed"])[stage] + about["opinion"]).round(2),
            "amount": first_amount.where(age < about["revised_at"], about["amount"]),
            "expected_close_on": month_end.where(by_crm, expected).dt.as_unit("us"),
        }
    )
    snapshots = snapshots.sort_values(["taken_on", "deal_id"], ignore_index=True)
    return {"stage_history": history, "forecast_snapshots": snapshots}


def _last_stage(rng: np.random.Generator, model: dict[str, Any], deals: pd.DataFrame) -> Any:
    """Number of the last open stage: an open deal's own, the last for a won one, any for a lost one."""
    n_stages = len(model["stages"])
    lost_in = rng.choice(n_stages, len(deals), p=model["lost_after"])
    own = deals["stage"].map({stage: place for place, stage in enumerate(model["stages"])})
    closed = np.where(deals["status"] == "won", n_stages - 1, lost_in)
    return own.fillna(pd.Series(closed, index=deals.index)).astype(int).to_numpy()


def _history(model: dict[str, Any], deals: pd.DataFrame, entered: Any, reached: Any) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "deal_id": deals["deal_id"],
                "stage": stage,
                "entered_on": deals["created_on"] + pd.to_timedelta(entered[:, place], unit="D"),
            }
        )[reached >= place]
        for place, stage in enumerate(model["stages"])
    ]
    closed = deals[deals["closed_on"].notna()]
    parts.append(closed[["deal_id", "stage"]].assign(entered_on=closed["closed_on"]))
    history = pd.concat(parts).assign(entered_on=lambda rows: rows["entered_on"].dt.as_unit("us"))
    return history.sort_values(["deal_id", "entered_on"], kind="stable", ignore_index=True)
