"""Rates of many groups: do they differ by more than chance, and what each is likely to be."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import Numbers, read_numbers
from gtmlib.stats.distributions import chi_square_pvalue
from gtmlib.stats.requirements import require_level
from gtmlib.stats.shrinkage import Shrinkage, ShrunkenValue
from gtmlib.stats.stratified import Homogeneity

# Spreads at which the likelihood is read, as standard deviations over the widest possible one: close to each other
# where they are small, since that is where groups of people are.
SPREADS = 0.003 + 0.697 * np.linspace(0, 1, 60) ** 2
LEAST_EXPECTED = 1.0  # of the rarer outcome in a group
FEWEST = 4  # groups; of three or fewer no spread can be learnt


def _read(n_successes: ArrayLike, n_trials: ArrayLike) -> tuple[Numbers, Numbers]:
    n = read_numbers("n_trials", n_trials, least=1, is_whole=True)
    k = read_numbers("n_successes", n_successes, size=n.size, least=0, is_whole=True)
    if (wrong := np.flatnonzero(k > n)).size:
        place = int(wrong[0])
        raise ParameterError(f"Group {place + 1} has {k[place]:g} successes in {n[place]:g} trials: count again.")
    return k, n


def compare_rates(n_successes: ArrayLike, n_trials: ArrayLike) -> Homogeneity:
    """Test whether the rates of many groups differ by more than chance.

    Parameters
    ----------
    n_successes, n_trials : array_like
        Shape (n_groups,): counts of two groups or more, with 0 <= n_successes <= n_trials and n_trials >= 1.

    Raises
    ------
    ParameterError
        If counts are out of range, or there are fewer than two groups.

    References
    ----------
    Pearson (1900), Phil. Mag. 50, 157-175: chi-square of a table of two rows. Groups that would have the rarer outcome
    less than once are counted as one, after Cochran (1954), Biometrics 10, 417-451: among larger ones they would give
    false alarms twice as often as claimed.

    Examples
    --------
    >>> round(compare_rates([30, 30, 45], [100, 100, 100]).pvalue, 3)
    0.037
    """
    k, n = _read(n_successes, n_trials)
    if k.size < 2:
        raise ParameterError(f"There are {k.size} groups: two or more can differ.")
    rate = float(k.sum() / n.sum())
    is_small = n * min(rate, 1 - rate) < LEAST_EXPECTED
    if is_small.any():
        k, n = (np.append(counts[~is_small], counts[is_small].sum()) for counts in (k, n))
    if k.size < 2:  # all are small, or all ended alike: nothing speaks for a difference
        return Homogeneity(statistic=0.0, df=0, pvalue=1.0)
    statistic = float(((k - n * rate) ** 2 / (n * rate * (1 - rate))).sum())
    return Homogeneity(statistic=statistic, df=k.size - 1, pvalue=chi_square_pvalue(statistic, k.size - 1))


class _Fit(NamedTuple):
    """Likelihood along the spread of the true rates; at each spread the centre is the likeliest one."""

    correlations: Numbers  # rho = 1 / (alpha + beta + 1); 0 where all groups are alike
    centres: Numbers
    log_likelihoods: Numbers


def _log_likelihood(k: Numbers, n: Numbers, centre: Numbers, correlation: Numbers) -> Numbers:
    """Give the beta-binomial log-likelihood, less what does not depend on its parameters; axes: parameters x groups."""
    weight = (1 / correlation - 1)[..., None]
    alpha, beta = centre[..., None] * weight, (1 - centre[..., None]) * weight
    found: Numbers = (special.betaln(alpha + k, beta + n - k) - special.betaln(alpha, beta)).sum(-1)
    return found


def _fit(k: Numbers, n: Numbers) -> _Fit:
    """Follow the likelihood over a grid of spreads."""
    pooled = float((k.sum() + 0.5) / (n.sum() + 1))
    correlations = np.concatenate([[0.0], SPREADS**2])
    low, high = np.full(SPREADS.size, 1e-4), np.full(SPREADS.size, 1 - 1e-4)
    golden = (5**0.5 - 1) / 2
    for _ in range(40):  # golden section: the likelihood has one top in the centre
        left, right = high - golden * (high - low), low + golden * (high - low)
        is_left = _log_likelihood(k, n, left, correlations[1:]) > _log_likelihood(k, n, right, correlations[1:])
        low, high = np.where(is_left, low, left), np.where(is_left, right, high)
    centres = np.concatenate([[pooled], (low + high) / 2])
    alike = float((special.xlogy(k, pooled) + special.xlog1py(n - k, -pooled)).sum())
    heights = np.concatenate([[alike], _log_likelihood(k, n, centres[1:], correlations[1:])])
    return _Fit(correlations, centres, heights)


def shrink_rates_by_likelihood(
    n_successes: ArrayLike, n_trials: ArrayLike, *, confidence_level: float = 0.95
) -> Shrinkage:
    """Shrink groups' rates towards all, as far as the likeliest spread of the true rates says.

    Parameters
    ----------
    n_successes, n_trials : array_like
        Shape (n_groups,): counts of four groups or more.
    confidence_level : float
        Coverage of the intervals, in (0, 1); they hold the uncertainty of the spread.

    Returns
    -------
    Shrinkage
        Rates by the beta-binomial of maximum likelihood; intervals averaged over the spread, each weighed by its
        likelihood (and flat as a standard deviation).

    Raises
    ------
    ParameterError
        If counts are out of range, or there are fewer than four groups.

    References
    ----------
    Kleinman (1973), J. Am. Stat. Assoc. 68, 46-54, for the beta-binomial; Gelman (2006), Bayesian Anal. 1, 515-533,
    for the weight of spreads. With many trials a group it says what moments (Efron & Morris 1977) say; it uses the
    shape of the binomial, so that groups of unequal size count as they should.

    Examples
    --------
    >>> shrunk = shrink_rates_by_likelihood([18, 17, 16, 15, 14, 7], [45] * 6)
    >>> [round(group.shrunken, 3) for group in shrunk.groups][::5]
    [0.343, 0.277]
    """
    level = require_level(confidence_level)
    k, n = _read(n_successes, n_trials)
    if k.size < FEWEST:
        raise ParameterError(f"There are {k.size} groups: a spread can be learnt from {FEWEST} or more.")
    fit = _fit(k, n)
    centre, correlation = _refine(k, n, fit)
    weight = 1 / correlation - 1 if correlation > 0 else np.inf
    own = np.zeros_like(n) if np.isinf(weight) else n / (n + weight)
    raw = k / n
    shrunken = own * raw + (1 - own) * centre
    low, high = _intervals(k, n, fit, level)
    errors = np.sqrt(np.maximum(centre * (1 - centre) / n, 0.0))
    columns = (n, raw, errors, own, shrunken, np.minimum(low, shrunken), np.maximum(high, shrunken))
    return Shrinkage(
        groups=tuple(
            ShrunkenValue(n=a, raw=b, standard_error=c, own_weight=d, shrunken=e, ci_low=f, ci_high=g)
            for a, b, c, d, e, f, g in zip(*(column.tolist() for column in columns), strict=True)
        ),
        centre=centre,
        between_variance=centre * (1 - centre) * correlation,
        confidence_level=level,
    )


def _refine(k: Numbers, n: Numbers, fit: _Fit) -> tuple[float, float]:
    """Give the likeliest centre and correlation: between the neighbours of the grid's best."""
    place = int(np.argmax(fit.log_likelihoods))
    if place == 0:
        return float(fit.centres[0]), 0.0
    spreads = np.sqrt(fit.correlations)
    low, high = float(spreads[place - 1]), float(spreads[min(place + 1, spreads.size - 1)])
    golden = (5**0.5 - 1) / 2

    def height(spread: float) -> float:
        centre = np.array([float(np.interp(spread, spreads, fit.centres))])
        return float(_log_likelihood(k, n, centre, np.array([max(spread, 1e-6) ** 2]))[0])

    for _ in range(40):
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if height(left) > height(right) else (left, high)
    spread = (low + high) / 2
    return float(np.interp(spread, spreads, fit.centres)), spread**2


def _intervals(k: Numbers, n: Numbers, fit: _Fit, level: float) -> tuple[Numbers, Numbers]:
    """Give the quantiles of each group's rate, averaged over the spreads by bisection."""
    weights = np.exp(fit.log_likelihoods - fit.log_likelihoods.max()) * np.gradient(np.sqrt(fit.correlations))
    weights /= weights.sum()
    # Where groups are alike each has the pooled rate: all trials together, which is a beta too.
    strength = np.concatenate([[0.0], 1 / fit.correlations[1:] - 1])[:, None]
    alpha, beta = fit.centres[:, None] * strength + k, (1 - fit.centres[:, None]) * strength + n - k
    alpha[0], beta[0] = k.sum() + 0.5, n.sum() - k.sum() + 0.5
    ends = []
    for share in ((1 - level) / 2, (1 + level) / 2):
        low, high = np.zeros_like(n), np.ones_like(n)
        for _ in range(40):
            middle = (low + high) / 2
            below = weights @ special.betainc(alpha, beta, middle) < share
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        ends.append((low + high) / 2)
    return ends[0], ends[1]
