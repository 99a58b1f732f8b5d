"""Whether the variants got the shares of contacts that were planned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gtmlib.errors import ParameterError
from gtmlib.stats.distributions import Array, chi_square_pvalue
from gtmlib.stats.requirements import require_level

SPLIT_ALPHA = 0.001  # a broken split voids the comparison, so the alarm must be rare: one in a thousand sound splits


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
    pvalue : float
        Its p-value, an approximation below some hundred contacts.
    alpha : float
        Threshold of the p-value, in (0, 1).
    is_as_planned : bool
        Whether the p-value is at least alpha.
    """

    observed: tuple[int, ...]
    expected: tuple[float, ...]
    chi_square: float
    pvalue: float
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
    >>> round(check.pvalue, 3), check.is_as_planned
    (0.647, True)
    """
    counts, shares = _read(observed, planned)
    n = int(counts.sum())
    expected = n * shares
    chi_square = float(np.sum((counts - expected) ** 2 / expected))
    pvalue = chi_square_pvalue(chi_square, len(counts) - 1)
    return SplitCheck(
        observed=tuple(int(count) for count in counts),
        expected=tuple(float(count) for count in expected),
        chi_square=chi_square,
        pvalue=pvalue,
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
