"""What winning customers costs, month by month: the table of marketing and sales spend, its periods read as dates."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded

_PERIOD = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """What one channel or segment cost in a period.

    Parameters
    ----------
    starts_on, ends_on : date
        First and last day of the period.
    group : str
        The channel or segment; empty where the row names none.
    amount : float
        In the engagement's currency.
    """

    starts_on: date
    ends_on: date
    group: str
    amount: float


def read_period(text: str) -> tuple[date, date] | None:
    """Read a period as its first and last day.

    Parameters
    ----------
    text : str
        A month (2025-03), a quarter (2025-Q1) or a year (2025).

    Returns
    -------
    (date, date) or None
        None for any other text.

    Examples
    --------
    >>> read_period("2025-Q1")
    (datetime.date(2025, 1, 1), datetime.date(2025, 3, 31))
    >>> read_period("March") is None
    True
    """
    found = _PERIOD.fullmatch(text.strip())
    if found is None:
        return None
    year, quarter, month = int(found[1]), found[2], found[3]
    first = int(month) if month else 3 * int(quarter) - 2 if quarter else 1
    last = first if month else first + 2 if quarter else 12
    return date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1])


def read_spend(loaded: Loaded, by: str) -> tuple[list[Spend], int]:
    """Read the spend of each period, by channel or segment.

    Parameters
    ----------
    loaded : Loaded
        With acquisition.
    by : {'channel', 'segment'}
        What to sum by.

    Returns
    -------
    list of Spend, int
        In the order of period and group; and the rows whose period is no month, quarter or year.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> rows = pd.DataFrame({"period": ["2025-01", "spring"], "channel": "fairs", "spend": [900.0, 5.0]})
    >>> spent, n_unread = read_spend(load_frames({"acquisition": rows}), "channel")
    >>> [(row.group, row.amount) for row in spent], n_unread
    ([('fairs', 900.0)], 1)
    """
    rows = loaded.tables["acquisition"]
    group = rows[by].fill_null("") if by in rows.columns else ""
    frame = to_frame(rows.group_by("period", group=group).aggregate(amount=rows.spend.sum(), n=rows.count()))
    spent, n_unread = [], 0
    for row in frame.sort_values(["period", "group"]).itertuples():
        period = read_period(str(row.period))
        if period is None:
            n_unread += int(row.n)
        else:
            spent.append(Spend(starts_on=period[0], ends_on=period[1], group=str(row.group), amount=float(row.amount)))
    return spent, n_unread
