"""Ratios: of two sums over the same customers, and of two figures that were estimated apart."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gtmlib.errors import ParameterError
from gtmlib.stats.distributions import critical_value
from gtmlib.stats.means import SMALLEST_N
from gtmlib.stats.requirements import require_level


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioEstimate:
    """A ratio and its interval.

    Parameters
    ----------
    value : float
        In units of the top per unit of the bottom.
    ci_low, ci_high : float, optional
        Its interval; an end that the data don't set is None.
    confidence_level : float
        Coverage, in (0, 1).
    """

    value: float
    ci_low: float | None
    ci_high: float | None
    confidence_level: float


def estimate_ratio_of_sums(
    n: int,
    top: float,
    bottom: float,
    *,
    top_squares: float,
    bottom_squares: float,
    products: float,
    confidence_level: float = 0.95,
) -> RatioEstimate:
    """Estimate a ratio of two sums over the same units, such as gross profit per customer and month.

    Parameters
    ----------
    n : int
        Units, such as customers; at least 1.
    top, bottom : float
        Sums over them; the bottom above 0.
    top_squares, bottom_squares, products : float
        Sums of the squares, and of top times bottom.
    confidence_level : float
        Coverage of the t interval, in (0, 1); fewer than three units have none.

    Raises
    ------
    ParameterError
        If there is no unit, or the bottom is not above 0.

    References
    ----------
    Cochran (1977), Sampling Techniques, 3rd ed., chapter 6.

    Examples
    --------
    >>> found = estimate_ratio_of_sums(4, 20.0, 8.0, top_squares=120.0, bottom_squares=18.0, products=45.0)
    >>> found.value, round(found.ci_low, 2), round(found.ci_high, 2)
    (2.5, 1.24, 3.76)
    """
    level = require_level(confidence_level)
    if n < 1 or not bottom > 0:
        raise ParameterError(f"n is {n} and the bottom {bottom:g}: a ratio needs units, and a bottom above 0.")
    value = top / bottom
    if n < SMALLEST_N:
        return RatioEstimate(value=value, ci_low=None, ci_high=None, confidence_level=level)
    squares = max(top_squares - 2 * value * products + value**2 * bottom_squares, 0.0)
    half = critical_value(level, df=n - 1) * math.sqrt(n * squares / (n - 1)) / bottom
    return RatioEstimate(value=value, ci_low=value - half, ci_high=value + half, confidence_level=level)


def divide_estimates(top: RatioEstimate, bottom: RatioEstimate) -> RatioEstimate | None:
    """Divide a figure by another one that was estimated from other data.

    Parameters
    ----------
    top, bottom : RatioEstimate
        Each with its own interval, of the same level.

    Returns
    -------
    RatioEstimate or None
        None where the bottom is not above 0. Without an upper end where the bottom may be 0, or the top has none.

    Raises
    ------
    ParameterError
        If the levels differ.

    References
    ----------
    Zou & Donner (2008), Statistics in Medicine 27, 1693-1702, on logarithms. Where the top's interval reaches 0 there
    are none, and the outermost quotients of the two intervals stand, which are wider.

    Examples
    --------
    >>> cost = RatioEstimate(value=5000.0, ci_low=4000.0, ci_high=6500.0, confidence_level=0.95)
    >>> monthly = RatioEstimate(value=400.0, ci_low=320.0, ci_high=480.0, confidence_level=0.95)
    >>> months = divide_estimates(cost, monthly)
    >>> months.value, round(months.ci_low, 1), round(months.ci_high, 1)
    (12.5, 9.4, 17.6)
    """
    if top.confidence_level != bottom.confidence_level:
        raise ParameterError(f"Intervals of {top.confidence_level:g} and {bottom.confidence_level:g}: use one level.")
    if not bottom.value > 0:
        return None
    value, level = top.value / bottom.value, top.confidence_level
    least = bottom.ci_low if bottom.ci_low is not None and bottom.ci_low > 0 else None
    if top.ci_low is None or bottom.ci_high is None:
        low = None
    elif top.ci_low > 0:
        low = value * math.exp(-math.hypot(math.log(top.value / top.ci_low), math.log(bottom.ci_high / bottom.value)))
    else:
        low = None if least is None else top.ci_low / least
    if top.ci_high is None or least is None:
        high = None
    elif (top.ci_low or 0.0) > 0:
        high = value * math.exp(math.hypot(math.log(top.ci_high / top.value), math.log(bottom.value / least)))
    else:
        high = max(top.ci_high / least, top.ci_high / (bottom.ci_high or bottom.value))
    return RatioEstimate(value=value, ci_low=low, ci_high=high, confidence_level=level)
