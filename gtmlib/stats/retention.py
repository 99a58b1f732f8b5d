"""Who is still buying, by the period in which they came: the cohort triangle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import Numbers, read_numbers
from gtmlib.stats.proportions import estimate_proportion
from gtmlib.stats.requirements import require_level


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Customers who came in one period.

    Parameters
    ----------
    name : str
        The period, such as 2025-Q1.
    n_customers : int
        Who came.
    n_active : tuple of int or None
        Of them, who bought 0, 1 ... periods later: 0 is nobody, None is not seen yet.
    """

    name: str
    n_customers: int
    n_active: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPoint:
    """Cohorts together, at one age.

    Parameters
    ----------
    age : int
        Periods since the first one.
    n_customers, n_active : int
        Of the cohorts that were seen at this age.
    active_share : float
        n_active / n_customers, in [0, 1].
    ci_low, ci_high : float
        Wilson interval.
    """

    age: int
    n_customers: int
    n_active: int
    active_share: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortTriangle:
    """Cohorts in the order given, and all of them together.

    Parameters
    ----------
    cohorts : tuple of Cohort
        One row each, of equal length.
    together : tuple of RetentionPoint
        One per age at which any cohort was seen.
    confidence_level : float
        Of the intervals, in (0, 1).
    """

    cohorts: tuple[Cohort, ...]
    together: tuple[RetentionPoint, ...]
    confidence_level: float


def cohort_triangle(
    names: Sequence[str],
    n_customers: ArrayLike,
    n_periods_seen: ArrayLike,
    cells: ArrayLike,
    *,
    confidence_level: float = 0.95,
) -> CohortTriangle:
    """Lay out how many of each cohort were active at each age.

    Parameters
    ----------
    names : sequence of str
        The cohorts, oldest first.
    n_customers, n_periods_seen : array_like
        Shape (n_cohorts,): customers who came, and whole periods that the data hold from then on, the first included.
        A last period that is not over yet is not whole.
    cells : array_like
        Shape (n_cells, 3): cohort (place in `names`, from 0), age in periods, active customers. Cells that are absent
        inside the seen periods are 0; cells beyond them are left out.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Raises
    ------
    ParameterError
        If a cell points to no cohort, occurs twice, or holds more customers than came.

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212, for the intervals.

    Examples
    --------
    >>> triangle = cohort_triangle(["Q1", "Q2"], [10, 8], [3, 2], [[0, 0, 10], [0, 1, 6], [1, 0, 8]])
    >>> [cohort.n_active for cohort in triangle.cohorts]
    [(10, 6, 0), (8, 0, None)]
    """
    require_level(confidence_level)
    came = read_numbers("n_customers", n_customers, size=len(names), least=1, is_whole=True)
    seen = read_numbers("n_periods_seen", n_periods_seen, size=len(names), least=0, is_whole=True)
    if not len(names):
        raise ParameterError("There are no cohorts.")
    width = int(seen.max())
    active = np.where(np.arange(width) < seen[:, None], 0.0, np.nan)
    filled: set[tuple[int, int]] = set()
    for cohort, age, count in np.asarray(cells, dtype=np.float64).reshape(-1, 3).tolist():
        where = (int(cohort), int(age))
        if where in filled or not 0 <= cohort < len(names) or age < 0:
            raise ParameterError(f"Cell {where} occurs twice, or is of no cohort or age: give each once.")
        if not 0 <= count <= came[where[0]]:
            raise ParameterError(f"{count:g} of {came[where[0]]:g} customers of '{names[where[0]]}' are active.")
        filled.add(where)
        if age < seen[where[0]]:
            active[where] = count
    return CohortTriangle(
        cohorts=tuple(
            Cohort(
                name=str(name),
                n_customers=int(size),
                n_active=tuple(None if np.isnan(count) else int(count) for count in row),
            )
            for name, size, row in zip(names, came, active, strict=True)
        ),
        together=tuple(_together(age, came, active[:, age], confidence_level) for age in range(width)),
        confidence_level=confidence_level,
    )


def _together(age: int, came: Numbers, active: Numbers, confidence_level: float) -> RetentionPoint:
    is_seen = ~np.isnan(active)
    n, k = int(came[is_seen].sum()), int(active[is_seen].sum())
    rate = estimate_proportion(k, n, confidence_level=confidence_level)
    return RetentionPoint(
        age=age, n_customers=n, n_active=k, active_share=rate.rate, ci_low=rate.ci_low, ci_high=rate.ci_high
    )
