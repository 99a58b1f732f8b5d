"""How long contracts are renewed: shifted beta-geometric."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import Numbers, read_numbers
from gtmlib.stats.posterior import (
    Estimate,
    LogFit,
    LogNormalPrior,
    delta_estimate,
    estimate_log_fit,
    parameter_estimates,
)

# One renewal in four is lost at first (1 / (1 + 3)), which falls as the loyal remain; each within a factor of 19.
DEFAULT_CONTRACT_PRIOR = LogNormalPrior(medians=(1.0, 3.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractFit:
    """A fitted shifted beta-geometric model.

    Parameters
    ----------
    alpha, beta : Estimate
        A contract's chance to end at a renewal is beta(alpha, beta).
    fit : LogFit
        The two, as logarithms with their covariance.
    n_lost, n_renewals : float
        Contracts that ended, and renewals (kept or lost) that were seen.
    n_periods : int
        Renewals that the oldest contract has come to.
    is_map : bool
        Whether a prior was used.
    """

    alpha: Estimate
    beta: Estimate
    fit: LogFit
    n_lost: float
    n_renewals: float
    n_periods: int
    is_map: bool


def estimate_contracts(
    n_at_risk: ArrayLike,
    n_lost: ArrayLike,
    *,
    prior: LogNormalPrior | None = DEFAULT_CONTRACT_PRIOR,
    confidence_level: float = 0.95,
) -> ContractFit:
    """Fit the shifted beta-geometric model to renewals by a contract's age.

    Parameters
    ----------
    n_at_risk, n_lost : array_like
        Shape (n_periods,): contracts that came to their 1st, 2nd ... renewal inside the data, and those of them that
        ended there. Cohorts of different age are summed; a contract that has not come to a renewal is not at risk.
    prior : LogNormalPrior or None
        For alpha and beta; None is maximum likelihood.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Raises
    ------
    ParameterError
        If more are lost than at risk, nobody was at risk, or plain likelihood has no top.

    References
    ----------
    Fader & Hardie (2007), J. Interactive Marketing 21, 76-90.

    Examples
    --------
    >>> fit = estimate_contracts([1000, 869, 743], [131, 126, 90])
    >>> round(estimate_contract_survival(fit, [3])[0].value, 2)
    0.65
    """
    at_risk = read_numbers("n_at_risk", n_at_risk, least=0)
    lost = read_numbers("n_lost", n_lost, size=at_risk.size, least=0)
    if (wrong := np.flatnonzero(lost > at_risk)).size:
        k = int(wrong[0])
        raise ParameterError(f"At renewal {k + 1}, {lost[k]:g} contracts of {at_risk[k]:g} are lost: count again.")
    if not at_risk.any():
        raise ParameterError("No contract has come to its first renewal: there is nothing to fit.")
    kept, age = at_risk - lost, np.arange(at_risk.size)

    def log_likelihood(values: Numbers) -> tuple[float, Numbers]:
        alpha, beta = values  # a renewal at age t (from 0) is lost with the chance alpha / (alpha + beta + t)
        both = alpha + beta + age
        fit = lost.sum() * np.log(alpha) + kept @ np.log(beta + age) - at_risk @ np.log(both)
        return float(fit), np.array([lost.sum() / alpha, kept @ (1 / (beta + age))]) - (at_risk / both).sum()

    fit = estimate_log_fit(log_likelihood, (prior or DEFAULT_CONTRACT_PRIOR).medians, prior)
    alpha, beta = parameter_estimates(fit, confidence_level=confidence_level)
    return ContractFit(
        alpha=alpha,
        beta=beta,
        fit=fit,
        n_lost=float(lost.sum()),
        n_renewals=float(at_risk.sum()),
        n_periods=int(np.flatnonzero(at_risk)[-1]) + 1,
        is_map=prior is not None,
    )


def contract_survival(values: Numbers, n_periods: int) -> Numbers:
    """Give the share of contracts alive after 0, 1 ... `n_periods` renewals.

    Parameters
    ----------
    values : ndarray
        alpha and beta.
    n_periods : int
        0 or more.

    Examples
    --------
    >>> contract_survival(np.array([0.668, 3.806]), 2).round(3).tolist()
    [1.0, 0.851, 0.747]
    """
    alpha, beta = values
    age = np.arange(n_periods)
    return np.concatenate([[1.0], np.cumprod((beta + age) / (alpha + beta + age))])


def estimate_contract_survival(
    contracts: ContractFit, ages: ArrayLike, *, confidence_level: float = 0.95
) -> tuple[Estimate, ...]:
    """Estimate the share of new contracts that outlive their k-th renewal.

    Parameters
    ----------
    contracts : ContractFit
        The model.
    ages : array_like
        The k: 1 or more, whole.
    confidence_level : float
        Coverage of the delta-method intervals, in (0, 1).

    Raises
    ------
    ParameterError
        If an age or the level is out of range.

    References
    ----------
    Fader & Hardie (2007), J. Interactive Marketing 21, 76-90.

    Examples
    --------
    >>> first = estimate_contract_survival(estimate_contracts([1000], [131]), [1])[0]
    >>> first.ci_low < 0.869 < first.ci_high
    True
    """
    whole = [int(age) for age in read_numbers("ages", ages, least=1, is_whole=True)]

    def alive(age: int) -> Callable[[Numbers], float]:
        return lambda values: float(contract_survival(values, age)[-1])

    return tuple(
        delta_estimate(contracts.fit, alive(age), scale="logit", confidence_level=confidence_level) for age in whole
    )


def estimate_contract_multiple(
    contracts: ContractFit, *, age: int, discount_rate: float, n_periods: int, confidence_level: float = 0.95
) -> Estimate:
    """Estimate how many period contributions a contract is still worth, discounted to now.

    Parameters
    ----------
    contracts : ContractFit
        The model.
    age : int
        Renewals the contract has outlived: 0 for a new one.
    discount_rate : float
        Per period, -1 excluded: 0.1 is 10 %.
    n_periods : int
        Horizon, 1 or more; money comes at each renewal that is kept, the first a period from now.
    confidence_level : float
        Coverage of the delta-method interval, in (0, 1).

    Raises
    ------
    ParameterError
        If age, rate, horizon or level are out of range.

    References
    ----------
    Fader & Hardie (2010), Marketing Science 29, 85-93, cut at a horizon.

    Examples
    --------
    >>> fit = estimate_contracts([1000, 869, 743], [131, 126, 90])
    >>> new, loyal = (estimate_contract_multiple(fit, age=k, discount_rate=0.1, n_periods=5).value for k in (0, 3))
    >>> new < loyal < 5  # whoever has stayed, stays
    True
    """
    if age < 0 or n_periods < 1 or discount_rate <= -1:
        raise ParameterError(
            f"age {age}, n_periods {n_periods}, discount_rate {discount_rate:g}: give an age of 0 or more, a horizon "
            "of 1 or more, and a rate such as 0.1."
        )
    discount = (1 + discount_rate) ** -np.arange(1.0, n_periods + 1)

    def multiple(values: Numbers) -> float:
        alive = contract_survival(values, age + n_periods)
        return float((alive[age + 1 :] / alive[age]) @ discount)

    return delta_estimate(contracts.fit, multiple, confidence_level=confidence_level)
