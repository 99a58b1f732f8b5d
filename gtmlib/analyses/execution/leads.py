"""From hand-over to won: what leads become within a fixed time, by where they came from and when they came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from gtmlib.analyses.execution.lead_rows import GROUPINGS, SUMS, rate_of, select_leads, sum_leads
from gtmlib.analyses.execution.outreach import CHAPTER
from gtmlib.analyses.findings import Finding, interval_of
from gtmlib.analyses.reductions import OTHER, MissingData, fold_small_groups
from gtmlib.data.engagement import require_known
from gtmlib.data.loaded import Loaded
from gtmlib.stats.comparisons import ProportionComparison, compare_proportions
from gtmlib.stats.proportions import ProportionEstimate

Grouping = Literal["source", "campaign", "channel", "persona"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadGroup:
    """Leads of one source, campaign, channel or buyer role.

    Parameters
    ----------
    group : str
        As the data call it, or `other` for small ones together.
    n_leads, n_called : int
        All of them, and those that were contacted.
    qualified, won : ProportionEstimate or None
        Of those old enough; None where none is.
    lead_share, call_share, won_share : ProportionEstimate or None
        The group's share of all leads that are old enough to be won, of all first contacts with them, and of all that
        were won; None without any.
    against_rest : ProportionComparison or None
        Its won rate against that of all other leads, at the level of all groups together; None without any other.
    """

    group: str
    n_leads: int
    n_called: int
    qualified: ProportionEstimate | None
    won: ProportionEstimate | None
    lead_share: ProportionEstimate | None
    call_share: ProportionEstimate | None
    won_share: ProportionEstimate | None
    against_rest: ProportionComparison | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadSources:
    """Volume and quality of leads side by side.

    Parameters
    ----------
    by : {'source', 'campaign', 'channel', 'persona'}
        What the leads are grouped by.
    rows : tuple of LeadGroup
        By falling number of leads; those of fewer than the floor are folded into `other`.
    flooding : tuple of str
        Groups with more than their even share of the leads, and a won rate below that of the rest by more than chance.
    qualified, won : ProportionEstimate or None
        Of all leads that are old enough.
    n_leads, n_called, n_without_group : int
        All, those contacted, and those that the data give no group.
    qualified_days, won_days : int
        The horizons.
    smallest_group : int
        The disclosure floor.
    """

    by: Grouping
    rows: tuple[LeadGroup, ...]
    flooding: tuple[str, ...]
    qualified: ProportionEstimate | None
    won: ProportionEstimate | None
    n_leads: int
    n_called: int
    n_without_group: int
    qualified_days: int
    won_days: int
    smallest_group: int

    def findings(self) -> tuple[Finding, ...]:
        """Give both rates and the share of leads of each group, and which one floods the calendar."""
        found = []
        for row in self.rows:
            group = {self.by: row.group}
            for name, rate, days in (
                ("qualified_rate", row.qualified, self.qualified_days), ("won_rate", row.won, self.won_days)
            ):  # fmt: skip
                if rate is not None:
                    args = {"group": row.group, "rate": rate.rate, "n": rate.n_trials, "days": days}
                    message = f"execution.finding.lead_{name}"
                    about: dict[str, Any] = {"group": group, "n": rate.n_trials, **interval_of(rate)}
                    found.append(Finding(f"execution.lead_{name}", rate.rate, "share", message, args, **about))
            if row.lead_share is not None and row.won_share is not None:
                share = row.lead_share
                args = {"group": row.group, "leads": share.rate, "won": row.won_share.rate}
                about = {"group": group, "n": share.n_trials, **interval_of(share)}
                message = "execution.finding.lead_share"
                if row.group in self.flooding:
                    message, about["verdict"] = "execution.finding.lead_flood", "confirmed"
                found.append(Finding("execution.lead_share", share.rate, "share", message, args, **about))
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadCohort:
    """Leads that were handed over in a quarter.

    Parameters
    ----------
    quarter : str
        First day, ISO.
    n_leads : int
        All of them.
    qualified, won : ProportionEstimate or None
        None where not all of them are old enough.
    """

    quarter: str
    n_leads: int
    qualified: ProportionEstimate | None
    won: ProportionEstimate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadCohorts:
    """Leads by the quarter of their hand-over: every quarter had the same time.

    Parameters
    ----------
    rows : tuple of LeadCohort
        In order of time.
    qualified_days, won_days : int
        The horizons.
    """

    rows: tuple[LeadCohort, ...]
    qualified_days: int
    won_days: int

    def findings(self) -> tuple[Finding, ...]:
        """Give both rates of each quarter."""
        found = []
        for row in self.rows:
            for name, rate in (("qualified", row.qualified), ("won", row.won)):
                if rate is not None:
                    args = {"quarter": row.quarter, "rate": rate.rate, "n": rate.n_trials}
                    about: dict[str, Any] = {"group": {"cohort": row.quarter}, "n": rate.n_trials} | interval_of(rate)
                    message = f"execution.finding.cohort_{name}"
                    found.append(Finding(f"execution.lead_{name}_rate", rate.rate, "share", message, args, **about))
        return tuple(found)


def analyse_leads(loaded: Loaded, *, by: str = "source", confidence_level: float = 0.95) -> LeadSources | MissingData:
    """Set volume beside quality: what each group's leads become within the contract's horizons.

    Parameters
    ----------
    loaded : Loaded
        Needs leads with created_on, qualified_on and the grouping; won leads need deal_id, and deals with closed_on.
    by : {'source', 'campaign', 'channel', 'persona'}
        What to group the leads by.
    confidence_level : float
        Coverage of the intervals, in (0, 1); of the comparisons with the rest, of all groups together (Bonferroni).

    Raises
    ------
    ParameterError
        If the grouping is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> leads = pd.DataFrame({"source": ["web"] * 20 + ["list"] * 30, "created_on": pd.Timestamp("2025-01-02")})
    >>> leads["qualified_on"] = [pd.Timestamp("2025-01-09") if place < 10 else None for place in range(50)]
    >>> found = analyse_leads(load_frames({"leads": leads.assign(lead_id=leads.index.astype(str))}))
    >>> [(row.group, row.n_leads, row.qualified.rate) for row in found.rows]
    [('list', 30, 0.0), ('web', 20, 0.5)]
    """
    require_known("grouping", by, GROUPINGS)
    if needed := loaded.missing(leads=("created_on", "qualified_on", by)):
        return MissingData(chapter=CHAPTER, needed=needed)
    contract = loaded.engagement.contract
    sums = sum_leads(select_leads(loaded), by).rename(columns={by: "group"})
    known, smallest = sums.dropna(subset="group"), contract.disclosure.smallest_group
    if known["n"].sum() < smallest:
        return MissingData(chapter=CHAPTER, needed=(f"leads.{by}",))
    groups = fold_small_groups(known[["group", *SUMS]], "group", "n", smallest)
    totals = groups[list(SUMS)].sum()
    level = 1 - (1 - confidence_level) / len(groups)
    rows = tuple(_group(row, totals, confidence_level, level) for row in groups.itertuples())
    flooding = tuple(
        row.group
        for row in rows
        if row.group != OTHER
        and row.against_rest is not None
        and row.lead_share is not None
        and row.lead_share.rate > 1 / len(rows)
        and row.against_rest.ci_high < 0
    )
    return LeadSources(
        by=by,  # type: ignore[arg-type]
        rows=rows,
        flooding=flooding,
        qualified=rate_of(totals["k_ripe"], totals["n_ripe"], confidence_level),
        won=rate_of(totals["k_old"], totals["n_old"], confidence_level),
        n_leads=int(totals["n"]),
        n_called=int(totals["n_called"]),
        n_without_group=int(sums["n"].sum() - totals["n"]),
        qualified_days=contract.leads.qualified_days,
        won_days=contract.leads.won_days,
        smallest_group=smallest,
    )


def _group(row: Any, totals: Any, level: float, rest_level: float) -> LeadGroup:
    n_rest, k_rest = int(totals["n_old"] - row.n_old), int(totals["k_old"] - row.k_old)
    against = None
    if row.n_old and n_rest and totals["k_old"]:
        against = compare_proportions(int(row.k_old), int(row.n_old), k_rest, n_rest, confidence_level=rest_level)
    return LeadGroup(
        group=str(row.group),
        n_leads=int(row.n),
        n_called=int(row.n_called),
        qualified=rate_of(row.k_ripe, row.n_ripe, level),
        won=rate_of(row.k_old, row.n_old, level),
        lead_share=rate_of(row.n_old, totals["n_old"], level),
        call_share=rate_of(row.called_old, totals["called_old"], level),
        won_share=rate_of(row.k_old, totals["k_old"], level),
        against_rest=against,
    )


def analyse_lead_cohorts(loaded: Loaded, *, confidence_level: float = 0.95) -> LeadCohorts | MissingData:
    """Follow both rates by the quarter of the hand-over; quarters that are not wholly old enough have no rate.

    Parameters
    ----------
    loaded : Loaded
        Needs leads with created_on and qualified_on.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> leads = pd.DataFrame({"created_on": pd.to_datetime(["2025-01-02"] * 6 + ["2025-12-30"] * 6)})
    >>> leads["qualified_on"] = pd.Timestamp("2025-01-09")
    >>> found = analyse_lead_cohorts(load_frames({"leads": leads.assign(lead_id=leads.index.astype(str))}))
    >>> [(row.quarter, row.n_leads, row.qualified and row.qualified.rate) for row in found.rows]
    [('2025-01-01', 6, 1.0), ('2025-10-01', 6, None)]
    """
    if needed := loaded.missing(leads=("created_on", "qualified_on")):
        return MissingData(chapter=CHAPTER, needed=needed)
    contract = loaded.engagement.contract
    sums = sum_leads(select_leads(loaded), "quarter").sort_values("quarter")
    sums = sums[sums["n"] >= contract.disclosure.smallest_group]
    if sums.empty:
        return MissingData(chapter=CHAPTER, needed=("leads.created_on",))
    return LeadCohorts(
        rows=tuple(
            LeadCohort(
                quarter=row.quarter.date().isoformat(),
                n_leads=int(row.n),
                qualified=rate_of(row.k_ripe, row.n_ripe, confidence_level) if row.n_ripe == row.n else None,
                won=rate_of(row.k_old, row.n_old, confidence_level) if row.n_old == row.n else None,
            )
            for row in sums.itertuples()
        ),
        qualified_days=contract.leads.qualified_days,
        won_days=contract.leads.won_days,
    )
