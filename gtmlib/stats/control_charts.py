"""What chance alone does to rates: funnel limits for groups, control charts for samples in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import read_numbers
from gtmlib.stats.clustered import estimate_design_effect
from gtmlib.stats.comparisons import newcombe_interval
from gtmlib.stats.distributions import critical_value
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion
from gtmlib.stats.requirements import require_level, require_positive

SIGMAS = 3.0  # Shewhart's: about three samples in a thousand leave the limits by chance


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
class ChartSample:
    """One sample of a control chart.

    Parameters
    ----------
    n_successes, n_trials : int
        Counts.
    rate, low, high : float
        Its rate, and the limits for its size; in [0, 1].
    is_outside : bool
        Whether the rate lies outside the limits.
    """

    n_successes: int
    n_trials: int
    rate: float
    low: float
    high: float
    is_outside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlChart:
    """Rates of successive samples, with three-sigma limits.

    Parameters
    ----------
    centre : float
        Mean rate of the samples that the limits are set by, in [0, 1].
    samples : tuple of ChartSample
        In order of time.
    """

    centre: float
    samples: tuple[ChartSample, ...]

    @property
    def out_of_control(self) -> tuple[int, ...]:
        """Samples outside their limits; the first sample is 1."""
        return tuple(place for place, sample in enumerate(self.samples, start=1) if sample.is_outside)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateChange:
    """A rate before and after something began.

    Parameters
    ----------
    before, after : ProportionEstimate
        Over all samples of each side, as wide as the samples scatter.
    difference, ci_low, ci_high : float
        After less before, in [-1, 1].
    confidence_level : float
        In (0, 1).
    """

    before: ProportionEstimate
    after: ProportionEstimate
    difference: float
    ci_low: float
    ci_high: float
    confidence_level: float


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


def chart_samples(
    n_successes: Sequence[int], n_trials: Sequence[int] | int, *, n_baseline: int | None = None
) -> ControlChart:
    """Return the control chart of a rate in successive samples (p-chart).

    Parameters
    ----------
    n_successes : sequence of int
        By sample, in order of time.
    n_trials : sequence of int, or int
        Size of each sample (above 0), or of every one.
    n_baseline : int, optional
        The first samples, which set the centre: what was usual before a change. None: all samples do.

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
    k = read_numbers("n_successes", list(n_successes), least=0, is_whole=True)
    sizes = [n_trials] * k.size if isinstance(n_trials, int) else list(n_trials)
    n = read_numbers("n_trials", sizes, size=k.size, least=1, is_whole=True)
    if not k.size or (k > n).any():
        raise ParameterError("Each sample needs as many successes as trials or fewer, and there must be a sample.")
    first = k.size if n_baseline is None else n_baseline
    if not 0 < first <= k.size:
        raise ParameterError(f"n_baseline is {first}: give from 1 to {k.size}, the number of samples.")
    centre = float(k[:first].sum() / n[:first].sum())
    half = SIGMAS * np.sqrt(centre * (1 - centre) / n)
    low, high, rate = np.maximum(0.0, centre - half), np.minimum(1.0, centre + half), k / n
    columns = (column.tolist() for column in (k, n, rate, low, high, (rate < low) | (rate > high)))
    return ControlChart(
        centre=centre,
        samples=tuple(
            ChartSample(n_successes=int(a), n_trials=int(b), rate=c, low=d, high=e, is_outside=f)
            for a, b, c, d, e, f in zip(*columns, strict=True)
        ),
    )


def compare_before_after(
    n_successes: Sequence[int], n_trials: Sequence[int], n_before: int, *, confidence_level: float = 0.95
) -> RateChange:
    """Compare a rate in the samples after something began with that in those before: an association, not an effect.

    Parameters
    ----------
    n_successes, n_trials : sequence of int
        By sample, in order of time; trials above 0.
    n_before : int
        Samples before; at least one on each side.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Raises
    ------
    ParameterError
        If a side has no sample, or a count is out of range.

    References
    ----------
    Newcombe (1998), method 10, on effective numbers: samples that scatter by more than chance count for less, by the
    design effect of Rao & Scott (1992), Biometrics 48, 577-585.

    Examples
    --------
    >>> change = compare_before_after([10, 12, 11, 20, 22, 21], [40] * 6, 3)
    >>> round(change.difference, 3), change.ci_low > 0
    (0.25, True)
    """
    level = require_level(confidence_level)
    if not 0 < n_before < len(n_successes):
        raise ParameterError(f"n_before is {n_before} of {len(n_successes)} samples: each side needs one.")
    sides = []
    for part in (slice(None, n_before), slice(n_before, None)):
        counts, sizes = list(n_successes[part]), list(n_trials[part])
        effect = estimate_design_effect(counts, sizes)
        sides.append(estimate_proportion(sum(counts), sum(sizes), confidence_level=level, design_effect=effect))
    before, after = sides
    k, n, k_0, n_0 = (
        np.array(count) for side in (after, before) for count in (side.rate * side.n_effective, side.n_effective)
    )
    low, high = newcombe_interval(k, n, k_0, n_0, critical_value(level))
    return RateChange(
        before=before,
        after=after,
        difference=after.rate - before.rate,
        ci_low=float(low),
        ci_high=float(high),
        confidence_level=level,
    )
