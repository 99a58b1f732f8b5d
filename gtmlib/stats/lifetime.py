"""What customers are still worth: buying and spending together, and the plain way where the data are too few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import Numbers, read_numbers
from gtmlib.stats.buyers import BuyerFit, expected_purchases
from gtmlib.stats.posterior import Estimate, LogFit, delta_estimate
from gtmlib.stats.spend import SpendFit, spend_at
from gtmlib.stats.unit_economics import value_multiple

# Below these, fits on subsamples of one company's customers are led by the prior, not by the customers.
FEWEST_CUSTOMERS = 100
FEWEST_REPEATERS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class EnoughData:
    """Whether customers are many enough to model.

    Parameters
    ----------
    n_customers, n_repeaters : int
        Customers, and those of them who bought again.
    is_enough : bool
        Whether a model may be shown.
    reason : str or None
        What there is too little of, as a code.
    """

    n_customers: int
    n_repeaters: int
    is_enough: bool
    reason: Literal["few_customers", "few_repeaters"] | None


def check_enough_data(n_repeats: ArrayLike) -> EnoughData:
    """Say whether BG/NBD and Gamma-Gamma may be shown: from 100 customers of whom 30 bought again.

    Parameters
    ----------
    n_repeats : array_like
        Shape (n_customers,): purchases after the first.

    Raises
    ------
    ParameterError
        If a count is out of range.

    References
    ----------
    None published: both floors are this package's own. Below them the prior leads the fits, not the customers.

    Examples
    --------
    >>> check_enough_data([1, 0, 3]).reason
    'few_customers'
    """
    repeats = read_numbers("n_repeats", n_repeats, least=0, is_whole=True)
    n, repeaters = repeats.size, int((repeats > 0).sum())
    reason: Literal["few_customers", "few_repeaters"] | None = None
    if n < FEWEST_CUSTOMERS:
        reason = "few_customers"
    elif repeaters < FEWEST_REPEATERS:
        reason = "few_repeaters"
    return EnoughData(n_customers=n, n_repeaters=repeaters, is_enough=reason is None, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class FutureRevenue:
    """Net revenue that customers are expected to bring, discounted to now.

    Parameters
    ----------
    n_customers : int
        Customers summed over.
    total : Estimate
        Of all of them, in money.
    per_customer : Estimate
        Their mean, in money.
    n_years : int
        Horizon.
    discount_rate : float
        Per year.
    """

    n_customers: int
    total: Estimate
    per_customer: Estimate
    n_years: int
    discount_rate: float


def discounted_purchases(
    values: ArrayLike,
    n_repeats: ArrayLike,
    last_bought: ArrayLike,
    observed: ArrayLike,
    *,
    year: float,
    n_years: int,
    discount_rate: float,
) -> Numbers:
    """Give each customer's expected purchases over a horizon, each discounted from the middle of its year.

    Parameters
    ----------
    values : array_like
        r, alpha, a, b of the BG/NBD model.
    n_repeats, last_bought, observed : array_like
        As for `gtmlib.stats.buyers.estimate_buyers`.
    year : float
        Length of a year in the data's unit of time: 52.18 for weeks, 365.25 for days.
    n_years : int
        Horizon, 1 or more.
    discount_rate : float
        Per year, 0 or more.

    Returns
    -------
    ndarray, shape (n_customers,)
        Purchases worth one now.

    Raises
    ------
    ParameterError
        If horizon or rate are out of range, or a customer's numbers contradict each other.

    References
    ----------
    Fader, Hardie & Lee (2005), J. Marketing Research 42, 415-430 (discounted expected transactions), cut at a horizon.

    Examples
    --------
    >>> model, customer = [0.243, 4.414, 0.793, 2.426], ([2], [30.43], [38.86])
    >>> flat, discounted = (
    ...     discounted_purchases(model, *customer, year=52.18, n_years=1, discount_rate=i).round(3).item()
    ...     for i in (0.0, 0.1)
    ... )
    >>> flat, discounted
    (1.563, 1.49)
    """
    if n_years < 1 or not discount_rate >= 0 or not year > 0:
        raise ParameterError(
            f"year {year:g}, n_years {n_years}, discount_rate {discount_rate:g}: give a length above 0, a horizon of "
            "1 or more, and a rate such as 0.1."
        )
    so_far = np.array(
        [expected_purchases(values, year * k, n_repeats, last_bought, observed) for k in range(n_years + 1)]
    )
    weights = (1 + discount_rate) ** -(np.arange(n_years) + 0.5)
    return np.asarray(weights @ np.diff(so_far, axis=0), dtype=np.float64)


def estimate_future_revenue(
    buyers: BuyerFit,
    spend: SpendFit,
    n_repeats: ArrayLike,
    last_bought: ArrayLike,
    observed: ArrayLike,
    mean_spend: ArrayLike,
    *,
    year: float,
    n_years: int = 5,
    discount_rate: float = 0.10,
    confidence_level: float = 0.95,
) -> FutureRevenue:
    """Estimate what customers, all or those of one group, will bring over a horizon.

    Parameters
    ----------
    buyers, spend : BuyerFit, SpendFit
        The models, fitted on all customers. Spend is taken not to go with frequency: check their correlation.
    n_repeats, last_bought, observed : array_like
        The customers to sum over, as for `gtmlib.stats.buyers.estimate_buyers`.
    mean_spend : array_like
        Their net revenue per repeat purchase; 0 without repeats.
    year, n_years, discount_rate : float, int, float
        As for `discounted_purchases`. Five years, since nothing in the data speaks of later ones.
    confidence_level : float
        Coverage of the intervals, in (0, 1): of what the fits do not know; single customers vary far more.

    Raises
    ------
    ParameterError
        If a number is out of range, or there are no customers.

    References
    ----------
    Fader, Hardie & Lee (2005), J. Marketing Research 42, 415-430. Both fits are independent, so their covariances
    stand side by side.

    Examples
    --------
    >>> from gtmlib.stats.buyers import estimate_buyers
    >>> from gtmlib.stats.spend import estimate_spend
    >>> people, spent = ([2, 1, 0, 4], [30.4, 1.7, 0, 35.0], [38.9, 38.9, 20.0, 36.0]), [22.35, 11.77, 0, 40.0]
    >>> models = estimate_buyers(*people), estimate_spend([2, 1, 4], [22.35, 11.77, 40.0])
    >>> future = estimate_future_revenue(*models, *people, spent, year=52.18)
    >>> round(future.total.value / future.per_customer.value, 9)
    4.0
    """
    count = read_numbers("n_repeats", n_repeats, least=0, is_whole=True)
    if count.size == 0:
        raise ParameterError("There are no customers to value.")

    def total(values: Numbers) -> float:
        purchases = discounted_purchases(
            values[:4], count, last_bought, observed, year=year, n_years=n_years, discount_rate=discount_rate
        )
        return float(purchases @ spend_at(values[4:], spend.unit, count, mean_spend))

    whole = delta_estimate(_side_by_side(buyers.fit, spend.fit), total, confidence_level=confidence_level)
    return FutureRevenue(
        n_customers=count.size,
        total=whole,
        per_customer=_scaled(whole, 1 / count.size),
        n_years=n_years,
        discount_rate=discount_rate,
    )


def _side_by_side(first: LogFit, second: LogFit) -> LogFit:
    n, m = len(first.log_values), len(second.log_values)
    return LogFit(
        log_values=first.log_values + second.log_values,
        log_covariance=tuple(row + (0.0,) * m for row in first.log_covariance)
        + tuple((0.0,) * n + row for row in second.log_covariance),
        log_likelihood=first.log_likelihood + second.log_likelihood,
    )


def _scaled(estimate: Estimate, factor: float) -> Estimate:
    return Estimate(
        value=estimate.value * factor,
        ci_low=estimate.ci_low * factor,
        ci_high=estimate.ci_high * factor,
        confidence_level=estimate.confidence_level,
    )


def value_by_multiple(
    yearly_contribution: Estimate, retention_rate: float, *, discount_rate: float = 0.10, n_years: int | None = 5
) -> Estimate:
    """Value a customer where there is too little to model: (shrunk) contribution of a year times a multiple.

    Parameters
    ----------
    yearly_contribution : Estimate
        Per customer and year, in money; may be a loss.
    retention_rate, discount_rate, n_years : float, float, int or None
        As for `gtmlib.stats.unit_economics.value_multiple`: assumptions, to be stated beside the value.

    Returns
    -------
    Estimate
        In money. The interval is that of the contribution: the multiple is taken as given.

    Raises
    ------
    ParameterError
        If a rate is out of range.

    References
    ----------
    Gupta & Lehmann (2003), J. Interactive Marketing 17, 9-24.

    Examples
    --------
    >>> yearly = Estimate(value=1000.0, ci_low=800.0, ci_high=1200.0, confidence_level=0.95)
    >>> round(value_by_multiple(yearly, 0.8, n_years=None).ci_high)
    3200
    """
    return _scaled(yearly_contribution, value_multiple(retention_rate, discount_rate, n_years=n_years))
