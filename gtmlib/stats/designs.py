"""Who sent which message when, and so which estimator can compare two messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from gtmlib.errors import ParameterError
from gtmlib.stats.differences import Method
from gtmlib.stats.distributions import Array

Codes = npt.NDArray[np.intp]
StratifiedBy = Literal["", "period", "rep", "rep_period"]

LEAST_INFORMATION = (
    0.5  # share of what contacts tell that lies within strata: with less, most of it would be thrown away
)
LEAST_REPS_BOTH = 2  # reps who used both variants: with one, the result is about that rep
LEAST_REPS_PER_ARM = (
    3  # where each rep has one variant: with two an arm t(2) needs 4.3 standard errors, and reps differ
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantCell:
    """Contacts of one variant, by one rep, in one segment and period.

    Parameters
    ----------
    variant : str
        Message that was assigned.
    n_contacts, n_conversions : int
        Mature contacts, and those of them that converted.
    rep, segment, period : str
        Empty where not known; periods sort by time (`2025-07`, `2025-W31`).
    """

    variant: str
    n_contacts: int
    n_conversions: int
    rep: str = ""
    segment: str = ""
    period: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellTable:
    """Cells as arrays: a column per pair of rep and period, a row per variant. Not a result: it stays on this floor.

    Parameters
    ----------
    variants, reps, periods : tuple of str
        Labels; the last two sorted.
    rep, period : array of int
        Codes by column.
    n : array, variants x columns
        Contacts.
    k : array, variants x (any axes) x columns
        Conversions; simulated ones have axes in between.
    """

    variants: tuple[str, ...]
    reps: tuple[str, ...]
    periods: tuple[str, ...]
    rep: Codes
    period: Codes
    n: Array
    k: Array

    def at_look(self, period: int) -> CellTable:
        """Return what was known after a period, by its code.

        Parameters
        ----------
        period : int
            Code, as in `period`; columns up to and with it are kept.
        """
        seen = self.period <= period
        return replace(self, rep=self.rep[seen], period=self.period[seen], n=self.n[:, seen], k=self.k[..., seen])

    def n_periods(self, *rows: int) -> int:
        """Return in how many periods any of some variants, by row, has contacts.

        Parameters
        ----------
        *rows : int
            Rows of the table.
        """
        return len(np.unique(self.period[(self.n[list(rows)] > 0).any(axis=0)]))


def tabulate_cells(cells: Iterable[VariantCell], variants: Sequence[str]) -> CellTable:
    """Arrange cells as arrays, summed over segments.

    Parameters
    ----------
    cells : iterable of VariantCell
        In any order; those of other variants are left out.
    variants : sequence of str
        In the order of the rows.

    Raises
    ------
    ParameterError
        If a cell's counts are out of range.

    Examples
    --------
    >>> cells = [VariantCell(variant=v, n_contacts=10, n_conversions=c, rep="r1") for v, c in (("A", 1), ("B", 2))]
    >>> tabulate_cells(cells, ["A", "B"]).k.tolist()
    [[1.0], [2.0]]
    """
    kept = [cell for cell in cells if cell.variant in variants]
    for cell in kept:
        if not 0 <= cell.n_conversions <= cell.n_contacts:
            raise ParameterError(f"{cell}: conversions must be from 0 to the contacts. Count each contact once.")
    reps, periods = sorted({cell.rep for cell in kept}), sorted({cell.period for cell in kept})
    rows = {variant: row for row, variant in enumerate(variants)}
    columns = {key: column for column, key in enumerate(sorted({(cell.rep, cell.period) for cell in kept}))}
    n, k = np.zeros((2, len(variants), len(columns)))
    for cell in kept:
        n[rows[cell.variant], columns[cell.rep, cell.period]] += cell.n_contacts
        k[rows[cell.variant], columns[cell.rep, cell.period]] += cell.n_conversions
    return CellTable(
        variants=tuple(variants),
        reps=tuple(reps),
        periods=tuple(periods),
        rep=np.array([reps.index(rep) for rep, _ in columns], dtype=np.intp),
        period=np.array([periods.index(period) for _, period in columns], dtype=np.intp),
        n=n,
        k=k,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """How one pair of variants is compared; it depends on contacts alone, never on conversions.

    Parameters
    ----------
    method : {'crude', 'stratified', 'clustered', 'rep_means'}
        Estimator.
    stratified_by : {'', 'period', 'rep', 'rep_period'}
        What its strata are.
    groups : array, columns of the table x groups
        One-hot: which columns the estimator sums into which group.
    df : float, optional
        Degrees of freedom of the standard error; none: from contacts.
    information_share : float
        Share of what the contacts tell about the difference that lies within reps (and periods, where they are strata),
        in [0, 1]. It is 1 where reps are not known.
    concurrent_share : float
        The same within periods.
    n_reps, n_reps_both, n_variant_reps, n_control_reps : int
        Reps known by name, and those of them who used both, the variant, the control.
    """

    method: Method
    stratified_by: StratifiedBy
    groups: Array
    df: float | None
    information_share: float
    concurrent_share: float
    n_reps: int
    n_reps_both: int
    n_variant_reps: int
    n_control_reps: int

    def sum(self, counts: Array) -> Array:
        """Sum counts over the columns of each group (last axis).

        Parameters
        ----------
        counts : array, (any axes) x columns of the table
            Contacts or conversions.

        Returns
        -------
        array, (any axes) x groups
            Their sums.
        """
        summed: Array = counts @ self.groups
        return summed


def _one_hot(codes: Codes, used: npt.NDArray[np.bool_]) -> Array:
    present = np.unique(codes[used])
    hot: Array = ((codes[:, None] == present) & used[:, None]).astype(float)
    return hot


def _information_share(n: Array, n_0: Array, groups: Array) -> float:
    within, within_0 = n @ groups, n_0 @ groups
    total = n.sum() * n_0.sum() / (n.sum() + n_0.sum())
    return float((within * within_0 / (within + within_0)).sum() / total)


def choose_design(table: CellTable, variant: int, control: int) -> Design:
    """Choose the estimator for one pair of variants, each of which has contacts.

    Strata of rep and period where reps used both and at least half of the information lies within them; strata of reps
    alone where only that holds; else errors clustered by rep; with one variant per rep the reps' means. With one rep or
    none known: strata of periods under the same condition, else no strata.

    Parameters
    ----------
    table : CellTable
        Contacts by variant, rep and period.
    variant, control : int
        Rows of the table.

    Examples
    --------
    >>> cells = [VariantCell(variant=v, n_contacts=40, n_conversions=4, rep=r) for v in "AB" for r in ("r1", "r2")]
    >>> choose_design(tabulate_cells(cells, "AB"), 1, 0).method
    'stratified'
    """
    n, n_0 = table.n[variant], table.n[control]
    used = n + n_0 > 0
    by_rep, by_period = _one_hot(table.rep, used), _one_hot(table.period, used)
    by_both = _one_hot(table.rep * len(table.periods) + table.period, used)
    share_rep, share_period, share_both = (_information_share(n, n_0, by) for by in (by_rep, by_period, by_both))
    reps, reps_0 = n @ by_rep > 0, n_0 @ by_rep > 0
    names = np.unique(table.rep[used])
    named = np.array([table.reps[code] != "" for code in names])
    n_reps, n_both = int(named.sum()), int((reps & reps_0 & named).sum())
    method: Method = "crude"
    stratified_by: StratifiedBy = ""
    groups, df, share = np.ones((len(n), 1)) * used[:, None], None, 1.0
    if n_reps < 2:
        if by_period.shape[1] > 1 and share_period >= LEAST_INFORMATION:
            method, stratified_by, groups = "stratified", "period", by_period
    elif n_both >= LEAST_REPS_BOTH and max(share_rep, share_both) >= LEAST_INFORMATION:
        has_periods = by_period.shape[1] > 1 and share_both >= LEAST_INFORMATION
        method, stratified_by = "stratified", "rep_period" if has_periods else "rep"
        groups, share = (by_both, share_both) if has_periods else (by_rep, share_rep)
    elif n_both == 0 and not (reps & reps_0).any():
        share = share_rep
        if min(reps.sum(), reps_0.sum()) >= LEAST_REPS_PER_ARM:
            method, groups, df = "rep_means", by_rep, by_rep.shape[1] - 2.0
    else:
        method, groups, df, share = "clustered", by_rep, by_rep.shape[1] - 1.0, share_rep
    return Design(
        method=method,
        stratified_by=stratified_by,
        groups=groups,
        df=df,
        information_share=share,
        concurrent_share=share_period,
        n_reps=n_reps,
        n_reps_both=n_both,
        n_variant_reps=int((reps & named).sum()),
        n_control_reps=int((reps_0 & named).sum()),
    )
