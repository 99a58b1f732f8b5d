"""Empirical Bayes: many means or rates, each moved towards all as far as its own evidence is weak."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import Numbers, read_numbers
from gtmlib.stats.distributions import critical_value
from gtmlib.stats.requirements import require_level

# What the pooled spread counts for beside a group's own, in degrees of freedom: a group of one customer has no spread,
# one of three a poor one. Four is half a group of nine (the idea of Smyth 2004, with the weight fixed, not fitted).
PRIOR_DF = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShrunkenValue:
    """One group, before and after.

    Parameters
    ----------
    n : float
        Observations in the group.
    raw : float
        Its own mean, rate or lift.
    standard_error : float
        Of the raw value.
    own_weight : float
        What the group's own evidence counts, in [0, 1]; the rest is the centre's.
    shrunken : float
        own_weight x raw + (1 - own_weight) x centre.
    ci_low, ci_high : float
        Interval around the shrunken value.
    """

    n: float
    raw: float
    standard_error: float
    own_weight: float
    shrunken: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrinkage:
    """Groups shrunk together, in the order given.

    Parameters
    ----------
    groups : tuple of ShrunkenValue
        One per group.
    centre : float
        What the groups are moved towards.
    between_variance : float
        Variance of the groups' true values, 0 or more; 0 says that the raw differences are no more than chance.
    confidence_level : float
        Of the intervals, in (0, 1).
    """

    groups: tuple[ShrunkenValue, ...]
    centre: float
    between_variance: float
    confidence_level: float


def shrink_values(
    values: ArrayLike,
    variances: ArrayLike,
    n: ArrayLike,
    *,
    centre: float | None = None,
    confidence_level: float = 0.95,
) -> Shrinkage:
    """Shrink values of known variance towards their weighted mean, or towards a given centre.

    Parameters
    ----------
    values, variances : array_like
        Shape (n_groups,): estimates, and their squared standard errors.
    n : array_like
        Observations behind each; only reported.
    centre : float, optional
        Where the truth lies without evidence; None: the weighted mean.
    confidence_level : float
        Coverage of the intervals, in (0, 1); they hold the uncertainty of the centre and of the spread.

    Raises
    ------
    ParameterError
        If there are no groups, or a number is out of range.

    Notes
    -----
    Three groups or fewer (two, with a given centre) come back as they are: there is not enough to learn a spread from.

    References
    ----------
    Morris (1983), J. Am. Stat. Assoc. 78, 47-55. With equal variances it is the James-Stein estimator of
    Efron & Morris (1977).

    Examples
    --------
    >>> shrunk = shrink_values([1.0, 2.0, 3.0, 4.0, 10.0], [4.0] * 5, [9] * 5)
    >>> [round(group.shrunken, 2) for group in shrunk.groups]
    [1.48, 2.32, 3.16, 4.0, 9.04]
    """
    require_level(confidence_level)
    raw = read_numbers("values", values)
    variance = read_numbers("variances", variances, size=raw.size, least=0)
    counts = read_numbers("n", n, size=raw.size, least=0)
    if raw.size == 0:
        raise ParameterError("There are no groups to shrink.")
    between, middle = _between(raw, variance, centre)
    total = variance + between
    n_fitted = 1 if centre is None else 0  # how many numbers the centre took
    spare = raw.size - n_fitted - 2
    pull = np.divide(variance, total, out=np.zeros_like(total), where=total > 0)  # before the price of estimating it
    pull = pull * spare / (raw.size - n_fitted) if spare > 0 else np.zeros_like(pull)
    shrunken = raw - pull * (raw - middle)
    spread = variance * (1 - (raw.size - n_fitted) / raw.size * pull)
    if spare > 0 and total.all():
        weighted = float(np.average(variance, weights=1 / total))
        spread = spread + 2 / spare * pull**2 * (weighted + between) / total * (raw - middle) ** 2
    half = critical_value(confidence_level) * np.sqrt(spread)
    columns = (counts, raw, np.sqrt(variance), 1 - pull, shrunken, shrunken - half, shrunken + half)
    return Shrinkage(
        groups=tuple(
            ShrunkenValue(n=a, raw=b, standard_error=c, own_weight=d, shrunken=e, ci_low=f, ci_high=g)
            for a, b, c, d, e, f, g in zip(*(column.tolist() for column in columns), strict=True)
        ),
        centre=middle,
        between_variance=between,
        confidence_level=confidence_level,
    )


def _between(raw: Numbers, variance: Numbers, centre: float | None) -> tuple[float, float]:
    """Solve for the spread of the true values: the weighted squares are what their own variances would give."""
    between, middle = 0.0, float(raw.mean()) if centre is None else centre
    scale = float(variance.max()) + float(raw.var())
    factor = raw.size / (raw.size - 1) if centre is None and raw.size > 1 else 1.0
    for _ in range(200):
        weights = 1 / np.maximum(variance + between, 1e-12 * scale) if scale > 0 else np.ones_like(raw)
        if centre is None:
            middle = float(np.average(raw, weights=weights))
        found = max(float(np.average(factor * (raw - middle) ** 2 - variance, weights=weights)), 0.0)
        if abs(found - between) <= 1e-10 * scale:
            break
        between = found
    return between, middle


def shrink_means(
    n: ArrayLike, total: ArrayLike, sum_of_squares: ArrayLike, *, confidence_level: float = 0.95
) -> Shrinkage:
    """Shrink groups' means towards their weighted mean.

    Parameters
    ----------
    n, total, sum_of_squares : array_like
        Shape (n_groups,): customers (1 or more), and the sum and the sum of squares of their contribution.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Raises
    ------
    ParameterError
        If counts and sums contradict each other, or no group has two customers.

    References
    ----------
    Morris (1983) for the means. A group's variance is its own, weighed with the pooled one at 4 degrees of freedom
    (Smyth 2004, Stat. Appl. Genet. Mol. Biol. 3, 3).

    Examples
    --------
    >>> shrunk = shrink_means([50, 50, 50, 50, 3], [500, 600, 550, 450, 300], [6e3, 8e3, 7e3, 5e3, 4e4])
    >>> 10 < shrunk.groups[4].shrunken < 100, shrunk.groups[4].own_weight < shrunk.groups[0].own_weight
    (True, True)
    """
    counts = read_numbers("n", n, least=1, is_whole=True)
    means, variances = _means(counts, total, sum_of_squares)
    return shrink_values(means, variances, counts, confidence_level=confidence_level)


def _means(counts: Numbers, total: ArrayLike, sum_of_squares: ArrayLike) -> tuple[Numbers, Numbers]:
    """Give each group's mean and the squared standard error of it."""
    means = read_numbers("total", total, size=counts.size) / counts
    squares = read_numbers("sum_of_squares", sum_of_squares, size=counts.size, least=0)
    deviations = squares - counts * means**2
    if (wrong := np.flatnonzero(deviations < -1e-9 * squares - 1e-12)).size:
        k = int(wrong[0])
        raise ParameterError(
            f"Group {k + 1} of {counts.size} has the sum of squares {squares[k]:g}, below n x mean² "
            f"({counts[k] * means[k] ** 2:g}): the sums are not of the same numbers."
        )
    deviations, df = np.maximum(deviations, 0.0), counts - 1
    if not df.any():
        raise ParameterError("No group has two customers or more: there is no spread to judge the means by.")
    pooled = deviations.sum() / df.sum()
    return means, (PRIOR_DF * pooled + deviations) / (PRIOR_DF + df) / counts


def shrink_rates(n_successes: ArrayLike, n_trials: ArrayLike, *, confidence_level: float = 0.95) -> Shrinkage:
    """Shrink groups' rates towards their weighted mean.

    Parameters
    ----------
    n_successes, n_trials : array_like
        Shape (n_groups,): counts, with 0 <= n_successes <= n_trials and n_trials >= 1.
    confidence_level : float
        Coverage of the intervals, in (0, 1); they are cut at 0 and 1.

    Raises
    ------
    ParameterError
        If counts are out of range.

    References
    ----------
    Efron & Morris (1977), Scientific American 236, 119-127: raw rates, each with the binomial variance at the
    pooled rate.

    Examples
    --------
    >>> shrunk = shrink_rates([18, 17, 16, 15, 14, 7], [45] * 6)
    >>> round(shrunk.centre, 3), round(shrunk.groups[5].raw, 3), round(shrunk.groups[5].shrunken, 3)
    (0.322, 0.156, 0.219)
    """
    trials = read_numbers("n_trials", n_trials, least=1, is_whole=True)
    successes = read_numbers("n_successes", n_successes, size=trials.size, least=0, is_whole=True)
    if (wrong := np.flatnonzero(successes > trials)).size:
        k = int(wrong[0])
        raise ParameterError(f"Group {k + 1} has {successes[k]:g} successes in {trials[k]:g} trials: count again.")
    if trials.size == 0:
        raise ParameterError("There are no groups to shrink.")
    pooled = float(successes.sum() / trials.sum())
    if pooled in (0, 1):  # where nobody or everybody succeeds, half a success: the variance is small, not zero
        pooled = float((successes.sum() + 0.5) / (trials.sum() + 1))
    shrunk = shrink_values(
        successes / trials, pooled * (1 - pooled) / trials, trials, confidence_level=confidence_level
    )
    return replace(
        shrunk,
        groups=tuple(
            replace(group, ci_low=max(group.ci_low, 0.0), ci_high=min(group.ci_high, 1.0)) for group in shrunk.groups
        ),
    )


def shrink_lifts(
    n: ArrayLike, total: ArrayLike, sum_of_squares: ArrayLike, features: ArrayLike, *, confidence_level: float = 0.95
) -> Shrinkage:
    """Shrink how much more each level's customers contribute than the other customers of the same feature.

    Parameters
    ----------
    n, total, sum_of_squares : array_like
        Shape (n_levels,): customers of a level, and the sum and the sum of squares of their contribution.
    features : array_like
        Which feature (country, industry ...) each level is of: any labels. Customers whose level is unknown are left
        out, or are a level of their own.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    Shrinkage
        In money per customer; the centre is 0: without evidence no level differs.

    Raises
    ------
    ParameterError
        If sums contradict each other, or a feature has one level only: nothing to compare with.

    References
    ----------
    Morris (1983), over all levels of all features together.

    Examples
    --------
    >>> shrunk = shrink_lifts([40, 40, 60, 20], [800, 400, 900, 300], [2e4, 9e3, 2.1e4, 8e3], ["a", "a", "b", "b"])
    >>> [round(group.raw, 1) for group in shrunk.groups]
    [10.0, -10.0, 0.0, 0.0]
    """
    counts = read_numbers("n", n, least=1, is_whole=True)
    means, variances = _means(counts, total, sum_of_squares)
    labels = np.unique(np.asarray(features, dtype=str), return_inverse=True)[1].ravel()
    if labels.size != counts.size:
        raise ParameterError(f"'features' has {labels.size} labels for {counts.size} levels.")
    same = labels[:, None] == labels[None, :]
    others = same & ~np.eye(counts.size, dtype=bool)
    n_others = others @ counts
    if (alone := np.flatnonzero(n_others == 0)).size:
        raise ParameterError(f"Level {int(alone[0]) + 1} is the only one of its feature: leave such features out.")
    share = others * counts / n_others[:, None]
    lifts = means - share @ means
    # The rest is a mixture of levels: its mean's variance holds the spread between them too.
    spread = share @ (means**2) - (share @ means) ** 2
    rest = share**2 @ variances + np.maximum(spread, 0.0) / n_others
    return shrink_values(lifts, variances + rest, counts, centre=0.0, confidence_level=confidence_level)
