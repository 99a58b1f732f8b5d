"""What a customer costs to win, how soon that is earned back, and what a customer is worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from gtmlib.errors import ParameterError
from gtmlib.stats.ratios import RatioEstimate, divide_estimates
from gtmlib.stats.requirements import require_level

Reason = Literal["no_customers_won", "no_gross_profit", "not_meaningful"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A figure that may have no meaning.

    Parameters
    ----------
    value : float or None
        None where it has none.
    reason : str or None
        Why, as a code.
    ci_low, ci_high : float or None
        Its interval; None where there is none, or where the data set no such end.
    """

    value: float | None
    reason: Reason | None = None
    ci_low: float | None = None
    ci_high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcquisitionCost:
    """What it cost to win a customer, in money.

    Parameters
    ----------
    spend : float
        All of it, on prospects who were lost too.
    n_won : int
        Customers won by it.
    loaded : Ratio
        spend / n_won.
    ci_low, ci_high : float or None
        Interval of the loaded figure: so many customers could have been won by the same spend. No upper end where
        none was won.
    won_only : float or None
        Spend on those who were won, per customer; None where it is not known.
    confidence_level : float
        Of the interval, in (0, 1).
    """

    spend: float
    n_won: int
    loaded: Ratio
    ci_low: float | None
    ci_high: float | None
    won_only: float | None
    confidence_level: float


def estimate_acquisition_cost(
    spend: float,
    n_won: int,
    *,
    n_prospects: int | None = None,
    spend_on_won: float | None = None,
    confidence_level: float = 0.95,
) -> AcquisitionCost:
    """Estimate the acquisition cost per customer, lost prospects paid for too.

    Parameters
    ----------
    spend : float
        Sales and marketing of the period, 0 or more, in money.
    n_won : int
        Customers won, 0 or more.
    n_prospects : int, optional
        Prospects worked on: without `spend_on_won`, each is taken to have cost the same.
    spend_on_won : float, optional
        The part of the spend that went to those who were won.
    confidence_level : float
        Coverage of the interval, in (0, 1).

    Raises
    ------
    ParameterError
        If a number is negative, or a part is greater than its whole.

    References
    ----------
    Interval: Garwood (1936), Biometrika 28, 437-442, for the number won.

    Examples
    --------
    >>> cost = estimate_acquisition_cost(50_000, 25, n_prospects=100)
    >>> cost.loaded.value, cost.won_only, round(cost.ci_low), round(cost.ci_high)
    (2000.0, 500.0, 1355, 3090)
    """
    from scipy.special import gammaincinv

    require_level(confidence_level)
    if not (math.isfinite(spend) and spend >= 0 and n_won >= 0):
        raise ParameterError(f"spend {spend:g}, n_won {n_won}: give numbers of 0 or more.")
    if n_prospects is not None and n_prospects < n_won:
        raise ParameterError(f"{n_won} customers were won from {n_prospects} prospects: count again.")
    if spend_on_won is not None and not 0 <= spend_on_won <= spend:
        raise ParameterError(f"spend_on_won {spend_on_won:g} is not a part of the spend {spend:g}.")
    tail = (1 - confidence_level) / 2
    most = float(gammaincinv(n_won + 1, 1 - tail))
    won_only = None
    if n_won and spend_on_won is not None:
        won_only = spend_on_won / n_won
    elif n_won and n_prospects is not None:
        won_only = spend / n_prospects
    return AcquisitionCost(
        spend=spend,
        n_won=n_won,
        loaded=Ratio(value=spend / n_won) if n_won else Ratio(value=None, reason="no_customers_won"),
        ci_low=spend / most,
        ci_high=spend / float(gammaincinv(n_won, tail)) if n_won else None,
        won_only=won_only,
        confidence_level=confidence_level,
    )


def estimate_payback(cost: AcquisitionCost, monthly_gross_profit: RatioEstimate) -> Ratio:
    """Estimate the months until a customer's gross profit has paid for winning it.

    Parameters
    ----------
    cost : AcquisitionCost
        Of winning a customer.
    monthly_gross_profit : RatioEstimate
        Per customer and month, in money: monthly revenue times the gross profit rate.

    Returns
    -------
    Ratio
        Months; None where nobody was won, or a customer earns nothing. Without an upper end where the data allow that
        it earns nothing.

    References
    ----------
    Interval: that of `divide_estimates`.

    Examples
    --------
    >>> earned = RatioEstimate(value=500 * 0.8, ci_low=320.0, ci_high=480.0, confidence_level=0.95)
    >>> payback = estimate_payback(estimate_acquisition_cost(500_000, 100), earned)
    >>> payback.value, round(payback.ci_low, 1), round(payback.ci_high, 1)
    (12.5, 9.6, 16.9)
    """
    if cost.loaded.value is None:
        return Ratio(value=None, reason=cost.loaded.reason)
    return _ratio(divide_estimates(_figure(cost), monthly_gross_profit), "no_gross_profit")


def value_multiple(retention_rate: float, discount_rate: float, *, n_years: int | None = None) -> float:
    """Give how many years' contribution a customer is worth, the first earned a year from now.

    Parameters
    ----------
    retention_rate : float
        Share of customers that stay from one year to the next, in [0, 1].
    discount_rate : float
        Per year, 0 or more.
    n_years : int, optional
        Horizon; None is for ever.

    Returns
    -------
    float
        r / (1 + i - r), or its first years.

    Raises
    ------
    ParameterError
        If a rate is out of range, or nothing ends the sum: nobody leaves and nothing is discounted.

    References
    ----------
    Gupta & Lehmann (2003), J. Interactive Marketing 17, 9-24.

    Examples
    --------
    >>> [round(value_multiple(r, 0.10), 2) for r in (0.6, 0.7, 0.8, 0.9)]
    [1.2, 1.75, 2.67, 4.5]
    >>> round(value_multiple(0.8, 0.10, n_years=5), 2)
    2.12
    """
    if not 0 <= retention_rate <= 1:
        raise ParameterError(f"retention_rate is {retention_rate:g}: give a share from 0 to 1, such as 0.8 for 80 %.")
    if not discount_rate >= 0:
        raise ParameterError(f"discount_rate is {discount_rate:g}: give 0 or more, such as 0.1 for 10 %.")
    kept = retention_rate / (1 + discount_rate)
    if n_years is not None:
        return math.fsum(kept**year for year in range(1, n_years + 1))
    if kept == 1:
        raise ParameterError("Where nobody leaves and nothing is discounted the multiple is endless: give n_years.")
    return kept / (1 - kept)


def estimate_value_to_cost(lifetime_value: RatioEstimate, cost: AcquisitionCost) -> Ratio:
    """Estimate lifetime value over acquisition cost.

    Parameters
    ----------
    lifetime_value : RatioEstimate
        Per customer, in money.
    cost : AcquisitionCost
        Of winning a customer.

    Returns
    -------
    Ratio
        None where nobody was won, or winning customers cost nothing.

    References
    ----------
    Interval: that of `divide_estimates`.

    Examples
    --------
    >>> worth = RatioEstimate(value=6_000.0, ci_low=5_000.0, ci_high=7_000.0, confidence_level=0.95)
    >>> estimate_value_to_cost(worth, estimate_acquisition_cost(50_000, 25)).value
    3.0
    """
    if cost.loaded.value is None:
        return Ratio(value=None, reason=cost.loaded.reason)
    return _ratio(divide_estimates(lifetime_value, _figure(cost)), "not_meaningful")


def burn_multiple(net_burn: float, net_new_recurring_revenue: float) -> Ratio:
    """Give the cash burnt per unit of new recurring revenue.

    Parameters
    ----------
    net_burn, net_new_recurring_revenue : float
        Of one period, in money; the revenue is yearly.

    Returns
    -------
    Ratio
        None where recurring revenue did not grow.

    References
    ----------
    Sacks (2020), "The burn multiple".

    Examples
    --------
    >>> burn_multiple(3e6, 1e6).value, burn_multiple(3e6, 0).reason
    (3.0, 'not_meaningful')
    """
    if not net_new_recurring_revenue > 0:
        return Ratio(value=None, reason="not_meaningful")
    return Ratio(value=net_burn / net_new_recurring_revenue)


def _figure(cost: AcquisitionCost) -> RatioEstimate:
    value, level = cost.loaded.value or 0.0, cost.confidence_level
    return RatioEstimate(value=value, ci_low=cost.ci_low, ci_high=cost.ci_high, confidence_level=level)


def _ratio(found: RatioEstimate | None, reason: Reason) -> Ratio:
    if found is None:
        return Ratio(value=None, reason=reason)
    return Ratio(value=found.value, ci_low=found.ci_low, ci_high=found.ci_high)
