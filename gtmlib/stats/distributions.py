"""Quantiles and tail probabilities, from scipy.special: scipy.stats alone takes a second to import."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

Array = npt.NDArray[np.float64]


def critical_value(confidence_level: float, df: float | None = None) -> float:
    """Return the two-sided critical value of the normal, or of Student's t.

    Parameters
    ----------
    confidence_level : float
        Coverage, in (0, 1).
    df : float, optional
        Degrees of freedom of the t distribution; none: the normal.

    Examples
    --------
    >>> round(critical_value(0.95), 4), round(critical_value(0.95, df=4), 4)
    (1.96, 2.7764)
    """
    upper = (1 + confidence_level) / 2
    return float(special.ndtri(upper) if df is None else special.stdtrit(df, upper))


def two_sided_pvalue(statistic: float, df: float | None = None) -> float:
    """Return the two-sided p-value of a z or t statistic.

    Parameters
    ----------
    statistic : float
        Estimate over its standard error.
    df : float, optional
        Degrees of freedom of the t distribution; none: the normal.

    Examples
    --------
    >>> round(two_sided_pvalue(2.0), 4)
    0.0455
    """
    lower = -abs(statistic)
    return float(min(1.0, 2 * (special.ndtr(lower) if df is None else special.stdtr(df, lower))))


def chi_square_pvalue(statistic: float, df: float) -> float:
    """Return the upper tail of the chi-square distribution.

    Parameters
    ----------
    statistic : float
        At least 0.
    df : float
        Degrees of freedom, above 0.

    Examples
    --------
    >>> round(chi_square_pvalue(3.841459, 1), 4)
    0.05
    """
    return float(special.chdtrc(df, statistic))
