"""Were the forecasts right? The Brier score, its three parts, and what came of forecasts of each size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from numpy.typing import ArrayLike

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import read_numbers
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion

WEIGHT_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class BrierParts:
    """The Brier score of forecasts in groups: brier = reliability - resolution + uncertainty.

    Parameters
    ----------
    reliability : float
        How far forecasts lie from what came of them; 0 is best.
    resolution : float
        How far what came of the groups differs; more is better.
    uncertainty : float
        What nobody can forecast away, from the mean rate alone.
    brier : float
        Mean squared error, in [0, 1]; 0 is best.
    skill : float, optional
        1 - brier / uncertainty: 0 is as good as saying the mean every time, below 0 is worse; none where all end alike.
    mean_rate : float
        Share that came true.
    """

    reliability: float
    resolution: float
    uncertainty: float
    brier: float
    skill: float | None
    mean_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastBin:
    """Forecasts of about one size, and what came of them.

    Parameters
    ----------
    n_forecasts, n_deals : int
        A deal is forecast again in each snapshot.
    forecast : float
        Their mean, in [0, 1].
    rate : ProportionEstimate
        Share that came true; its interval counts each deal once.
    """

    n_forecasts: int
    n_deals: int
    forecast: float
    rate: ProportionEstimate


def decompose_brier(forecasts: ArrayLike, rates: ArrayLike, weights: ArrayLike) -> BrierParts:
    """Decompose the Brier score of grouped forecasts.

    Parameters
    ----------
    forecasts, rates, weights : array_like
        Per group: what was forecast, what share came true, and its share of all forecasts; the weights sum to 1.

    Raises
    ------
    ParameterError
        If the weights do not sum to 1, or a number is not in [0, 1].

    References
    ----------
    Murphy (1973), J. Appl. Meteorol. 12, 595-600.

    Examples
    --------
    >>> parts = decompose_brier([0.2, 0.8], [0.4, 0.6], [0.5, 0.5])
    >>> round(parts.reliability, 4), round(parts.resolution, 4), round(parts.brier, 4)
    (0.04, 0.01, 0.28)
    """
    y = read_numbers("forecasts", forecasts, least=0)
    o = read_numbers("rates", rates, size=y.size, least=0)
    w = read_numbers("weights", weights, size=y.size, least=0)
    if (y > 1).any() or (o > 1).any():
        raise ParameterError("Forecasts and rates are shares: give numbers from 0 to 1.")
    if abs(float(w.sum()) - 1) > WEIGHT_TOLERANCE:
        raise ParameterError(f"The weights sum to {w.sum():g}, not to 1. Give each group's share of all forecasts.")
    mean = float(w @ o)
    reliability, resolution = float(w @ (y - o) ** 2), float(w @ (o - mean) ** 2)
    uncertainty = mean * (1 - mean)
    return BrierParts(
        reliability=reliability,
        resolution=resolution,
        uncertainty=uncertainty,
        brier=reliability - resolution + uncertainty,
        skill=(resolution - reliability) / uncertainty if uncertainty > 0 else None,
        mean_rate=mean,
    )


def estimate_forecast_bins(
    n_forecasts: Sequence[int],
    n_deals: Sequence[int],
    sums: Sequence[float],
    n_won: Sequence[int],
    *,
    confidence_level: float = 0.95,
) -> tuple[ForecastBin, ...]:
    """Estimate what came of forecasts of each size; a deal that was forecast many times tells as much as once.

    Parameters
    ----------
    n_forecasts, n_deals : sequence of int
        Per bin: forecasts, and the deals that they are of.
    sums : sequence of float
        Sum of the forecasts.
    n_won : sequence of int
        Forecasts that came true.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212, on as many trials as there are deals.

    Examples
    --------
    >>> (found,) = estimate_forecast_bins([40], [10], [24.0], [20])
    >>> found.forecast, found.rate.rate, round(found.rate.ci_low, 3)
    (0.6, 0.5, 0.237)
    """
    return tuple(
        ForecastBin(
            n_forecasts=n,
            n_deals=deals,
            forecast=min(max(total / n, 0.0), 1.0),
            rate=estimate_proportion(won, n, confidence_level=confidence_level, design_effect=n / deals),
        )
        for n, deals, total, won in zip(n_forecasts, n_deals, sums, n_won, strict=True)
    )
