"""What panels about customers hold: sums per month and customer as arrays, and which customers are picked together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gtmlib.analyses.reductions import OTHER, fold_with_unknown
from gtmlib.stats.allocation import PARTS
from gtmlib.stats.arrays import Numbers

Codes = NDArray[np.int64]
UNKNOWN = "unknown"  # the group of customers without a segment; presenters name it in the reader's language
MONEY = ("list_revenue", "net_revenue", "cogs", "imputed_cogs", "amount", "left_out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Sums per month and key, a cell each, by rising month: a period is a slice of them.

    Parameters
    ----------
    starts : ndarray of int
        Shape (n_months + 2,): where the cells of each month begin, after those without a date, which come first.
    key : ndarray of int
        Shape (n_cells,): whose sums they are.
    sums : mapping of str to ndarray
        Columns of shape (n_cells,). Money is in whole ten-thousandths, so that it adds up exactly.
    """

    starts: Codes
    key: Codes
    sums: Mapping[str, Numbers]

    @property
    def n_months(self) -> int:
        """Months from the first to the last one."""
        return len(self.starts) - 2

    @property
    def is_dated(self) -> bool:
        """Whether every cell has a month."""
        return int(self.starts[0]) == 0

    def within(self, first: int, last: int) -> slice:
        """Give the place of a period's cells; those without a date are in the whole one alone.

        Parameters
        ----------
        first, last : int
            Its months, counted from 0.
        """
        is_whole = first <= 0 and last >= self.n_months - 1
        return slice(0 if is_whole else int(self.starts[first]), int(self.starts[last + 1]))

    def total(self, first: int, last: int, n_keys: int) -> dict[str, Numbers]:
        """Sum the cells of a period by key.

        Parameters
        ----------
        first, last : int
            Its months, counted from 0.
        n_keys : int
            Length of what is given.

        Returns
        -------
        dict of str to ndarray
            The columns of `sums`, money in units of the currency, and `n_cells`.
        """
        at = self.within(first, last)
        key = self.key[at]
        found: dict[str, Numbers] = {"n_cells": np.bincount(key, minlength=n_keys).astype(np.float64)}
        for name, column in self.sums.items():
            total = np.bincount(key, weights=column[at], minlength=n_keys).astype(np.float64, copy=False)
            found[name] = total / PARTS if name in MONEY else total
        return found


def hold_cells(frame: pd.DataFrame, key: Codes, columns: tuple[str, ...], first_month: int, n_months: int) -> Cells:
    """Hold the rows of a reduced frame as cells.

    Parameters
    ----------
    frame : DataFrame
        month (as `month_of` gives it, missing where unknown) and the columns.
    key : ndarray of int
        Shape (n_rows,): whose sums the rows are.
    columns : tuple of str
        Which columns.
    first_month, n_months : int
        The months that the cells cover.

    Examples
    --------
    >>> frame = pd.DataFrame({"month": [24301.0, None, 24300.0], "net_revenue": [0.1, 5.0, 0.2]})
    >>> cells = hold_cells(frame, np.array([0, 0, 0]), ("net_revenue",), 24300, 2)
    >>> [cells.total(first, last, 1)["net_revenue"].item() for first, last in ((0, 0), (1, 1), (0, 1))]
    [0.2, 0.1, 5.3]
    """
    month = frame["month"].to_numpy(dtype=np.float64, na_value=np.nan) - first_month
    month = np.where(np.isnan(month), -1, month).astype(np.int64)
    order = np.argsort(month, kind="stable")
    sums = {}
    for name in columns:
        column = frame[name].to_numpy(dtype=np.float64, na_value=0.0)[order]
        sums[name] = np.rint(column * PARTS) if name in MONEY else column
    starts = np.searchsorted(month[order], np.arange(n_months + 1))
    return Cells(starts=np.append(starts, len(order)), key=np.asarray(key, dtype=np.int64)[order], sums=sums)


def steps_of(active: Cells, group: Codes, smallest: int) -> tuple[tuple[int, int], ...]:
    """Divide the months into steps in each of which enough customers of every group bought something.

    Periods that begin and end with steps can't be taken from each other so that few customers remain.

    Parameters
    ----------
    active : Cells
        Sales by customer.
    group : ndarray of int
        Group of each customer; below 0: of none.
    smallest : int
        The disclosure floor.

    Returns
    -------
    tuple of (int, int)
        First and last month of each step, counted from 0; single months where they are large enough.

    Examples
    --------
    >>> sales = pd.DataFrame({"month": [0, 0, 1, 2, 2, 3]})
    >>> cells = hold_cells(sales, np.array([0, 1, 0, 0, 1, 0]), (), 0, 4)
    >>> steps_of(cells, np.array([0, 0]), 2)
    ((0, 0), (1, 3))
    """
    n_groups = int(group.max(initial=-1)) + 1
    steps, first, seen = [], 0, np.zeros(len(group), dtype=bool)
    for month in range(active.n_months):
        seen[active.key[int(active.starts[month]) : int(active.starts[month + 1])]] = True
        if np.bincount(group[seen & (group >= 0)], minlength=n_groups).min(initial=smallest) >= smallest:
            steps.append((first, month))
            first, seen = month + 1, np.zeros(len(group), dtype=bool)
    if not steps:
        return ((0, active.n_months - 1),)
    return (*steps[:-1], (steps[-1][0], active.n_months - 1))  # what is left over joins the last one


def hides_undated(active: Cells, group: Codes, smallest: int) -> bool:
    """Tell whether the cells without a date are those of enough customers of each group, or of none of it.

    The whole period less its months leaves them.

    Parameters
    ----------
    active : Cells
        By customer.
    group : ndarray of int
        Group of each customer; below 0: of none, which counts as a group.
    smallest : int
        The disclosure floor.

    Examples
    --------
    >>> cells = hold_cells(pd.DataFrame({"month": [None, None, 0]}), np.array([0, 1, 2]), (), 0, 1)
    >>> [hides_undated(cells, np.array([0, 0, 1]), smallest) for smallest in (2, 3)]
    [True, False]
    """
    undated = np.unique(active.key[: int(active.starts[0])])
    counts = np.bincount(group[undated] + 1)
    return not ((counts > 0) & (counts < smallest)).any()


def group_customers(segments: pd.Series[Any], smallest: int) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Give each customer the segment that the chapter shows, and the group that it is picked with.

    Parameters
    ----------
    segments : Series
        Segment of each customer; missing where it is not known.
    smallest : int
        The disclosure floor.

    Returns
    -------
    Series, Series
        The segment after folding, None where unknown; and the group: the same, or `unknown`. A few customers without
        a segment are in `other`, with the smallest segment where that alone would be too few.

    Examples
    --------
    >>> segments = pd.Series([*"AAAAABBB", None])
    >>> [list(dict.fromkeys(names)) for names in group_customers(segments, 3)]
    [['A', 'other'], ['A', 'other']]
    """
    is_known = segments.notna()
    names: list[str] = []
    if is_known.any():
        sizes = segments.astype(object).value_counts(dropna=False).rename_axis("segment").reset_index(name="n")
        names = fold_with_unknown(sizes, "segment", "n", smallest)["segment"].tolist()
    is_apart = ~is_known & (not names or len(segments) - is_known.sum() >= smallest)
    shown = segments.astype(object).where(segments.isin(names), OTHER).where(~is_apart, None)
    return shown, shown.where(~is_apart, UNKNOWN)
