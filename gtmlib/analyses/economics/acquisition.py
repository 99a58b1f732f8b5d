"""What a customer costs to win, lost prospects paid for too; when that is earned back, and how many times over."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import ibis
import pandas as pd

from gtmlib.analyses.contribution import reduce_ledger, unknown_steps
from gtmlib.analyses.findings import Finding, interval_of
from gtmlib.analyses.lifetime import analyse_lifetime
from gtmlib.analyses.periods import month_start, reduce_span
from gtmlib.analyses.reductions import OTHER, MissingData, fold_small_groups, with_segment
from gtmlib.data.engagement import require_known
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.ratios import RatioEstimate, estimate_ratio_of_sums
from gtmlib.stats.unit_economics import (
    AcquisitionCost,
    Ratio,
    estimate_acquisition_cost,
    estimate_payback,
    estimate_value_to_cost,
)

CHAPTER = "economics"
NEEDED: dict[str, tuple[str, ...]] = {"acquisition": ("period", "spend")}
By = Literal["all", "segment", "channel"]
MONTH_DAYS = 30.4375
ALL = "all"
SUMS = ("spend", "spend_on_won", "n_prospects", "n_won", "n_customers", "y", "x", "yy", "xx", "xy")
PERIOD = re.compile(r"(?:(?P<quarter>Q[1-4])[ -]?(?P<of>\d{4})|(?P<year>\d{4})(?:-?(?P<part>Q[1-4]|\d{2}))?)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCost:
    """What it cost to win the customers of a group, and what they bring.

    Parameters
    ----------
    group : str
        Segment or channel; `all`, or `other` for those that are too small to be shown.
    n_prospects : int, optional
        Prospects that the spend went to; None where the data don't say.
    cost : AcquisitionCost
        Per customer won.
    n_customers : int
        Customers behind `monthly`.
    monthly : RatioEstimate, optional
        Gross profit per customer and month; None where sales or their cost are not known.
    payback : Ratio, optional
        Months until the cost is earned back; None where `monthly` is.
    value_to_cost : Ratio, optional
        Lifetime value over cost; None where no value is known.
    """

    group: str
    n_prospects: int | None
    cost: AcquisitionCost
    n_customers: int
    monthly: RatioEstimate | None
    payback: Ratio | None
    value_to_cost: Ratio | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """Acquisition cost of all customers, or by segment or channel.

    Parameters
    ----------
    by : str
        `all`, `segment` or `channel`.
    rows : tuple of GroupCost
        By falling number of customers won; `other` last.
    starts_on, ends_on : date
        First and last day of the periods that the spend is of.
    is_won_counted : bool
        Whether the number won comes from the table acquisition; else customers are counted by the day they came.
    spend_without_group : float
        Spend that names no group, or none that customers are known of: in the whole, and in no row.
    unread_periods : tuple of str
        Periods that can't be read as a year, a quarter or a month; their rows are left out.
    n_years : int
        Horizon of the lifetime value.
    smallest_group : int
        The disclosure floor.
    currency : str
        ISO 4217 code.
    """

    by: str
    rows: tuple[GroupCost, ...]
    starts_on: date
    ends_on: date
    is_won_counted: bool
    spend_without_group: float
    unread_periods: tuple[str, ...]
    n_years: int
    smallest_group: int
    currency: str

    def findings(self) -> tuple[Finding, ...]:
        """Give the cost per customer, loaded and of the won ones alone; of all customers also payback and value."""
        found: list[Finding] = []
        for row in self.rows:
            cost, about = row.cost, self._about(row)
            if cost.loaded.value is None:
                continue
            args = {"group": row.group, "cost": cost.loaded.value, "n": cost.n_won}
            unit, ends = self.currency, interval_of(cost)
            found.append(Finding("economics.cac", cost.loaded.value, unit, _key("cac", row), args, **about, **ends))
            if cost.won_only is not None:
                said = {**args, "won_only": cost.won_only}
                key = _key("won_only", row)
                found.append(Finding("economics.cac_won_only", cost.won_only, unit, key, said, **about))
        of_all = (*Payback(self).findings(), *ValueToCost(self).findings()) if self.by == ALL else ()
        return (*found, *of_all)

    def _about(self, row: GroupCost) -> dict[str, Any]:
        return {"group": {} if row.group == ALL else {self.by: row.group}, "n": row.cost.n_won}


@dataclass(frozen=True, slots=True)
class Payback:
    """When the cost of winning a customer is earned back: the `Acquisition` that it is read from."""

    acquisition: Acquisition

    def findings(self) -> tuple[Finding, ...]:
        """Give months, where they have a meaning."""
        return _ratio_findings(self.acquisition, "payback", "payback_months", "months")


@dataclass(frozen=True, slots=True)
class ValueToCost:
    """How many times a customer's value covers the cost of winning it: the `Acquisition` that it is read from."""

    acquisition: Acquisition

    def findings(self) -> tuple[Finding, ...]:
        """Give ratios, where they have a meaning."""
        return _ratio_findings(self.acquisition, "value_to_cost", "value_to_cost", "ratio")


def _key(name: str, row: GroupCost) -> str:
    return f"economics.finding.{name}" + ("" if row.group == ALL else ".group")


def _ratio_findings(about: Acquisition, field: str, name: str, unit: str) -> tuple[Finding, ...]:
    found = []
    for row in about.rows:
        ratio: Ratio | None = getattr(row, field)
        if ratio is None or ratio.value is None:
            continue
        ends: dict[str, Any] = {"ci_low": ratio.ci_low, "ci_high": ratio.ci_high}
        ends |= {"confidence_level": row.cost.confidence_level, **about._about(row)}
        args = {"group": row.group, "value": ratio.value, "n_years": about.n_years}
        found.append(Finding(f"economics.{name}", ratio.value, unit, _key(name, row), args, **ends))
    return tuple(found)


def analyse_acquisition(loaded: Loaded, *, by: By = "all", confidence_level: float = 0.95) -> Acquisition | MissingData:
    """Estimate what it costs to win a customer, when that is earned back, and how many times over.

    Parameters
    ----------
    loaded : Loaded
        Needs acquisition with period and spend, and the number won: its n_won, or the customers' acquired_on.
    by : {'all', 'segment', 'channel'}
        What to group by: the column of acquisition, else of the customer that a row names.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> spent = pd.DataFrame({"period": ["2025-Q1", "2025-Q2"], "spend": [30_000.0, 20_000.0], "n_won": [10, 15]})
    >>> (whole,) = analyse_acquisition(load_frames({"acquisition": spent})).rows
    >>> whole.cost.loaded.value, whole.payback is None
    (2000.0, True)
    """
    require_known("grouping", by, ("all", "segment", "channel"))
    if lacking := loaded.missing(**NEEDED):
        return MissingData(chapter=CHAPTER, needed=lacking)
    spent = _reduce_spend(loaded, by)
    spans = {period: _read_period(period) for period in spent["period"].unique()}
    known = [span for span in spans.values() if span]
    spent = spent[[spans[period] is not None for period in spent["period"]]]
    if not known:
        return MissingData(chapter=CHAPTER, needed=("acquisition.period",))
    starts_on, ends_on = min(first for first, _ in known), max(last for _, last in known)
    is_counted = "n_won" in spent.columns and bool(spent.dropna(subset="group")["n_won"].notna().all())
    if not is_counted and loaded.missing(customers=("acquired_on",)):
        return MissingData(chapter=CHAPTER, needed=("acquisition.n_won", "customers.acquired_on"))
    if by != "all" and not spent["group"].notna().any():
        return MissingData(chapter=CHAPTER, needed=(f"acquisition.{by}",))
    if not is_counted:
        spent = spent.assign(group=spent["group"].where(spent["group"].isin(_registered(loaded, by))))
        if not spent["group"].notna().any():
            return MissingData(chapter=CHAPTER, needed=("acquisition.n_won",))
    groups = _sum_groups(loaded, by, spent, is_counted, starts_on, ends_on)
    smallest = loaded.engagement.contract.disclosure.smallest_group
    groups = _fold(groups, smallest) if by != "all" else groups
    values = _lifetime_values(loaded, confidence_level)
    rows = [_group_cost(row, by, values, confidence_level) for row in groups.to_dict("records")]
    return Acquisition(
        by=by,
        rows=tuple(rows),
        starts_on=starts_on,
        ends_on=ends_on,
        is_won_counted=is_counted,
        spend_without_group=round(math.fsum(spent.loc[spent["group"].isna(), "spend"]), 2),
        unread_periods=tuple(sorted(str(period) for period, span in spans.items() if span is None)),
        n_years=loaded.engagement.contract.lifetime.n_years,
        smallest_group=smallest,
        currency=loaded.engagement.contract.currency,
    )


def list_paybacks(found: Acquisition | MissingData) -> Payback | MissingData:
    """Give the view of an acquisition that tells when its cost is earned back.

    Parameters
    ----------
    found : Acquisition or MissingData
        By segment or channel.

    Examples
    --------
    >>> list_paybacks(MissingData(chapter="economics", needed=("acquisition",))).needed
    ('acquisition',)
    """
    return found if isinstance(found, MissingData) else Payback(found)


def list_values(found: Acquisition | MissingData) -> ValueToCost | MissingData:
    """Give the view of an acquisition that tells how many times a customer's value covers its cost.

    Parameters
    ----------
    found : Acquisition or MissingData
        By segment.

    Examples
    --------
    >>> list_values(MissingData(chapter="economics", needed=("acquisition",))).needed
    ('acquisition',)
    """
    return found if isinstance(found, MissingData) else ValueToCost(found)


def _read_period(text: str) -> tuple[date, date] | None:
    """Give the first and the last day of a year, quarter or month: 2025, 2025-Q1, Q1 2025, 2025-03."""
    found = PERIOD.match(str(text).strip())
    if not found:
        return None
    year, part = int(found["year"] or found["of"]), found["part"] or found["quarter"]
    if part is None:
        month, n_months = 1, 12
    elif part.startswith("Q"):
        month, n_months = 3 * int(part[1]) - 2, 3
    else:
        month, n_months = int(part), 1
    if not 1 <= month <= 12:
        return None
    first = date(year, month, 1)
    return first, month_start(first, n_months) - timedelta(days=1)


def _grouped(loaded: Loaded, rows: Any, by: By) -> Any:
    """Add `group` to rows: their own segment or channel, else that of the customer they name."""
    if by == "all":
        return rows.mutate(group=ibis.literal(ALL))
    if by == "segment":
        return with_segment(loaded, rows).rename(group="segment")
    own = rows.channel if "channel" in rows.columns else ibis.null("string")
    if "customer_id" in rows.columns and not loaded.missing(customers=("channel",)):
        known = loaded.tables["customers"].select(known_id="customer_id", known_channel="channel")
        rows = rows.mutate(own=own).left_join(known, [("customer_id", "known_id")])
        return rows.mutate(group=ibis.coalesce(rows.own, rows.known_channel))
    return rows.mutate(group=own)


def _registered(loaded: Loaded, by: By) -> list[str]:
    """List the groups that the register of customers knows: only of these can those who came be counted."""
    rows = _grouped(loaded, loaded.tables["customers"], by)
    return [str(group) for group in to_frame(rows.select("group").distinct())["group"].dropna()]


def _reduce_spend(loaded: Loaded, by: By) -> pd.DataFrame:
    """Sum spend, prospects and customers won by period and group; a sum with an unknown part is unknown."""
    rows = _grouped(loaded, loaded.tables["acquisition"], by)
    counted = [name for name in ("n_prospects", "n_won") if not loaded.missing(acquisition=(name,))]
    sums: dict[str, Any] = {
        name: ibis.ifelse(rows[name].count() == rows.count(), rows[name].sum(), None) for name in counted
    }
    if not loaded.missing(acquisition=("customer_id",), customers=("acquired_on",)):
        won = loaded.tables["customers"].filter(lambda people: people.acquired_on.notnull())
        sums["spend_on_won"] = rows.spend.sum(where=rows.customer_id.isin(won.customer_id)).fill_null(0)
    return to_frame(rows.group_by("period", "group").aggregate(spend=rows.spend.sum(), **sums))


def _sum_groups(
    loaded: Loaded, by: By, spent: pd.DataFrame, is_counted: bool, starts_on: date, ends_on: date
) -> pd.DataFrame:
    """Bring spend, customers won and what customers earn together: a row per group, with sums to infer from."""
    rows = spent.dropna(subset="group").drop(columns="period").groupby("group").sum(min_count=1)
    if "n_prospects" in rows and spent["n_prospects"].isna().any():
        rows = rows.drop(columns="n_prospects")
    if not is_counted:
        people = loaded.tables["customers"]
        people = _grouped(loaded, people.filter(people.acquired_on.between(starts_on, ends_on)), by)
        came = to_frame(people.group_by("group").aggregate(n=people.count())).dropna(subset="group")
        rows["n_won"] = came.set_index("group")["n"].reindex(rows.index).fillna(0)
    earned = _reduce_earned(loaded, by)
    rows = rows.join(earned) if earned is not None else rows.assign(n_customers=0)
    filled = {name: rows[name].fillna(0.0) for name in SUMS if name in rows and name not in ("n_prospects",)}
    return rows.assign(**filled).reset_index()


def _reduce_earned(loaded: Loaded, by: By) -> pd.DataFrame | None:
    """Sum gross profit (y) and months as a customer (x) over the customers of each group."""
    if loaded.missing(transactions=("customer_id", "net_revenue", "date")) or "cogs" in unknown_steps(loaded):
        return None
    span, ledger = reduce_span(loaded), reduce_ledger(loaded).customers
    sales = loaded.tables["transactions"]
    first = to_frame(sales.group_by("customer_id").aggregate(first=sales.date.min()).drop_null("first"))
    since = first.set_index("customer_id")["first"]
    if span is None:
        return None
    if not loaded.missing(customers=("acquired_on",)):
        people = loaded.tables["customers"]
        came = to_frame(people.select("customer_id", "acquired_on")).set_index("customer_id")["acquired_on"]
        since = pd.concat([since, came.dropna()], axis=1).min(axis=1)
    # Whole months: a year with an order a month is a year, not the days from the first order to the last.
    until = span.last_on if span.is_last_partial else span.whole_to
    began = ledger["customer_id"].map(since).clip(lower=pd.Timestamp(min(span.whole_from, span.first_on)))
    x = ((pd.Timestamp(until) - began).dt.days + 1) / MONTH_DAYS
    y = ledger["net_revenue"] - ledger["cogs"]
    if by == "all":
        group = pd.Series(ALL, index=ledger.index)
    elif by == "segment":
        group = ledger["segment"]
    elif loaded.missing(customers=("channel",)):
        return None
    else:
        names = to_frame(loaded.tables["customers"].select("customer_id", "channel"))
        group = ledger["customer_id"].map(names.set_index("customer_id")["channel"])
    frame = pd.DataFrame({"group": group, "n_customers": 1.0, "y": y, "x": x, "yy": y**2, "xx": x**2, "xy": x * y})
    return frame[frame["x"] > 0].dropna(subset="group").groupby("group").sum()


def _fold(groups: pd.DataFrame, smallest: int) -> pd.DataFrame:
    """Fold groups with few customers won or few customers; one that won nobody hides nobody and stays."""
    some = (groups["n_won"] > 0) | (groups["n_customers"] > 0)
    least = groups[["n_won", "n_customers"]].where(lambda counts: counts > 0).min(axis=1)
    shown = fold_small_groups(groups[some].assign(least=least[some]), "group", "least", smallest)
    rows = pd.concat([shown, groups[~some]]).drop(columns="least")
    is_last = rows["group"] == OTHER
    return rows.assign(is_last=is_last).sort_values(["is_last", "n_won", "group"], ascending=[True, False, True])


def _lifetime_values(loaded: Loaded, level: float) -> dict[str, RatioEstimate]:
    """Give what a customer is worth by segment, and of all; none where the profit chapter has none."""
    found = analyse_lifetime(loaded, confidence_level=level)
    if isinstance(found, MissingData) or found.whole is None or "cogs" in unknown_steps(loaded):
        return {}
    rows = {row.segment: row for row in found.segments} | {ALL: found.whole}
    return {
        name: RatioEstimate(value=row.value, ci_low=row.ci_low, ci_high=row.ci_high, confidence_level=level)
        for name, row in rows.items()
    }


def _group_cost(row: dict[str, Any], by: By, values: dict[str, RatioEstimate], level: float) -> GroupCost:
    n_prospects = row.get("n_prospects")
    cost = estimate_acquisition_cost(
        float(row["spend"]),
        int(row["n_won"]),
        n_prospects=None if n_prospects is None or pd.isna(n_prospects) else max(int(n_prospects), int(row["n_won"])),
        spend_on_won=row.get("spend_on_won"),
        confidence_level=level,
    )
    monthly = None
    if row.get("x", 0.0) > 0:
        monthly = estimate_ratio_of_sums(
            int(row["n_customers"]), row["y"], row["x"],
            top_squares=row["yy"], bottom_squares=row["xx"], products=row["xy"], confidence_level=level,
        )  # fmt: skip
    worth = values.get(row["group"]) if by != "channel" else None
    return GroupCost(
        group=str(row["group"]),
        n_prospects=None if n_prospects is None or pd.isna(n_prospects) else int(n_prospects),
        cost=cost,
        n_customers=int(row["n_customers"]),
        monthly=monthly,
        payback=estimate_payback(cost, monthly) if monthly else None,
        value_to_cost=estimate_value_to_cost(worth, cost) if worth else None,
    )
