"""Are cycles getting longer? Only start cohorts that all had the same time can say; two usual trends cannot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import ibis
import pandas as pd

from gtmlib.analyses.findings import Finding, Verdict, interval_of
from gtmlib.analyses.pipeline.deals import read_clock, select_deals
from gtmlib.analyses.reductions import MissingData
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.means import MeanEstimate, estimate_mean
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion
from gtmlib.stats.trends import Trend, estimate_trend

FEWEST_COHORTS = 3
N_QUESTIONS = 2  # the same cohorts are asked for days and for the share won: each at half the error
FEWEST_MONTHS = 4  # for a usual trend to be drawn at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Deals that started in one month or quarter, all followed for the same time.

    Parameters
    ----------
    starts_on : str
        Its first day, ISO.
    days : MeanEstimate
        Days that a deal stays open, counted to the horizon at most.
    won : ProportionEstimate
        Share won within the horizon.
    """

    starts_on: str
    days: MeanEstimate
    won: ProportionEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualTrend:
    """Days to won by month, which mixes deals that had different times.

    Parameters
    ----------
    by : {'closing', 'start'}
        The month of closing, or of the start.
    trend : Trend
        Days a month.
    """

    by: Literal["closing", "start"]
    trend: Trend


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortTrend:
    """Start cohorts with a fixed horizon, and whether they move.

    Parameters
    ----------
    cohorts : tuple of Cohort
        In order of time; only whole ones that had their full horizon.
    days_trend, won_trend : Trend, optional
        Change from cohort to cohort; none under three cohorts.
    usual : tuple of UsualTrend
        What reports usually show.
    each : {'month', 'quarter'}
        Length of a cohort.
    horizon_days : int
        Days that every cohort had.
    n_too_young : int
        Deals of cohorts that have not had them.
    n_small : int
        Deals of cohorts under the floor.
    """

    cohorts: tuple[Cohort, ...]
    days_trend: Trend | None
    won_trend: Trend | None
    usual: tuple[UsualTrend, ...]
    each: Literal["month", "quarter"]
    horizon_days: int
    n_too_young: int
    n_small: int

    @property
    def verdict(self) -> Verdict:
        """Whether cycles are getting longer."""
        direction = self.days_trend.direction if self.days_trend else 0
        return {1: "confirmed", -1: "refuted", 0: "cannot_tell"}[direction]  # type: ignore[return-value]

    @property
    def misleads(self) -> bool:
        """Whether a usual trend claims what another or the cohorts deny."""
        honest = self.days_trend.direction if self.days_trend else 0
        claims = {each.trend.direction for each in self.usual}
        return bool(claims - {0}) and (len(claims - {0}) > 1 or claims - {0} != {honest})

    def findings(self) -> tuple[Finding, ...]:
        """Give the answer, each cohort, and the usual trends as what they are."""
        found: list[Finding] = []
        if self.days_trend is not None:
            args = {"slope": self.days_trend.slope, "each": self.each, "n": self.days_trend.n_groups}
            message = f"pipeline.finding.cycle_trend.{self.verdict}"
            found.append(
                Finding("pipeline.cycle_trend", self.days_trend.slope, "days", message, args, n=self.days_trend.n,
                        verdict=self.verdict, **interval_of(self.days_trend))
            )  # fmt: skip
        if self.won_trend is not None:
            args = {"slope": self.won_trend.slope, "each": self.each, "n": self.won_trend.n_groups}
            found.append(
                Finding("pipeline.won_trend", self.won_trend.slope, "share", "pipeline.finding.won_trend", args,
                        n=self.won_trend.n, **interval_of(self.won_trend))
            )  # fmt: skip
        for cohort in self.cohorts:
            told = {"cohort": cohort.starts_on, "share": cohort.won.rate, "n": self.horizon_days}
            found.append(
                Finding("pipeline.cohort_won", cohort.won.rate, "share", "pipeline.finding.cohort_won", told,
                        {"cohort": cohort.starts_on}, n=cohort.won.n_trials, **interval_of(cohort.won))
            )  # fmt: skip
        for each in self.usual:
            told = {"slope": each.trend.slope, "n": each.trend.n}
            found.append(
                Finding("pipeline.usual_trend", each.trend.slope, "days", f"pipeline.finding.usual_trend.{each.by}",
                        told, {"by": each.by}, n=each.trend.n, **interval_of(each.trend))
            )  # fmt: skip
        return tuple(found)


def analyse_cycles(loaded: Loaded, *, confidence_level: float = 0.95) -> CohortTrend | MissingData:
    """Ask start cohorts, all followed for the contract's horizon, whether cycles are getting longer.

    Parameters
    ----------
    loaded : Loaded
        Needs deals with created_on, status and closed_on.
    confidence_level : float
        Coverage of the intervals, in (0, 1); the two trends share the error of one.

    References
    ----------
    Mean time to a horizon: Royston & Parmar (2013), BMC Med. Res. Methodol. 13, 152. Two questions of the same data
    are each asked at half the error (Bonferroni), so that a constant cycle is called a trend in less than 5 %.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> deals = pd.DataFrame({"deal_id": ["1"], "status": "open", "created_on": pd.Timestamp("2025-12-01"),
    ...                       "closed_on": pd.Series([None], dtype="datetime64[us]")})
    >>> analyse_cycles(load_frames({"deals": deals})).needed
    ('deals.closed_on',)
    """
    clock = read_clock(loaded)
    if isinstance(clock, MissingData):
        return clock
    contract = loaded.engagement.contract
    rule, smallest = contract.pipeline, contract.disclosure.smallest_group
    rows = select_deals(loaded)
    rows = rows.filter(rows.why.isnull())
    cells = _cohorts(rows, rule.cohort, rule.horizon_days)
    ripe = pd.Timestamp(contract.exported_on - timedelta(days=rule.horizon_days))
    length = pd.offsets.MonthBegin(1 if rule.cohort == "month" else 3)
    is_ripe = cells["starts_on"] + length - pd.Timedelta(days=1) <= ripe
    is_large = cells["n"] >= max(smallest, 2)
    kept = cells[is_ripe & is_large].reset_index(drop=True)
    shared = 1 - (1 - confidence_level) / N_QUESTIONS
    places = [(day.year * 12 + day.month) // (1 if rule.cohort == "month" else 3) for day in kept["starts_on"]]
    has_trend = len(kept) >= FEWEST_COHORTS
    return CohortTrend(
        cohorts=tuple(_cohort(row, confidence_level) for row in kept.itertuples()),
        days_trend=_trend(places, kept["n"], kept["days"], kept["squares"], shared) if has_trend else None,
        won_trend=_trend(places, kept["n"], kept["n_won"], kept["n_won"], shared) if has_trend else None,
        usual=_usual(rows, confidence_level),
        each=rule.cohort,
        horizon_days=rule.horizon_days,
        n_too_young=int(cells.loc[~is_ripe, "n"].sum()),
        n_small=int(cells.loc[is_ripe & ~is_large, "n"].sum()),
    )


def _trend(places: Any, n: Any, totals: Any, squares: Any, level: float) -> Trend:
    return estimate_trend(places, n, totals, squares, confidence_level=level)


def _cohorts(rows: Any, each: str, horizon: int) -> pd.DataFrame:
    held = ibis.least(rows.days, horizon)
    is_won = (rows.outcome == "won") & (rows.days <= horizon)
    reduced = rows.group_by(starts_on=rows.created_on.truncate("M" if each == "month" else "Q")).aggregate(
        n=rows.count(), days=held.sum(), squares=(held * held).sum(), n_won=is_won.sum()
    )
    return to_frame(reduced).sort_values("starts_on", ignore_index=True)


def _cohort(row: Any, level: float) -> Cohort:
    n = int(row.n)
    return Cohort(
        starts_on=str(row.starts_on.date()),
        days=estimate_mean(n, float(row.days), float(row.squares), confidence_level=level),
        won=estimate_proportion(int(row.n_won), n, confidence_level=level),
    )


def _usual(rows: Any, level: float) -> tuple[UsualTrend, ...]:
    """Draw the trends that reports usually show: days to won by month of closing, and by month of the start."""
    won, found = rows.filter(rows.outcome == "won"), []
    for by, column in (("closing", "closed_on"), ("start", "created_on")):
        months = to_frame(
            won.group_by(month=won[column].truncate("M")).aggregate(
                n=won.count(), days=won.days.sum(), squares=(won.days * won.days).sum()
            )
        ).sort_values("month")
        if len(months) >= FEWEST_MONTHS:
            places = [day.year * 12 + day.month for day in months["month"]]
            trend = _trend(places, months["n"], months["days"], months["squares"], level)
            found.append(UsualTrend(by=by, trend=trend))  # type: ignore[arg-type]
    return tuple(found)
