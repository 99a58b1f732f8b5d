"""What the demo adds for the people chapter: leads, what marketing costs, and a habit that began on a Monday."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

Frames = dict[str, pd.DataFrame]
Rng = np.random.Generator
STREAM = 60  # of this module's own draws: those of others stay as they are


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionTruth:
    """What the population of this module gives in the long run.

    Parameters
    ----------
    qualified_rate : dict
        Source = chance that a lead is qualified at all, those that nobody calls included.
    flooding_source : str
        The source that fills the calendar and gives least.
    late_factor : float
        What calling after more than a day leaves of the chance to qualify.
    habit : str
        Rule of the behaviour that changed.
    """

    qualified_rate: dict[str, float]
    flooding_source: str
    late_factor: float
    habit: str


def make_execution_truth() -> ExecutionTruth:
    """Compute what the parameters give, in closed form."""
    model, sources = _read()
    late = model["leads"]["late_factor"]
    chance = sources["qualified"] * (sources["quick"] + (1 - sources["quick"]) * late) * (1 - sources["never"])
    rates = dict(zip(sources["source"], chance.tolist(), strict=True))
    return ExecutionTruth(
        qualified_rate=rates, flooding_source=min(rates, key=rates.__getitem__), late_factor=late, habit="next_step"
    )


def add_execution(frames: Frames, seed: int, size: int) -> Frames:
    """Add leads and acquisition to a client's tables, and the habit to its touches.

    Parameters
    ----------
    frames : dict
        Canonical tables, with deals and touches; they stay as they are.
    seed, size : int
        As of the demo.
    """
    model, sources = _read()
    rngs = np.random.default_rng([seed, STREAM]).spawn(3)
    leads = _make_leads(rngs[0], model, sources, size)
    return frames | {
        "leads": _with_deals(leads, frames["deals"], model["leads"]),
        "acquisition": _make_spend(rngs[1], model, leads),
        "touches": _with_habit(rngs[2], frames["touches"], model["habit"]),
    }


def _read() -> tuple[dict[str, Any], pd.DataFrame]:
    model = tomllib.loads(Path(__file__).with_name("synth_execution.toml").read_text("utf-8"))
    return model, pd.DataFrame(model["tables"]["lead_sources"])


def _make_leads(rng: Rng, model: dict[str, Any], sources: pd.DataFrame, size: int) -> pd.DataFrame:
    """Draw leads: when they came, whether and when they were called, and whether they were qualified."""
    about, personas = model["leads"], pd.DataFrame(model["tables"]["personas"])
    n_days = (about["ends_on"] - about["starts_on"]).days + 1
    rows = sources.loc[sources.index.repeat(sources["n"] * size)].reset_index(drop=True)
    n = len(rows)
    day = np.floor(rows["from"] + rng.random(n) * (n_days - rows["from"]))
    is_quick, is_called = rng.random(n) < rows["quick"], rng.random(n) >= rows["never"]
    called = day + np.where(is_quick, rng.integers(0, 2, n), 2 + rng.geometric(0.25, n))
    chance = rows["qualified"] * np.where(is_quick, 1.0, about["late_factor"])
    is_qualified = is_called & (rng.random(n) < chance)
    qualified = called + rng.integers(0, about["longest_to_qualify_days"] + 1, n)
    campaigns = [model["campaigns"][source] for source in rows["source"]]
    is_second = (day >= (rows["from"] + n_days) / 2).astype(int)  # half of the source's own time
    leads = rows[["source", "channel", "deals"]].assign(
        created_on=_dates(about, day),
        campaign=[names[min(place, len(names) - 1)] for names, place in zip(campaigns, is_second, strict=True)],
        persona=rng.choice(personas["persona"], n, p=personas["share"]),
        first_contact_on=_dates(about, called.where(is_called & (called < n_days))),
        qualified_on=_dates(about, qualified.where(is_qualified & (qualified < n_days))),
        wants_deal=rng.random(n) < about["deal_share"],
    )
    leads = leads.sort_values(["created_on", "source"], kind="stable", ignore_index=True)
    return leads.assign(lead_id=[f"L{200001 + place}" for place in range(n)])


def _dates(about: dict[str, Any], days: pd.Series[float]) -> pd.Series[Any]:
    return (pd.Timestamp(about["starts_on"]) + pd.to_timedelta(days, unit="D")).dt.as_unit("us")


def _with_deals(leads: pd.DataFrame, deals: pd.DataFrame, about: dict[str, Any]) -> pd.DataFrame:
    """Give each qualified lead that becomes a deal the next free one of a source that fits, in order of time."""
    free = {
        source: list(zip(rows["created_on"], rows["deal_id"], strict=True))
        for source, rows in deals.sort_values(["created_on", "deal_id"]).groupby("source")
    }
    found: dict[int, str] = {}
    wanting = leads[leads["qualified_on"].notna() & leads["wants_deal"]].sort_values(["qualified_on", "lead_id"])
    for place, source, day in zip(wanting.index, wanting["deals"], wanting["qualified_on"], strict=True):
        waiting = free[source]
        while waiting and waiting[0][0] < day:
            waiting.pop(0)  # begun before the lead was qualified: of no lead
        if waiting and (waiting[0][0] - day).days <= about["deal_within_days"]:
            found[place] = waiting.pop(0)[1]
    return leads.assign(deal_id=leads.index.map(found)).drop(columns=["deals", "wants_deal"])


def _make_spend(rng: Rng, model: dict[str, Any], leads: pd.DataFrame) -> pd.DataFrame:
    """Draw what each channel costs a month, and count the leads that it brought."""
    months = pd.period_range(model["leads"]["starts_on"], model["leads"]["ends_on"], freq="M")
    n_leads = leads.groupby(["channel", leads["created_on"].dt.to_period("M")]).size()
    rows = [
        {
            "period": str(month),
            "channel": channel["channel"],
            "spend": float(round(channel["spend"] * rng.gamma(40, 1 / 40))),
            "n_prospects": int(n_leads.get((channel["channel"], month), 0)),
        }
        for channel in pd.DataFrame(model["tables"]["channels"]).to_dict("records")
        for month in months[channel["first_month"] :]
    ]
    return pd.DataFrame(rows).sort_values(["period", "channel"], ignore_index=True)


def _with_habit(rng: Rng, touches: pd.DataFrame, habit: dict[str, Any]) -> pd.DataFrame:
    n = len(touches)
    is_talk = touches["channel"].isin(["call", "meeting"]) & (touches["outcome"] != "no answer")
    is_new = is_talk & (touches["date"] >= pd.Timestamp(habit["starts_on"])) & touches["next_step_on"].isna()
    later = touches["date"] + pd.to_timedelta(rng.integers(habit["shortest_days"], habit["longest_days"], n), unit="D")
    is_new &= rng.random(n) < habit["extra_share"]
    return touches.assign(next_step_on=touches["next_step_on"].mask(is_new, later).dt.as_unit("us"))
