"""Forecasts held to account: what came of them, and how often closings are pushed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import ibis
import numpy as np
import pandas as pd

from gtmlib.analyses.findings import Finding, interval_of
from gtmlib.analyses.pipeline.deals import PARTS, in_parts, lacking_snapshots, read_clock, select_deals
from gtmlib.analyses.reductions import MissingData
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.calibration import BrierParts, ForecastBin, decompose_brier, estimate_forecast_bins
from gtmlib.stats.mean_cumulative import MeanCumulative, estimate_mean_cumulative
from gtmlib.stats.means import MeanEstimate, estimate_mean
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion

N_BINS = 10
SETTLED_SHARE = 0.95  # of closed deals that had closed by this age: a forecast as old is judged
AGES = (30, 60, 90, 120, 180, 365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Forecasts of deals, held against what came of them.

    Parameters
    ----------
    bins : tuple of ForecastBin
        By size of the forecast; bins of fewer deals than the floor are joined to a neighbour.
    parts : BrierParts
        Of the binned forecasts.
    brier : MeanEstimate
        Mean squared error of the forecasts as they were made; its interval counts each deal once.
    forecast : float
        Mean forecast.
    came : ProportionEstimate
        Share that was won.
    n_forecasts, n_deals : int
        Forecasts that are old enough, and deals that they are of.
    n_too_young : int
        Forecasts that are not.
    n_left_out : int
        Forecasts without a probability, or of a deal that is not on the clock.
    settled_days : int
        Age from which a forecast is judged.
    first_on, last_on : str
        Dates of the first and the last snapshot judged, ISO.
    """

    bins: tuple[ForecastBin, ...]
    parts: BrierParts
    brier: MeanEstimate
    forecast: float
    came: ProportionEstimate
    n_forecasts: int
    n_deals: int
    n_too_young: int
    n_left_out: int
    settled_days: int
    first_on: str
    last_on: str

    @property
    def direction(self) -> int:
        """1 where forecasts are too high, -1 where they are too low, 0 where chance can explain the difference."""
        return int(self.forecast > self.came.ci_high) - int(self.forecast < self.came.ci_low)

    def findings(self) -> tuple[Finding, ...]:
        """Give the Brier score with its parts, and the forecasts' excess."""
        excess = self.forecast - self.came.rate
        args = {"forecast": self.forecast, "rate": self.came.rate, "n": self.n_deals}
        found = [
            Finding("pipeline.forecast_excess", excess, "share", "pipeline.finding.forecast_excess", args,
                    ci_low=self.forecast - self.came.ci_high, ci_high=self.forecast - self.came.ci_low,
                    confidence_level=self.came.confidence_level, n=self.n_deals),
            Finding("pipeline.brier", self.brier.mean, "ratio", "pipeline.finding.brier",
                    {"value": self.brier.mean, "n": self.n_deals}, n=self.n_deals, **interval_of(self.brier)),
        ]  # fmt: skip
        for name in ("reliability", "resolution", "uncertainty"):
            value = getattr(self.parts, name)
            message = f"pipeline.finding.brier_{name}"
            found.append(Finding(f"pipeline.brier_{name}", value, "ratio", message, {"value": value}, n=self.n_deals))
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slippage:
    """How often the expected close of a deal is pushed to a later day.

    Parameters
    ----------
    ages : tuple of MeanCumulative
        Mean number of pushes of a deal by its age in days.
    n_deals, n_pushes : int
        Deals seen in two snapshots or more, and pushes seen.
    n_from_default : int
        Moves away from the date that the CRM itself had set: no pushes.
    n_left_out : int
        Forecasts without an expected close, or of a deal that is not on the clock.
    default_close : str
        Date that the CRM sets: none, month_end, next_month_end or days.
    confidence_level : float
        Of the intervals, in (0, 1).
    """

    ages: tuple[MeanCumulative, ...]
    n_deals: int
    n_pushes: int
    n_from_default: int
    n_left_out: int
    default_close: str
    confidence_level: float

    def findings(self) -> tuple[Finding, ...]:
        """Give the mean number of pushes by age."""
        found = []
        for point in self.ages:
            days = int(point.age)
            args = {"pushes": point.value, "n": days}
            found.append(
                Finding("pipeline.pushes_per_deal", point.value, "ratio", "pipeline.finding.pushes_per_deal", args,
                        {"days": str(days)}, ci_low=point.ci_low, ci_high=point.ci_high,
                        confidence_level=self.confidence_level, n=self.n_deals)
            )  # fmt: skip
        return tuple(found)


def _forecasts(loaded: Loaded, *needed: str) -> Any:
    """Give the snapshots of deals that were open then: with created_on, outcome and closed_on of the deal."""
    deals = select_deals(loaded)
    deals = deals.filter(deals.why.isnull()).select("deal_id", "created_on", "outcome", "closed_on")
    rows = loaded.tables["forecast_snapshots"].select("deal_id", "taken_on", *needed)
    rows = rows.filter(*(rows[name].notnull() for name in needed)).inner_join(deals, "deal_id")
    is_open = (rows.outcome == "open") | (rows.closed_on > rows.taken_on)
    return rows.filter(is_open & (rows.taken_on >= rows.created_on))


def _count_left_out(loaded: Loaded, column: str) -> int:
    deals = select_deals(loaded)
    known = deals.filter(deals.why.isnull()).select("deal_id", known=True)
    rows = loaded.tables["forecast_snapshots"].left_join(known, "deal_id")
    lacks = rows[column].isnull() | rows.known.isnull()
    return int(to_frame(rows.aggregate(n=lacks.sum().fill_null(0))).loc[0, "n"])


def analyse_calibration(loaded: Loaded, *, confidence_level: float = 0.95) -> Calibration | MissingData | None:
    """Hold forecasts against what came of them: those as old as it takes for nearly all deals to be decided.

    Deals that are still open count as not won: leaving them out would judge the forecasts on the easy deals.

    Parameters
    ----------
    loaded : Loaded
        Needs forecast_snapshots with probability, and deals with created_on, status and closed_on.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    Calibration, MissingData or None
        None where no forecast is old enough, or of too few deals.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> analyse_calibration(load_frames({"deals": pd.DataFrame({"deal_id": ["1"]})})).needed[0]
    'forecast_snapshots'
    """
    if lacking := lacking_snapshots(loaded, "probability"):
        return lacking
    clock = read_clock(loaded)
    if isinstance(clock, MissingData):
        return clock
    contract = loaded.engagement.contract
    ended = np.cumsum(clock.table.n_won + clock.table.n_lost)
    settled = int(clock.table.times[np.searchsorted(ended, SETTLED_SHARE * ended[-1])])
    rows = _forecasts(loaded, "probability")
    is_old = rows.taken_on <= ibis.literal(contract.exported_on - timedelta(days=settled))
    n_too_young = int(to_frame(rows.aggregate(n=(~is_old).sum().fill_null(0))).loc[0, "n"])
    old = rows.filter(is_old)
    parts = in_parts(old.probability)
    old = old.mutate(parts=parts, bin=ibis.least((parts * N_BINS // PARTS).cast("int64"), N_BINS - 1))
    is_won = (old.outcome == "won").cast("int64")
    sums = {"n": old.count(), "n_deals": old.deal_id.nunique(), "total": old.parts.sum(), "n_won": is_won.sum()}
    sums = {name: total.cast("int64") for name, total in sums.items()}
    bins = to_frame(old.group_by("bin").aggregate(**sums)).sort_values("bin", ignore_index=True)
    whole = to_frame(old.aggregate(**sums, first=old.taken_on.min(), last=old.taken_on.max())).loc[0]
    if not whole["n"] or whole["n_deals"] < contract.disclosure.smallest_group:
        return None
    n, n_deals = int(whole["n"]), int(whole["n_deals"])
    cells = to_frame(old.group_by("parts", is_won=is_won).aggregate(n=old.count())).sort_values(["parts", "is_won"])
    squares = (cells["parts"] / PARTS - cells["is_won"]) ** 2
    errors, squared = float(cells["n"] @ squares), float(cells["n"] @ squares**2)
    found = estimate_forecast_bins(
        *_joined(bins, contract.disclosure.smallest_group, n_deals), confidence_level=confidence_level
    )
    scale = n_deals / n  # every forecast of a deal has the same end: the deals are the sample
    return Calibration(
        bins=found,
        parts=decompose_brier(
            [each.forecast for each in found],
            [each.rate.rate for each in found],
            [each.n_forecasts / n for each in found],
        ),
        brier=estimate_mean(n_deals, errors * scale, squared * scale,
                            confidence_level=confidence_level),
        forecast=int(whole["total"]) / PARTS / n,
        came=estimate_proportion(int(whole["n_won"]), n, confidence_level=confidence_level, design_effect=n / n_deals),
        n_forecasts=n,
        n_deals=n_deals,
        n_too_young=n_too_young,
        n_left_out=_count_left_out(loaded, "probability"),
        settled_days=settled,
        first_on=str(whole["first"].date()),
        last_on=str(whole["last"].date()),
    )  # fmt: skip


def _joined(bins: pd.DataFrame, smallest: int, n_deals: int) -> tuple[list[Any], ...]:
    """Join bins of too few deals to their neighbour; a deal in both is counted twice, but never more than there are."""
    rows: list[list[float]] = []
    for row in bins[["n", "n_deals", "total", "n_won"]].to_numpy().tolist():
        if rows and min(rows[-1][1], row[1]) < smallest:
            rows[-1] = [first + second for first, second in zip(rows[-1], row, strict=True)]
        else:
            rows.append(row)
    columns = list(zip(*rows, strict=True))
    deals = [min(int(n), n_deals) for n in columns[1]]
    return [int(n) for n in columns[0]], deals, [total / PARTS for total in columns[2]], [int(n) for n in columns[3]]


def analyse_slippage(loaded: Loaded, *, confidence_level: float = 0.95) -> Slippage | MissingData | None:
    """Estimate how often a deal's expected close is pushed by its age; a date that the CRM set is nobody's promise.

    A push is a later expected close than in the snapshot before, while the deal was open. Leaving the CRM's own date is
    none (HubSpot sets the last day of the month of creation), nor is the first date that anybody gives.

    Parameters
    ----------
    loaded : Loaded
        Needs forecast_snapshots with expected_close_on, and deals with created_on, status and closed_on.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    Slippage, MissingData or None
        None where too few deals are in two snapshots.

    References
    ----------
    Nelson (1995), Technometrics 37, 147-157.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> analyse_slippage(load_frames({"deals": pd.DataFrame({"deal_id": ["1"]})})).needed[0]
    'forecast_snapshots'
    """
    if lacking := lacking_snapshots(loaded, "expected_close_on"):
        return lacking
    default = default_close_of(loaded)
    rows = _forecasts(loaded, "expected_close_on")
    order = ibis.window(group_by="deal_id", order_by="taken_on")
    rows = rows.mutate(
        before=rows.expected_close_on.lag().over(order),
        age=rows.taken_on.delta(rows.created_on, unit="day").cast("int64"),
        default_on=_default_date(loaded, rows.created_on, default),
    )
    moved = (rows.expected_close_on > rows.before).fill_null(False)
    from_default = moved & (rows.before == rows.default_on).fill_null(False)
    rows = rows.mutate(is_push=moved & ~from_default, is_from_default=from_default)
    deals = to_frame(
        rows.group_by("deal_id").aggregate(start=rows.age.min(), stop=rows.age.max(), n=rows.is_from_default.sum())
    ).sort_values("deal_id", ignore_index=True)
    pushes = to_frame(rows.filter(rows.is_push).select("deal_id", "age"))
    deals = deals[deals["stop"] > deals["start"]].reset_index(drop=True)
    smallest = loaded.engagement.contract.disclosure.smallest_group
    if len(deals) < smallest:
        return None
    places = pd.Series(deals.index, index=deals["deal_id"])
    last = int(deals["stop"].max())
    ages = [age for age in AGES if age <= last] or [last]
    found = estimate_mean_cumulative(
        deals["start"], deals["stop"], pushes["deal_id"].map(places), pushes["age"], ages,
        confidence_level=confidence_level,
    )  # fmt: skip
    return Slippage(
        ages=tuple(point for point in found if point.n_at_risk >= smallest),
        n_deals=len(deals),
        n_pushes=len(pushes),
        n_from_default=int(deals["n"].sum()),
        n_left_out=_count_left_out(loaded, "expected_close_on"),
        default_close=default,
        confidence_level=confidence_level,
    )


def default_close_of(loaded: Loaded) -> str:
    """Tell which close date the client's CRM sets itself: what the contract says, else what its preset is known for.

    Parameters
    ----------
    loaded : Loaded
        The engagement.

    References
    ----------
    HubSpot's knowledge base, "Set defaults for creating deals": the last day of the month in which a deal was created,
    unless the account chose the next month's, a number of days, or none.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> default_close_of(load_frames({"deals": pd.DataFrame({"deal_id": ["1"]})}))
    'none'
    """
    if (said := loaded.engagement.contract.pipeline.default_close) is not None:
        return said
    return "month_end" if any(source.preset == "hubspot" for source in loaded.report.sources) else "none"


def _default_date(loaded: Loaded, created_on: Any, default: str) -> Any:
    if default == "none":
        return ibis.null("date")
    if default == "days":
        days = loaded.engagement.contract.pipeline.default_close_days or 0
        return (created_on + ibis.interval(days=days)).cast("date")
    months = ibis.interval(months=1 if default == "month_end" else 2)
    return (created_on.truncate("M") + months - ibis.interval(days=1)).cast("date")
