"""Won and lost as competing risks, where many deals are still open: Aalen-Johansen, with ties as they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import Numbers, read_numbers
from gtmlib.stats.distributions import critical_value
from gtmlib.stats.proportions import wilson_interval
from gtmlib.stats.requirements import require_level

FROM_START = -1.0  # an age before every event, so that what ends on its first day counts


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RiskTable:
    """Who was at risk and what became of them, at each time that was seen.

    Parameters
    ----------
    times : array
        Distinct times in order, those at which somebody was only last seen among them.
    n_at_risk, n_won, n_lost : array
        Still open just before the time, and those that ended in one way or the other then.
    """

    times: Numbers
    n_at_risk: Numbers
    n_won: Numbers
    n_lost: Numbers

    @property
    def n(self) -> int:
        """All that were followed."""
        return int(self.n_at_risk[0])

    @property
    def last_event(self) -> float | None:
        """Latest time at which anything ended; None where nothing did."""
        ended = np.flatnonzero(self.n_won + self.n_lost)
        return float(self.times[ended[-1]]) if ended.size else None

    def n_open_after(self, age: float) -> int:
        """Count those that were followed beyond an age.

        Parameters
        ----------
        age : float
            In the unit of the times.
        """
        place = int(np.searchsorted(self.times, age, side="right"))
        return int(self.n_at_risk[place]) if place < self.times.size else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """How many of those open now are expected to end in one way.

    Parameters
    ----------
    n : float
        Open now.
    value, standard_error : float
        Expected number, and the standard error of the expectation.
    ci_low, ci_high : float
        Its interval, in [0, n].
    confidence_level : float
        In (0, 1).
    """

    n: float
    value: float
    standard_error: float
    ci_low: float
    ci_high: float
    confidence_level: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Stake:
    """Some of those open now, and what either end of them counts for.

    Parameters
    ----------
    ages, counts : array_like
        Ages of those open, and how many (or how much money) are of that age; `FROM_START` is before the first day's
        events.
    won, lost : float
        What an end that was won, and one that was lost, counts for; in [0, 1].
    """

    ages: ArrayLike
    counts: ArrayLike
    won: float = 1.0
    lost: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidencePoint:
    """Shares that were won, lost and still open by a time.

    Parameters
    ----------
    time : float
        Since the start.
    n_at_risk : int
        Followed beyond it and still open.
    won, lost, open : float
        Shares, which sum to 1.
    won_low, won_high, lost_low, lost_high : float
        Intervals, in [0, 1].
    """

    time: float
    n_at_risk: int
    won: float
    won_low: float
    won_high: float
    lost: float
    lost_low: float
    lost_high: float
    open: float


def tabulate_risks(times: ArrayLike, n_won: ArrayLike, n_lost: ArrayLike, n_censored: ArrayLike) -> RiskTable:
    """Lay out who was at risk at each time.

    Parameters
    ----------
    times : array_like
        Shape (n_rows,), 0 or more; in any order, a time may occur twice.
    n_won, n_lost, n_censored : array_like
        Ended in one way, in the other, and last seen open at that time.

    Raises
    ------
    ParameterError
        If nobody is there, or a number is out of range.

    Examples
    --------
    >>> tabulate_risks([1, 2, 3, 3], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]).n_at_risk.tolist()
    [4.0, 3.0, 2.0]
    """
    when = read_numbers("times", times, least=0)
    columns = {"n_won": n_won, "n_lost": n_lost, "n_censored": n_censored}
    won, lost, kept = (read_numbers(name, values, size=when.size, least=0) for name, values in columns.items())
    is_filled = won + lost + kept > 0
    if not is_filled.any():
        raise ParameterError("There is nothing to follow: every count is 0.")
    distinct, place = np.unique(when[is_filled], return_inverse=True)
    sums = [np.bincount(place.ravel(), column[is_filled]).astype(np.float64) for column in (won, lost, kept)]
    gone = sums[0] + sums[1] + sums[2]
    at_risk = gone.sum() - np.concatenate([[0.0], np.cumsum(gone)[:-1]])
    return RiskTable(times=distinct, n_at_risk=at_risk, n_won=sums[0], n_lost=sums[1])


def estimate_expected(
    table: RiskTable,
    ages: ArrayLike,
    counts: ArrayLike,
    *,
    end: float = math.inf,
    outcome: str = "won",
    confidence_level: float = 0.95,
) -> Expected:
    """Estimate how many of those still open at their ages will end in one way: CIF(end) - CIF(age) over S(age) each.

    With one deal that starts now, this is the Aalen-Johansen cumulative incidence. Its variance is that of the
    multinomial steps by the delta method, which without censoring is that of a share; the interval is on the
    complementary log-log scale. Where nothing ever ended in that way, the upper limit is Wilson's for none of those
    that were followed as far.

    Parameters
    ----------
    table : RiskTable
        What became of all.
    ages, counts : array_like
        Age of those open, and how many are of that age; `FROM_START` is before the first day's events.
    end : float
        Age at which the count stops; without: the end of what was seen, after which nothing more is expected.
    outcome : {'won', 'lost'}
        Which end is counted.
    confidence_level : float
        Coverage of the interval, in (0, 1).

    Raises
    ------
    ParameterError
        If nobody is counted, or a number is out of range.

    References
    ----------
    Aalen & Johansen (1978), Scand. J. Stat. 5, 141-150; Andersen, Borgan, Gill & Keiding (1993), Statistical Models
    Based on Counting Processes, 4.4 (the Greenwood-type covariance).

    Examples
    --------
    >>> table = tabulate_risks([1, 2, 3, 3, 4], [1, 0, 1, 0, 1], [0, 1, 0, 0, 0], [0, 0, 0, 1, 0])
    >>> round(estimate_expected(table, [2], [10]).value, 4)
    10.0
    """
    won = float(outcome == "won")
    stake = Stake(ages=ages, counts=counts, won=won, lost=1 - won)
    return estimate_stakes(table, [stake], end=end, confidence_level=confidence_level)


def estimate_stakes(
    table: RiskTable, stakes: Sequence[Stake], *, end: float = math.inf, confidence_level: float = 0.95
) -> Expected:
    """Estimate what those still open will count for, where some lost ones may count and some won ones not, or in part.

    That of every ten deals that were lost until now one is won, is an end that was lost which counts for 0.1. All
    stakes rest on the same table: their errors are added up as such, not as if they were independent.

    Parameters
    ----------
    table : RiskTable
        What became of all.
    stakes : sequence of Stake
        Who is open, and what their ends count for.
    end : float
        Age at which the count stops; without: the end of what was seen, after which nothing more is expected.
    confidence_level : float
        Coverage of the interval, in (0, 1).

    Raises
    ------
    ParameterError
        If nobody is counted, or a number is out of range.

    References
    ----------
    As `estimate_expected`: the value and the variance of the multinomial steps for ends that count in part.

    Examples
    --------
    >>> table = tabulate_risks([1, 2, 3, 4], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1])
    >>> estimate_stakes(table, [Stake(ages=[0], counts=[10], lost=0.2)]).value  # 5 of 10 won, and a fifth of 2.5 lost
    5.5
    """
    level, n_steps = require_level(confidence_level), int(np.searchsorted(table.times, end, side="right"))
    at_risk = table.n_at_risk[:n_steps]
    won, lost = table.n_won[:n_steps] / at_risk, table.n_lost[:n_steps] / at_risk
    up, down = np.zeros(n_steps), np.zeros(n_steps)  # what one more won, or lost, at a step would change
    n, value, youngest = 0.0, 0.0, math.inf
    for stake in stakes:
        if not (0 <= stake.won <= 1 and 0 <= stake.lost <= 1):
            raise ParameterError(f"an end counts for {stake.won} and {stake.lost}. Give numbers from 0 to 1.")
        age = read_numbers("ages", stake.ages, least=FROM_START)
        count = read_numbers("counts", stake.counts, size=age.size, least=0)
        n += float(count.sum())
        youngest = min(youngest, float(age[count > 0].min(initial=math.inf)))
        enter = np.minimum(np.searchsorted(table.times, age, side="right"), n_steps)
        entering = np.bincount(enter, count, minlength=n_steps + 1)[:n_steps].astype(np.float64)
        here, after = _follow(won, lost, entering, stake)
        value += float((here * (won * stake.won + lost * stake.lost)).sum())
        up, down = up + here * (stake.won - after), down + here * (stake.lost - after)
    if n == 0:
        raise ParameterError("There is no open deal to expect anything of: every count is 0.")
    variance = float(((won * up**2 + lost * down**2 - (won * up + lost * down) ** 2) / at_risk).sum())
    share, error = min(value / n, 1.0), math.sqrt(max(variance, 0.0)) / n
    low, high = _log_log_interval(share, error, max(table.n_open_after(youngest), 1), critical_value(level))
    return Expected(
        n=n, value=share * n, standard_error=error * n, ci_low=low * n, ci_high=high * n, confidence_level=level
    )


def _follow(won: Numbers, lost: Numbers, entering: Numbers, stake: Stake) -> tuple[Numbers, Numbers]:
    """Give, at each step, those expected to be open just before it, and what one open just after it will count for."""
    stay = (1 - won - lost).tolist()  # lists: a loop over numbers, which arrays are slow at
    gains = (won * stake.won + lost * stake.lost).tolist()
    after = [0.0] * (len(stay) + 1)
    for step in range(len(stay) - 1, -1, -1):
        after[step] = gains[step] + stay[step] * after[step + 1]
    here, n_open = [], 0.0
    for share, more in zip(stay, entering.tolist(), strict=True):
        here.append(n_open + more)
        n_open = here[-1] * share
    return np.array(here), np.array(after[1:])


def _log_log_interval(share: float, error: float, n: int, z: float) -> tuple[float, float]:
    if share <= 1e-12 or share >= 1 - 1e-12 or error == 0:
        low, high = wilson_interval(np.array(round(share) * float(n)), np.array(float(n)), z)
        return (0.0, float(high)) if share < 0.5 else (float(low), 1.0)
    factor = math.exp(z * error / (-share * math.log(share)))
    return share**factor, share ** (1 / factor)


def chances_if_open(table: RiskTable, ages: ArrayLike) -> Numbers:
    """Give the chance to be won later, for those still open at each age.

    Parameters
    ----------
    table : RiskTable
        What became of all.
    ages : array_like
        In any order.

    Examples
    --------
    >>> table = tabulate_risks([1, 2, 3, 4], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1])
    >>> chances_if_open(table, [0, 2, 3]).tolist()
    [0.5, 0.5, 0.0]
    """
    hit, miss = table.n_won / table.n_at_risk, table.n_lost / table.n_at_risk
    later = np.zeros(hit.size + 1)
    for step in range(hit.size - 1, -1, -1):
        later[step] = hit[step] + (1 - hit[step] - miss[step]) * later[step + 1]
    found: Numbers = later[np.searchsorted(table.times, read_numbers("ages", ages), side="right")]
    return found


def read_incidence(table: RiskTable, times: ArrayLike, *, confidence_level: float = 0.95) -> tuple[IncidencePoint, ...]:
    """Read the shares won, lost and open by given times, which sum to 1.

    Parameters
    ----------
    table : RiskTable
        What became of all.
    times : array_like
        In the order to give.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    References
    ----------
    Aalen & Johansen (1978), Scand. J. Stat. 5, 141-150.

    Examples
    --------
    >>> table = tabulate_risks([1, 2, 3, 3, 4, 5, 6, 7, 8, 9], [1, 0, 1, 0, 0, 1, 0, 1, 0, 0],
    ...                        [0, 1, 0, 0, 1, 0, 0, 0, 1, 0], [0, 0, 0, 1, 0, 0, 1, 0, 0, 1])
    >>> point = read_incidence(table, [8])[0]
    >>> round(point.won, 5), round(point.lost, 5)
    (0.47222, 0.37222)
    """
    points = []
    for time in read_numbers("times", times, least=0).tolist():
        about: dict[str, float] = {}
        for outcome in ("won", "lost"):
            found = estimate_expected(
                table, [FROM_START], [1.0], end=time, outcome=outcome, confidence_level=confidence_level
            )
            about |= {outcome: found.value, f"{outcome}_low": found.ci_low, f"{outcome}_high": found.ci_high}
        past = table.times <= time
        still_open = float(np.prod(1 - (table.n_won + table.n_lost)[past] / table.n_at_risk[past]))
        points.append(IncidencePoint(time=time, n_at_risk=table.n_open_after(time), open=still_open, **about))
    return tuple(points)


def median_time(table: RiskTable) -> float | None:
    """Give the time by which half have ended in either way; None where the data end before.

    Parameters
    ----------
    table : RiskTable
        What became of all.

    Examples
    --------
    >>> median_time(tabulate_risks([1, 2, 3, 4], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 0]))
    2.0
    """
    survival = np.cumprod(1 - (table.n_won + table.n_lost) / table.n_at_risk)
    reached = np.flatnonzero(survival <= 0.5 + 1e-12)
    return float(table.times[reached[0]]) if reached.size else None
