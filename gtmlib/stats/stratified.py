"""Two groups compared within strata: odds ratios, their homogeneity, and the spread of differences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gtmlib.errors import ParameterError
from gtmlib.stats.comparisons import fisher_pvalue
from gtmlib.stats.differences import stratified_difference
from gtmlib.stats.distributions import Array, chi_square_pvalue, critical_value, two_sided_pvalue
from gtmlib.stats.requirements import require_counts, require_level


@dataclass(frozen=True, slots=True, kw_only=True)
class OddsRatio:
    """An odds ratio of a group against a control.

    Parameters
    ----------
    odds_ratio : float
        Above 0; 1 is no association.
    ci_low, ci_high : float
        Its interval.
    confidence_level : float
        In (0, 1).
    pvalue : float
        Two-sided, of an odds ratio of 1: Fisher's exact test for one table, the interval's z for strata.
    is_corrected : bool
        Whether 0.5 was added to each cell because one was zero.
    """

    odds_ratio: float
    ci_low: float
    ci_high: float
    confidence_level: float
    pvalue: float
    is_corrected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Homogeneity:
    """Whether an association or a difference is the same in all strata.

    Parameters
    ----------
    statistic : float
        Chi-square.
    df : int
        Its degrees of freedom.
    pvalue : float
        Of no difference between the strata.
    """

    statistic: float
    df: int
    pvalue: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StratifiedComparison:
    """A group against a control, crude and adjusted for the strata.

    Parameters
    ----------
    crude, adjusted : OddsRatio
        Of the summed table, and Mantel-Haenszel's.
    difference, standard_error, ci_low, ci_high : float
        Mantel-Haenszel difference of rates, with Sato's variance.
    confidence_level : float
        In (0, 1).
    homogeneity : Homogeneity, optional
        Of the odds ratios, by Tarone; none where fewer than two strata say something.
    is_reversed : bool
        Whether crude and adjusted odds ratio point in opposite directions.
    """

    crude: OddsRatio
    adjusted: OddsRatio
    difference: float
    standard_error: float
    ci_low: float
    ci_high: float
    confidence_level: float
    homogeneity: Homogeneity | None
    is_reversed: bool


def compare_odds(
    n_successes: int, n_trials: int, n_control_successes: int, n_control_trials: int, *, confidence_level: float = 0.95
) -> OddsRatio:
    """Compare the odds of two groups: Woolf's interval, Fisher's p-value.

    Parameters
    ----------
    n_successes, n_trials, n_control_successes, n_control_trials : int
        Counts of the group and of the control.
    confidence_level : float
        Coverage of the interval, in (0, 1).

    Raises
    ------
    ParameterError
        If the counts or the level are out of range.

    References
    ----------
    Woolf (1955), Ann. Hum. Genet. 19, 251-253; at a zero cell Haldane (1956), Anscombe (1956): 0.5 to each cell.

    Examples
    --------
    >>> ratio = compare_odds(189, 11034, 104, 11037)
    >>> round(ratio.odds_ratio, 3), round(ratio.ci_low, 2), round(ratio.ci_high, 2)
    (1.832, 1.44, 2.33)
    """
    k, n = require_counts(n_successes, n_trials, "group")
    k_0, n_0 = require_counts(n_control_successes, n_control_trials, "control")
    cells = np.array([k, n - k, k_0, n_0 - k_0], dtype=float)
    is_corrected = bool((cells == 0).any())
    a, b, c, d = cells + 0.5 * is_corrected
    log_ratio = math.log(a * d / (b * c))
    half = critical_value(require_level(confidence_level)) * math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    return OddsRatio(
        odds_ratio=math.exp(log_ratio),
        ci_low=math.exp(log_ratio - half),
        ci_high=math.exp(log_ratio + half),
        confidence_level=confidence_level,
        pvalue=fisher_pvalue(k, n, k_0, n_0),
        is_corrected=is_corrected,
    )


def compare_strata(
    strata: Sequence[tuple[int, int, int, int]], *, confidence_level: float = 0.95
) -> StratifiedComparison:
    """Compare two groups within strata, and show what summing over them would have said.

    Parameters
    ----------
    strata : sequence of (n_successes, n_trials, n_control_successes, n_control_trials)
        Counts by stratum. One with trials of one group only says nothing; one or more has both, and successes and
        failures on both sides of the sums.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Raises
    ------
    ParameterError
        If no stratum has both groups, or no adjusted odds ratio exists.

    References
    ----------
    Mantel & Haenszel (1959), J. Natl. Cancer Inst. 22, 719-748; Robins, Breslow & Greenland (1986), Biometrics 42,
    311-323; Sato (1989), Biometrics 45, 1323-1324; Tarone (1985), Biometrika 72, 91-95.

    Examples
    --------
    >>> stars = compare_strata([(24, 80, 6, 20), (18, 60, 12, 40), (2, 20, 8, 80), (4, 40, 6, 60)])
    >>> round(stars.crude.odds_ratio, 3), round(stars.adjusted.odds_ratio, 3)
    (1.658, 1.0)
    """
    level = require_level(confidence_level)
    k, n, k_0, n_0 = np.asarray(strata, dtype=float).reshape(-1, 4).T
    if not ((n > 0) & (n_0 > 0)).any():
        raise ParameterError("no stratum has trials of both groups, so nothing can be compared within one.")
    used = n + n_0 > 0
    k, n, k_0, n_0 = k[used], n[used], k_0[used], n_0[used]
    crude = compare_odds(*(int(column.sum()) for column in (k, n, k_0, n_0)), confidence_level=level)
    adjusted = _mantel_haenszel_odds(k, n, k_0, n_0, level)
    estimate = stratified_difference(k, n, k_0, n_0)
    difference, standard_error = float(estimate.difference), float(estimate.standard_error)
    half = critical_value(level) * standard_error
    return StratifiedComparison(
        crude=crude,
        adjusted=adjusted,
        difference=difference,
        standard_error=standard_error,
        ci_low=max(-1.0, difference - half),
        ci_high=min(1.0, difference + half),
        confidence_level=level,
        homogeneity=check_homogeneity(strata, odds_ratio=adjusted.odds_ratio),
        is_reversed=(crude.odds_ratio - 1) * (adjusted.odds_ratio - 1) < 0,
    )


def _mantel_haenszel_odds(k: Array, n: Array, k_0: Array, n_0: Array, level: float) -> OddsRatio:
    both = n + n_0
    r, s = k * (n_0 - k_0) / both, k_0 * (n - k) / both
    p, q = (k + n_0 - k_0) / both, (k_0 + n - k) / both
    if r.sum() == 0 or s.sum() == 0:
        raise ParameterError("no adjusted odds ratio: one group never succeeds or never fails. Compare rates instead.")
    log_ratio = math.log(r.sum() / s.sum())
    variance = (
        (p * r).sum() / (2 * r.sum() ** 2)
        + (p * s + q * r).sum() / (2 * r.sum() * s.sum())
        + (q * s).sum() / (2 * s.sum() ** 2)
    )
    half = critical_value(level) * math.sqrt(variance)
    return OddsRatio(
        odds_ratio=math.exp(log_ratio),
        ci_low=math.exp(log_ratio - half),
        ci_high=math.exp(log_ratio + half),
        confidence_level=level,
        pvalue=two_sided_pvalue(log_ratio / math.sqrt(variance)),
    )


def check_homogeneity(strata: Sequence[tuple[int, int, int, int]], *, odds_ratio: float) -> Homogeneity | None:
    """Test whether the odds ratio is the same in all strata: Breslow and Day's test with Tarone's correction.

    Parameters
    ----------
    strata : sequence of (n_successes, n_trials, n_control_successes, n_control_trials)
        Counts by stratum; those in which a margin is zero say nothing and are left out.
    odds_ratio : float
        Mantel and Haenszel's, above 0.

    Returns
    -------
    Homogeneity or None
        None where fewer than two strata say something.

    References
    ----------
    Breslow & Day (1980), Statistical Methods in Cancer Research 1, 142; Tarone (1985), Biometrika 72, 91-95.

    Examples
    --------
    >>> test = check_homogeneity([(24, 80, 6, 20), (18, 60, 12, 40), (2, 20, 8, 80)], odds_ratio=1.0)
    >>> round(test.statistic, 3), test.df
    (0.0, 2)
    """
    k, n, k_0, n_0 = np.asarray(strata, dtype=float).reshape(-1, 4).T
    total = k + k_0
    says = (n > 0) & (n_0 > 0) & (total > 0) & (total < n + n_0)
    if says.sum() < 2:
        return None
    k, n, n_0, total = k[says], n[says], n_0[says], total[says]
    expected = _expected_successes(n, n_0, total, odds_ratio)
    cells = np.array([expected, n - expected, total - expected, n_0 - total + expected])
    variance = 1 / (1 / cells).sum(axis=0)
    gap = k - expected
    statistic = float((gap**2 / variance).sum() - gap.sum() ** 2 / variance.sum())
    df = int(says.sum()) - 1
    return Homogeneity(statistic=statistic, df=df, pvalue=chi_square_pvalue(max(0.0, statistic), df))


def _expected_successes(n: Array, n_0: Array, total: Array, odds_ratio: float) -> Array:
    """Solve a (n_0 - total + a) = odds_ratio (n - a)(total - a) for the successes a of the group, stably."""
    a = odds_ratio - 1
    b = -(odds_ratio * (n + total) + n_0 - total)
    c = odds_ratio * n * total
    return 2 * c / (-b + np.sqrt(np.maximum(b**2 - 4 * a * c, 0.0)))


def check_equal_differences(differences: Sequence[float], standard_errors: Sequence[float]) -> Homogeneity:
    """Test whether estimates are the same but for their errors: Cochran's Q.

    Parameters
    ----------
    differences, standard_errors : sequence of float
        Two or more independent estimates, and their errors above 0, in one unit.

    Raises
    ------
    ParameterError
        If there are fewer than two, or an error is not above 0.

    References
    ----------
    Cochran (1954), Biometrics 10, 101-129.

    Examples
    --------
    >>> round(check_equal_differences([0.1, -0.1], [0.05, 0.05]).statistic, 1)
    8.0
    """
    values, errors = np.asarray(differences, dtype=float), np.asarray(standard_errors, dtype=float)
    if len(values) < 2 or len(values) != len(errors) or not (errors > 0).all():
        raise ParameterError(f"{len(values)} differences, {len(errors)} errors. Give two or more, with errors above 0.")
    weights = errors**-2
    statistic = float((weights * (values - np.average(values, weights=weights)) ** 2).sum())
    return Homogeneity(statistic=statistic, df=len(values) - 1, pvalue=chi_square_pvalue(statistic, len(values) - 1))
