"""Units followed over periods: what goes with more activity within a unit, and what between units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import Numbers, read_numbers
from gtmlib.stats.distributions import critical_value
from gtmlib.stats.requirements import require_level

FEWEST_UNITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """How much more of a result goes with one more of an activity.

    Parameters
    ----------
    slope, ci_low, ci_high : float
        Result per unit of activity, and its interval.
    confidence_level : float
        In (0, 1).
    """

    slope: float
    ci_low: float
    ci_high: float
    confidence_level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WithinBetween:
    """A panel's two slopes.

    Parameters
    ----------
    within, between : Slope
        Periods of the same unit against each other, and units against each other.
    n_units, n_rows : int
        Units, and rows of units and periods.
    """

    within: Slope
    between: Slope
    n_units: int
    n_rows: int


def estimate_within_between(
    units: ArrayLike, activity: ArrayLike, results: ArrayLike, *, confidence_level: float = 0.95
) -> WithinBetween:
    """Estimate how a result goes with activity within units and between them.

    Parameters
    ----------
    units : array_like
        Shape (n_rows,): which unit a row is of; any labels.
    activity, results : array_like
        Shape (n_rows,): what a unit did and what came of it, in a period.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    WithinBetween
        The within slope has an error that is robust to clustering by unit (CR1, t of G - 1); the between slope is that
        of the units' means (t of G - 2). Neither is an effect: a busy month may be one with better leads.

    Raises
    ------
    ParameterError
        If there are fewer than four units, or activity never varies within units or between them.

    References
    ----------
    Mundlak (1978), Econometrica 46, 69-85; Cameron & Miller (2015), J. Hum. Resour. 50, 317-372.

    Examples
    --------
    >>> months = estimate_within_between("aabbccdd", [9, 11, 19, 21, 29, 31, 39, 41], [1, 3, 1, 4, 2, 3, 1, 4])
    >>> round(months.within.slope, 2), round(months.between.slope, 2)
    (1.12, 0.01)
    """
    level = require_level(confidence_level)
    x = read_numbers("activity", activity)
    y = read_numbers("results", results, size=x.size)
    labels = [str(unit) for unit in units]  # type: ignore[union-attr]
    if len(labels) != x.size:
        raise ParameterError(f"There are {len(labels)} units for {x.size} rows.")
    names, place = np.unique(labels, return_inverse=True)
    if names.size < FEWEST_UNITS:
        raise ParameterError(f"There are {names.size} units: it takes {FEWEST_UNITS} or more.")
    n = np.bincount(place).astype(float)
    mean_x, mean_y = np.bincount(place, x) / n, np.bincount(place, y) / n
    apart_x, apart_y = x - mean_x[place], y - mean_y[place]
    spread, between = float((apart_x**2).sum()), float(((mean_x - mean_x.mean()) ** 2).sum())
    if not min(spread, between) > 0:
        raise ParameterError("Activity is the same in all periods of each unit, or in all units: there is no slope.")
    slope = float(apart_x @ apart_y) / spread
    pull = np.bincount(place, apart_x * (apart_y - slope * apart_x))
    correction = names.size / (names.size - 1)
    error = float(np.sqrt(correction * (pull**2).sum()) / spread)
    return WithinBetween(
        within=_slope(slope, error, names.size - 1, level),
        between=_between(mean_x, mean_y, between, level),
        n_units=int(names.size),
        n_rows=int(x.size),
    )


def _between(x: Numbers, y: Numbers, spread: float, level: float) -> Slope:
    slope = float((x - x.mean()) @ (y - y.mean())) / spread
    residual = (y - y.mean()) - slope * (x - x.mean())
    error = float(np.sqrt((residual**2).sum() / (x.size - 2) / spread))
    return _slope(slope, error, x.size - 2, level)


def _slope(slope: float, error: float, df: int, level: float) -> Slope:
    half = critical_value(level, df=df) * error
    return Slope(slope=slope, ci_low=slope - half, ci_high=slope + half, confidence_level=level)
