"""What chance alone does to rates: funnel limits for groups, control charts for samples in time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from gtmlib.errors import ParameterError
from gtmlib.stats.requirements import require_level, require_positive


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelLimits:
    """Between what limits a group's rate lies by chance, were its true rate the target.

    Parameters
    ----------
    n_trials : int
        Size of the group.
    target : float
        True rate, in (0, 1).
    low, high : float
        Limits, in [0, 1].
    confidence_level : float
        In (0, 1).
    """

    n_trials: int
    target: float
    low: float
    high: float
    confidence_level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlChart:
    """Rates of successive samples of one size, with three-sigma limits.

    Parameters
    ----------
    centre, low, high : float
        Mean rate and its limits, in [0, 1].
    out_of_control : tuple of int
        Samples outside the limits; the first sample is 1.
    """

    centre: float
    low: float
    high: float
    out_of_control: tuple[int, ...]


def estimate_funnel_limits(n_trials: int, target: float, *, confidence_level: float = 0.95) -> FunnelLimits:
    """Return exact binomial funnel limits, interpolated between counts.

    Parameters
    ----------
    n_trials : int
        Size of the group, at least 1.
    target : float
        True rate, in (0, 1).
    confidence_level : float
        .95 and .998 are usual.

    Raises
    ------
    ParameterError
        If a number is out of range.

    References
    ----------
    Spiegelhalter (2005), Stat. Med. 24, 1185-1202, appendix A.1.

    Examples
    --------
    >>> limits = estimate_funnel_limits(50, 0.25)
    >>> round(limits.low, 4), round(limits.high, 4)
    (0.1243, 0.365)
    """
    n = int(require_positive(n_trials, "n_trials"))
    rate = require_level(target, "target")
    tail = (1 - require_level(confidence_level)) / 2
    low, high = (float(np.clip(_quantile(p, n, rate) / n, 0.0, 1.0)) for p in (tail, 1 - tail))
    return FunnelLimits(n_trials=n, target=rate, low=low, high=high, confidence_level=confidence_level)


def _quantile(p: float, n: int, rate: float) -> float:
    """Return the binomial quantile, less the share of its own probability that lies above p."""
    below = special.bdtr(np.arange(n + 1.0), n, rate)
    k = int(np.argmax(below >= p))
    before = below[k - 1] if k else 0.0
    return k - float((below[k] - p) / (below[k] - before))


def chart_samples(n_successes: Sequence[int], n_per_sample: int) -> ControlChart:
    """Return the control chart of a rate in successive samples (p-chart).

    Parameters
    ----------
    n_successes : sequence of int
        By sample, in order of time.
    n_per_sample : int
        Size of every sample.

    Raises
    ------
    ParameterError
        If there is no sample, or a count is out of range.

    References
    ----------
    NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.3.2.

    Examples
    --------
    >>> chart_samples([2, 3, 2, 14, 1], 20).out_of_control
    (4,)
    """
    n = require_positive(n_per_sample, "n_per_sample")
    counts = np.asarray(n_successes, dtype=float)
    if not len(counts) or not ((counts >= 0) & (counts <= n)).all():
        raise ParameterError(f"n_successes must hold counts from 0 to {n:g}, one per sample.")
    centre = float(counts.mean() / n)
    half = 3 * math.sqrt(centre * (1 - centre) / n)
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    outside = (counts / n < low) | (counts / n > high)
    return ControlChart(
        centre=centre, low=low, high=high, out_of_control=tuple(int(i) + 1 for i in np.flatnonzero(outside))
    )
