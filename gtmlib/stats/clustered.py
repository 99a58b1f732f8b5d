"""How much less contacts tell because they come in clusters: by rep, or by account."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gtmlib.errors import ParameterError
from gtmlib.stats.distributions import Array
from gtmlib.stats.requirements import require_positive


def _read(n_successes: Sequence[int] | Array, n_trials: Sequence[int] | Array) -> tuple[Array, Array]:
    k, n = np.asarray(n_successes, dtype=float), np.asarray(n_trials, dtype=float)
    if k.shape != n.shape or not ((k >= 0) & (k <= n)).all() or n.sum() == 0:
        raise ParameterError("clusters need as many successes as trials, 0 <= successes <= trials, and a trial in all.")
    return k[n > 0], n[n > 0]


def estimate_design_effect(n_successes: Sequence[int] | Array, n_trials: Sequence[int] | Array) -> float:
    """Estimate how many times the variance of a rate is that of independent trials; never below 1.

    Parameters
    ----------
    n_successes, n_trials : sequence of int
        Counts by cluster.

    Returns
    -------
    float
        1 where there is one cluster only, or a rate of 0 or 1.

    Raises
    ------
    ParameterError
        If the counts are out of range.

    References
    ----------
    Rao & Scott (1992), Biometrics 48, 577-585.

    Examples
    --------
    >>> round(estimate_design_effect([0, 10, 0, 10], [10, 10, 10, 10]), 2)
    13.33
    """
    k, n = _read(n_successes, n_trials)
    rate, clusters = k.sum() / n.sum(), len(n)
    if clusters < 2 or rate in (0.0, 1.0):
        return 1.0
    residual = k - rate * n
    robust = clusters / (clusters - 1) * (residual**2).sum() / n.sum() ** 2
    return max(1.0, float(robust / (rate * (1 - rate) / n.sum())))


def estimate_intraclass_correlation(n_successes: Sequence[int] | Array, n_trials: Sequence[int] | Array) -> float:
    """Estimate how alike the contacts of one cluster are, by analysis of variance; in [0, 1].

    Parameters
    ----------
    n_successes, n_trials : sequence of int
        Counts by cluster.

    Returns
    -------
    float
        0 where there is one cluster only, or no more than one trial in each, or no spread beyond chance.

    Raises
    ------
    ParameterError
        If the counts are out of range.

    References
    ----------
    Ridout, Demetrio & Firth (1999), Biometrics 55, 137-148: the analysis-of-variance estimator.

    Examples
    --------
    >>> estimate_intraclass_correlation([0, 10, 0, 10], [10, 10, 10, 10])
    1.0
    >>> estimate_intraclass_correlation([5, 5, 5, 5], [10, 10, 10, 10])
    0.0
    """
    k, n = _read(n_successes, n_trials)
    clusters, total = len(n), n.sum()
    if clusters < 2 or total <= clusters:
        return 0.0
    within = (k * (n - k) / n).sum() / (total - clusters)
    between = (n * (k / n - k.sum() / total) ** 2).sum() / (clusters - 1)
    size = (total - (n**2).sum() / total) / (clusters - 1)
    spread = between + (size - 1) * within
    return float(np.clip((between - within) / spread, 0.0, 1.0)) if spread > 0 else 0.0


def design_effect(n_per_cluster: float, intraclass_correlation: float) -> float:
    """Return what clusters of a size cost when each has one variant only: 1 + (m - 1) rho.

    Parameters
    ----------
    n_per_cluster : float
        Contacts per rep, m, above 0; below 1 it counts as 1.
    intraclass_correlation : float
        How alike they are, rho, in [0, 1].

    Raises
    ------
    ParameterError
        If a number is out of range.

    References
    ----------
    Kish (1965), Survey Sampling, section 5.4.

    Examples
    --------
    >>> round(design_effect(21, 0.05), 2)
    2.0
    """
    if not 0 <= intraclass_correlation <= 1:
        raise ParameterError(f"intraclass_correlation is {intraclass_correlation}, not in [0, 1].")
    return 1 + (max(1.0, require_positive(n_per_cluster, "n_per_cluster")) - 1) * intraclass_correlation


def correlation_from_sums(
    n: Sequence[float] | Array,
    n_squared: Sequence[float] | Array,
    k: Sequence[float] | Array,
    k_squared: Sequence[float] | Array,
    k_times_n: Sequence[float] | Array,
    n_clusters: Sequence[float] | Array,
) -> float:
    """Estimate how alike the trials of one cluster are from sums over clusters, within groups; in [0, 1].

    Parameters
    ----------
    n, n_squared : sequence of float
        By group: the sum over its clusters of their trials, and of these squared.
    k, k_squared, k_times_n : sequence of float
        By group: the sum of successes, of these squared, and of successes times trials.
    n_clusters : sequence of float
        By group: clusters with a trial.

    Returns
    -------
    float
        0 where no cluster has two trials of a group, or no group has both successes and failures.

    References
    ----------
    Kish (1965), Survey Sampling, section 5.4: the correlation whose design effect 1 + (m - 1) rho is the ratio
    estimator's variance over the binomial one; groups pooled.

    Examples
    --------
    >>> correlation_from_sums([40], [400], [20], [200], [200], [4])  # four clusters of ten: 0, 10, 0, 10 successes
    1.0
    """
    trials, squares, hits, hits_2, cross, clusters = (
        np.asarray(x, dtype=float) for x in (n, n_squared, k, k_squared, k_times_n, n_clusters)
    )
    says = (trials > 0) & (hits > 0) & (hits < trials) & (clusters > 1)
    if not says.any():
        return 0.0
    trials, squares, hits, hits_2, cross, clusters = (x[says] for x in (trials, squares, hits, hits_2, cross, clusters))
    rate = hits / trials
    spread = (hits_2 - 2 * rate * cross + rate**2 * squares) * clusters / (clusters - 1) / (rate * (1 - rate))
    pairs = float((squares - trials).sum())
    return float(np.clip((spread - trials).sum() / pairs, 0.0, 1.0)) if pairs > 0 else 0.0
