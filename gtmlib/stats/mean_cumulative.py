"""How many times does something happen to a unit by an age? Nelson's mean cumulative function."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import read_numbers
from gtmlib.stats.distributions import critical_value
from gtmlib.stats.requirements import require_level


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanCumulative:
    """The mean number of events per unit by an age.

    Parameters
    ----------
    age : float
        In the data's unit.
    value : float
        Mean number of events by then, among units that stay.
    ci_low, ci_high : float
        Its interval, 0 or more.
    n_at_risk : int
        Units that were watched at that age.
    """

    age: float
    value: float
    ci_low: float
    ci_high: float
    n_at_risk: int


def estimate_mean_cumulative(
    starts: ArrayLike,
    stops: ArrayLike,
    event_units: ArrayLike,
    event_ages: ArrayLike,
    at: ArrayLike,
    *,
    confidence_level: float = 0.95,
) -> tuple[MeanCumulative, ...]:
    """Estimate the mean cumulative number of events, where units come into sight and leave it at different ages.

    Parameters
    ----------
    starts, stops : array_like
        Shape (n_units,): age after which a unit is watched, and age until which it is.
    event_units, event_ages : array_like
        Shape (n_events,): place of the unit in `starts`, and its age at the event.
    at : array_like
        Ages to give the function at.
    confidence_level : float
        Coverage of the intervals, in (0, 1); the variance is robust: events of one unit may follow each other.

    Raises
    ------
    ParameterError
        If there is no unit, an event is of no unit or outside of its watch, or a number is out of range.

    References
    ----------
    Nelson (1995), Technometrics 37, 147-157; Lawless & Nadeau (1995), Technometrics 37, 158-168, for the variance.

    Examples
    --------
    >>> found = estimate_mean_cumulative([0, 0], [10, 10], [0, 0, 1], [2, 4, 4], [5])
    >>> found[0].value, found[0].n_at_risk
    (1.5, 2)
    """
    z = critical_value(require_level(confidence_level))
    start = read_numbers("starts", starts, least=0)
    stop = read_numbers("stops", stops, size=start.size, least=0)
    age = read_numbers("event_ages", event_ages, least=0)
    unit = read_numbers("event_units", event_units, size=age.size, least=0, is_whole=True).astype(int)
    if not start.size or (unit >= start.size).any():
        raise ParameterError("An event is of a unit that is not there: number units as they stand in 'starts', from 0.")
    if ((age <= start[unit]) | (age > stop[unit])).any():
        raise ParameterError("An event lies outside of the time that its unit was watched.")
    distinct, place = np.unique(age, return_inverse=True)
    n_events = np.bincount(place.ravel(), minlength=distinct.size).astype(np.float64)
    by_start, by_stop = np.sort(start), np.sort(stop)
    at_risk = np.searchsorted(by_start, distinct, "left") - np.searchsorted(by_stop, distinct, "left")
    steps = n_events / at_risk
    value = np.concatenate([[0.0], np.cumsum(steps)])
    drift = np.concatenate([[0.0], np.cumsum(steps / at_risk)])
    found = []
    for end in read_numbers("at", at, least=0).tolist():
        k = int(np.searchsorted(distinct, end, "right"))
        known = age <= end
        own = np.bincount(unit[known], 1 / at_risk[place.ravel()[known]], minlength=start.size)
        seen = [np.searchsorted(distinct, np.minimum(edge, end), "right") for edge in (stop, start)]
        error = float(np.sqrt(np.square(own - (drift[seen[0]] - drift[seen[1]])).sum()))
        n = int(((start < end) & (stop >= end)).sum())
        mean = float(value[k])
        found.append(
            MeanCumulative(
                age=end, value=mean, ci_low=max(mean - z * error, 0.0), ci_high=mean + z * error, n_at_risk=n
            )
        )
    return tuple(found)
