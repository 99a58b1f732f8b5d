"""Four ways to estimate one difference of two rates, each on arrays: many simulated data sets cost as little as one.

All take counts by group of contacts (the last axis: strata, or reps) and sum over it; leading axes are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from gtmlib.stats.comparisons import newcombe_interval
from gtmlib.stats.distributions import Array

Method = Literal["crude", "stratified", "clustered", "rep_means"]


class Difference(NamedTuple):
    """A difference of rates and the ratio behind it, with standard errors.

    Parameters
    ----------
    difference, standard_error : array
        Variant minus control, in [-1, 1], and its error.
    control_rate : array
        The rate that the lift is relative to, in [0, 1].
    lift, lift_standard_error : array
        difference / control_rate, and its error; NaN without a conversion in the control.
    """

    difference: Array
    standard_error: Array
    control_rate: Array  # the rate that the lift is relative to
    lift: Array  # difference / control_rate; NaN without a conversion in the control
    lift_standard_error: Array


def _difference(rate: Array, rate_0: Array, variance: Array, lift_variance: Array, n: Array, n_0: Array) -> Difference:
    # Where all contacts end alike the variance says 0; it is never less than what one odd contact an arm would give.
    size, size_0 = n.sum(-1), n_0.sum(-1)
    least = (size + 1) / (size + 2) ** 2 / size + (size_0 + 1) / (size_0 + 2) ** 2 / size_0
    has_rate = rate_0 > 0
    divisor = np.where(has_rate, rate_0, np.nan)
    return Difference(
        difference=rate - rate_0,
        standard_error=np.sqrt(np.maximum(variance, least)),
        control_rate=rate_0,
        lift=(rate - rate_0) / divisor,
        lift_standard_error=np.sqrt(np.maximum(lift_variance, least / divisor**2)),
    )


def _ratio(top: Array, bottom: Array) -> Array:
    ratio: Array = np.divide(top, bottom, out=np.full(np.broadcast(top, bottom).shape, np.nan), where=bottom > 0)
    return ratio


def crude_difference(k: Array, n: Array, k_0: Array, n_0: Array) -> Difference:
    """Estimate the difference of two rates as if every contact were alike and by itself.

    Parameters
    ----------
    k, n, k_0, n_0 : array
        Conversions and contacts of the variant and of the control, by group of contacts (last axis).

    Examples
    --------
    >>> crude = crude_difference(np.array([48.0]), np.array([200.0]), np.array([32.0]), np.array([200.0]))
    >>> round(float(crude.difference), 2), round(float(crude.lift), 2)
    (0.08, 0.5)
    """
    size, size_0 = n.sum(-1), n_0.sum(-1)
    rate, rate_0 = k.sum(-1) / size, k_0.sum(-1) / size_0
    variance, variance_0 = rate * (1 - rate) / size, rate_0 * (1 - rate_0) / size_0
    lift_variance = _ratio(variance, rate_0**2) + _ratio(rate**2 * variance_0, rate_0**4)
    return _difference(rate, rate_0, variance + variance_0, lift_variance, n, n_0)


def stratified_difference(k: Array, n: Array, k_0: Array, n_0: Array) -> Difference:
    """Estimate the Mantel-Haenszel difference of rates, with Sato's variance.

    Parameters
    ----------
    k, n, k_0, n_0 : array
        Conversions and contacts of the variant and of the control, by stratum (last axis). A stratum with contacts of
        one only says nothing; at least one has both.

    References
    ----------
    Mantel & Haenszel (1959), J. Natl. Cancer Inst. 22, 719-748; Sato (1989), Biometrics 45, 1323-1324; of the lift:
    Greenland & Robins (1985), Biometrics 41, 55-68.

    Examples
    --------
    >>> k, n = np.array([24.0, 18, 2, 4]), np.array([80.0, 60, 20, 40])
    >>> k_0, n_0 = np.array([6.0, 12, 8, 6]), np.array([20.0, 40, 80, 60])
    >>> stars = stratified_difference(k, n, k_0, n_0)
    >>> round(float(stars.difference), 4), round(1.96 * float(stars.standard_error), 4)
    (0.0, 0.0849)
    """
    both = n + n_0
    weight = (n * n_0 / both).sum(-1)
    rate, rate_0 = (k * n_0 / both).sum(-1) / weight, (k_0 * n / both).sum(-1) / weight
    spread = (n**2 * k_0 - n_0**2 * k + n * n_0 * (n_0 - n) / 2) / both**2
    noise = (k * (n_0 - k_0) + k_0 * (n - k)) / (2 * both)
    variance = ((rate - rate_0) * spread.sum(-1) + noise.sum(-1)) / weight**2
    log_variance = _ratio(((n * n_0 * (k + k_0) - k * k_0 * both) / both**2).sum(-1), rate * rate_0 * weight**2)
    lift_variance = np.nan_to_num(log_variance * _ratio(rate, rate_0) ** 2)
    used = (n > 0) & (n_0 > 0)
    return _difference(rate, rate_0, variance, lift_variance, n * used, n_0 * used)


def clustered_difference(k: Array, n: Array, k_0: Array, n_0: Array) -> Difference:
    """Estimate the crude difference with a standard error that is robust to clustering by rep (CR1).

    Parameters
    ----------
    k, n, k_0, n_0 : array
        Conversions and contacts of the variant and of the control, by rep (last axis), at least two reps.

    Notes
    -----
    The variance is the sandwich of the least-squares difference, times G / (G - 1) for G reps; judge it by t(G - 1).

    References
    ----------
    Cameron & Miller (2015), J. Hum. Resour. 50, 317-372.

    Examples
    --------
    >>> alone = clustered_difference(np.eye(4)[0], np.array([1.0, 1, 0, 0]), np.eye(4)[2], np.array([0.0, 0, 1, 1]))
    >>> round(float(alone.standard_error**2), 4)  # four contacts, each its own cluster: (1/8 + 1/8) x 4/3
    0.3333
    """
    size, size_0 = n.sum(-1), n_0.sum(-1)
    rate, rate_0 = k.sum(-1) / size, k_0.sum(-1) / size_0
    pull = (k - rate[..., None] * n) / size[..., None]
    pull_0 = (k_0 - rate_0[..., None] * n_0) / size_0[..., None]
    correction = n.shape[-1] / (n.shape[-1] - 1)
    variance = correction * ((pull - pull_0) ** 2).sum(-1)
    ratio = np.nan_to_num(_ratio(rate, rate_0))
    lift_variance = _ratio(correction * ((pull - ratio[..., None] * pull_0) ** 2).sum(-1), rate_0**2)
    return _difference(rate, rate_0, variance, lift_variance, n, n_0)


def rep_means_difference(k: Array, n: Array, k_0: Array, n_0: Array) -> Difference:
    """Estimate the difference between the mean rate of some reps and that of others.

    Parameters
    ----------
    k, n, k_0, n_0 : array
        Conversions and contacts by rep (last axis); each rep has contacts with one of the two only, and each of the two
        at least two reps.

    Notes
    -----
    Student's two-sample t with pooled variance; judge it by t(G - 2) for G reps. It compares reps, not messages.

    References
    ----------
    Student (1908), Biometrika 6, 1-25; Donner & Klar (2000), Design and Analysis of Cluster Randomization Trials.

    Examples
    --------
    >>> n, n_0 = np.array([10.0, 10, 10, 0, 0, 0]), np.array([0.0, 0, 0, 10, 10, 10])
    >>> means = rep_means_difference(np.array([2.0, 3, 4, 0, 0, 0]), n, np.array([0.0, 0, 0, 1, 2, 3]), n_0)
    >>> round(float(means.difference), 2), round(float(means.standard_error), 4)
    (0.1, 0.0816)
    """
    reps, reps_0 = n > 0, n_0 > 0
    rates, rates_0 = k / np.where(reps, n, 1), k_0 / np.where(reps_0, n_0, 1)
    count, count_0 = reps.sum(-1), reps_0.sum(-1)
    rate, rate_0 = rates.sum(-1) / count, rates_0.sum(-1) / count_0
    squares = (reps * (rates - rate[..., None]) ** 2).sum(-1) + (reps_0 * (rates_0 - rate_0[..., None]) ** 2).sum(-1)
    pooled = squares / (count + count_0 - 2)
    lift_variance = _ratio(pooled / count, rate_0**2) + _ratio(rate**2 * pooled / count_0, rate_0**4)
    return _difference(rate, rate_0, pooled * (1 / count + 1 / count_0), lift_variance, n, n_0)


ESTIMATORS: dict[Method, Callable[[Array, Array, Array, Array], Difference]] = {
    "crude": crude_difference,
    "stratified": stratified_difference,
    "clustered": clustered_difference,
    "rep_means": rep_means_difference,
}


def difference_interval(
    method: Method, estimate: Difference, critical: float, k: Array, n: Array, k_0: Array, n_0: Array
) -> tuple[Array, Array]:
    """Return the interval of a difference: estimate and boundary times standard error to each side, in [-1, 1].

    The crude difference has Newcombe's interval with the boundary in place of 1.96: it becomes the same as counts grow,
    and holds at 0 of n, where a standard error says nothing.

    Parameters
    ----------
    method : str
        How the difference was estimated.
    estimate : Difference
        By that method, from these counts.
    critical : float
        The boundary: standard errors to each side.
    k, n, k_0, n_0 : array
        Conversions and contacts of the variant and of the control, by group of contacts (last axis).

    References
    ----------
    Newcombe (1998), Stat. Med. 17, 873-890, method 10, where the method is crude.

    Examples
    --------
    >>> counts = tuple(np.array([count]) for count in (56.0, 70.0, 48.0, 80.0))
    >>> low, high = difference_interval("crude", crude_difference(*counts), 1.959964, *counts)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0524, 0.3339)
    """
    if method == "crude":
        return newcombe_interval(k.sum(-1), n.sum(-1), k_0.sum(-1), n_0.sum(-1), critical)
    half = critical * estimate.standard_error
    return np.maximum(estimate.difference - half, -1.0), np.minimum(estimate.difference + half, 1.0)
