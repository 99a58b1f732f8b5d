"""Do customers come back? Who still buys, by the period of the first purchase, and how long groups keep buying."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import numpy as np
import pandas as pd

from gtmlib.analyses.contribution import CHAPTER, profit_finding
from gtmlib.analyses.findings import Finding
from gtmlib.analyses.periods import Span, month_start, reduce_span
from gtmlib.analyses.reductions import MissingData, purchase_days, with_segment
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.proportions import estimate_proportion
from gtmlib.stats.retention import CohortTriangle, cohort_triangle
from gtmlib.stats.survival import SurvivalCurve, estimate_survival

NEEDED = {"transactions": ("customer_id", "net_revenue", "date")}
GONE_QUANTILE = 0.95  # of all pauses between purchases: who is silent for longer is taken to be gone
FEWEST_PAUSES = 30
MONTH_DAYS = 365.25 / 12
AGES = (6, 12, 24)  # months after the first purchase at which survival is read


@dataclass(frozen=True, slots=True, kw_only=True)
class Staying:
    """A segment's share of customers that still buy some months after their first purchase.

    Parameters
    ----------
    segment : str
        Its name.
    n : int
        Customers in it.
    months : int
        After the first purchase.
    share : float, optional
        In [0, 1]; None where the data do not reach so far.
    ci_low, ci_high : float, optional
        Its interval, in [0, 1]; None where there is no share.
    """

    segment: str
    n: int
    months: int
    share: float | None
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Cohorts of customers by their first purchase.

    Parameters
    ----------
    triangle : CohortTriangle, optional
        Active customers per cohort and age; none where the sales cover fewer than two periods.
    months_each : int
        Length of a period: 1, 3 or 12 months.
    n_left_out : int
        Customers of cohorts that are smaller than the floor.
    confidence_level : float
        Of the intervals, in (0, 1).
    """

    triangle: CohortTriangle | None
    months_each: int
    n_left_out: int
    confidence_level: float

    def findings(self) -> tuple[Finding, ...]:
        """Give the share that is active a period, two ... after the first purchase."""
        found = []
        for point in self.triangle.together[1:] if self.triangle else ():
            args = {"share": point.active_share, "months": point.age * self.months_each}
            found.append(
                Finding(
                    "profitability.active_share", point.active_share, "share", "profitability.finding.active",
                    args, {"months": str(point.age * self.months_each)}, ci_low=point.ci_low, ci_high=point.ci_high,
                    confidence_level=self.confidence_level, n=point.n_customers,
                )
            )  # fmt: skip
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """How long segments keep buying.

    Parameters
    ----------
    staying : tuple of Staying
        Kaplan-Meier by segment, at 6, 12 and 24 months where the data reach so far; empty where they are too few.
    gone_after_days : int, optional
        A pause longer than this counts as gone: 95 % of all pauses are shorter.
    confidence_level : float
        Of the intervals, in (0, 1).
    """

    staying: tuple[Staying, ...]
    gone_after_days: int | None
    confidence_level: float

    def findings(self) -> tuple[Finding, ...]:
        """Give the share of each segment that still buys at each age."""
        found = []
        for row in self.staying:
            if row.share is not None:
                args = {"segment": row.segment, "share": row.share, "months": row.months}
                group = {"segment": row.segment, "months": str(row.months)}
                found.append(profit_finding("staying_share", row.share, "share", "staying", args, row.n, **group))
        return tuple(found)


def analyse_retention(loaded: Loaded, *, confidence_level: float = 0.95) -> Retention | MissingData:
    """Lay out who still buys, by cohort and by segment.

    Parameters
    ----------
    loaded : Loaded
        Needs transactions with customer_id, net_revenue and date; segments make it better.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> days = [date(2025, month, 1) for month in (1, 1, 1, 1, 1, 2, 2, 3)]
    >>> who = ["1", "2", "3", "4", "5", "1", "2", "1"]
    >>> ids = [str(place) for place in range(8)]
    >>> lines = pd.DataFrame({"transaction_id": ids, "customer_id": who, "date": days, "net_revenue": 9.0})
    >>> [cohort.n_active for cohort in analyse_retention(load_frames({"transactions": lines})).triangle.cohorts]
    [(5, 2, 1)]
    """
    if needed := loaded.missing(**NEEDED):
        return MissingData(chapter=CHAPTER, needed=needed)
    span = reduce_span(loaded)
    if span is None:
        return MissingData(chapter=CHAPTER, needed=("transactions",))
    bought = purchase_days(loaded)
    months = _n_months(span)
    each = 1 if months <= 15 else 3 if months <= 36 else 12
    smallest = loaded.engagement.contract.disclosure.smallest_group
    triangle, n_left_out = _triangle(bought, span, each, smallest, confidence_level)
    return Retention(triangle=triangle, months_each=each, n_left_out=n_left_out, confidence_level=confidence_level)


def analyse_survival(loaded: Loaded, *, confidence_level: float = 0.95) -> Survival | MissingData:
    """Follow segments' customers from their first purchase until they fall silent for longer than is usual.

    Parameters
    ----------
    loaded : Loaded
        Needs transactions with customer_id, net_revenue and date, and the customers' segment.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> lines = {"transaction_id": ["1"], "customer_id": "K1", "net_revenue": 9.0, "date": [date(2025, 1, 1)]}
    >>> customers = pd.DataFrame({"customer_id": ["K1"], "segment": ["Industry"]})
    >>> analyse_survival(load_frames({"transactions": pd.DataFrame(lines), "customers": customers})).staying
    ()
    """
    if needed := loaded.missing(**NEEDED, customers=(loaded.engagement.contract.segments.by,)):
        return MissingData(chapter=CHAPTER, needed=needed)
    span = reduce_span(loaded)
    if span is None:
        return MissingData(chapter=CHAPTER, needed=("transactions",))
    smallest = loaded.engagement.contract.disclosure.smallest_group
    staying, gone_after = _staying(loaded, purchase_days(loaded), span, smallest, confidence_level)
    return Survival(staying=staying, gone_after_days=gone_after, confidence_level=confidence_level)


def _n_months(span: Span) -> int:
    end = month_start(span.whole_to, 1)
    return max((end.year - span.whole_from.year) * 12 + end.month - span.whole_from.month, 0)


def _triangle(bought: Any, span: Span, each: int, smallest: int, level: float) -> tuple[CohortTriangle | None, int]:
    n_periods = _n_months(span) // each
    if n_periods < 2:
        return None, 0
    start = span.whole_from.year * 12 + span.whole_from.month - 1
    place = (bought.date.year().cast("int64") * 12 + bought.date.month() - 1 - start) // each
    rows = bought.mutate(place=ibis.greatest(place, 0))
    rows = rows.mutate(cohort=rows.place.min().over(ibis.window(group_by="customer_id")))
    cells = to_frame(
        rows.group_by("cohort", age=rows.place - rows.cohort).aggregate(n=rows.customer_id.nunique())
    ).astype(int)
    came = cells[cells["age"] == 0].set_index("cohort")["n"].sort_index()
    came = came[came.index < n_periods]
    kept = came[came >= smallest]
    if not len(kept):
        return None, int(came.sum())
    places = {cohort: at for at, cohort in enumerate(kept.index)}
    cells = cells[cells["cohort"].isin(kept.index)]
    cells = cells[cells["cohort"] + cells["age"] < n_periods].assign(cohort=lambda rows: rows["cohort"].map(places))
    triangle = cohort_triangle(
        [_name(month_start(span.whole_from, int(cohort) * each), each) for cohort in kept.index],
        kept.to_numpy(),
        n_periods - kept.index.to_numpy(),
        cells[["cohort", "age", "n"]].to_numpy(),
        confidence_level=level,
    )
    return triangle, int(came.sum() - kept.sum())


def _name(starts_on: date, each: int) -> str:
    """Name a period that every reader knows: 2025, 2025-Q1, 2025-03; of another fiscal year, its first month."""
    if each == 12 and starts_on.month == 1:
        return str(starts_on.year)
    if each == 3 and starts_on.month % 3 == 1:
        return f"{starts_on.year}-Q{starts_on.month // 3 + 1}"
    return f"{starts_on:%Y-%m}"


def _staying(
    loaded: Loaded, bought: Any, span: Span, smallest: int, level: float
) -> tuple[tuple[Staying, ...], int | None]:
    """Follow each segment's customers from their first purchase until they fall silent for longer than is usual."""
    window = ibis.window(group_by="customer_id", order_by="date")
    pauses = bought.mutate(pause=bought.date.delta(bought.date.lag().over(window), unit="day"))
    pauses = pauses.filter(pauses.pause.notnull())
    found = to_frame(pauses.aggregate(n=pauses.count(), usual=pauses.pause.quantile(GONE_QUANTILE))).loc[0]
    customers = bought.group_by("customer_id").aggregate(first=bought.date.min(), last=bought.date.max())
    frame = to_frame(with_segment(loaded, customers)).dropna(subset="segment")
    if found["n"] < FEWEST_PAUSES or not len(frame):
        return (), None
    gone_after = int(np.ceil(found["usual"]))
    end = pd.Timestamp(span.last_on)
    is_gone = (end - frame["last"]).dt.days > gone_after
    followed = frame["last"].where(is_gone, end) - frame["first"]
    frame = frame.assign(months=followed.dt.days / MONTH_DAYS, is_gone=is_gone)
    rows = []
    for segment, group in frame.groupby("segment", sort=True):
        if len(group) < smallest:
            continue
        curve = estimate_survival(group["months"], group["is_gone"], ~group["is_gone"], confidence_level=level)
        rows += [_at(str(segment), len(group), months, curve) for months in AGES]
    seen = {row.months for row in rows if row.share is not None}
    return tuple(row for row in rows if row.months in seen), gone_after


def _at(segment: str, n: int, months: int, curve: SurvivalCurve) -> Staying:
    """Read a curve at an age; what lies beyond its data is not known."""
    if months > curve.last_time:
        return Staying(segment=segment, n=n, months=months, share=None, ci_low=None, ci_high=None)
    before = [step for step in curve.steps if step.time <= months]
    if not before:  # nobody has left: Greenwood's error would be 0, so the interval is that of a rate
        rate = estimate_proportion(n, n, confidence_level=curve.confidence_level)
        return Staying(segment=segment, n=n, months=months, share=1.0, ci_low=rate.ci_low, ci_high=rate.ci_high)
    step = before[-1]
    return Staying(segment=segment, n=n, months=months, share=step.survival, ci_low=step.ci_low, ci_high=step.ci_high)
