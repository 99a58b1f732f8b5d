"""Whether the variants got the shares of contacts that were planned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from gtmlib.errors import ParameterError
from gtmlib.stats.distributions import Array, chi_square_pvalue
from gtmlib.stats.requirements import require_level

SPLIT_ALPHA = 0.001  # a broken split voids the comparison, so the alarm must be rare: one in a thousand sound splits
EXACT_BELOW = 1000  # contacts
MOST_TABLES = (
    300_000  # that an exact test of more than two variants lists; beyond it the chi-square approximation serves
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitCheck:
    """Observed against planned contacts per variant.

    Parameters
    ----------
    observed : tuple of int
        Contacts per variant.
    expected : tuple of float
        Contacts per variant under the plan.
    chi_square : float
        Statistic of the goodness of fit.
    chi_square_pvalue : float
        Its p-value.
    pvalue : float
        The one that decides: exact under 1,000 contacts, else that of the chi-square.
    method : {'chi_square', 'exact'}
        Which of the two it is.
    alpha : float
        Threshold of the p-value, in (0, 1).
    is_as_planned : bool
        Whether the p-value is at least alpha.
    """

    observed: tuple[int, ...]
    expected: tuple[float, ...]
    chi_square: float
    chi_square_pvalue: float
    pvalue: float
    method: Literal["chi_square", "exact"]
    alpha: float
    is_as_planned: bool


def check_split(observed: Sequence[int], planned: Sequence[float], *, alpha: float = SPLIT_ALPHA) -> SplitCheck:
    """Check the contacts per variant against their planned shares.

    Parameters
    ----------
    observed : sequence of int
        Contacts per variant, at least two variants and one contact.
    planned : sequence of float
        Planned weight per variant in the same order, above 0, in any unit.
    alpha : float
        A p-value below it says that the split is not the planned one.

    Raises
    ------
    ParameterError
        If counts and weights do not pair up or are out of range.

    References
    ----------
    Pearson (1900), Philos. Mag. 50, 157-175; Fabijan et al. (2019), KDD, 2156-2164.

    Examples
    --------
    >>> check = check_split([310, 98], [3, 1])
    >>> round(check.chi_square_pvalue, 3), check.is_as_planned
    (0.647, True)
    """
    counts, shares = _read(observed, planned)
    n = int(counts.sum())
    expected = n * shares
    chi_square = float(np.sum((counts - expected) ** 2 / expected))
    approximate = chi_square_pvalue(chi_square, len(counts) - 1)
    exact = _exact_pvalue(counts, shares) if n < EXACT_BELOW else None
    pvalue = approximate if exact is None else exact
    return SplitCheck(
        observed=tuple(int(count) for count in counts),
        expected=tuple(float(count) for count in expected),
        chi_square=chi_square,
        chi_square_pvalue=approximate,
        pvalue=pvalue,
        method="chi_square" if exact is None else "exact",
        alpha=require_level(alpha, "alpha"),
        is_as_planned=pvalue >= alpha,
    )


def _read(observed: Sequence[int], planned: Sequence[float]) -> tuple[Array, Array]:
    counts, weights = np.asarray(observed, dtype=float), np.asarray(planned, dtype=float)
    if len(counts) != len(weights) or len(counts) < 2:
        raise ParameterError(f"{len(counts)} counts and {len(weights)} planned weights. Give two or more of each.")
    if not (np.isfinite(counts).all() and (counts >= 0).all() and (counts == counts.round()).all() and counts.any()):
        raise ParameterError(f"observed is {tuple(observed)}. Give whole contacts per variant, at least one in all.")
    if not (np.isfinite(weights).all() and (weights > 0).all()):
        raise ParameterError(f"planned is {tuple(planned)}. Give weights above 0.")
    return counts, weights / weights.sum()


def _exact_pvalue(counts: Array, shares: Array) -> float | None:
    """Return the probability of all splits no likelier than this one, or None where there are too many to list."""
    n, k = int(counts.sum()), len(counts)
    if math.comb(n + k - 1, k - 1) > MOST_TABLES:
        return None
    tables = np.zeros((1, 0))
    for _ in range(k - 1):  # every way to fill all variants but the last, which takes the rest
        left = (n - tables.sum(axis=1)).astype(int)
        added = np.concatenate([np.arange(rest + 1.0) for rest in left])
        tables = np.column_stack([np.repeat(tables, left + 1, axis=0), added])
    tables = np.column_stack([tables, n - tables.sum(axis=1)])

    def log_probability(rows: Array) -> Array:
        total: Array = special.gammaln(n + 1) + np.sum(rows * np.log(shares) - special.gammaln(rows + 1), axis=-1)
        return total

    log_all = log_probability(tables)
    return float(min(1.0, np.exp(log_all[log_all <= log_probability(counts) + 1e-7]).sum()))
