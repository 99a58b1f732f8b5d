"""Words that are said more often than before: log-likelihood of a 2x2 table of notes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from gtmlib.stats.distributions import chi_square_pvalue
from gtmlib.stats.requirements import require_counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyness:
    """How much more often a word is met now than before.

    Parameters
    ----------
    rate, rate_before : float
        Share of notes that hold the word.
    log_likelihood : float
        Dunning's G-squared, 0 or more.
    pvalue : float
        Of no difference.
    """

    rate: float
    rate_before: float
    log_likelihood: float
    pvalue: float


def compare_word(n_with: int, n_notes: int, n_with_before: int, n_notes_before: int) -> Keyness:
    """Compare how many notes hold a word, now and before.

    Parameters
    ----------
    n_with, n_notes : int
        Notes with the word, and all notes of now.
    n_with_before, n_notes_before : int
        The same of before.

    Raises
    ------
    ParameterError
        If the counts are out of range.

    References
    ----------
    Dunning (1993), Comput. Linguist. 19, 61-74.

    Examples
    --------
    >>> found = compare_word(30, 100, 10, 100)
    >>> round(found.log_likelihood, 3), round(found.pvalue, 4)
    (12.972, 0.0003)
    """
    k, n = require_counts(n_with, n_notes, "notes")
    k_0, n_0 = require_counts(n_with_before, n_notes_before, "notes before")
    seen = np.array([[k, n - k], [k_0, n_0 - k_0]], dtype=float)
    expected = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / seen.sum()
    ratio = np.divide(seen, expected, out=np.ones_like(seen), where=seen > 0)
    statistic = max(0.0, float(2 * special.xlogy(seen, ratio).sum()))
    return Keyness(rate=k / n, rate_before=k_0 / n_0, log_likelihood=statistic, pvalue=chi_square_pvalue(statistic, 1))
