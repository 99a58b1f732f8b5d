"""How long it takes to a yes or a no, deals that are still open counted for as long as they have been."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import pandas as pd

from gtmlib.analyses.economics.acquisition import ALL, CHAPTER
from gtmlib.analyses.findings import Finding
from gtmlib.analyses.reductions import OTHER, MissingData, fold_small_groups, in_period, with_segment
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.survival import estimate_survival

NEEDED: dict[str, tuple[str, ...]] = {"deals": ("created_on", "status")}


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleTime:
    """Days until half of a group's deals are closed, won or lost.

    Parameters
    ----------
    group : str
        Segment; `all`, or `other` for those that are too small to be shown.
    n, n_closed : int
        Deals, and those of them that closed.
    median, ci_low, ci_high : float, optional
        Days, and their interval; None where the data end before.
    """

    group: str
    n: int
    n_closed: int
    median: float | None
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """Time to a decision.

    Parameters
    ----------
    rows : tuple of CycleTime
        All deals, then by segment where the data have it.
    n_left_out : int
        Deals without a day of creation or, if closed, of closing after it.
    confidence_level : float
        Of the intervals, in (0, 1).
    smallest_group : int
        The disclosure floor.
    """

    rows: tuple[CycleTime, ...]
    n_left_out: int
    confidence_level: float
    smallest_group: int

    def findings(self) -> tuple[Finding, ...]:
        """Give the median days, where half have closed."""
        return tuple(
            Finding(
                "economics.cycle_days", row.median, "days",
                "economics.finding.cycle" + ("" if row.group == ALL else ".group"),
                {"group": row.group, "days": row.median, "n": row.n},
                {} if row.group == ALL else {"segment": row.group},
                ci_low=row.ci_low, ci_high=row.ci_high, confidence_level=self.confidence_level, n=row.n,
            )
            for row in self.rows
            if row.median is not None
        )  # fmt: skip


def analyse_cycle(loaded: Loaded, *, confidence_level: float = 0.95) -> Cycle | MissingData:
    """Estimate the median days from a deal's creation to its yes or no, by Kaplan-Meier.

    Parameters
    ----------
    loaded : Loaded
        Needs deals with created_on and status; closed_on for those that closed, and a segment make it better.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Notes
    -----
    The mean of closed deals is short because slow deals are not closed yet. Here an open deal counts as one that took
    longer than its age.

    Examples
    --------
    >>> from datetime import date
    >>> from gtmlib.data.load import load_frames
    >>> deals = pd.DataFrame({"deal_id": list("abcd"), "status": ["won", "lost", "won", "open"]})
    >>> deals = deals.assign(created_on=date(2025, 1, 1))
    >>> deals["closed_on"] = [date(2025, 1, 11), date(2025, 1, 21), date(2025, 1, 31), None]
    >>> analyse_cycle(load_frames({"deals": deals})).rows[0].median
    20.0
    """
    if lacking := loaded.missing(**NEEDED):
        return MissingData(chapter=CHAPTER, needed=lacking)
    days, n_deals = _reduce_days(loaded)
    smallest = loaded.engagement.contract.disclosure.smallest_group
    named = days.dropna(subset="group")
    rows = [_cycle_time(ALL, days, confidence_level)] if len(days) else []
    if named["group"].nunique() > 1:
        sizes = named.groupby("group", as_index=False)["n"].sum()
        shown = fold_small_groups(sizes, "group", "n", smallest)["group"].tolist()
        named = named.assign(group=[group if group in shown else OTHER for group in named["group"]])
        rows += [_cycle_time(str(group), named[named["group"] == group], confidence_level) for group in shown]
    return Cycle(
        rows=tuple(rows),
        n_left_out=n_deals - int(days["n"].sum()),
        confidence_level=confidence_level,
        smallest_group=smallest,
    )


def _reduce_days(loaded: Loaded) -> tuple[pd.DataFrame, int]:
    """Count deals by segment, days and whether they closed; the deals of the period in all."""
    deals = with_segment(loaded, in_period(loaded, loaded.tables["deals"], "created_on"))
    is_closed = deals.status.isin(["won", "lost"])
    closed_on = deals.closed_on if "closed_on" in deals.columns else ibis.null("date")
    until = ibis.ifelse(is_closed, closed_on, ibis.literal(loaded.engagement.contract.exported_on))
    rows = deals.mutate(group=deals.segment, days=until.delta(deals.created_on, unit="day"), is_closed=is_closed)
    counted = rows.filter(rows.days >= 0)
    counts = counted.group_by("group", "days", "is_closed").aggregate(n=counted.count())
    return to_frame(counts), int(to_frame(deals.aggregate(n=deals.count()))["n"].iloc[0])


def _cycle_time(group: str, days: pd.DataFrame, level: float) -> CycleTime:
    closed = days["n"].where(days["is_closed"], 0)
    curve = estimate_survival(days["days"], closed, days["n"] - closed, confidence_level=level)
    return CycleTime(
        group=group,
        n=int(curve.n),
        n_closed=int(curve.n_events),
        median=curve.median,
        ci_low=curve.median_low,
        ci_high=curve.median_high,
    )
