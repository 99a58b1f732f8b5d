"""How long customers stay, where many have not left yet: Kaplan-Meier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import Numbers, read_numbers
from gtmlib.stats.distributions import critical_value
from gtmlib.stats.requirements import require_level


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalStep:
    """The curve right after a time at which somebody left.

    Parameters
    ----------
    time : float
        In the data's unit.
    n_at_risk, n_events : float
        Still there and watched just before, and those who left then.
    survival : float
        Share that stays longer than this time, in [0, 1].
    standard_error : float
        Greenwood's.
    ci_low, ci_high : float
        Interval, in [0, 1].
    """

    time: float
    n_at_risk: float
    n_events: float
    survival: float
    standard_error: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalCurve:
    """A Kaplan-Meier curve.

    Parameters
    ----------
    n, n_events : float
        Customers, and those of them who left.
    steps : tuple of SurvivalStep
        In order of time; before the first the curve is 1.
    median, median_low, median_high : float or None
        Time by which half have left, and its interval; None where the data end before.
    last_time : float
        Longest time seen: nothing is known beyond.
    confidence_level : float
        Of the intervals, in (0, 1).
    """

    n: float
    n_events: float
    steps: tuple[SurvivalStep, ...]
    median: float | None
    median_low: float | None
    median_high: float | None
    last_time: float
    confidence_level: float


def estimate_survival(
    times: ArrayLike, n_events: ArrayLike, n_censored: ArrayLike, *, confidence_level: float = 0.95
) -> SurvivalCurve:
    """Estimate how long customers stay.

    Parameters
    ----------
    times : array_like
        Shape (n_rows,), 0 or more; in any order, a time may occur twice.
    n_events, n_censored : array_like
        Customers who left at that time, and who were still there when last seen then. One row per customer (1, 0)
        or (0, 1) will do.
    confidence_level : float
        Coverage of the intervals, in (0, 1): log-log, so that they stay in [0, 1].

    Raises
    ------
    ParameterError
        If nobody is there, or a number is out of range.

    References
    ----------
    Kaplan & Meier (1958), J. Am. Stat. Assoc. 53, 457-481; Greenwood (1926); Brookmeyer & Crowley (1982) for the
    median's interval.

    Examples
    --------
    >>> curve = estimate_survival([6, 7, 10], [3, 1, 1], [1, 0, 5])
    >>> [round(step.survival, 3) for step in curve.steps], curve.median
    ([0.727, 0.623, 0.519], None)
    """
    require_level(confidence_level)
    when = read_numbers("times", times, least=0)
    left = read_numbers("n_events", n_events, size=when.size, least=0)
    kept = read_numbers("n_censored", n_censored, size=when.size, least=0)
    total = float(left.sum() + kept.sum())
    if total == 0:
        raise ParameterError("There are no customers to follow.")
    distinct, place = np.unique(when, return_inverse=True)
    events, gone = np.bincount(place.ravel(), left), np.bincount(place.ravel(), left + kept)
    at_risk = total - np.concatenate([[0.0], np.cumsum(gone)[:-1]])
    is_step = events > 0
    time, d, n = (column[is_step].astype(np.float64) for column in (distinct, events, at_risk))
    survival: Numbers = np.cumprod(1 - d / n).astype(np.float64)
    # Summing is only for n > d: once all are gone the curve is 0 and stays there.
    greenwood = np.cumsum(np.divide(d, n * (n - d), out=np.zeros_like(d), where=n > d))
    low, high = _log_log_interval(survival, greenwood, confidence_level)
    columns = (time, n, d, survival, survival * np.sqrt(greenwood), low, high)
    return SurvivalCurve(
        n=total,
        n_events=float(left.sum()),
        steps=tuple(
            SurvivalStep(time=a, n_at_risk=b, n_events=c, survival=e, standard_error=f, ci_low=g, ci_high=h)
            for a, b, c, e, f, g, h in zip(*(column.tolist() for column in columns), strict=True)
        ),
        median=_first_at_half(time, survival),
        median_low=_first_at_half(time, low),
        median_high=_first_at_half(time, high),
        last_time=float(distinct[gone > 0][-1]),
        confidence_level=confidence_level,
    )


def _log_log_interval(survival: Numbers, greenwood: Numbers, confidence_level: float) -> tuple[Numbers, Numbers]:
    z = critical_value(confidence_level)
    inside = survival > 0
    log = np.log(np.where(inside, survival, 0.5))
    factor = np.exp(z * np.sqrt(greenwood) / -log)
    low = np.where(inside, np.exp(log * factor), 0.0)
    high = np.where(inside, np.exp(log / factor), np.concatenate([[1.0], np.exp(log / factor)])[:-1])
    return low, high


def _first_at_half(time: Numbers, curve: Numbers) -> float | None:
    reached = np.flatnonzero(curve <= 0.5 + 1e-12)
    return float(time[reached[0]]) if reached.size else None
