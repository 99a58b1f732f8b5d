"""What are customers worth over the next years? Modelled where there is enough, else yearly contribution x multiple."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from gtmlib.analyses.contribution import CHAPTER, EARNED, NEEDED, Ledger, profit_finding, reduce_ledger, sum_by_segment
from gtmlib.analyses.findings import Finding
from gtmlib.analyses.periods import choose_periods, reduce_span
from gtmlib.analyses.reductions import MissingData, fold_with_unknown, purchase_days, with_segment
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.buyers import estimate_buyers
from gtmlib.stats.contracts import estimate_contract_multiple, estimate_contracts
from gtmlib.stats.lifetime import check_enough_data, estimate_future_revenue, value_by_multiple
from gtmlib.stats.means import estimate_mean
from gtmlib.stats.posterior import Estimate
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion
from gtmlib.stats.shrinkage import shrink_means
from gtmlib.stats.spend import estimate_spend

Model = Literal["contracts", "purchases", "multiple", "none"]
YEAR_DAYS = 365.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What a customer is worth, on average of a group.

    Parameters
    ----------
    segment : str
        The group; empty for all.
    n : int
        Customers or contracts in it.
    value : float
        Per customer over the horizon, discounted to now; the engagement's currency.
    ci_low, ci_high : float, optional
        Its interval; None where there is none.
    """

    segment: str
    n: int
    value: float
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LifetimeValue:
    """What customers are expected to bring over a horizon, discounted to now.

    Parameters
    ----------
    model : str
        `contracts` (shifted beta-geometric on renewals), `purchases` (BG/NBD and Gamma-Gamma), `multiple` (shrunken
        yearly contribution times a retention multiple), or `none`.
    reason : str, optional
        Why customers' purchases are not modelled: `few_customers`, `few_repeaters`.
    n_customers, n_repeaters : int
        Customers (or contracts), and those who bought again (or renewals that were seen).
    whole : Value, optional
        Per customer, of all.
    segments : tuple of Value
        By segment, largest first.
    measure : str
        What it stands for, as `measure_of` names it.
    retention : ProportionEstimate, optional
        Share of one period's customers who bought in the next one too, a year later.
    n_years, discount_rate : int, float
        Horizon, and rate per year.
    confidence_level : float
        Of the intervals, in (0, 1).
    currency : str
        ISO 4217 code.
    """

    model: Model
    reason: str | None
    n_customers: int
    n_repeaters: int
    whole: Value | None
    segments: tuple[Value, ...]
    measure: str
    retention: ProportionEstimate | None
    n_years: int
    discount_rate: float
    confidence_level: float
    currency: str

    def findings(self) -> tuple[Finding, ...]:
        """Give the value of a customer, of all and by segment, and the share that stays."""
        found = []
        for row in (*([self.whole] if self.whole else []), *self.segments):
            args = {"segment": row.segment, "value": row.value, "n_years": self.n_years}
            is_all = row is self.whole
            finding = profit_finding(
                "lifetime_value", row.value, self.currency, "lifetime_all" if is_all else "lifetime", args, row.n,
                **({} if is_all else {"segment": row.segment}),
            )  # fmt: skip
            found.append(_with_interval(finding, row.ci_low, row.ci_high, self.confidence_level))
        if self.retention is not None:
            rate = self.retention
            finding = profit_finding(
                "retention_rate", rate.rate, "share", "retained", {"rate": rate.rate}, rate.n_trials
            )
            found.append(_with_interval(finding, rate.ci_low, rate.ci_high, rate.confidence_level))
        return tuple(found)


def _with_interval(finding: Finding, low: float | None, high: float | None, level: float) -> Finding:
    return replace(finding, ci_low=low, ci_high=high, confidence_level=level)


def analyse_lifetime(loaded: Loaded, *, confidence_level: float = 0.95) -> LifetimeValue | MissingData:
    """Estimate what a customer is worth over the contract's horizon.

    Parameters
    ----------
    loaded : Loaded
        Needs transactions with customer_id, net_revenue and date; contracts are used where they bring most of it.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Notes
    -----
    BG/NBD and Gamma-Gamma are shown from 100 customers of whom 30 bought again. Below that their prior would speak,
    not the customers: yearly contribution, shrunken by segment, times r/(1+i-r) cut at the horizon is shown instead.

    Examples
    --------
    >>> import pandas as pd
    >>> from datetime import date
    >>> from gtmlib.data.load import load_frames
    >>> days = [date(year, month, 3) for year in (2024, 2025) for month in range(1, 13)]
    >>> sales = [(f"{who}{day}", f"K{who}", day, 50.0 + who) for who in range(6) for day in days]
    >>> lines = pd.DataFrame(sales, columns=["transaction_id", "customer_id", "date", "net_revenue"])
    >>> value = analyse_lifetime(load_frames({"transactions": lines.assign(cogs=20.0)}))
    >>> value.model, value.reason, value.retention.rate, round(value.whole.value)
    ('multiple', 'few_customers', 1.0, 1477)
    """
    if needed := loaded.missing(transactions=(*NEEDED["transactions"], "date")):
        return MissingData(chapter=CHAPTER, needed=needed)
    ledger = reduce_ledger(loaded)
    days = purchase_days(loaded)
    people = to_frame(
        with_segment(
            loaded,
            days.group_by("customer_id").aggregate(
                first=days.date.min(),
                last=days.date.max(),
                n=days.count(),
                total=days.net_revenue.sum(),
                first_amount=days.net_revenue.argmin(days.date),
            ),
        )
    )
    if not len(people):
        return MissingData(chapter=CHAPTER, needed=("transactions",))
    enough = check_enough_data(people["n"] - 1)
    kept = _kept_shares(ledger)
    retention = _retention(loaded, confidence_level)
    model: Model = "contracts" if _has_contracts(loaded, ledger) else "purchases" if enough.is_enough else "multiple"
    if model == "contracts":
        whole, rows, n, n_repeats = _by_contracts(loaded, kept[""], confidence_level)
    elif model == "purchases":
        whole, rows = _by_purchases(loaded, people, kept, confidence_level)
        n, n_repeats = enough.n_customers, enough.n_repeaters
    else:
        whole, rows = _by_multiple(loaded, ledger, retention, confidence_level)
        n, n_repeats = enough.n_customers, enough.n_repeaters
    about = loaded.engagement.contract.lifetime
    return LifetimeValue(
        model=model if whole is not None else "none",
        reason=enough.reason if model == "multiple" else None,
        n_customers=n,
        n_repeaters=n_repeats,
        whole=whole,
        segments=tuple(sorted(rows, key=lambda row: -row.value)),
        measure=ledger.measure if ledger.measure in EARNED or model == "multiple" else "net_revenue",
        retention=retention,
        n_years=about.n_years,
        discount_rate=about.discount_rate,
        confidence_level=confidence_level,
        currency=loaded.engagement.contract.currency,
    )


def _kept_shares(ledger: Ledger) -> dict[str, float]:
    """Give what is left of net revenue after known costs, by segment and ("") of all; 1 where cost is not known."""
    if ledger.measure not in EARNED:
        return {"": 1.0}
    sums = sum_by_segment(ledger).dropna(subset="segment")
    shares = {row.segment: row.contribution / row.net_revenue for row in sums.itertuples() if row.net_revenue > 0}
    net = ledger.total("net_revenue")
    return {**shares, "": ledger.total("contribution") / net if net > 0 else 1.0}


def _has_contracts(loaded: Loaded, ledger: Ledger) -> bool:
    """Tell whether contracts bring most of the revenue: else their renewals don't say what a customer is worth."""
    span = reduce_span(loaded)
    if span is None or loaded.missing(contracts=("starts_on", "monthly_revenue")):
        return False
    rows = loaded.tables["contracts"]
    is_running = rows.starts_on <= span.last_on
    if "ends_on" in rows.columns:
        is_running &= rows.ends_on.isnull() | (rows.ends_on > span.last_on)
    monthly = to_frame(rows.aggregate(sum=rows.monthly_revenue.sum(where=is_running)))["sum"].fillna(0.0).iloc[0]
    years = ((span.last_on - span.first_on).days + 1) / YEAR_DAYS
    return bool(monthly * 12 * max(years, 1.0) >= ledger.total("net_revenue") / 2)


def _retention(loaded: Loaded, level: float) -> ProportionEstimate | None:
    """Share of the earlier period's customers who bought in the later one too."""
    span = reduce_span(loaded)
    chosen = choose_periods(span, loaded.engagement.contract.fiscal.year_starts_in) if span else None
    if chosen is None:
        return None
    days = purchase_days(loaded)
    active = days.group_by("customer_id").aggregate(
        before=days.date.between(chosen.before.starts_on, chosen.before.ends_on).any(),
        after=days.date.between(chosen.after.starts_on, chosen.after.ends_on).any(),
    )
    sums = to_frame(active.aggregate(n=active.before.sum(), k=(active.before & active.after).sum())).loc[0]
    return estimate_proportion(int(sums["k"]), int(sums["n"]), confidence_level=level) if sums["n"] > 0 else None


def _value(segment: str, n: int, estimate: Estimate, factor: float = 1.0) -> Value:
    ends = sorted((estimate.ci_low * factor, estimate.ci_high * factor))
    return Value(segment=segment, n=n, value=estimate.value * factor, ci_low=ends[0], ci_high=ends[1])


def _by_purchases(
    loaded: Loaded, people: pd.DataFrame, kept: dict[str, float], level: float
) -> tuple[Value, list[Value]]:
    """Fit on all customers, then sum what those of each segment will buy."""
    about, smallest = loaded.engagement.contract.lifetime, loaded.engagement.contract.disclosure.smallest_group
    end = people["last"].max()
    repeats = people["n"].to_numpy() - 1
    last = (people["last"] - people["first"]).dt.days.to_numpy(dtype=float)
    seen = (end - people["first"]).dt.days.to_numpy(dtype=float)
    spent = np.divide(
        (people["total"] - people["first_amount"]).to_numpy(), repeats, out=np.zeros(len(people)), where=repeats > 0
    )
    buyers = estimate_buyers(repeats, last, seen, confidence_level=level)
    spend = estimate_spend(repeats[repeats > 0], spent[repeats > 0], confidence_level=level)

    def of(rows: np.ndarray) -> Estimate:
        columns = (column[rows] for column in (repeats, last, seen, spent))
        return estimate_future_revenue(
            buyers, spend, *columns, year=YEAR_DAYS, n_years=about.n_years, discount_rate=about.discount_rate,
            confidence_level=level,
        ).per_customer  # fmt: skip

    # What a segment keeps of its revenue is its own: one that loses money is worth less the more it buys.
    named = people["segment"].astype(object).where(people["segment"].notna(), "")
    found = {str(name): (places, of(places)) for name, places in named.groupby(named).indices.items()}
    rows = [
        _value(name, len(places), revenue, kept.get(name, kept[""]))
        for name, (places, revenue) in found.items()
        if name and len(places) >= smallest
    ]
    revenue = of(np.arange(len(people)))
    brought = {name: len(places) * estimate.value for name, (places, estimate) in found.items()}
    left = sum(amount * kept.get(name, kept[""]) for name, amount in brought.items())
    whole = _value("", len(people), revenue, left / sum(brought.values()))
    return whole, rows if len(rows) > 1 else []


def _by_multiple(
    loaded: Loaded, ledger: Ledger, retention: ProportionEstimate | None, level: float
) -> tuple[Value | None, list[Value]]:
    """Yearly contribution, shrunken by segment, times the years that a customer stays."""
    contract, span = loaded.engagement.contract, reduce_span(loaded)
    if retention is None or span is None:
        return None, []
    # Whole months, so that a year with an order a month counts as a year, not as the days from the first to the last.
    until = span.last_on if span.is_last_partial else span.whole_to
    years = ((until - min(span.whole_from, span.first_on)).days + 1) / YEAR_DAYS
    about = contract.lifetime

    def valued(segment: str, n: int, mean: float, low: float | None, high: float | None) -> Value:
        yearly = Estimate(
            value=mean / years,
            ci_low=(mean if low is None else low) / years,
            ci_high=(mean if high is None else high) / years,
            confidence_level=level,
        )
        found = value_by_multiple(yearly, retention.rate, discount_rate=about.discount_rate, n_years=about.n_years)
        one = _value(segment, n, found)
        return one if low is not None else Value(segment=segment, n=n, value=one.value, ci_low=None, ci_high=None)

    sums = sum_by_segment(ledger)
    mean = estimate_mean(
        int(sums["n"].sum()), float(sums["contribution"].sum()), float(sums["squares"].sum()), confidence_level=level
    )
    whole = valued("", mean.n, mean.mean, mean.ci_low, mean.ci_high)
    shown = sums.dropna(subset="segment")
    if len(shown) > 1:
        shown = fold_with_unknown(sums, "segment", "n", contract.disclosure.smallest_group)
    if len(shown) < 2 or shown["n"].max() < 2:
        return whole, []
    groups = shrink_means(shown["n"], shown["contribution"], shown["squares"], confidence_level=level).groups
    return whole, [
        valued(str(name), int(group.n), group.shrunken, group.ci_low, group.ci_high)
        for name, group in zip(shown["segment"], groups, strict=True)
    ]


def _by_contracts(loaded: Loaded, kept: float, level: float) -> tuple[Value | None, list[Value], int, int]:
    """Count yearly renewals by a contract's age, and value a new contract at today's mean revenue."""
    contract = loaded.engagement.contract
    rows = loaded.tables["contracts"]
    columns = [name for name in ("starts_on", "ends_on", "monthly_revenue") if name in rows.columns]
    frame = to_frame(rows.filter(rows.starts_on <= contract.exported_on).select(*columns))
    end = pd.Timestamp(contract.exported_on)
    ends = frame["ends_on"] if "ends_on" in frame else pd.Series(pd.NaT, index=frame.index)
    is_lost = ends <= end
    ages = (ends.where(is_lost, end) - frame["starts_on"]).dt.days.to_numpy() / YEAR_DAYS
    # A contract that ended in its k-th year did not outlive its k-th renewal.
    reached = np.where(is_lost, np.maximum(np.ceil(ages - 0.02), 1), np.floor(ages)).astype(int)
    most = int(reached.max(initial=0))
    at_risk = np.array([(reached >= k).sum() for k in range(1, most + 1)])
    lost = np.array([((reached == k) & is_lost.to_numpy()).sum() for k in range(1, most + 1)])
    n_renewals = int(at_risk.sum())
    if not n_renewals:
        return None, [], len(frame), 0
    multiple = estimate_contract_multiple(
        estimate_contracts(at_risk, lost, confidence_level=level),
        age=0,
        discount_rate=contract.lifetime.discount_rate,
        n_periods=contract.lifetime.n_years,
        confidence_level=level,
    )
    yearly = float(frame["monthly_revenue"].mean()) * 12 * kept
    return _value("", len(frame), multiple, yearly), [], len(frame), n_renewals
