"""A claim against its threshold: a verdict that may be looked at every week, and what it takes to get one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

from scipy import special

from gtmlib.errors import ParameterError
from gtmlib.stats.distributions import critical_value
from gtmlib.stats.requirements import require_positive
from gtmlib.stats.sequential import boundary

Direction = Literal["above", "below"]
Outcome = Literal["confirmed", "refuted", "open"]

POWER = 0.8  # chance that a claim off its threshold by the smallest effect is decided by the time that is announced
MOST_OBSERVATIONS = 10_000_000  # beyond it "more observations" is no advice


class Interval(NamedTuple):
    """An estimate and its interval, in the unit of the estimate.

    Parameters
    ----------
    value, low, high : float
        With low <= value <= high.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a decision takes.

    Parameters
    ----------
    n : int, optional
        Observations at which a claim off its threshold by the smallest effect is decided in four of five cases; none
        where ten million would not do.
    n_more : int, optional
        Those still lacking, at least 0.
    weeks : float, optional
        Until then, at the present pace; none where the pace is not known.
    """

    n: int | None
    n_more: int | None
    weeks: float | None


def widen(estimate: Interval, n: int, *, planned_n: float, confidence_level: float = 0.95) -> Interval:
    """Widen an interval made for a single look so that it holds at every look.

    Each side is stretched from the standard errors of one look to those of the asymptotic confidence sequence, so that
    any finding can be followed weekly, whatever estimator gave it.

    Parameters
    ----------
    estimate : Interval
        For one look.
    n : int
        Observations behind it.
    planned_n : float
        Observations at which the interval is to be narrowest; declared before the data.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    ParameterError
        If a number is out of range.

    References
    ----------
    Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2024), Ann. Stat. 52, 2613-2640.

    Examples
    --------
    >>> [round(side, 3) for side in widen(Interval(0.2, 0.1, 0.3), 400, planned_n=400)]
    [0.2, 0.045, 0.355]
    """
    factor = boundary(n, planned_n=planned_n, confidence_level=confidence_level) / critical_value(confidence_level)
    value, low, high = estimate
    return Interval(value, value - (value - low) * factor, value + (high - value) * factor)


def subtract(first: Interval, second: Interval) -> Interval:
    """Give the difference of two independent estimates, with an interval from theirs.

    Parameters
    ----------
    first, second : Interval
        Of the same confidence level.

    References
    ----------
    Zou & Donner (2008), Stat. Med. 27, 1693-1702 (their method of variance estimates recovery).

    Examples
    --------
    >>> from gtmlib.stats.proportions import estimate_proportion
    >>> rates = [estimate_proportion(56, 70), estimate_proportion(48, 80)]  # Newcombe's: .200 (.0524, .3339)
    >>> [round(side, 4) for side in subtract(*(Interval(rate.rate, rate.ci_low, rate.ci_high) for rate in rates))]
    [0.2, 0.0524, 0.3339]
    """
    value = first.value - second.value
    down = math.hypot(first.value - first.low, second.high - second.value)
    up = math.hypot(first.high - first.value, second.value - second.low)
    return Interval(value, value - down, value + up)


def judge_claim(estimate: Interval, *, direction: Direction, threshold: float) -> Outcome:
    """Return what an interval says of a claim.

    Parameters
    ----------
    estimate : Interval
        That holds at every look.
    direction : {'above', 'below'}
        Side of the threshold that the claim is on.
    threshold : float
        In the unit of the estimate.

    Raises
    ------
    ParameterError
        If the direction is another.

    Examples
    --------
    >>> judge_claim(Interval(0.2, 0.15, 0.25), direction="above", threshold=0.1)
    'confirmed'
    >>> judge_claim(Interval(0.2, 0.15, 0.25), direction="below", threshold=0.1)
    'refuted'
    >>> judge_claim(Interval(0.2, 0.15, 0.25), direction="above", threshold=0.15)
    'open'
    """
    if direction not in ("above", "below"):
        raise ParameterError(f"direction is '{direction}'. Write 'above' or 'below'.")
    is_above, is_below = estimate.low > threshold, estimate.high < threshold
    if not is_above and not is_below:
        return "open"
    return "confirmed" if is_above == (direction == "above") else "refuted"


def spread_of(estimate: Interval, n: int, *, planned_n: float, confidence_level: float = 0.95) -> float:
    """Return the standard error of one observation that an interval for every look was made from.

    Parameters
    ----------
    estimate : Interval
        That holds at every look.
    n : int
        Observations behind it.
    planned_n : float
        Observations at which it is narrowest.
    confidence_level : float
        In (0, 1).

    Examples
    --------
    >>> wide = widen(Interval(0.2, 0.1, 0.3), 400, planned_n=500)
    >>> round(spread_of(wide, 400, planned_n=500), 3)  # a half-width of .1 at one look of 400
    1.02
    """
    critical = boundary(n, planned_n=planned_n, confidence_level=confidence_level)
    return (estimate.high - estimate.low) / 2 / critical * math.sqrt(n)


def observations_needed(
    spread: float,
    n: int,
    *,
    smallest_effect: float,
    planned_n: float,
    per_week: float | None = None,
    confidence_level: float = 0.95,
) -> Need:
    """Return what it takes until a claim that is off its threshold by the smallest effect is decided.

    Parameters
    ----------
    spread : float
        Standard error of one observation: of a rate at its threshold t it is sqrt(t (1 - t)).
    n : int
        Observations now.
    smallest_effect : float
        Smallest distance from the threshold that would change a decision, above 0.
    planned_n : float
        Observations at which the interval is narrowest.
    per_week : float, optional
        Present pace.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    ParameterError
        If a number is out of range.

    Examples
    --------
    >>> need = observations_needed(0.3, 800, smallest_effect=0.03, planned_n=1000, per_week=18)
    >>> need.n, need.n_more, round(need.weeks, 1)
    (1511, 711, 39.5)
    """
    require_positive(smallest_effect, "smallest_effect")
    with_power = float(special.ndtri(POWER))

    def decides(size: int) -> bool:
        critical = boundary(size, planned_n=planned_n, confidence_level=confidence_level)
        return (critical + with_power) * spread / math.sqrt(size) <= smallest_effect

    if not decides(MOST_OBSERVATIONS):
        return Need(n=None, n_more=None, weeks=None)
    low, high = 0, MOST_OBSERVATIONS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decides(middle) else (middle, high)
    n_more = max(0, high - n)
    return Need(n=high, n_more=n_more, weeks=n_more / per_week if per_week else None)
