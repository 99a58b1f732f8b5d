"""Green outside, red inside? What the open deals are counted as, against what their age leaves of it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from gtmlib.analyses.findings import Finding, interval_of
from gtmlib.analyses.pipeline.deals import PARTS, Clock, LeftOut, in_parts, open_deals, read_clock
from gtmlib.analyses.reductions import MissingData
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.competing_risks import Expected, estimate_expected
from gtmlib.stats.proportions import ProportionEstimate

REPORTED_SHARE = 0.5  # of open deals that must carry a forecast before the index is held against the forecasts


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What open deals are counted as, and what can be expected of them.

    Parameters
    ----------
    n : int
        Open deals that it speaks of.
    counted : float
        Wins, or money, as a dashboard counts them.
    expected : Expected
        The same given how long each has been open.
    """

    n: int
    counted: float
    expected: Expected

    @property
    def index(self) -> float | None:
        """1 - expected / counted: the share of the promise that age takes away; none where nothing is promised."""
        return 1 - self.expected.value / self.counted if self.counted > 0 else None

    def findings(self, *, group: dict[str, str], basis: str) -> tuple[Finding, ...]:
        """Give the index with its interval; what is counted is taken as it is reported.

        Parameters
        ----------
        group : dict
            Of the finding.
        basis : {'closed_win_rate', 'reported'}
            What the index is held against.
        """
        if self.index is None:
            return ()
        low, high = (1 - end / self.counted for end in (self.expected.ci_high, self.expected.ci_low))
        args = {"index": self.index, "expected": self.expected.value, "counted": self.counted, "n": self.n}
        message = f"pipeline.finding.watermelon.{basis}"
        level = self.expected.confidence_level
        return (
            Finding(
                "pipeline.watermelon_index", self.index, "share", message, args, group,
                ci_low=low, ci_high=high, confidence_level=level, n=self.n,
            ),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermelon:
    """The open pipeline as it is counted and as it can be expected to end.

    Parameters
    ----------
    naive : Promise
        Every open deal counted at the rate at which closed deals were won.
    reported : Promise, optional
        The probabilities of the latest forecast, of the open deals that have one.
    reported_on : str, optional
        Date of that forecast, ISO.
    amounts : Promise, optional
        Money of open deals at the closed win rate, where every open deal has an amount.
    n_with_amount : int
        Open deals with an amount.
    closed_rate : ProportionEstimate
        Won of all that closed.
    n_stale : int
        Open deals older than any deal was when it closed.
    longest_days : int
        The age of the deal that took longest to close.
    n_closed : int
        Closed deals that the expectation rests on.
    left_out : LeftOut
        Deals that are not on the clock.
    currency : str
        Of the amounts.
    """

    naive: Promise
    reported: Promise | None
    reported_on: str | None
    amounts: Promise | None
    n_with_amount: int
    closed_rate: ProportionEstimate
    n_stale: int
    longest_days: int
    n_closed: int
    left_out: LeftOut
    currency: str

    @property
    def leading(self) -> Promise:
        """The promise that the index is held against: the client's own forecasts, where most open deals have one."""
        return self.reported if self.is_reported and self.reported else self.naive

    @property
    def is_reported(self) -> bool:
        """Whether the client's own forecasts are what is held to account."""
        return self.reported is not None and self.reported.n >= REPORTED_SHARE * self.naive.n

    def findings(self) -> tuple[Finding, ...]:
        """Give the index, what it is made of, and what is not on the clock."""
        rate, naive, expected = self.closed_rate, self.naive, self.naive.expected
        args = {"n": naive.n, "expected": expected.value, "counted": naive.counted}
        basis = "reported" if self.is_reported else "closed_win_rate"
        found = list(self.leading.findings(group={}, basis=basis))
        if self.is_reported:
            found += naive.findings(group={"against": "closed_win_rate"}, basis="closed_win_rate")
        found += [
            Finding(
                "pipeline.expected_wins_open", expected.value, "count", "pipeline.finding.expected_wins_open",
                args, n=naive.n, **interval_of(expected),
            ),
            Finding(
                "pipeline.expected_wins_naive", naive.counted, "count", "pipeline.finding.expected_wins_naive",
                args | {"rate": rate.rate}, n=naive.n,
            ),
            Finding(
                "pipeline.closed_win_rate", rate.rate, "share", "pipeline.finding.closed_win_rate",
                {"rate": rate.rate, "n": rate.n_trials}, n=rate.n_trials, **interval_of(rate),
            ),
            Finding(
                "pipeline.n_stale_open", self.n_stale, "count", "pipeline.finding.n_stale_open",
                {"n": self.n_stale, "of": naive.n, "days": self.longest_days}, n=naive.n,
            ),
        ]  # fmt: skip
        if self.reported is not None:
            told = {"n": self.reported.n, "counted": self.reported.counted}
            message = "pipeline.finding.expected_wins_reported"
            found.append(
                Finding("pipeline.expected_wins_reported", self.reported.counted, "count", message, told,
                        n=self.reported.n)
            )  # fmt: skip
        if self.amounts is not None:
            args = {"amount": self.amounts.expected.value, "n": self.amounts.n}
            found.append(
                Finding("pipeline.expected_amount_open", self.amounts.expected.value, self.currency,
                        "pipeline.finding.expected_amount_open", args, n=self.amounts.n,
                        **interval_of(self.amounts.expected))
            )  # fmt: skip
        for name in LeftOut.__dataclass_fields__:
            if n := getattr(self.left_out, name):
                why = name.removeprefix("n_")
                message = f"pipeline.finding.left_out.{why}"
                found.append(Finding("pipeline.n_left_out", n, "count", message, {"n": n}, {"reason": why}))
        return tuple(found)


def analyse_watermelon(loaded: Loaded, *, confidence_level: float = 0.95) -> Watermelon | MissingData | None:
    """Hold the open pipeline against what became of deals of the same age.

    Parameters
    ----------
    loaded : Loaded
        Needs deals with created_on, status and closed_on; better with amounts and forecast snapshots.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    Watermelon, MissingData or None
        None where no deal is open, or none ever closed.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> deals = pd.DataFrame({"deal_id": list("abcd"), "status": ["won", "lost", "open", "open"],
    ...     "created_on": pd.to_datetime(["2025-11-01", "2025-11-01", "2025-12-21", "2025-01-01"]),
    ...     "closed_on": pd.to_datetime(["2025-11-21", "2025-12-01", None, None])})
    >>> found = analyse_watermelon(load_frames({"deals": deals}))
    >>> found.naive.counted, round(found.naive.expected.value, 3), found.n_stale
    (1.0, 0.333, 1)
    """
    clock = read_clock(loaded)
    if isinstance(clock, MissingData):
        return clock
    forecasts, day = read_forecasts(loaded, "days")
    currency = loaded.engagement.contract.currency
    return weigh_open(clock, forecasts, reported_on=day, currency=currency, confidence_level=confidence_level)


def weigh_open(
    clock: Clock, forecasts: pd.DataFrame, *, reported_on: str | None, currency: str, confidence_level: float = 0.95
) -> Watermelon | None:
    """Hold open deals by their age against what became of deals of the same age.

    Parameters
    ----------
    clock : Clock
        What became of all deals, the ages of the open ones and the rate at which closed ones were won.
    forecasts : DataFrame, one row per age
        days, n (open deals with a forecast, int) and parts (their summed probability, in 1/10,000); maybe no row.
    reported_on : str, optional
        Date of the forecasts, ISO.
    currency : str
        Of the amounts.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    Watermelon or None
        None where no deal is open, or none ever closed.

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> deals = pd.DataFrame({"deal_id": list("abc"), "status": ["won", "lost", "open"],
    ...     "created_on": pd.to_datetime(["2025-11-01", "2025-11-01", "2025-12-21"]),
    ...     "closed_on": pd.to_datetime(["2025-11-21", "2025-12-01", None])})
    >>> clock = read_clock(load_frames({"deals": deals}))
    >>> forecasts = pd.DataFrame({"days": [10], "n": [1], "parts": [9000]})
    >>> found = weigh_open(clock, forecasts, reported_on="2025-12-31", currency="SEK")
    >>> found.reported.counted, found.reported.expected.value
    (0.9, 0.5)
    """
    longest = clock.table.last_event
    if clock.closed_rate is None or longest is None or not clock.n_open:
        return None
    ages, rate = clock.open_ages, clock.closed_rate.rate
    expected = estimate_expected(clock.table, ages["days"], ages["n"], confidence_level=confidence_level)
    reported = _reported(clock, forecasts, confidence_level) if len(forecasts) else None
    n_with_amount = int(ages["n_with_amount"].sum())
    return Watermelon(
        naive=Promise(n=clock.n_open, counted=clock.n_open * rate, expected=expected),
        reported=reported,
        reported_on=reported_on if reported else None,
        amounts=_amounts(clock, rate, confidence_level) if n_with_amount == clock.n_open else None,
        n_with_amount=n_with_amount,
        closed_rate=clock.closed_rate,
        n_stale=int(ages.loc[ages["days"] > longest, "n"].sum()),
        longest_days=int(longest),
        n_closed=int(clock.table.n_won.sum() + clock.table.n_lost.sum()),
        left_out=clock.left_out,
        currency=currency,
    )


def _amounts(clock: Clock, rate: float, level: float) -> Promise | None:
    ages = clock.open_ages
    total = float(ages["amount"].sum())
    if total <= 0 or (ages["amount"] < 0).any():
        return None
    expected = estimate_expected(clock.table, ages["days"], ages["amount"], confidence_level=level)
    return Promise(n=clock.n_open, counted=total * rate, expected=expected)


def _reported(clock: Clock, forecasts: pd.DataFrame, level: float) -> Promise:
    """Hold the forecasts of open deals against what their age leaves of them."""
    n = forecasts["n"]
    expected = estimate_expected(clock.table, forecasts["days"], n, confidence_level=level)
    return Promise(n=int(n.sum()), counted=int(forecasts["parts"].sum()) / PARTS, expected=expected)


def read_forecasts(loaded: Loaded, *by: str) -> tuple[pd.DataFrame, str | None]:
    """Sum up the latest forecast of the open deals.

    Parameters
    ----------
    loaded : Loaded
        Needs deals with created_on, status and closed_on; without probabilities of snapshots there is no forecast.
    *by : str
        Columns of `select_deals` to sum up by.

    Returns
    -------
    DataFrame, one row per group
        <by>, n (open deals with a forecast, int) and parts (their summed probability, in 1/10,000, int).
    str, optional
        Date of the forecasts, ISO; none where there are none.

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> deals = pd.DataFrame({"deal_id": ["a"], "status": "open", "created_on": [pd.Timestamp("2025-12-21")],
    ...                       "closed_on": pd.Series([None], dtype="datetime64[us]")})
    >>> seen = pd.DataFrame({"taken_on": [pd.Timestamp("2025-12-31")], "deal_id": ["a"], "probability": [0.35]})
    >>> cells, day = read_forecasts(load_frames({"deals": deals, "forecast_snapshots": seen}), "days")
    >>> cells.to_dict("records"), day
    ([{'days': 10, 'n': 1, 'parts': 3500}], '2025-12-31')
    """
    if loaded.missing(forecast_snapshots=("probability",)):
        return pd.DataFrame(columns=[*by, "n", "parts"]), None
    snapshots = loaded.tables["forecast_snapshots"]
    latest = snapshots.filter(snapshots.taken_on == snapshots.taken_on.max(), snapshots.probability.notnull())
    rows = open_deals(loaded).inner_join(latest.select("deal_id", "taken_on", "probability"), "deal_id")
    cells = to_frame(
        rows.group_by(*by).aggregate(
            n=rows.count(), parts=in_parts(rows.probability).sum().cast("int64"), taken_on=rows.taken_on.max()
        )
    )
    day = None if cells.empty else str(cells["taken_on"].max().date())
    return cells.drop(columns="taken_on"), day
