"""Which periods can be compared: whole months, fiscal years, and the same months a year apart. Dates in, dates out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from gtmlib.analyses.reductions import in_period
from gtmlib.data.engagement import Period
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded

Basis = Literal["contract", "fiscal_years", "years", "same_months"]
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The days that the sales cover.

    Parameters
    ----------
    first_on, last_on : date
        First and last sale of the period.
    whole_from, whole_to : date
        First and last day of the whole months in it; `whole_to` is before `whole_from` where there is none.
    is_last_partial : bool
        Whether the last month was not over when the data were exported.
    """

    first_on: date
    last_on: date
    whole_from: date
    whole_to: date
    is_last_partial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two periods, and why these.

    Parameters
    ----------
    before, after : Period
        The earlier and the later one.
    basis : {'contract', 'fiscal_years', 'years', 'same_months'}
        Named by the contract (of any length), the last whole fiscal years or years, or the same months a year apart.
    """

    before: Period
    after: Period
    basis: Basis


def month_start(day: date, months: int = 0) -> date:
    """Give the first day of the month that lies some months after a day's.

    Parameters
    ----------
    day : date
        Any day of the month to count from.
    months : int
        How many later; below 0: earlier.

    Examples
    --------
    >>> month_start(date(2025, 12, 31), 1)
    datetime.date(2026, 1, 1)
    """
    at = day.year * 12 + day.month - 1 + months
    return date(at // 12, at % 12 + 1, 1)


def span_of(first_on: date, last_on: date, known_to: date) -> Span:
    """Find the whole months between the first and the last sale.

    Parameters
    ----------
    first_on, last_on : date
        First and last sale. Sales that begin in the first week of a month are taken to have the whole of it.
    known_to : date
        The day up to which sales are known: a month that was not over then is partial.

    Examples
    --------
    >>> span = span_of(date(1996, 7, 4), date(1998, 5, 6), date(1998, 5, 6))
    >>> span.whole_from.isoformat(), span.whole_to.isoformat(), span.is_last_partial
    ('1996-07-01', '1998-04-30', True)
    """
    end = month_start(last_on, 1) - DAY
    is_partial = known_to < end
    return Span(
        first_on=first_on,
        last_on=last_on,
        whole_from=month_start(first_on, 0 if first_on.day <= 7 else 1),
        whole_to=month_start(last_on) - DAY if is_partial else end,
        is_last_partial=is_partial,
    )


def choose_periods(span: Span, year_starts_in: int = 1) -> Comparison | None:
    """Choose two periods to compare: the last two whole fiscal years, else years, else the same months a year apart.

    Parameters
    ----------
    span : Span
        The days that the sales cover.
    year_starts_in : int
        Month in which a fiscal year begins.

    Returns
    -------
    Comparison or None
        None where the sales cover no more than a year.

    Examples
    --------
    >>> northwind = span_of(date(1996, 7, 4), date(1998, 5, 6), date(1998, 5, 6))
    >>> chosen = choose_periods(northwind)
    >>> chosen.basis, chosen.before.starts_on.isoformat(), chosen.after.ends_on.isoformat()
    ('same_months', '1996-07-01', '1998-04-30')
    """
    if span.whole_to <= span.whole_from:
        return None
    end = span.whole_to + DAY
    n_months = (end.year - span.whole_from.year) * 12 + end.month - span.whole_from.month
    fiscal_end = month_start(end, -((end.month - year_starts_in) % 12))
    if month_start(fiscal_end, -24) >= span.whole_from:
        return _apart(fiscal_end, 12, "fiscal_years")
    if n_months >= 24:
        return _apart(end, 12, "years")
    return _apart(end, n_months - 12, "same_months") if n_months > 12 else None


def _apart(end: date, n_months: int, basis: Basis) -> Comparison:
    """Compare the months before a day with the same ones a year earlier."""
    starts = [month_start(end, -n_months - back) for back in (12, 0)]
    ends = [month_start(end, -back) - DAY for back in (12, 0)]
    before, after = (Period(starts_on=first, ends_on=last) for first, last in zip(starts, ends, strict=True))
    return Comparison(before=before, after=after, basis=basis)


def reduce_span(loaded: Loaded) -> Span | None:
    """Find the days that the sales of the period cover; None where no sale has a date.

    Parameters
    ----------
    loaded : Loaded
        The engagement; what was exported on a day says nothing of later ones.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> days = [date(2025, 1, 2), date(2025, 12, 30)]
    >>> lines = {"transaction_id": ["1", "2"], "customer_id": "K1", "net_revenue": 9.0, "date": days}
    >>> reduce_span(load_frames({"transactions": pd.DataFrame(lines)})).whole_to
    datetime.date(2025, 12, 31)
    """
    if loaded.missing(transactions=("date",)):
        return None
    sales = in_period(loaded, loaded.tables["transactions"])
    found = to_frame(sales.aggregate(first=sales.date.min(), last=sales.date.max())).loc[0]
    if found.isna().any():
        return None
    last_on = found["last"].date()
    return span_of(found["first"].date(), last_on, known_until(loaded, last_on))


def known_until(loaded: Loaded, last_on: date) -> date:
    """Give the day up to which sales are known: that of the export, the end of the period, or the last sale.

    Parameters
    ----------
    loaded : Loaded
        The engagement.
    last_on : date
        Last sale.

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> known_until(load_frames({}), date(2025, 12, 1))
    datetime.date(2025, 12, 31)
    """
    contract = loaded.engagement.contract
    ends = [contract.exported_on, *([contract.period.ends_on] if contract.period else [])]
    return max(min(ends), last_on)
