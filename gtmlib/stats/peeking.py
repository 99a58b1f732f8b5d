"""What looking before the end does: how often a boundary is crossed at any of some looks, computed without drawing."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy import special

from gtmlib.errors import ParameterError
from gtmlib.stats.distributions import Array, critical_value
from gtmlib.stats.requirements import require_level
from gtmlib.stats.sequential import boundary

N_LOOKS = 30  # weekly for half a year; the boundary holds for any number, and more looks hardly change the power
REACH = 6.0  # standard deviations of a path that are followed: beyond lies less than 1e-8
NODES = 1.6  # points of the rule of Gauss per standard deviation of a step: the chances are right to 1e-9
STRONGEST = 20.0  # drift at which any power below 1 is reached


def crossing_chance(critical: Array, *, drift: float = 0.0, is_two_sided: bool = True) -> float:
    """Return the chance that an estimate is beyond its boundary at any of some evenly spaced looks.

    Parameters
    ----------
    critical : array of float
        Standard errors that each look needs, above 0, from the first look to the last.
    drift : float
        Standard errors by which the truth differs from no difference, at the last look.
    is_two_sided : bool
        Whether crossing on the other side counts too; else only above.

    Raises
    ------
    ParameterError
        If there is no look, or a boundary is not above 0.

    References
    ----------
    Armitage, McPherson & Rowe (1969), J. R. Stat. Soc. A 132, 235-244: sums of normal steps, integrated look by look.

    Examples
    --------
    >>> round(crossing_chance(np.full(5, 1.959964)), 3)
    0.142
    """
    needed = np.asarray(critical, dtype=float)
    if not needed.size or not (needed > 0).all():
        raise ParameterError(f"critical is {needed.tolist()}. Give a boundary above 0 for each look.")
    times = np.arange(1, needed.size + 1) / needed.size
    ends = needed * np.sqrt(times)  # of the path, which is a Brownian motion with drift: estimate times root of time
    step, sd = drift / needed.size, 1 / math.sqrt(needed.size)
    places, weights, crossed = np.zeros(1), np.ones(1), 0.0
    for time, high in zip(times, ends, strict=True):
        low = -high if is_two_sided else min(0.0, drift * time) - REACH * math.sqrt(time)
        from_each = special.ndtr((places + step - high) / sd)
        if is_two_sided:
            from_each += special.ndtr((low - places - step) / sd)
        crossed += float(weights @ from_each)
        points, lengths = _nodes(math.ceil(NODES * (high - low) / sd) + 12)
        after = (high + low) / 2 + (high - low) / 2 * points
        density = np.exp(-0.5 * ((after[:, None] - places - step) / sd) ** 2) @ weights
        places, weights = after, density * lengths * (high - low) / 2 / (sd * math.sqrt(2 * math.pi))
    return min(1.0, crossed)


@lru_cache(maxsize=256)
def _nodes(n: int) -> tuple[Array, Array]:
    points, lengths = np.polynomial.legendre.leggauss(n)
    return points, lengths


@lru_cache(maxsize=256)
def false_alarm_rate(n_looks: int, *, confidence_level: float = 0.95, is_guarded: bool = False) -> float:
    """Return how often two messages that are alike are told apart at any of some evenly spaced looks.

    Parameters
    ----------
    n_looks : int
        At least 1.
    confidence_level : float
        Of each look, in (0, 1).
    is_guarded : bool
        Whether the boundary is the one for any number of looks; else a plain test is made at each.

    Raises
    ------
    ParameterError
        If there is no look, or the level is out of range.

    References
    ----------
    Armitage, McPherson & Rowe (1969), J. R. Stat. Soc. A 132, 235-244, table 2.

    Examples
    --------
    >>> round(false_alarm_rate(10), 3), false_alarm_rate(10, is_guarded=True) < 0.05
    (0.193, True)
    """
    level = require_level(confidence_level)
    critical = _guarded(n_looks, level) if is_guarded else np.full(n_looks, critical_value(level))
    return crossing_chance(critical)


@lru_cache(maxsize=256)
def sequential_inflation(power: float, confidence_level: float) -> float:
    """Return how many times as many contacts it takes to be free to look at any time.

    It is the ratio of the squared standard errors at which the boundary for many looks, and a single look, have the
    power; so it is the same for all rates.

    Parameters
    ----------
    power, confidence_level : float
        In (0, 1).

    Raises
    ------
    ParameterError
        If a number is out of range.

    References
    ----------
    Jennison & Turnbull (2000), Group Sequential Methods, section 2.3: inflation factors, here of the boundary of
    `gtmlib.stats.sequential`.

    Examples
    --------
    >>> round(sequential_inflation(0.8, 0.95), 2)
    1.72
    """
    level, wanted = require_level(confidence_level), require_level(power, "power")
    critical = _guarded(N_LOOKS, level)
    single = critical_value(level) + float(special.ndtri(wanted))
    low, high = 0.0, STRONGEST
    while high - low > 1e-4:
        middle = (low + high) / 2
        has_power = crossing_chance(critical, drift=middle, is_two_sided=False) >= wanted
        low, high = (low, middle) if has_power else (middle, high)
    return max(1.0, (high / single) ** 2)  # a power that chance alone gives is no reason to take fewer


def _guarded(n_looks: int, level: float) -> Array:
    """Give the boundary for any number of looks, at evenly spaced ones; it is tuned to the last."""
    return np.array([boundary(look, planned_n=n_looks, confidence_level=level) for look in range(1, n_looks + 1)])
