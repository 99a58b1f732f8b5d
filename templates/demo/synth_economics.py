"""What the demo adds for unit economics: contracts that run from month to month, and what the sales team costs."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

Frames = dict[str, pd.DataFrame]
Rng = np.random.Generator
STREAM = 70  # of this module's own draws: those of others stay as they are


def add_economics(frames: Frames, seed: int) -> Frames:
    """Add contracts, what the sales team costs, and the customers that each channel of marketing won.

    Parameters
    ----------
    frames : dict
        Canonical tables, with customers, deals, leads and acquisition; they stay as they are.
    seed : int
        As of the demo.
    """
    model = tomllib.loads(Path(__file__).with_name("synth_economics.toml").read_text("utf-8"))
    rngs = np.random.default_rng([seed, STREAM]).spawn(2)
    marketing = _with_won(frames["acquisition"], frames["leads"], frames["deals"])
    spend = pd.concat([marketing, _make_sales_cost(rngs[1], model, marketing["period"].unique())], ignore_index=True)
    return frames | {
        "contracts": _make_contracts(rngs[0], model["contracts"], frames["customers"]),
        "acquisition": spend,
    }


def _make_contracts(rng: Rng, about: dict[str, Any], customers: pd.DataFrame) -> pd.DataFrame:
    """Draw contracts of a year each that are renewed until they are not; some customers take a second one."""
    first, last = pd.Timestamp(about["starts_on"]), pd.Timestamp(about["ends_on"])
    rows = []
    for customer, came in zip(customers["customer_id"], customers["acquired_on"], strict=True):
        if rng.random() >= about["share"]:
            continue
        for _ in range(1 + int(rng.random() < about["grown_share"])):
            earliest = max(first, came)
            begins = earliest + pd.Timedelta(int(rng.random() * (last - earliest).days), "D")
            ends = begins + pd.DateOffset(years=int(rng.geometric(about["lost_a_year"])))
            monthly = rng.choice(about["monthly"], p=about["monthly_share"])
            rows.append((customer, begins, ends if ends <= last else pd.NaT, float(monthly)))
    drawn = pd.DataFrame(rows, columns=["customer_id", "starts_on", "ends_on", "monthly_revenue"])
    drawn = drawn.sort_values(["starts_on", "customer_id"], kind="stable", ignore_index=True)
    days = {name: drawn[name].dt.as_unit("us") for name in ("starts_on", "ends_on")}
    return drawn.assign(contract_id=[f"A{5001 + i}" for i in range(len(drawn))], **days)


def _make_sales_cost(rng: Rng, model: dict[str, Any], periods: np.ndarray) -> pd.DataFrame:
    """Draw what the sales team costs a month in each segment, and how many prospects it worked on."""
    sales = pd.DataFrame(model["tables"]["sales"])
    rows = pd.DataFrame({"period": sorted(periods)}).merge(sales, how="cross")
    noise = rng.gamma(60, 1 / 60, len(rows))
    return rows.assign(spend=(rows["spend"] * noise).round(2), n_prospects=rng.poisson(rows["n_prospects"]))


def _with_won(spend: pd.DataFrame, leads: pd.DataFrame, deals: pd.DataFrame) -> pd.DataFrame:
    """Count the deals that each channel's leads won, by the month in which they were won."""
    won = leads.merge(deals.loc[deals["status"] == "won", ["deal_id", "closed_on"]], on="deal_id")
    counts = won.groupby(["channel", won["closed_on"].dt.strftime("%Y-%m")]).size().rename_axis(["channel", "period"])
    n_won = counts.reindex(pd.MultiIndex.from_frame(spend[["channel", "period"]]), fill_value=0)
    return spend.assign(n_won=n_won.to_numpy())
