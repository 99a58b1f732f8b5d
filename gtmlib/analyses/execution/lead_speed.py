"""Speed and cost of leads: what goes with a quick first contact, and what a won lead costs by channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from gtmlib.analyses.acquisition import read_spend
from gtmlib.analyses.execution.lead_rows import SUMS, select_leads, sum_leads
from gtmlib.analyses.execution.outreach import CHAPTER
from gtmlib.analyses.findings import Finding, interval_of
from gtmlib.analyses.reductions import MissingData
from gtmlib.data.loaded import Loaded
from gtmlib.stats.differences import crude_difference, difference_interval, stratified_difference
from gtmlib.stats.distributions import critical_value
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion
from gtmlib.stats.unit_economics import AcquisitionCost, estimate_acquisition_cost

WAITS = ("quick", "week", "later", "never")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingTime:
    """Leads by how soon they were contacted.

    Parameters
    ----------
    wait : {'quick', 'week', 'later', 'never'}
        Within the contract's quick days, within a week, later, or never so far.
    share, qualified : ProportionEstimate
        Of all leads old enough, and qualified of those of this wait.
    """

    wait: str
    share: ProportionEstimate
    qualified: ProportionEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedDifference:
    """Share qualified of leads contacted quickly, less that of leads contacted later.

    Parameters
    ----------
    crude, difference : float
        As counted, and within sources; in [-1, 1].
    ci_low, ci_high : float
        Interval of the difference within sources.
    confidence_level : float
        In (0, 1).
    """

    crude: float
    difference: float
    ci_low: float
    ci_high: float
    confidence_level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadSpeed:
    """Speed of the first contact, and what it goes with.

    Parameters
    ----------
    rows : tuple of WaitingTime
        From quick to never.
    adjusted : SpeedDifference, optional
        Leads contacted quickly against those contacted later, within sources; None without both.
    quick_days, qualified_days : int
        The contract's.
    """

    rows: tuple[WaitingTime, ...]
    adjusted: SpeedDifference | None
    quick_days: int
    qualified_days: int

    def findings(self) -> tuple[Finding, ...]:
        """Give the adjusted difference, and the share that was contacted quickly."""
        found = []
        for row in self.rows:
            if row.wait == "quick":
                args: dict[str, Any] = {"rate": row.share.rate, "n": row.share.n_trials, "days": self.quick_days}
                found.append(
                    Finding("execution.lead_quick_share", row.share.rate, "share", "execution.finding.lead_quick", args,
                            n=row.share.n_trials, **interval_of(row.share))
                )  # fmt: skip
        if self.adjusted is not None:
            low, high = self.adjusted.ci_low, self.adjusted.ci_high
            args = {"difference": self.adjusted.difference, "low": low, "high": high, "days": self.quick_days}
            verdict: Any = "confirmed" if low > 0 else "refuted" if high < 0 else "cannot_tell"
            n = sum(row.qualified.n_trials for row in self.rows if row.wait != "never")
            found.append(
                Finding("execution.lead_speed_difference", self.adjusted.difference, "share",
                        f"execution.finding.lead_speed_{verdict}", args, n=n, verdict=verdict,
                        **interval_of(self.adjusted))
            )  # fmt: skip
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCost:
    """What a channel cost per won lead.

    Parameters
    ----------
    channel : str
        As the data call it.
    cost : AcquisitionCost
        Of the periods whose leads are all old enough.
    n_leads : int
        Leads of these periods.
    """

    channel: str
    cost: AcquisitionCost
    n_leads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadCosts:
    """Cost per won lead, by channel.

    Parameters
    ----------
    rows : tuple of ChannelCost
        By falling spend.
    first_on, last_on : str
        Days that spend and leads are of, ISO.
    n_unread : int
        Rows of spend whose period can't be read.
    won_days : int
        The horizon.
    currency : str
        ISO 4217 code.
    """

    rows: tuple[ChannelCost, ...]
    first_on: str
    last_on: str
    n_unread: int
    won_days: int
    currency: str

    def findings(self) -> tuple[Finding, ...]:
        """Give the cost per won lead of each channel that won one."""
        return tuple(
            Finding("execution.cost_per_won", row.cost.loaded.value, self.currency, "execution.finding.cost_per_won",
                    {"channel": row.channel, "cost": row.cost.loaded.value, "n": row.cost.n_won},
                    group={"channel": row.channel}, n=row.cost.n_won, **interval_of(row.cost))
            for row in self.rows
            if row.cost.loaded.value is not None
        )  # fmt: skip


def analyse_lead_speed(loaded: Loaded, *, confidence_level: float = 0.95) -> LeadSpeed | MissingData:
    """Tell how soon leads are contacted, and what goes with it, within sources.

    Parameters
    ----------
    loaded : Loaded
        Needs leads with created_on, first_contact_on and qualified_on; better with source.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    References
    ----------
    Mantel & Haenszel (1959) with the variance of Sato (1989): good sources are often called first, so that quick is
    held against late within each source only.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> leads = pd.DataFrame({"created_on": pd.Timestamp("2025-01-02"), "source": ["web"] * 40})
    >>> leads["first_contact_on"] = pd.to_datetime(["2025-01-02"] * 20 + ["2025-01-20"] * 20)
    >>> leads["qualified_on"] = [pd.Timestamp("2025-01-22") if i % 2 and i < 20 else None for i in range(40)]
    >>> found = analyse_lead_speed(load_frames({"leads": leads.assign(lead_id=leads.index.astype(str))}))
    >>> [(row.wait, row.qualified.rate) for row in found.rows], found.adjusted.difference
    ([('quick', 0.5), ('later', 0.0)], 0.5)
    """
    if needed := loaded.missing(leads=("created_on", "first_contact_on", "qualified_on")):
        return MissingData(chapter=CHAPTER, needed=needed)
    contract = loaded.engagement.contract
    sums = sum_leads(select_leads(loaded).filter(lambda rows: rows.is_ripe), "source", "wait")
    by_wait = sums.groupby("wait")[["n", "k_ripe"]].sum()
    by_wait = by_wait[by_wait["n"] >= contract.disclosure.smallest_group]
    if by_wait.empty:
        return MissingData(chapter=CHAPTER, needed=("leads.created_on",))
    total = int(by_wait["n"].sum())
    rows = tuple(
        WaitingTime(
            wait=wait,
            share=estimate_proportion(int(by_wait["n"][wait]), total, confidence_level=confidence_level),
            qualified=estimate_proportion(
                int(by_wait["k_ripe"][wait]), int(by_wait["n"][wait]), confidence_level=confidence_level
            ),
        )
        for wait in WAITS
        if wait in by_wait.index
    )
    return LeadSpeed(
        rows=rows,
        adjusted=_compare_speed(sums, confidence_level),
        quick_days=contract.leads.quick_days,
        qualified_days=contract.leads.qualified_days,
    )


def _compare_speed(sums: pd.DataFrame, level: float) -> SpeedDifference | None:
    called = sums[sums["wait"] != "never"].assign(source=sums["source"].fillna(""), is_quick=sums["wait"] == "quick")
    table = called.groupby(["source", "is_quick"])[["k_ripe", "n"]].sum()
    strata = []
    for source in called["source"].unique():
        if (source, True) in table.index and (source, False) in table.index:
            (k, n), (k_0, n_0) = (table.loc[(source, is_quick)].astype(int) for is_quick in (True, False))
            strata.append((int(k), int(n), int(k_0), int(n_0)))
    if not strata:
        return None
    k, n, k_0, n_0 = np.array(sorted(strata), dtype=float).T
    adjusted = stratified_difference(k, n, k_0, n_0)
    low, high = difference_interval("stratified", adjusted, critical_value(level), k, n, k_0, n_0)
    return SpeedDifference(
        crude=float(crude_difference(k, n, k_0, n_0).difference),
        difference=float(adjusted.difference),
        ci_low=float(low),
        ci_high=float(high),
        confidence_level=level,
    )


def analyse_lead_costs(loaded: Loaded, *, confidence_level: float = 0.95) -> LeadCosts | MissingData:
    """Divide what each channel cost by the leads of the same periods that were won.

    Parameters
    ----------
    loaded : Loaded
        Needs acquisition with channel, leads with channel, created_on and deal_id, and deals with status and closed_on.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    References
    ----------
    See `gtmlib.stats.unit_economics.estimate_acquisition_cost`. Only periods whose leads all had their time count: a
    month of yesterday has its cost and not yet its customers.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> leads = pd.DataFrame({"lead_id": ["1"], "created_on": pd.Timestamp("2025-01-02"), "channel": "web"})
    >>> analyse_lead_costs(load_frames({"leads": leads})).needed
    ('acquisition', 'leads.deal_id', 'deals')
    """
    wanted = {"leads": ("created_on", "channel", "deal_id"), "deals": ("status", "closed_on")}
    if needed := loaded.missing(acquisition=("channel",), **wanted):
        return MissingData(chapter=CHAPTER, needed=needed)
    contract = loaded.engagement.contract
    spent, n_unread = read_spend(loaded, "channel")
    ripe_on = contract.exported_on - timedelta(days=contract.leads.won_days)
    spent = [row for row in spent if row.ends_on <= ripe_on and row.group]
    if not spent:
        return MissingData(chapter=CHAPTER, needed=("acquisition.period",))
    rows = []
    leads = select_leads(loaded)
    months = sum_leads(leads.mutate(month=leads.created_on.truncate("M")), "channel", "month")
    for channel in dict.fromkeys(row.group for row in spent):
        own = [row for row in spent if row.group == channel]
        inside = months["month"].map(
            lambda day, own=own: any(row.starts_on <= day.date() <= row.ends_on for row in own)
        )
        counts = months[inside & (months["channel"] == channel)][list(SUMS)].sum()
        cost = estimate_acquisition_cost(
            sum(row.amount for row in own), int(counts["k_old"]), confidence_level=confidence_level
        )
        rows.append(ChannelCost(channel=channel, cost=cost, n_leads=int(counts["n"])))
    return LeadCosts(
        rows=tuple(sorted(rows, key=lambda row: (-row.cost.spend, row.channel))),
        first_on=min(row.starts_on for row in spent).isoformat(),
        last_on=max(row.ends_on for row in spent).isoformat(),
        n_unread=n_unread,
        won_days=contract.leads.won_days,
        currency=contract.currency,
    )
