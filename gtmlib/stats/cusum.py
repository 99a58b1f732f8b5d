"""Has a count begun to rise? A Poisson CUSUM, with how long it waits before a false alarm and before a true one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import read_numbers
from gtmlib.stats.distributions import Array
from gtmlib.stats.requirements import require_positive

STEPS = 8  # lattice points per event: sums stay on it, so that run lengths are exact and not interpolated
MOST_STATES = 1600  # of the chain; a rate so high that it needs more is too high for a count chart
MOST_WAIT = 5000  # periods; a rise that takes longer is not caught


@dataclass(frozen=True, slots=True, kw_only=True)
class Cusum:
    """A chart of counts that waits for a rate to rise; it starts from 0, without head start.

    Parameters
    ----------
    rate, raised_rate : float
        Events per unit of exposure: what is usual, and the rise that the chart is tuned to.
    allowance : float
        Events per unit of exposure that are subtracted in each period.
    interval : float
        Decision interval: the sum that gives the alarm.
    run_length : float
        Periods to a false alarm, in the mean.
    median_delay : int
        Periods to the alarm in half of the cases, once the rate is raised.
    """

    rate: float
    raised_rate: float
    allowance: float
    interval: float
    run_length: float
    median_delay: int


def design_cusum(rate: float, exposures: ArrayLike, *, factor: float = 2.0, least_run_length: float = 100.0) -> Cusum:
    """Choose the decision interval: the smallest whose false alarms are as rare as is asked for.

    Parameters
    ----------
    rate : float
        Usual events per unit of exposure, above 0.
    exposures : array_like
        Exposure of some periods, such as conversations of each week, above 0; periods to come are as busy as these,
        in any order.
    factor : float
        Rise to tune to, above 1.
    least_run_length : float
        Periods to a false alarm in the mean, at least.

    Raises
    ------
    ParameterError
        If a number is out of range, or there are too many events per period for a chart of counts.

    References
    ----------
    Lucas (1985), Technometrics 27, 129-144; run lengths by the Markov chain of Brook & Evans (1972), Biometrika 59,
    539-549, exact on a lattice of an eighth of an event.

    Examples
    --------
    >>> chart = design_cusum(0.05, [60.0])
    >>> chart.interval, round(chart.run_length), chart.median_delay
    (4.375, 121, 3)
    """
    usual = require_positive(rate, "rate")
    volumes = read_numbers("exposures", exposures, least=0)
    if not (factor > 1 and math.isfinite(factor)) or volumes.size == 0 or volumes.min() <= 0:
        raise ParameterError(f"factor is {factor}, exposures are {volumes.tolist()[:3]}: give a factor above 1 and "
                             "exposures above 0.")  # fmt: skip
    allowance = usual * (factor - 1) / math.log(factor)
    low, high = 0, STEPS
    while _mean_run_length(usual, volumes, allowance, high) < least_run_length:
        low, high = high, 2 * high
        if high > MOST_STATES:
            raise ParameterError(f"{usual * volumes.mean():g} events per period are too many for a chart of counts.")
    while high - low > 1:
        middle = (low + high) // 2
        if _mean_run_length(usual, volumes, allowance, middle) < least_run_length:
            low = middle
        else:
            high = middle
    return Cusum(
        rate=usual,
        raised_rate=usual * factor,
        allowance=allowance,
        interval=high / STEPS,
        run_length=_mean_run_length(usual, volumes, allowance, high),
        median_delay=_median_run_length(usual * factor, volumes, allowance, high),
    )


def run_cusum(chart: Cusum, counts: ArrayLike, exposures: ArrayLike) -> tuple[float, ...]:
    """Return the sum after each period; it starts anew from 0 after an alarm.

    Parameters
    ----------
    chart : Cusum
        As designed.
    counts, exposures : array_like
        Shape (n_periods,): events, and exposure of each period in the unit of the chart's rate.

    Raises
    ------
    ParameterError
        If counts or exposures are out of range.

    References
    ----------
    Page (1954), Biometrika 41, 100-115.

    Examples
    --------
    >>> run_cusum(design_cusum(0.05, [60.0]), [3, 6, 9], [60, 60, 60])
    (0.0, 1.625, 6.25)
    """
    found = read_numbers("counts", counts, least=0, is_whole=True)
    allowances = _allowances(chart.allowance, read_numbers("exposures", exposures, size=found.size, least=0))
    total, sums = 0.0, []
    for count, allowance in zip(found, allowances / STEPS, strict=True):
        total = max(0.0, (0.0 if total >= chart.interval else total) + count - allowance)
        sums.append(float(total))
    return tuple(sums)


def first_alarm(chart: Cusum, sums: Sequence[float]) -> int | None:
    """Return the place of the first alarm; None where there is none.

    Parameters
    ----------
    chart : Cusum
        As designed.
    sums : sequence of float
        As `run_cusum` gives them.

    Examples
    --------
    >>> first_alarm(design_cusum(0.05, [60.0]), [0.0, 2.5, 4.5])
    2
    """
    return next((place for place, total in enumerate(sums) if total >= chart.interval), None)


def _allowances(allowance: float, exposures: Array) -> Array:
    """Give what is subtracted in each period, in steps of the lattice."""
    return np.rint(allowance * exposures * STEPS)


def _transitions(rate: float, volumes: Array, allowance: float, n_states: int) -> Array:
    """Give the chances to go from one sum below the decision interval to another; what is lacking is the alarm."""
    sizes, times = np.unique(volumes, return_counts=True)
    states = np.arange(n_states)
    chances = np.zeros((n_states, n_states))
    for size, weight, less in zip(sizes, times / times.sum(), _allowances(allowance, sizes), strict=True):
        mean = rate * size
        counts = np.arange(int((n_states + less) // STEPS) + 1)
        likely = weight * np.exp(special.xlogy(counts, mean) - mean - special.gammaln(counts + 1))
        for count, chance in zip(counts, likely, strict=True):
            ends = np.maximum(states + count * STEPS - int(less), 0)
            stays = ends < n_states
            chances[states[stays], ends[stays]] += chance
    return chances


def _mean_run_length(rate: float, volumes: Array, allowance: float, n_states: int) -> float:
    chances = _transitions(rate, volumes, allowance, n_states)
    return float(np.linalg.solve(np.eye(n_states) - chances, np.ones(n_states))[0])


def _median_run_length(rate: float, volumes: Array, allowance: float, n_states: int) -> int:
    chances = _transitions(rate, volumes, allowance, n_states)
    where = np.zeros(n_states)
    where[0] = 1.0
    for period in range(1, MOST_WAIT + 1):
        where = where @ chances
        if where.sum() <= 0.5:
            return period
    return MOST_WAIT
