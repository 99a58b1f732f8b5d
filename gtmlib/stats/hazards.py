"""Does an event come sooner, period by period, to those whom something has happened to? Discrete-time hazards."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import Numbers, read_numbers
from gtmlib.stats.distributions import Array, critical_value, two_sided_pvalue
from gtmlib.stats.requirements import require_level

EVENTS_PER_PERIOD = 5  # neighbouring periods are merged until they hold as many: each has a level of its own to fit
LARGEST_LOG = 700.0  # of what a number can hold
FEWEST_CLUSTERS = 4  # of fewer, no spread between them can be told
MOST_STEPS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class HazardOdds:
    """Odds of the event in a period, of those with the covariate against those without.

    Parameters
    ----------
    odds_ratio, ci_low, ci_high : float
        Above 0; 1 is no association.
    confidence_level : float
        In (0, 1).
    pvalue : float
        Two-sided, of an odds ratio of 1.
    n_events, n_events_with : int
        Events, and those of them that came with the covariate.
    n_clusters : int, optional
        Clusters that the interval allows for; none where there are too few to allow for.
    """

    odds_ratio: float
    ci_low: float
    ci_high: float
    confidence_level: float
    pvalue: float
    n_events: int
    n_events_with: int
    n_clusters: int | None


def estimate_hazard_odds(
    periods: ArrayLike,
    has_covariate: ArrayLike,
    n_at_risk: ArrayLike,
    n_events: ArrayLike,
    *,
    clusters: ArrayLike,
    levels: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> HazardOdds:
    """Estimate what a covariate that changes over time goes with, from counts of cases at risk in each period.

    A logistic regression with a level of its own for every period: a case with the covariate is compared with cases of
    the same age without it. So cases that last longer, and collect the covariate for it, do not look like its effect.

    Parameters
    ----------
    periods : array_like
        Shape (n_cells,): age in whole periods.
    has_covariate : array_like
        Whether the covariate was there when the period began; it may be in one period what it was not in the last.
    n_at_risk, n_events : array_like
        Cases that entered the period, and those of them that the event came to in it.
    clusters : array_like
        Whose cases they are, such as a rep: any labels.
    levels : array_like, optional
        A further thing to compare alike with alike in, such as conversations so far: any labels.
    confidence_level : float
        Coverage of the interval, in (0, 1).

    Raises
    ------
    ParameterError
        If counts are out of range, there is no event with the covariate or none without it, or too few for an interval.

    Notes
    -----
    Other events that end a case (a deal that is lost, where winning is looked at) take it out of those at risk. The
    variance is the larger of the model's and the one that allows for clusters (CR1, t with one less than clusters):
    the latter is too small in few clusters.

    References
    ----------
    Singer & Willett (1993), J. Educ. Stat. 18, 155-195; Cameron & Miller (2015), J. Hum. Resour. 50, 317-372.

    Examples
    --------
    >>> cells = [(1, 0, 100, 10), (1, 1, 50, 10), (2, 0, 80, 8), (2, 1, 60, 12)]
    >>> found = estimate_hazard_odds(*zip(*cells), clusters=[1, 1, 1, 1])
    >>> round(found.odds_ratio, 2), found.n_events, found.n_events_with
    (2.25, 40, 22)
    """
    level = require_level(confidence_level)
    at_risk = read_numbers("n_at_risk", n_at_risk, least=0, is_whole=True)
    events = read_numbers("n_events", n_events, size=at_risk.size, least=0, is_whole=True)
    age = read_numbers("periods", periods, size=at_risk.size)
    exposed = np.asarray(has_covariate, dtype=float)
    groups, own = (
        np.unique(np.asarray(x).astype(str), return_inverse=True)
        for x in (clusters, exposed * 0 if levels is None else levels)
    )
    if (events > at_risk).any() or not (exposed.size == groups[1].size == own[1].size == at_risk.size):
        raise ParameterError("a cell has more events than cases at risk, or columns differ in length.")
    n_with, n_all = int(events @ exposed), int(events.sum())
    merged = _merge_periods(age, events, at_risk)
    known = merged >= 0
    if not 0 < n_with < n_all or not known.any():
        raise ParameterError(
            f"{n_with} of {n_all} events came with the covariate: some must come with it and some without it."
        )
    others = (own[1][:, None] == np.arange(1, len(own[0])))[known]
    dummies = np.eye(int(merged.max()) + 1)[merged[known]]
    design = np.column_stack([exposed[known], others, dummies]).astype(float)
    design = design[:, (design[at_risk[known] > 0] != 0).any(axis=0)]
    slope, fitted, bread = _fit(design, at_risk[known], events[known])
    variance, n_clusters = float(bread[0, 0]), len(np.unique(groups[1][known]))
    is_clustered = n_clusters >= FEWEST_CLUSTERS
    if is_clustered:
        residual = design * (events[known] - at_risk[known] * fitted)[:, None]
        scores = np.zeros((len(groups[0]), design.shape[1]))
        np.add.at(scores, groups[1][known], residual)
        robust = float(((scores @ bread[0]) ** 2).sum()) * n_clusters / (n_clusters - 1)
        variance = max(variance, robust)
    df = n_clusters - 1 if is_clustered else None
    half = critical_value(level, df) * math.sqrt(variance)
    if abs(slope) + half > LARGEST_LOG:
        raise ParameterError("too few events tell the two sides apart: the interval has no end that a number can hold.")
    return HazardOdds(
        odds_ratio=math.exp(slope),
        ci_low=math.exp(slope - half),
        ci_high=math.exp(slope + half),
        confidence_level=level,
        pvalue=two_sided_pvalue(slope / math.sqrt(variance), df),
        n_events=n_all,
        n_events_with=n_with,
        n_clusters=n_clusters if is_clustered else None,
    )


def _merge_periods(age: Numbers, events: Numbers, at_risk: Numbers) -> np.typing.NDArray[np.intp]:
    """Number the periods, neighbours with few events together; -1 where all or none had the event: it tells nothing.

    What comes after the last event is left out, not merged: nobody there had a chance to show a difference.
    """
    found, place = np.unique(age, return_inverse=True)
    happened, entered = np.bincount(place, events), np.bincount(place, at_risk)
    numbers = np.full(found.size, -1, dtype=np.intp)
    last = int(np.flatnonzero(happened).max(initial=-1))
    number, collected = 0, 0.0
    for k in range(last + 1):
        numbers[k] = number
        collected += happened[k]
        if collected >= EVENTS_PER_PERIOD and happened[k + 1 : last + 1].sum() >= EVENTS_PER_PERIOD:
            number, collected = number + 1, 0.0
    sure = [n for n in range(number + 1) if happened[numbers == n].sum() >= entered[numbers == n].sum()]
    numbers[np.isin(numbers, sure)] = -1
    kept = np.unique(numbers[numbers >= 0])
    renumbered = np.where(numbers >= 0, np.searchsorted(kept, numbers), -1)
    return renumbered[place]


def _fit(design: Array, n: Array, k: Array) -> tuple[float, Array, Array]:
    """Fit by Newton's steps, halved where the likelihood would fall; give the first slope, rates and inverse."""
    pooled = (k.sum() + 0.5) / (n.sum() + 1)
    beta = np.zeros(design.shape[1])
    offset = math.log(pooled / (1 - pooled))

    def likelihood(at: Array) -> float:
        line = design @ at + offset
        return float((k * line - n * np.logaddexp(0, line)).sum())

    now = likelihood(beta)
    for _ in range(MOST_STEPS):
        rate = 1 / (1 + np.exp(-(design @ beta + offset)))
        weight = n * rate * (1 - rate)
        inverse = np.asarray(np.linalg.pinv(design.T @ (design * weight[:, None])), dtype=np.float64)
        step = inverse @ (design.T @ (k - n * rate))
        size = 1.0
        while (new := likelihood(beta + size * step)) < now - 1e-9 and size > 1e-4:
            size /= 2
        beta, gain, now = beta + size * step, new - now, new
        if abs(gain) < 1e-10:
            break
    return float(beta[0]), rate, inverse
