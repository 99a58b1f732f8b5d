"""What a customer spends per purchase: Gamma-Gamma."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import Numbers, read_numbers
from gtmlib.stats.posterior import (
    Estimate,
    LogFit,
    LogNormalPrior,
    delta_estimate,
    estimate_log_fit,
    parameter_estimates,
)

# p, q - 1 and v over the mean spend. Purchases of one customer vary by half (p 4), customers among each other by as
# much (q 3.5), and v is what puts the population's mean where the data have it: v / mean = (q - 1) / p.
DEFAULT_SPEND_PRIOR = LogNormalPrior(medians=(4.0, 2.5, 0.625))


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendFit:
    """A fitted Gamma-Gamma model.

    Parameters
    ----------
    p, q : Estimate
        A purchase is gamma(p) around its customer's mean; customers' means are inverse gamma, of shape q above 1.
    v : Estimate
        Scale, in money; the population's mean is p v / (q - 1).
    mean_spend : Estimate
        That mean, in money per purchase.
    fit : LogFit
        Logarithms of p, q - 1 and v / `unit`, with their covariance.
    unit : float
        Mean spend in the data, in money: what the fit was scaled by.
    n_customers : int
        Customers fitted on.
    is_map : bool
        Whether a prior was used.
    """

    p: Estimate
    q: Estimate
    v: Estimate
    mean_spend: Estimate
    fit: LogFit
    unit: float
    n_customers: int
    is_map: bool


def estimate_spend(
    n_purchases: ArrayLike,
    mean_spend: ArrayLike,
    *,
    prior: LogNormalPrior | None = DEFAULT_SPEND_PRIOR,
    confidence_level: float = 0.95,
) -> SpendFit:
    """Fit the Gamma-Gamma model to customers' mean spend.

    Parameters
    ----------
    n_purchases : array_like
        Shape (n_customers,): purchases averaged over, 1 or more (with BG/NBD: the repeats of those who have any).
    mean_spend : array_like
        Net revenue per purchase, above 0. A mean of contributions can be negative: use `shrink_means` there.
    prior : LogNormalPrior or None
        For p, q - 1 and v / mean spend; None is maximum likelihood.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Raises
    ------
    ParameterError
        If a value is out of range, there are no customers, or plain likelihood has no top.

    References
    ----------
    Fader & Hardie (2013), "The Gamma-Gamma model of monetary value", note 025. q is held above 1, where the
    population has a mean.

    Examples
    --------
    >>> fit = estimate_spend([2, 1, 4, 3], [22.35, 11.77, 40.0, 31.5])
    >>> 0 < fit.mean_spend.ci_low < fit.mean_spend.value < fit.mean_spend.ci_high
    True
    """
    count = read_numbers("n_purchases", n_purchases, least=1, is_whole=True)
    spend = read_numbers("mean_spend", mean_spend, size=count.size, least=0)
    if count.size == 0:
        raise ParameterError("No customer has a purchase to learn spend from.")
    if not spend.all():
        raise ParameterError("'mean_spend' holds zeros: the model is of spend above 0. Leave such customers out.")
    unit = float(spend.mean())

    def log_likelihood(values: Numbers) -> tuple[float, Numbers]:
        return _log_likelihood(values, count, spend / unit)

    fit = estimate_log_fit(log_likelihood, (prior or DEFAULT_SPEND_PRIOR).medians, prior)
    p, rest, scale = parameter_estimates(fit, confidence_level=confidence_level)
    mean = delta_estimate(
        fit, lambda values: float(values[0] * values[2] / values[1]) * unit, confidence_level=confidence_level
    )
    return SpendFit(
        p=p,
        q=Estimate(
            value=1 + rest.value, ci_low=1 + rest.ci_low, ci_high=1 + rest.ci_high, confidence_level=confidence_level
        ),
        v=Estimate(
            value=scale.value * unit,
            ci_low=scale.ci_low * unit,
            ci_high=scale.ci_high * unit,
            confidence_level=confidence_level,
        ),
        mean_spend=mean,
        fit=fit,
        unit=unit,
        n_customers=count.size,
        is_map=prior is not None,
    )


def _log_likelihood(values: Numbers, count: Numbers, spend: Numbers) -> tuple[float, Numbers]:
    """Equation 1a of the note, and its gradient by p, q - 1 and v."""
    from scipy.special import digamma, gammaln

    p, q, v = values[0], 1 + values[1], values[2]
    shape, total = p * count, count * spend
    pooled = np.log(total + v)
    fit = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * math.log(v) - np.log(spend)
    fit = fit + shape * np.log(total) - (shape + q) * pooled
    by_p = count * (digamma(shape + q) - digamma(shape) + np.log(total) - pooled)
    by_q = digamma(shape + q) - digamma(q) + math.log(v) - pooled
    by_v = q / v - (shape + q) / (total + v)
    return float(fit.sum()), np.array([by_p.sum(), by_q.sum(), by_v.sum()])


def expected_spend(spend: SpendFit, n_purchases: ArrayLike, mean_spend: ArrayLike) -> Numbers:
    """Give each customer's expected net revenue per purchase: own mean and population mean, weighed by evidence.

    Parameters
    ----------
    spend : SpendFit
        The model.
    n_purchases, mean_spend : array_like
        As for `estimate_spend`, but customers without purchases (0, 0) are allowed.

    Returns
    -------
    ndarray, shape (n_customers,)
        Money per purchase, above 0.

    Raises
    ------
    ParameterError
        If a value is negative.

    References
    ----------
    Fader & Hardie (2013), equation 5.

    Examples
    --------
    >>> fit = estimate_spend([2, 1, 4, 3], [22.35, 11.77, 40.0, 31.5])
    >>> new, known = expected_spend(fit, [0, 50], [0, 40.0])
    >>> round(new / fit.mean_spend.value, 9).item(), 38 < known.item() < 40
    (1.0, True)
    """
    return spend_at(np.exp(spend.fit.log_values), spend.unit, n_purchases, mean_spend)


def spend_at(values: Numbers, unit: float, n_purchases: ArrayLike, mean_spend: ArrayLike) -> Numbers:
    """Give `expected_spend` at other parameters: p, q - 1 and v / unit, as in `SpendFit.fit`.

    Parameters
    ----------
    values : ndarray
        p, q - 1 and v / `unit`.
    unit : float
        Money, above 0: what v was scaled by.
    n_purchases, mean_spend : array_like
        As for `expected_spend`.

    Raises
    ------
    ParameterError
        If a value is negative.

    Examples
    --------
    >>> spend_at(np.array([4.0, 2.0, 0.5]), 10.0, [0, 2], [0, 20.0]).tolist()
    [10.0, 18.0]
    """
    count = read_numbers("n_purchases", n_purchases, least=0, is_whole=True)
    mean = read_numbers("mean_spend", mean_spend, size=count.size, least=0)
    p, rest, v = values
    return np.asarray(p * (v * unit + count * mean) / (p * count + rest), dtype=np.float64)
