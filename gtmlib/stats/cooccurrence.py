"""Do two things come together more often than chance brings them? Lift, with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gtmlib.errors import ParameterError
from gtmlib.stats.distributions import critical_value
from gtmlib.stats.requirements import require_counts, require_level


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """How many times more often two things are met together than if they had nothing to do with each other.

    Parameters
    ----------
    n_both : int
        Cases with both.
    n_expected : float
        Cases with both that chance alone would bring.
    lift : float
        n_both / n_expected; 1 is chance.
    ci_low, ci_high : float
        Its interval.
    confidence_level : float
        In (0, 1).
    """

    n_both: int
    n_expected: float
    lift: float
    ci_low: float
    ci_high: float
    confidence_level: float


def estimate_lift(n_both: int, n_first: int, n_second: int, n_all: int, *, confidence_level: float = 0.95) -> Lift:
    """Estimate the lift of two things from counts of cases.

    Parameters
    ----------
    n_both : int
        Cases with both, at least 1.
    n_first, n_second, n_all : int
        Cases with the first, with the second, and all.
    confidence_level : float
        Coverage of the interval, in (0, 1).

    Raises
    ------
    ParameterError
        If the counts contradict each other, or no case has both.

    References
    ----------
    Brin, Motwani & Silverstein (1997), SIGMOD 26, 265-276, for the lift; its logarithm's variance by the delta method
    on the multinomial, Agresti (2013), Categorical Data Analysis, section 16.1.

    Examples
    --------
    >>> found = estimate_lift(20, 40, 100, 400)
    >>> found.lift, round(found.ci_low, 2), round(found.ci_high, 2)
    (2.0, 1.49, 2.68)
    """
    require_counts(n_both, n_first, "both of the first")
    require_counts(n_both, n_second, "both of the second")
    require_counts(max(n_first, n_second), n_all, "all")
    if n_both < 1 or n_first + n_second - n_both > n_all:
        raise ParameterError(
            f"{n_both} cases with both, {n_first} and {n_second} with one, of {n_all}: give counts of the same cases, "
            "one with both at least."
        )
    lift = n_both * n_all / (n_first * n_second)
    variance = 1 / n_both - 1 / n_first - 1 / n_second + (2 * lift - 1) / n_all
    half = critical_value(require_level(confidence_level)) * math.sqrt(max(variance, 0.0))
    return Lift(
        n_both=n_both,
        n_expected=n_first * n_second / n_all,
        lift=lift,
        ci_low=lift * math.exp(-half),
        ci_high=lift * math.exp(half),
        confidence_level=confidence_level,
    )
