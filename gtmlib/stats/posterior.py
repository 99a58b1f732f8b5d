"""Fits of models with a few positive parameters: maximum a posteriori, with Laplace and delta intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import Numbers
from gtmlib.stats.distributions import critical_value
from gtmlib.stats.requirements import require_level

# Parameters in log units beyond this range (a factor of 160,000 each way) mean that the data do not bound them.
LOG_RANGE = 12.0
# A curvature below this leaves a standard error of over 30 log units in some direction: no top worth the name.
FLATTEST = 1e-3
MOST_STEPS = 200  # published data take about 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An estimate and its interval, in the unit of what is estimated.

    Parameters
    ----------
    value, ci_low, ci_high : float
        With ci_low <= value <= ci_high.
    confidence_level : float
        Of the interval, in (0, 1).
    """

    value: float
    ci_low: float
    ci_high: float
    confidence_level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LogNormalPrior:
    """What is believed of positive parameters before the data.

    Parameters
    ----------
    medians : tuple of float
        Above 0, one per parameter, in the model's order.
    log_sd : float
        Standard deviation of each parameter's natural logarithm: 1.5 puts 95 % within a factor of 19 each way.
    """

    medians: tuple[float, ...]
    log_sd: float = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFit:
    """Where the posterior of positive parameters has its top, in natural logarithms.

    Parameters
    ----------
    log_values : tuple of float
        The parameters' logarithms.
    log_covariance : tuple of tuple of float
        Of the logarithms: the inverse of the curvature at the top.
    log_likelihood : float
        Of the data alone, without the prior.
    """

    log_values: tuple[float, ...]
    log_covariance: tuple[tuple[float, ...], ...]
    log_likelihood: float


LogLikelihood = Callable[[Numbers], tuple[float, Numbers]]


def estimate_log_fit(log_likelihood: LogLikelihood, start: Sequence[float], prior: LogNormalPrior | None) -> LogFit:
    """Find the top of a posterior over positive parameters, and its curvature.

    Parameters
    ----------
    log_likelihood : callable
        Takes the parameters, gives the log-likelihood and its gradient by the parameters.
    start : sequence of float
        Where to begin, above 0.
    prior : LogNormalPrior or None
        None is maximum likelihood.

    Raises
    ------
    ParameterError
        If there is no top inside a wide range: small data often leave a parameter unbounded without a prior.

    References
    ----------
    Tierney & Kadane (1986), J. Am. Stat. Assoc. 81, 82-86 (the Laplace approximation).

    Examples
    --------
    >>> fit = estimate_log_fit(lambda rate: (float(8 * np.log(rate[0]) - 4 * rate[0]), 8 / rate - 4), [1.0], None)
    >>> round(math.exp(fit.log_values[0]), 6), round(fit.log_covariance[0][0], 6)  # 8 events in 4 years
    (2.0, 0.125)
    """

    def loss(logs: Numbers) -> tuple[float, Numbers]:
        values = np.exp(logs)
        fit, gradient = log_likelihood(values)
        gradient = gradient * values
        if prior is not None:
            z = (logs - np.log(prior.medians)) / prior.log_sd
            fit, gradient = fit - float(z @ z) / 2, gradient - z / prior.log_sd
        return -fit, -gradient

    logs = _descend(loss, np.clip(np.log(start), -LOG_RANGE, LOG_RANGE))
    curvature = _curvature(loss, logs)
    # With a prior the edge of the range is an answer (customers who all spend the same); without, it is a flight.
    is_lost = prior is None and np.abs(logs).max() >= LOG_RANGE - 1e-6
    if is_lost or np.linalg.eigvalsh(curvature)[0] <= FLATTEST:
        fix = "check them for doubled rows and mixed units" if prior else "fit it with a prior, not without"
        raise ParameterError(f"These data leave a parameter of the model without bounds: {fix}.")
    covariance = np.linalg.inv(curvature)
    return LogFit(
        log_values=tuple(float(value) for value in logs),
        log_covariance=tuple(tuple(float(value) for value in row) for row in covariance),
        log_likelihood=float(log_likelihood(np.exp(logs))[0]),
    )


def _descend(loss: LogLikelihood, logs: Numbers) -> Numbers:
    """Take damped Newton steps to the bottom, inside the range.

    A few parameters need no library: scipy's L-BFGS-B was ten times slower where its BLAS threads met others' work.
    """
    damping = 0.0
    for _ in range(MOST_STEPS):
        value, gradient = loss(logs)
        # What pushes against the edge of the range stays there; the others move on without it.
        is_free = (np.abs(logs) < LOG_RANGE) | (gradient * logs > 0)
        slope = np.where(is_free, gradient, 0.0)
        curvature = np.where(np.outer(is_free, is_free), _curvature(loss, logs), np.eye(logs.size))
        while damping < 1e12:
            # The last term keeps a flat direction (no repeats: nothing on leaving) from making the matrix singular.
            step = np.linalg.solve(curvature + (damping + 1e-10) * np.eye(logs.size), slope)
            moved = np.clip(logs - np.clip(step, -2, 2), -LOG_RANGE, LOG_RANGE)
            if abs(slope @ step) < 1e-12 * (1 + abs(value)):
                return np.asarray(moved, dtype=np.float64)
            if slope @ step > 0 and loss(moved)[0] < value:
                break
            damping = max(10 * damping, 1e-3)
        else:
            return logs
        logs, damping = moved, damping / 10 if damping > 1e-3 else 0.0
    return logs


def _curvature(loss: LogLikelihood, logs: Numbers, width: float = 1e-4) -> Numbers:
    rows = [(loss(logs + step)[1] - loss(logs - step)[1]) / (2 * width) for step in np.eye(logs.size) * width]
    square = np.array(rows)
    return (square + square.T) / 2


def parameter_estimates(fit: LogFit, *, confidence_level: float = 0.95) -> tuple[Estimate, ...]:
    """Give the parameters themselves, with intervals that are symmetric in their logarithms.

    Parameters
    ----------
    fit : LogFit
        The parameters.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Raises
    ------
    ParameterError
        If the level is out of range.

    Examples
    --------
    >>> fit = LogFit(log_values=(math.log(2.0),), log_covariance=((0.125,),), log_likelihood=0.0)
    >>> round(parameter_estimates(fit)[0].ci_high, 3)
    3.999
    """
    z = critical_value(require_level(confidence_level))
    halves = [z * math.sqrt(row[place]) for place, row in enumerate(fit.log_covariance)]
    return tuple(
        Estimate(
            value=math.exp(log),
            ci_low=math.exp(log - half),
            ci_high=math.exp(log + half),
            confidence_level=confidence_level,
        )
        for log, half in zip(fit.log_values, halves, strict=True)
    )


def delta_estimate(
    fit: LogFit,
    function: Callable[[Numbers], float],
    *,
    scale: Literal["log", "logit"] = "log",
    confidence_level: float = 0.95,
) -> Estimate:
    """Estimate a function of the parameters, with the delta-method interval on a scale that keeps it in range.

    Parameters
    ----------
    fit : LogFit
        The parameters.
    function : callable
        Takes the parameters, gives a number: above 0 for `log`, in (0, 1) for `logit`.
    scale : {'log', 'logit'}
        On which the interval is symmetric.
    confidence_level : float
        Coverage of the interval, in (0, 1). It holds what the fit does not know of the parameters; not the
        luck of the customers still to come.

    Raises
    ------
    ParameterError
        If the level is out of range.

    Examples
    --------
    >>> fit = LogFit(log_values=(math.log(2.0),), log_covariance=((0.125,),), log_likelihood=0.0)
    >>> yearly = delta_estimate(fit, lambda rate: float(rate[0]))
    >>> round(yearly.value, 3), round(yearly.ci_low, 3), round(yearly.ci_high, 3)
    (2.0, 1.0, 3.999)
    """
    from scipy.special import expit, logit

    level = require_level(confidence_level)

    def forward(logs: Numbers) -> float:
        value = function(np.exp(logs))
        return float(logit(value)) if scale == "logit" else math.log(value)

    def back(point: float) -> float:
        return float(expit(point)) if scale == "logit" else math.exp(point)

    logs, width = np.array(fit.log_values), 1e-4
    gradient = np.array(
        [(forward(logs + step) - forward(logs - step)) / (2 * width) for step in np.eye(logs.size) * width]
    )
    variance = max(float(gradient @ np.array(fit.log_covariance) @ gradient), 0.0)
    middle, half = forward(logs), critical_value(level) * math.sqrt(variance)
    return Estimate(
        value=back(middle), ci_low=back(middle - half), ci_high=back(middle + half), confidence_level=confidence_level
    )
