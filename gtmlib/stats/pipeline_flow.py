"""Money in a pipeline: what it brings a day, and what changed between two snapshots, to the cent."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from gtmlib.errors import ParameterError
from gtmlib.stats.distributions import critical_value
from gtmlib.stats.requirements import require_level, require_positive

PARTS_PER_CENT = 100  # amounts are exact to 1/10,000 of the currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Velocity:
    """What a pipeline brings a day.

    Parameters
    ----------
    n_deals : float
        Deals in it.
    win_rate : float
        Share of them that is won, in [0, 1].
    mean_amount : float
        Of a won deal.
    cycle_days : float
        Days that a won deal takes.
    value : float
        deals x rate x amount / days, money a day.
    ci_low, ci_high : float
        Its interval.
    confidence_level : float
        In (0, 1).
    """

    n_deals: float
    win_rate: float
    mean_amount: float
    cycle_days: float
    value: float
    ci_low: float
    ci_high: float
    confidence_level: float


def estimate_velocity(
    n_deals: float,
    win_rate: float,
    mean_amount: float,
    cycle_days: float,
    *,
    standard_errors: tuple[float, float, float] = (0.0, 0.0, 0.0),
    confidence_level: float = 0.95,
) -> Velocity:
    """Estimate what a pipeline brings a day.

    Parameters
    ----------
    n_deals : float
        Deals in the pipeline, 0 or more: counted, so without error.
    win_rate : float
        In [0, 1].
    mean_amount, cycle_days : float
        Above 0.
    standard_errors : tuple of float
        Of win rate, mean amount and cycle; taken as independent, on the log scale.
    confidence_level : float
        Coverage of the interval, in (0, 1).

    Raises
    ------
    ParameterError
        If a number is out of range.

    References
    ----------
    The product of four averages as sales teams use it; the interval by the delta method on its logarithm.

    Examples
    --------
    >>> round(estimate_velocity(40, 0.25, 200_000, 90).value, 2)
    22222.22
    """
    level = require_level(confidence_level)
    amount, days = require_positive(mean_amount, "mean_amount"), require_positive(cycle_days, "cycle_days")
    if not (n_deals >= 0 and 0 <= win_rate <= 1):
        raise ParameterError(f"n_deals is {n_deals} and win_rate {win_rate}. Give a count, and a share from 0 to 1.")
    value = n_deals * win_rate * amount / days
    terms = zip(standard_errors, (win_rate, amount, days), strict=True)
    error = math.sqrt(sum((error / mean) ** 2 for error, mean in terms if mean > 0))
    factor = math.exp(critical_value(level) * error)
    return Velocity(
        n_deals=n_deals,
        win_rate=win_rate,
        mean_amount=amount,
        cycle_days=days,
        value=value,
        ci_low=value / factor,
        ci_high=value * factor,
        confidence_level=level,
    )


def round_flow(opening: int, changes: Sequence[int]) -> tuple[int, tuple[int, ...], int]:
    """Round a first sum and its changes to cents so that they still add up: each running total is rounded once.

    Parameters
    ----------
    opening : int
        First sum, in 1/10,000 of the currency.
    changes : sequence of int
        What follows, in the same unit.

    Returns
    -------
    int, tuple of int, int
        First sum, changes and last sum in cents: the first and the changes sum to the last.

    Examples
    --------
    >>> round_flow(10_050, [50, 50, -20_000])
    (101, (0, 1, -201), -99)
    """
    levels = [opening]
    for change in changes:
        levels.append(levels[-1] + change)
    cents = [_to_cents(level) for level in levels]
    return cents[0], tuple(after - before for before, after in itertools.pairwise(cents)), cents[-1]


def _to_cents(parts: int) -> int:
    """Round half away from zero, as ledgers do."""
    sign = -1 if parts < 0 else 1
    return sign * ((abs(parts) + PARTS_PER_CENT // 2) // PARTS_PER_CENT)
