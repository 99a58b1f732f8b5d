"""Why a result changed between two periods: what came of more activity, and what of another rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from gtmlib.stats.comparisons import compare_proportions
from gtmlib.stats.proportions import ProportionEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class RateDecomposition:
    """A change of a number of successes, in two parts that sum to it.

    Parameters
    ----------
    before, after : ProportionEstimate
        Successes per activity in each period.
    activity_effect, activity_ci_low, activity_ci_high : float
        What the change of activity gives at the mean rate, in successes; its interval is that of the mean rate.
    rate_effect, rate_ci_low, rate_ci_high : float
        What the change of the rate gives at the mean activity, in successes; its interval is that of the difference.
    total : int
        Successes after less successes before.
    confidence_level : float
        In (0, 1).
    """

    before: ProportionEstimate
    after: ProportionEstimate
    activity_effect: float
    activity_ci_low: float
    activity_ci_high: float
    rate_effect: float
    rate_ci_low: float
    rate_ci_high: float
    total: int
    confidence_level: float


def decompose_change(
    n_successes_before: int, n_before: int, n_successes_after: int, n_after: int, *, confidence_level: float = 0.95
) -> RateDecomposition:
    """Split the change of a number of successes into what came of activity and what came of the rate.

    Parameters
    ----------
    n_successes_before, n_before, n_successes_after, n_after : int
        Successes and activities of both periods; activities above 0.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    RateDecomposition
        Both parts sum to the change exactly. It says what went with what; it does not say what caused it.

    Raises
    ------
    ParameterError
        If counts are out of range.

    References
    ----------
    Kitagawa (1955), J. Am. Stat. Assoc. 50, 1168-1194. Intervals: Newcombe (1998), method 10, for the difference of the
    rates, and the same by squares of distances for their sum (Zou & Donner 2008, Stat. Med. 27, 1693-1702).

    Examples
    --------
    >>> change = decompose_change(20, 400, 21, 600)
    >>> change.activity_effect, change.rate_effect, change.total
    (8.5, -7.5, 1)
    """
    compared = compare_proportions(
        n_successes_after, n_after, n_successes_before, n_before, confidence_level=confidence_level
    )
    before, after = compared.control, compared.group
    rate_0, rate = (Fraction(side.n_successes, side.n_trials) for side in (before, after))
    more, mean_n = after.n_trials - before.n_trials, Fraction(after.n_trials + before.n_trials, 2)
    mean_rate = float((rate + rate_0) / 2)
    below, above = (
        math.hypot(*(getattr(side, end) - side.rate for side in (before, after))) / 2 for end in ("ci_low", "ci_high")
    )
    ends = sorted((more * (mean_rate - below), more * (mean_rate + above)))
    return RateDecomposition(
        before=before,
        after=after,
        activity_effect=float(more * (rate + rate_0) / 2),
        activity_ci_low=ends[0],
        activity_ci_high=ends[1],
        rate_effect=float((rate - rate_0) * mean_n),
        rate_ci_low=compared.ci_low * float(mean_n),
        rate_ci_high=compared.ci_high * float(mean_n),
        total=after.n_successes - before.n_successes,
        confidence_level=confidence_level,
    )
