"""One look at independent contacts: how many it needs, what it sees, and its exact power."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from gtmlib.errors import ParameterError
from gtmlib.stats.comparisons import newcombe_interval
from gtmlib.stats.distributions import Array, critical_value
from gtmlib.stats.requirements import require_level, require_positive


def required_contacts(
    control_rate: float, variant_rate: float, *, ratio: float = 1.0, power: float = 0.8, confidence_level: float = 0.95
) -> float:
    """Return the contacts of the variant that one look needs, two-sided, before rounding up.

    A test of no difference pools the two rates, and an interval of the difference does not: the size is for the larger
    of the two standard errors. In groups of one size that is always the pooled one; where the smaller group has the
    wider spread, the other.

    Parameters
    ----------
    control_rate, variant_rate : float
        In (0, 1), and not equal.
    ratio : float
        Contacts of the variant for each of the control, above 0.
    power, confidence_level : float
        In (0, 1).

    Raises
    ------
    ParameterError
        If a number is out of range, or the rates are equal.

    References
    ----------
    Fleiss (1981), Statistical Methods for Rates and Proportions, 2nd ed., eq. 3.14; for unequal groups Fleiss, Tytun &
    Ury (1980), Biometrics 36, 343-346, eq. 3, without its continuity correction, and Chow, Shao & Wang (2008), Sample
    Size Calculations in Clinical Research, 2nd ed., section 4.2, which does not pool.

    Examples
    --------
    >>> math.ceil(required_contacts(0.10, 0.20)), math.ceil(required_contacts(0.10, 0.20, ratio=0.25))
    (199, 144)
    """
    p_0, p = require_level(control_rate, "control_rate"), require_level(variant_rate, "variant_rate")
    if p_0 == p:
        raise ParameterError(f"control_rate and variant_rate are both {p}. No number of contacts tells them apart.")
    r = require_positive(ratio, "ratio")
    middle = (p_0 + r * p) / (1 + r)
    pooled, apart = (1 + r) * middle * (1 - middle), r * p_0 * (1 - p_0) + p * (1 - p)
    by_alpha = critical_value(require_level(confidence_level)) * math.sqrt(max(pooled, apart))
    by_power = float(special.ndtri(require_level(power, "power"))) * math.sqrt(apart)
    return ((by_alpha + by_power) / (p - p_0)) ** 2


def smallest_detectable_effect(
    n_per_variant: float, control_rate: float, *, ratio: float = 1.0, power: float = 0.8, confidence_level: float = 0.95
) -> float | None:
    """Return the smallest rise of a rate that one look at so many independent contacts would see.

    Parameters
    ----------
    n_per_variant : float
        Contacts of the variant; over design effect and inflation for clustered contacts and many looks.
    control_rate : float
        In (0, 1).
    ratio : float
        Contacts of the variant for each of the control, above 0.
    power, confidence_level : float
        In (0, 1).

    Returns
    -------
    float or None
        None where not even a rise to 1 would be seen.

    Raises
    ------
    ParameterError
        If a number is out of range.

    Examples
    --------
    >>> round(smallest_detectable_effect(198.97, 0.10), 4)
    0.1
    """
    n = require_positive(n_per_variant, "n_per_variant")
    low, high = 0.0, 1 - require_level(control_rate, "control_rate") - 1e-9
    about = {"ratio": ratio, "power": power, "confidence_level": confidence_level}

    def needs(rise: float) -> float:
        return required_contacts(control_rate, control_rate + rise, **about)

    if needs(high) > n:
        return None
    while high - low > 1e-7:
        middle = (low + high) / 2
        low, high = (low, middle) if needs(middle) <= n else (middle, high)
    return high


def exact_power(
    n_per_variant: int,
    control_rate: float,
    variant_rate: float,
    *,
    n_control: int | None = None,
    confidence_level: float = 0.95,
) -> float:
    """Return the chance that one look names the right winner, by enumeration of all outcomes that matter.

    Parameters
    ----------
    n_per_variant : int
        Contacts of the variant.
    control_rate, variant_rate : float
        True rates, in (0, 1).
    n_control : int, optional
        Contacts of the control; none: as many.
    confidence_level : float
        Of Newcombe's interval, in (0, 1).

    Raises
    ------
    ParameterError
        If a number is out of range.

    Examples
    --------
    >>> round(exact_power(199, 0.10, 0.20), 3), round(exact_power(157, 0.10, 0.20), 3)
    (0.804, 0.704)
    """
    n = require_positive(n_per_variant, "n_per_variant")
    n_0 = n if n_control is None else require_positive(n_control, "n_control")
    p_0, p = require_level(control_rate, "control_rate"), require_level(variant_rate, "variant_rate")
    if p < p_0:  # the loser of conversions is the winner of contacts without one
        p_0, p = 1 - p_0, 1 - p
    critical = critical_value(require_level(confidence_level))
    k, weights = _likely_outcomes(n, p)
    k_0, weights_0 = _likely_outcomes(n_0, p_0)
    # More conversions never move the interval down: so per outcome of the control there is a first count that wins.
    first, beyond = np.zeros(k_0.size, dtype=int), np.full(k_0.size, k.size)
    while (first < beyond).any():
        middle = np.minimum((first + beyond) // 2, k.size - 1)
        low, _ = newcombe_interval(k[middle], np.array(n), k_0, np.array(n_0), critical)
        is_open = first < beyond
        beyond = np.where(is_open & (low > 0), middle, beyond)
        first = np.where(is_open & (low <= 0), middle + 1, first)
    chance_from = np.append(weights[::-1].cumsum()[::-1], 0.0)
    return float(chance_from[first] @ weights_0)


def _likely_outcomes(n: float, rate: float) -> tuple[Array, Array]:
    reach = 6 * math.sqrt(n * rate * (1 - rate)) + 20  # counts beyond have less than 1e-8 of the probability
    k = np.arange(max(0.0, math.floor(n * rate - reach)), min(n, math.ceil(n * rate + reach)) + 1)
    log_weights = special.xlogy(k, rate) + special.xlog1py(n - k, -rate)
    log_weights += special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return k, np.exp(log_weights)
