"""Does a mean move from group to group? A straight line through groups, from their counts and sums."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import read_numbers
from gtmlib.stats.distributions import critical_value, two_sided_pvalue
from gtmlib.stats.requirements import require_level


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The slope of a mean over ordered groups.

    Parameters
    ----------
    slope : float
        Change of the mean per step of the place.
    ci_low, ci_high : float
        Its interval.
    pvalue : float
        Two-sided, of no change.
    n, n_groups : int
        Values, and groups that hold any.
    confidence_level : float
        In (0, 1).
    """

    slope: float
    ci_low: float
    ci_high: float
    pvalue: float
    n: int
    n_groups: int
    confidence_level: float

    @property
    def direction(self) -> int:
        """1 where the interval lies above 0, -1 where it lies below, 0 where it holds 0."""
        return int(self.ci_low > 0) - int(self.ci_high < 0)


def estimate_trend(
    places: ArrayLike, n: ArrayLike, totals: ArrayLike, sums_of_squares: ArrayLike, *, confidence_level: float = 0.95
) -> Trend:
    """Estimate the trend of a mean over ordered groups: least squares on every value, from the groups' sums.

    Of a share (totals and sums of squares both the successes) it is the linear trend in proportions.

    Parameters
    ----------
    places : array_like
        Shape (n_groups,): where each group stands, such as the number of its quarter.
    n, totals, sums_of_squares : array_like
        Values of each group, their sum, and the sum of their squares.
    confidence_level : float
        Coverage of the interval, in (0, 1).

    Raises
    ------
    ParameterError
        If fewer than two groups or four values are there, or a number is out of range.

    References
    ----------
    Armitage (1955), Biometrics 11, 375-386, for proportions; ordinary least squares for means.

    Examples
    --------
    >>> trend = estimate_trend([0, 1, 2], [2, 2, 2], [3, 5, 7], [5, 13, 25])
    >>> trend.slope, trend.direction
    (1.0, 1)
    """
    level = require_level(confidence_level)
    place = read_numbers("places", places)
    count = read_numbers("n", n, size=place.size, least=0, is_whole=True)
    total = read_numbers("totals", totals, size=place.size)
    squares = read_numbers("sums_of_squares", sums_of_squares, size=place.size, least=0)
    n_values, n_groups = int(count.sum()), int(np.unique(place[count > 0]).size)
    if n_groups < 2 or n_values < 4:
        raise ParameterError(f"A trend needs two groups and four values; there are {n_groups} and {n_values}.")
    centred = place - (count * place).sum() / n_values
    spread = float((count * centred**2).sum())
    slope = float((centred * total).sum()) / spread
    residual = float(squares.sum() - total.sum() ** 2 / n_values) - slope**2 * spread
    error = math.sqrt(max(residual, 0.0) / (n_values - 2) / spread)
    half = critical_value(level, df=n_values - 2) * error
    return Trend(
        slope=slope,
        ci_low=slope - half,
        ci_high=slope + half,
        pvalue=two_sided_pvalue(slope / error, df=n_values - 2) if error else float(slope == 0),
        n=n_values,
        n_groups=n_groups,
        confidence_level=level,
    )
