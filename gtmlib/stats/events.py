"""Events over an exposure, such as deals per rep and month: two rates side by side."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from gtmlib.errors import ParameterError
from gtmlib.stats.distributions import Array, two_sided_pvalue
from gtmlib.stats.requirements import require_level, require_positive

MOST_ENUMERATED = 20_000  # events; beyond it the E-test and the score test are the same


@dataclass(frozen=True, slots=True, kw_only=True)
class EventComparison:
    """Two rates of events.

    Parameters
    ----------
    rate, control_rate : float
        Events per unit of exposure.
    ratio : float, optional
        Of the two; none without an event in the control.
    pvalue : float
        Two-sided, of equal rates: the E-test.
    conditional_pvalue : float
        Exact, given all events; too cautious.
    score_pvalue : float
        Of the normal approximation; too bold where events are few.
    """

    rate: float
    control_rate: float
    ratio: float | None
    pvalue: float
    conditional_pvalue: float
    score_pvalue: float


def compare_events(n_events: int, exposure: float, n_control_events: int, control_exposure: float) -> EventComparison:
    """Compare two rates of events.

    Parameters
    ----------
    n_events, n_control_events : int
        Events of the group and of the control, at least 0, one in all.
    exposure, control_exposure : float
        In one unit (days, contacts), above 0.

    Raises
    ------
    ParameterError
        If a number is out of range.

    References
    ----------
    Krishnamoorthy & Thomson (2004), J. Stat. Plan. Inference 119, 23-35; Gu, Ng, Tang & Schucany (2008), Biom. J. 50,
    283-298.

    Examples
    --------
    >>> comparison = compare_events(60, 51477.5, 30, 54308.7)
    >>> round(comparison.pvalue, 6), round(comparison.conditional_pvalue, 6), round(comparison.score_pvalue, 6)
    (0.000567, 0.000675, 0.000632)
    """
    time, time_0 = require_positive(exposure, "exposure"), require_positive(control_exposure, "control_exposure")
    if min(n_events, n_control_events) < 0 or n_events + n_control_events < 1:
        raise ParameterError(
            f"{n_events} and {n_control_events} events. Give counts from 0, at least one event in all."
        )
    statistic = float(_score(np.array(float(n_events)), np.array(float(n_control_events)), time, time_0))
    return EventComparison(
        rate=n_events / time,
        control_rate=n_control_events / time_0,
        ratio=n_events / time / (n_control_events / time_0) if n_control_events else None,
        pvalue=_e_test(statistic, n_events + n_control_events, time, time_0),
        conditional_pvalue=_conditional(n_events, n_events + n_control_events, time / (time + time_0)),
        score_pvalue=two_sided_pvalue(statistic),
    )


def _score(k: Array, k_0: Array, time: float, time_0: float) -> Array:
    error = np.sqrt((k + k_0) / (time + time_0) * (1 / time + 1 / time_0))
    score: Array = np.divide(k / time - k_0 / time_0, error, out=np.zeros(error.shape), where=error > 0)
    return score


def _e_test(statistic: float, n_events: int, time: float, time_0: float) -> float:
    """Return the probability of a score as large, both counts being Poisson at the common rate."""
    if n_events > MOST_ENUMERATED:
        return two_sided_pvalue(statistic)
    k, weights = _likely_counts(n_events * time / (time + time_0))
    k_0, weights_0 = _likely_counts(n_events * time_0 / (time + time_0))
    as_large = np.abs(_score(k[:, None], k_0[None, :], time, time_0)) >= abs(statistic) - 1e-9
    return min(1.0, float(weights @ as_large @ weights_0))


def _likely_counts(mean: float) -> tuple[Array, Array]:
    reach = 8 * math.sqrt(mean) + 30  # counts beyond have less than 1e-14 of the probability
    k = np.arange(max(0.0, math.floor(mean - reach)), math.ceil(mean + reach))
    return k, np.exp(special.xlogy(k, mean) - mean - special.gammaln(k + 1))


def _conditional(k: int, n: int, share: float) -> float:
    """Return the two-sided exact binomial p-value: all counts no likelier than this one."""
    counts = np.arange(n + 1.0)
    log_weights = special.xlogy(counts, share) + special.xlog1py(n - counts, -share)
    log_weights += special.gammaln(n + 1) - special.gammaln(counts + 1) - special.gammaln(n - counts + 1)
    return float(min(1.0, np.exp(log_weights[log_weights <= log_weights[k] + 1e-7]).sum()))


def ratio_interval(
    n_events: int, exposure: float, n_control_events: int, control_exposure: float, *, confidence_level: float = 0.95
) -> tuple[float, float]:
    """Return the exact interval of the ratio of two rates of events.

    Parameters
    ----------
    n_events, n_control_events : int
        Events of the group, at least 0, and of the control, at least 1.
    exposure, control_exposure : float
        In one unit, above 0.
    confidence_level : float
        Coverage of the interval, in (0, 1).

    Raises
    ------
    ParameterError
        If a number is out of range.

    References
    ----------
    Clopper & Pearson (1934), Biometrika 26, 404-413, on the group's share of all events.

    Examples
    --------
    >>> low, high = ratio_interval(60, 51477.5, 30, 54308.7)
    >>> round(low, 2), round(high, 2)
    (1.34, 3.39)
    """
    time, time_0 = require_positive(exposure, "exposure"), require_positive(control_exposure, "control_exposure")
    if n_events < 0 or n_control_events < 1:
        raise ParameterError(f"{n_events} and {n_control_events} events. The control needs one at least.")
    alpha = 1 - require_level(confidence_level)
    low = float(special.betaincinv(n_events, n_control_events + 1, alpha / 2)) if n_events else 0.0
    high = float(special.betaincinv(n_events + 1, n_control_events, 1 - alpha / 2))
    scale = time_0 / time
    return low / (1 - low) * scale, high / (1 - high) * scale
