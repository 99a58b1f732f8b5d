"""Two rates side by side: their difference, with Newcombe's hybrid score interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from gtmlib.stats.distributions import Array, critical_value, two_sided_pvalue
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion, wilson_interval
from gtmlib.stats.requirements import require_counts, require_level

SMALLEST_EXPECTED = 5.0  # Cochran (1954): below it the normal approximation of a 2x2 table gives way to Fisher's test


@dataclass(frozen=True, slots=True, kw_only=True)
class ProportionComparison:
    """The rate of a group against that of a control.

    Parameters
    ----------
    group, control : ProportionEstimate
        The two rates, each with its own interval.
    difference : float
        Rate of the group less rate of the control, in [-1, 1].
    ci_low, ci_high : float
        Interval of the difference, in [-1, 1].
    confidence_level : float
        In (0, 1).
    pvalue : float
        Two-sided, of no difference.
    pvalue_method : {'score', 'fisher'}
        Pooled z-test; Fisher's exact test where a cell of the table expects fewer than five.
    """

    group: ProportionEstimate
    control: ProportionEstimate
    difference: float
    ci_low: float
    ci_high: float
    confidence_level: float
    pvalue: float
    pvalue_method: Literal["score", "fisher"]


def newcombe_interval(
    group_successes: Array,
    group_trials: Array,
    control_successes: Array,
    control_trials: Array,
    critical: Array | float,
) -> tuple[Array, Array]:
    """Return the limits of the difference of many pairs of rates at once.

    Parameters
    ----------
    group_successes, group_trials, control_successes, control_trials : array
        Counts (trials above 0); they broadcast.
    critical : float or array
        Standard errors to each side: 1.96, or a boundary that is valid however often one looks.

    Returns
    -------
    tuple of array
        Lower and upper limits of group less control, in [-1, 1].

    References
    ----------
    Newcombe (1998), Stat. Med. 17, 873-890, method 10.

    Examples
    --------
    >>> low, high = newcombe_interval(np.array(0.0), np.array(10.0), np.array(0.0), np.array(10.0), 1.959964)
    >>> round(float(low), 4), round(float(high), 4)
    (-0.2775, 0.2775)
    """
    rate, rate_0 = group_successes / group_trials, control_successes / control_trials
    low, high = wilson_interval(group_successes, group_trials, critical)
    low_0, high_0 = wilson_interval(control_successes, control_trials, critical)
    difference = rate - rate_0
    below, above = np.hypot(rate - low, high_0 - rate_0), np.hypot(high - rate, rate_0 - low_0)
    return np.maximum(difference - below, -1.0), np.minimum(difference + above, 1.0)


def fisher_pvalue(n_successes: int, n_trials: int, n_control_successes: int, n_control_trials: int) -> float:
    """Return the two-sided p-value of Fisher's exact test.

    Parameters
    ----------
    n_successes, n_trials, n_control_successes, n_control_trials : int
        Counts of the group and of the control.

    Returns
    -------
    float
        Probability of all tables with these margins that are no likelier than this one.

    Raises
    ------
    ParameterError
        If the counts are out of range.

    References
    ----------
    Fisher (1922), J. R. Stat. Soc. 85, 87-94.

    Examples
    --------
    >>> round(fisher_pvalue(7, 7, 5, 13), 5)
    0.01465
    """
    n_successes, n_trials = require_counts(n_successes, n_trials, "group")
    n_control_successes, n_control_trials = require_counts(n_control_successes, n_control_trials, "control")
    total = n_successes + n_control_successes
    k = np.arange(max(0, total - n_control_trials), min(total, n_trials) + 1.0)
    log_weights = _log_choose(n_trials, k) + _log_choose(n_control_trials, total - k)
    weights = np.exp(log_weights - log_weights.max())
    seen = weights[n_successes - int(k[0])]
    return float(min(1.0, weights[weights <= seen * (1 + 1e-7)].sum() / weights.sum()))


def compare_proportions(
    n_successes: int,
    n_trials: int,
    n_control_successes: int,
    n_control_trials: int,
    *,
    confidence_level: float = 0.95,
) -> ProportionComparison:
    """Compare the rate of a group with that of a control, on counts.

    Parameters
    ----------
    n_successes, n_trials : int
        Counts of the group.
    n_control_successes, n_control_trials : int
        Counts of the control.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Raises
    ------
    ParameterError
        If the counts or the level are out of range.

    References
    ----------
    Newcombe (1998), Stat. Med. 17, 873-890, method 10.

    Examples
    --------
    >>> comparison = compare_proportions(56, 70, 48, 80)
    >>> round(comparison.difference, 3), round(comparison.ci_low, 4), round(comparison.ci_high, 4)
    (0.2, 0.0524, 0.3339)
    """
    group = estimate_proportion(n_successes, n_trials, confidence_level=require_level(confidence_level))
    control = estimate_proportion(n_control_successes, n_control_trials, confidence_level=confidence_level)
    counts = (group.n_successes, group.n_trials, control.n_successes, control.n_trials)
    k, n, k_0, n_0 = (np.array(float(count)) for count in counts)
    low, high = newcombe_interval(k, n, k_0, n_0, critical_value(confidence_level))
    pvalue, method = _pvalue(*counts)
    return ProportionComparison(
        group=group,
        control=control,
        difference=group.rate - control.rate,
        ci_low=float(low),
        ci_high=float(high),
        confidence_level=group.confidence_level,
        pvalue=pvalue,
        pvalue_method=method,
    )


def _pvalue(k: int, n: int, k_0: int, n_0: int) -> tuple[float, Literal["score", "fisher"]]:
    pooled = (k + k_0) / (n + n_0)
    if min(n, n_0) * min(pooled, 1 - pooled) < SMALLEST_EXPECTED:
        return fisher_pvalue(k, n, k_0, n_0), "fisher"
    standard_error = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / n_0))
    return two_sided_pvalue((k / n - k_0 / n_0) / standard_error), "score"


def _log_choose(n: int, k: Array) -> Array:
    chosen: Array = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return chosen
