"""A rate from counts, with the Wilson score interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gtmlib.stats.distributions import Array, critical_value
from gtmlib.stats.requirements import require_counts, require_level, require_positive


@dataclass(frozen=True, slots=True, kw_only=True)
class ProportionEstimate:
    """A rate and its interval.

    Parameters
    ----------
    n_successes, n_trials : int
        The counts.
    n_effective : float
        Independent trials that carry as much information: n_trials / design effect.
    rate : float
        n_successes / n_trials, in [0, 1].
    ci_low, ci_high : float
        Interval around the rate, in [0, 1].
    confidence_level : float
        In (0, 1).
    """

    n_successes: int
    n_trials: int
    n_effective: float
    rate: float
    ci_low: float
    ci_high: float
    confidence_level: float


def wilson_interval(n_successes: Array, n_trials: Array, critical: Array | float) -> tuple[Array, Array]:
    """Return the Wilson score limits of many rates at once.

    Parameters
    ----------
    n_successes, n_trials : array
        Counts (trials above 0), whole or effective; they broadcast.
    critical : float or array
        Standard errors to each side: 1.96, or a boundary.

    Returns
    -------
    tuple of array
        Lower and upper limits; exactly 0 and exactly 1 where all trials end alike (the formula leaves 7e-18).

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212; Newcombe (1998), Stat. Med. 17, 857-872.

    Examples
    --------
    >>> low, high = wilson_interval(np.array([0.0]), np.array([20.0]), 1.959964)
    >>> float(low[0]), round(float(high[0]), 4)
    (0.0, 0.1611)
    """
    squared = np.square(critical)
    centre = (n_successes + squared / 2) / (n_trials + squared)
    half = critical / (n_trials + squared) * np.sqrt(n_successes * (n_trials - n_successes) / n_trials + squared / 4)
    rate = n_successes / n_trials
    low = np.where(n_successes <= 0, 0.0, np.minimum(centre - half, rate))
    high = np.where(n_successes >= n_trials, 1.0, np.maximum(centre + half, rate))
    return low, high


def estimate_proportion(
    n_successes: int, n_trials: int, *, confidence_level: float = 0.95, design_effect: float = 1.0
) -> ProportionEstimate:
    """Estimate a rate with the Wilson score interval.

    Parameters
    ----------
    n_successes, n_trials : int
        Counts, with 0 <= n_successes <= n_trials and n_trials >= 1.
    confidence_level : float
        Coverage of the interval, in (0, 1).
    design_effect : float
        Variance over that of independent trials; 2 where clustering halves what the trials tell.

    Raises
    ------
    ParameterError
        If the counts, the level or the design effect are out of range.

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212.

    Examples
    --------
    >>> round(estimate_proportion(12, 40).ci_low, 3)
    0.181
    """
    n_successes, n_trials = require_counts(n_successes, n_trials)
    level = require_level(confidence_level)
    n_effective = n_trials / require_positive(design_effect, "design_effect")
    rate = n_successes / n_trials
    # A rate of exactly 1 must stay exactly 1 of the effective trials, whatever the rounding of their product.
    effective_successes = n_effective if n_successes == n_trials else rate * n_effective
    low, high = wilson_interval(np.array(effective_successes), np.array(n_effective), critical_value(level))
    return ProportionEstimate(
        n_successes=n_successes,
        n_trials=n_trials,
        n_effective=n_effective,
        rate=rate,
        ci_low=float(low),
        ci_high=float(high),
        confidence_level=level,
    )
