"""Leads, reduced to counts: how many came, were contacted, qualified and won, each within the same time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import ibis
import pandas as pd

from gtmlib.analyses.reductions import in_period
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion

GROUPINGS = ("source", "campaign", "channel", "persona")
SUMS = ("n", "n_called", "n_ripe", "k_ripe", "n_old", "called_old", "k_old")
WEEK_DAYS = 7


def select_leads(loaded: Loaded) -> Any:
    """Give the leads with what became of each within the contract's time.

    Parameters
    ----------
    loaded : Loaded
        With leads that have created_on.

    Returns
    -------
    ibis Table
        source, campaign, channel, persona (str), created_on, quarter (date), wait (quick, week, later, never),
        is_called, is_ripe (it had the time to be qualified), is_qualified, is_old (it had the time to be won), is_won.

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> leads = pd.DataFrame({"lead_id": ["1"], "created_on": pd.Timestamp("2025-12-30"), "source": ["web"]})
    >>> to_frame(select_leads(load_frames({"leads": leads})))[["wait", "is_ripe"]].to_dict("records")
    [{'wait': 'never', 'is_ripe': False}]
    """
    contract = loaded.engagement.contract
    rule, exported_on = contract.leads, contract.exported_on
    rows = in_period(loaded, loaded.tables["leads"], "created_on")
    optional = dict.fromkeys((*GROUPINGS, "deal_id"), "string") | {"first_contact_on": "date", "qualified_on": "date"}
    rows = rows.mutate({name: ibis.null(kind) for name, kind in optional.items() if name not in rows.columns})
    rows = rows.filter(rows.created_on.notnull())
    won: Any = ibis.literal(False)
    if not loaded.missing(deals=("status", "closed_on"), leads=("deal_id",)):
        deals = loaded.tables["deals"].filter(lambda found: found.status == "won")
        deals = deals.select(won_deal="deal_id", won_on="closed_on")
        rows = rows.left_join(deals, rows.deal_id == deals.won_deal)
        won = (rows.won_on.delta(rows.created_on, unit="day") <= rule.won_days).fill_null(False)
    waited = rows.first_contact_on.delta(rows.created_on, unit="day")
    wait = ibis.cases(
        (waited.isnull(), "never"), (waited <= rule.quick_days, "quick"), (waited <= WEEK_DAYS, "week"), else_="later"
    )
    in_time = rows.qualified_on.delta(rows.created_on, unit="day") <= rule.qualified_days
    return rows.select(
        *GROUPINGS,
        "created_on",
        quarter=rows.created_on.truncate("Q"),
        wait=wait,
        is_called=waited.notnull(),
        is_ripe=rows.created_on <= ibis.literal(exported_on - timedelta(days=rule.qualified_days)),
        is_qualified=in_time.fill_null(False),
        is_old=rows.created_on <= ibis.literal(exported_on - timedelta(days=rule.won_days)),
        is_won=won,
    )


def sum_leads(rows: Any, *by: str) -> pd.DataFrame:
    """Count leads by group.

    Parameters
    ----------
    rows : ibis Table
        As `select_leads` gives them.
    *by : str
        Columns to group by.

    Returns
    -------
    DataFrame, one row per group
        <by>, n, n_called, n_ripe and k_ripe (qualified of those), n_old, called_old and k_old (contacted and won of
        those).

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> leads = pd.DataFrame({"lead_id": ["1", "2"], "created_on": pd.Timestamp("2025-01-02"), "source": "web"})
    >>> sum_leads(select_leads(load_frames({"leads": leads})), "source").to_dict("records")
    [{'source': 'web', 'n': 2, 'n_called': 0, 'n_ripe': 2, 'k_ripe': 0, 'n_old': 2, 'called_old': 0, 'k_old': 0}]
    """
    return to_frame(
        rows.group_by(*by).aggregate(
            n=rows.count(),
            n_called=rows.is_called.sum(),
            n_ripe=rows.is_ripe.sum(),
            k_ripe=(rows.is_ripe & rows.is_qualified).sum(),
            n_old=rows.is_old.sum(),
            called_old=(rows.is_old & rows.is_called).sum(),
            k_old=(rows.is_old & rows.is_won).sum(),
        )
    )


def rate_of(k: float, n: float, level: float) -> ProportionEstimate | None:
    """Estimate a rate from counts; None without any.

    Parameters
    ----------
    k, n : float
        Whole numbers.
    level : float
        Confidence level, in (0, 1).

    Examples
    --------
    >>> rate_of(1, 4, 0.95).rate, rate_of(0, 0, 0.95)
    (0.25, None)
    """
    return estimate_proportion(int(k), int(n), confidence_level=level) if n else None
