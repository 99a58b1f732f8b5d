"""A mean from its sufficient statistics, with a t interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gtmlib.errors import ParameterError
from gtmlib.stats.distributions import critical_value
from gtmlib.stats.requirements import require_level

SMALLEST_N = 3  # two values say next to nothing about their spread: t(1) is 12.7 standard errors to each side


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanEstimate:
    """A mean and its interval, in the unit of the values.

    Parameters
    ----------
    n : int
        Values.
    total, mean : float
        Their sum, and their sum over n.
    sd, standard_error : float, optional
        Of the values and of the mean; none for fewer than three values.
    ci_low, ci_high : float, optional
        Interval of the mean; none for fewer than three values.
    confidence_level : float
        In (0, 1).
    """

    n: int
    total: float
    mean: float
    sd: float | None
    standard_error: float | None
    ci_low: float | None
    ci_high: float | None
    confidence_level: float


def estimate_mean(n: int, total: float, sum_of_squares: float, *, confidence_level: float = 0.95) -> MeanEstimate:
    """Estimate a mean with a t interval, from count, sum and sum of squares.

    On skewed values the interval covers less than it says: 86, 88, 89 % on gamma(2) and 76, 79, 82 % on lognormal(1) at
    n 5, 10, 20, where 90 % is claimed; a percentile bootstrap covers 73 % at n 5.

    Parameters
    ----------
    n : int
        Values, at least 1.
    total, sum_of_squares : float
        Sum of the values, and of their squares.
    confidence_level : float
        Coverage of the interval, in (0, 1).

    Returns
    -------
    MeanEstimate
        Without spread and interval for fewer than three values.

    Raises
    ------
    ParameterError
        If there is no value, a sum is not finite, the sum of squares is too small for the sum, or the level is out of
        range.

    References
    ----------
    Student (1908), Biometrika 6, 1-25.

    Examples
    --------
    >>> estimate = estimate_mean(3, 6.0, 14.0)  # 1, 2, 3
    >>> round(estimate.ci_low, 3), round(estimate.ci_high, 3)
    (-0.484, 4.484)
    >>> estimate_mean(2, 3.0, 5.0).ci_low is None
    True
    """
    level = require_level(confidence_level)
    if n < 1 or int(n) != n:
        raise ParameterError(f"n is {n}. A mean needs at least one value: leave the group out.")
    if not (math.isfinite(total) and math.isfinite(sum_of_squares)):
        raise ParameterError(f"total is {total} and sum_of_squares {sum_of_squares}. Leave out missing values first.")
    mean = total / n
    squared_deviations = sum_of_squares - total * mean
    if squared_deviations < -1e-9 * max(sum_of_squares, total * mean):  # beyond rounding
        raise ParameterError(f"sum_of_squares is {sum_of_squares}, below total^2 / n = {total * mean}. Check the sums.")
    if n < SMALLEST_N:
        sd = standard_error = low = high = None
    else:
        sd = math.sqrt(max(squared_deviations, 0.0) / (n - 1))
        standard_error = sd / math.sqrt(n)
        half = critical_value(level, df=n - 1) * standard_error
        low, high = mean - half, mean + half
    return MeanEstimate(
        n=int(n),
        total=float(total),
        mean=mean,
        sd=sd,
        standard_error=standard_error,
        ci_low=low,
        ci_high=high,
        confidence_level=level,
    )
