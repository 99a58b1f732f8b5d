"""Rates of many groups, without mistaking chance for a difference between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gtmlib.errors import ParameterError
from gtmlib.stats.distributions import Array, chi_square_pvalue


@dataclass(frozen=True, slots=True, kw_only=True)
class ShrunkenRates:
    """Rates of many groups, each drawn towards the mean as far as chance can explain its distance.

    Parameters
    ----------
    mean : float
        Towards which, in [0, 1].
    rates : tuple of float
        One per group, in order.
    weights : tuple of float
        Of a group's own distance from the mean, in [0, 1]; 0 where chance explains all.
    homogeneity_statistic, homogeneity_pvalue : float
        Chi-square of no difference between the groups, and its p-value.
    """

    mean: float
    rates: tuple[float, ...]
    weights: tuple[float, ...]
    homogeneity_statistic: float
    homogeneity_pvalue: float


def shrink_rates(n_successes: Sequence[int], n_trials: Sequence[int]) -> ShrunkenRates:
    """Shrink the rates of many groups towards their mean (empirical Bayes).

    Parameters
    ----------
    n_successes, n_trials : sequence of int
        Counts by group, at least four groups, each with a trial.

    Raises
    ------
    ParameterError
        If there are fewer than four groups, or a count is out of range.

    Notes
    -----
    Of k groups, one's weight is 1 - (k - 3) / (k - 1) x own variance / (own variance + variance between groups), the
    latter by moments and never below 0; where it is 0, no group keeps a distance. For groups of one size it is
    Efron and Morris's.

    References
    ----------
    Efron & Morris (1977), Sci. Am. 236 (5), 119-127; unequal groups: Morris (1983), J. Am. Stat. Assoc. 78, 47-55.

    Examples
    --------
    >>> shrunken = shrink_rates([5, 10, 15, 20], [50, 50, 50, 50])
    >>> [round(rate, 3) for rate in shrunken.rates]
    [0.111, 0.204, 0.296, 0.389]
    """
    k, n = np.asarray(n_successes, dtype=float), np.asarray(n_trials, dtype=float)
    if len(k) != len(n) or len(k) < 4 or not ((k >= 0) & (k <= n) & (n > 0)).all():
        raise ParameterError(f"{len(k)} groups. Give counts of four or more, each with trials.")
    groups = len(k)
    mean = float(k.sum() / n.sum())
    own = np.maximum(mean * (1 - mean), 1e-300) / n
    statistic = float(((k / n - mean) ** 2 / own).sum())
    between = _variance_between(k / n, own, mean)
    weights = np.zeros(groups)
    if between > 0:
        weights = np.clip(1 - (groups - 3) / (groups - 1) * own / (own + between), 0.0, 1.0)
    return ShrunkenRates(
        mean=mean,
        rates=tuple(float(rate) for rate in mean + weights * (k / n - mean)),
        weights=tuple(float(weight) for weight in weights),
        homogeneity_statistic=statistic,
        homogeneity_pvalue=chi_square_pvalue(statistic, groups - 1),
    )


def _variance_between(rates: Array, own: Array, mean: float) -> float:
    """Return the variance of the true rates, by moments; 0 where chance explains the spread."""
    weights = 1 / own
    excess = float((weights * (rates - mean) ** 2).sum()) - (len(rates) - 1)
    return max(0.0, excess / float(weights.sum() - (weights**2).sum() / weights.sum()))
