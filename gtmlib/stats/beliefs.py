"""The chance of being best and what choosing wrongly would cost, from counts and a flat prior."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import special

from gtmlib.errors import ParameterError
from gtmlib.stats.distributions import Array
from gtmlib.stats.requirements import require_positive

N_NODES = 200  # of a Gauss-Legendre rule: ten digits, since the integrands are smooth
TAIL = 1e-13  # of each posterior that lies outside the range of the quadrature


@dataclass(frozen=True, slots=True, kw_only=True)
class BestChance:
    """What the counts say about choosing one variant.

    Parameters
    ----------
    chance_best : float
        Probability that its rate is the highest, in [0, 1].
    expected_loss : float
        Expected conversions per contact forgone by choosing it, at least 0.
    """

    chance_best: float
    expected_loss: float


def estimate_best_chances(
    n_successes: Sequence[float], n_trials: Sequence[float], *, prior: tuple[float, float] = (1.0, 1.0)
) -> tuple[BestChance, ...]:
    """Estimate for each variant the chance that it is best, and the expected loss of choosing it.

    Beta posteriors of independent variants, integrated by quadrature: no random draws, the same answer every time. The
    loss times contacts to come and value of a conversion is money. Neither knows of many looks, nor of reps who chose
    their message (give effective counts), so they never decide alone.

    Parameters
    ----------
    n_successes, n_trials : sequence of float
        Counts by variant, whole or effective; two variants or more.
    prior : tuple of float
        Parameters of the beta prior, above 0.

    Raises
    ------
    ParameterError
        If there are fewer than two variants, or counts are out of range.

    References
    ----------
    Thompson (1933), Biometrika 25, 285-294; expected loss: Stucchio (2015), Bayesian A/B testing at VWO.

    Examples
    --------
    >>> a, b = estimate_best_chances([12, 20], [100, 100])
    >>> round(b.chance_best, 6), round(b.expected_loss, 6)
    (0.9365, 0.001442)
    """
    k, n = np.asarray(n_successes, dtype=float), np.asarray(n_trials, dtype=float)
    if len(k) != len(n) or len(k) < 2 or not ((k >= 0) & (k <= n)).all():
        raise ParameterError(f"{tuple(k)} successes of {tuple(n)} trials. Give both for two or more variants.")
    alpha = (k + require_positive(prior[0], "prior"))[:, None]
    beta = (n - k + require_positive(prior[1], "prior"))[:, None]
    low, high = special.betaincinv(alpha, beta, TAIL), special.betainccinv(alpha, beta, TAIL)
    nodes, weights = _nodes(low, high)  # one row of nodes per variant, over the range of its own posterior
    log_density = special.xlogy(alpha - 1, nodes) + special.xlog1py(beta - 1, -nodes) - special.betaln(alpha, beta)
    below = special.betainc(alpha[:, :, None], beta[:, :, None], nodes[None])  # of variant i, at the nodes of j
    below[np.arange(len(k)), np.arange(len(k))] = 1.0
    chances = (weights * np.exp(log_density) * below.prod(axis=0)).sum(axis=1)
    # The mean of the best is the lowest point that it can have and the area above its distribution function from there.
    start = low.max()
    edges = np.unique(np.concatenate([[start], low[low > start], high[high > start]]))
    grid, steps = _nodes(edges[:-1, None], edges[1:, None])
    best = start + (steps * (1 - special.betainc(alpha[:, :, None], beta[:, :, None], grid[None]).prod(axis=0))).sum()
    losses = np.maximum(0.0, best - (alpha / (alpha + beta))[:, 0])
    return tuple(
        BestChance(chance_best=float(chance), expected_loss=float(loss))
        for chance, loss in zip(chances / chances.sum(), losses, strict=True)
    )


@cache
def _legendre() -> tuple[Array, Array]:  # pure, and most of the work
    points, weights = special.roots_legendre(N_NODES)
    return points, weights


def _nodes(low: Array, high: Array) -> tuple[Array, Array]:
    points, weights = _legendre()
    half = (high - low) / 2
    return low + half * (points + 1), half * weights
