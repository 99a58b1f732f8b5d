"""Costs that nobody wrote down: what they probably were, and how much of the whole is a guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import Numbers, read_numbers

Rule = Literal["unit_cost", "cell_ratio", "segment_ratio", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CostCells:
    """What is known of the cost of each segment x product: sums over transactions, one row per cell.

    A transaction is *costed* (has a cost), *counted* (has none, but a quantity) or *bare* (has neither).

    Parameters
    ----------
    segment, product : sequence
        Labels; shape (n_cells,). A product is all that names it (id and name together).
    costed_revenue, cost : array_like
        Net revenue and cost of costed transactions, in money.
    unit_quantity, unit_cost : array_like
        Units and cost of those costed transactions that have a quantity.
    counted_revenue, counted_quantity : array_like
        Net revenue and units of counted transactions.
    bare_revenue : array_like
        Net revenue of bare transactions.
    """

    segment: Sequence[str]
    product: Sequence[str]
    costed_revenue: ArrayLike
    cost: ArrayLike
    unit_quantity: ArrayLike
    unit_cost: ArrayLike
    counted_revenue: ArrayLike
    counted_quantity: ArrayLike
    bare_revenue: ArrayLike


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRates:
    """What a transaction without cost is taken to have cost, per cell: not for show, for joining to transactions.

    Parameters
    ----------
    unit_cost : ndarray
        Money per unit of the product, where a quantity is known; NaN where the product has no costed one.
    cost_ratio : ndarray
        Cost over net revenue, else: of segment x product, or where that has none of the segment; NaN if neither.
    is_own_ratio : ndarray of bool
        Whether the ratio is of segment x product.
    """

    unit_cost: Numbers
    cost_ratio: Numbers
    is_own_ratio: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImputedSegment:
    """A segment's cost: known, and imputed by rule; money.

    Parameters
    ----------
    segment : str
        Its label.
    net_revenue : float
        Of all its transactions.
    known_cost : float
        As recorded.
    imputed_by_unit_cost, imputed_by_cell_ratio, imputed_by_segment_ratio : float
        What was put in the place of missing cost.
    imputed_cost_share : float
        Imputed over all cost, in [0, 1]; 0 where there is no cost.
    unknown_revenue : float
        Net revenue whose cost no rule gives: its contribution stays unknown, and is in no figure.
    """

    segment: str
    net_revenue: float
    known_cost: float
    imputed_by_unit_cost: float
    imputed_by_cell_ratio: float
    imputed_by_segment_ratio: float
    imputed_cost_share: float
    unknown_revenue: float


def estimate_cost_rates(cells: CostCells) -> CostRates:
    """Find what missing costs probably were, per segment x product.

    Parameters
    ----------
    cells : CostCells
        Sums over transactions.

    Returns
    -------
    CostRates
        Shape (n_cells,) each. A missing cost is unit_cost x quantity where both are known, else cost_ratio x net
        revenue, else unknown. Never 0, and never a ratio by product alone: that would move profit from the segments
        that get discounts to those that pay the list price, or back.

    Raises
    ------
    ParameterError
        If columns differ in length, or a cell occurs twice.

    References
    ----------
    None published: ratio imputation within cells, in an order of rules that is this package's own.

    Examples
    --------
    >>> rates = estimate_cost_rates(CostCells(
    ...     segment=["A", "A", "B"], product=["x", "y", "x"], costed_revenue=[100, 50, 0], cost=[60, 20, 0],
    ...     unit_quantity=[10, 0, 0], unit_cost=[60, 0, 0], counted_revenue=[0, 0, 40], counted_quantity=[0, 0, 5],
    ...     bare_revenue=[0, 10, 0]))
    >>> rates.unit_cost.tolist(), rates.cost_ratio.round(3).tolist()
    ([6.0, nan, 6.0], [0.6, 0.4, nan])
    """
    columns, segments, products = _read_cells(cells)
    unit_cost = _ratio_by(products, columns["unit_cost"], columns["unit_quantity"])
    own = _divide(columns["cost"], columns["costed_revenue"])
    by_segment = _ratio_by(segments, columns["cost"], columns["costed_revenue"])
    return CostRates(
        unit_cost=unit_cost, cost_ratio=np.where(np.isnan(own), by_segment, own), is_own_ratio=~np.isnan(own)
    )


def impute_costs(cells: CostCells) -> tuple[ImputedSegment, ...]:
    """Fill missing costs by the rules of `estimate_cost_rates`, and sum them up by segment.

    Parameters
    ----------
    cells : CostCells
        Sums over transactions.

    Returns
    -------
    tuple of ImputedSegment
        One per segment, in the order of their labels.

    Raises
    ------
    ParameterError
        If columns differ in length, or a cell occurs twice.

    Examples
    --------
    >>> segments = impute_costs(CostCells(
    ...     segment=["A", "A", "B"], product=["x", "y", "x"], costed_revenue=[100, 50, 0], cost=[60, 20, 0],
    ...     unit_quantity=[10, 0, 0], unit_cost=[60, 0, 0], counted_revenue=[0, 0, 40], counted_quantity=[0, 0, 5],
    ...     bare_revenue=[0, 10, 0]))
    >>> [(s.segment, s.known_cost, s.imputed_by_unit_cost, s.imputed_by_cell_ratio) for s in segments]
    [('A', 80.0, 0.0, 4.0), ('B', 0.0, 30.0, 0.0)]
    """
    columns, segments, _ = _read_cells(cells)
    rates = estimate_cost_rates(cells)
    has_unit, has_ratio = ~np.isnan(rates.unit_cost), ~np.isnan(rates.cost_ratio)
    unpriced = columns["bare_revenue"] + np.where(has_unit, 0.0, columns["counted_revenue"])
    by_ratio = np.where(has_ratio, rates.cost_ratio, 0.0) * unpriced
    sums = {
        "net_revenue": columns["costed_revenue"] + columns["counted_revenue"] + columns["bare_revenue"],
        "known_cost": columns["cost"],
        "imputed_by_unit_cost": np.where(has_unit, rates.unit_cost, 0.0) * columns["counted_quantity"],
        "imputed_by_cell_ratio": np.where(rates.is_own_ratio, by_ratio, 0.0),
        "imputed_by_segment_ratio": np.where(rates.is_own_ratio, 0.0, by_ratio),
        "unknown_revenue": np.where(has_ratio, 0.0, unpriced),
    }
    names = np.unique(np.asarray(cells.segment, dtype=str))
    totals = {name: np.bincount(segments, values, minlength=names.size).tolist() for name, values in sums.items()}
    rows = []
    for place, name in enumerate(names.tolist()):
        row = {key: values[place] for key, values in totals.items()}
        imputed = row["imputed_by_unit_cost"] + row["imputed_by_cell_ratio"] + row["imputed_by_segment_ratio"]
        whole = abs(imputed) + abs(row["known_cost"])
        rows.append(ImputedSegment(segment=name, **row, imputed_cost_share=abs(imputed) / whole if whole else 0.0))
    return tuple(rows)


def _read_cells(cells: CostCells) -> tuple[dict[str, Numbers], NDArray[np.int64], NDArray[np.int64]]:
    segments = np.unique(np.asarray(cells.segment, dtype=str), return_inverse=True)[1].ravel()
    names, products = np.unique(np.asarray(cells.product, dtype=str), return_inverse=True)
    products = products.ravel()
    if products.size != segments.size:
        raise ParameterError(f"There are {segments.size} segments and {products.size} products: one each per cell.")
    if np.unique(segments * max(names.size, 1) + products).size != segments.size:
        raise ParameterError("A segment x product occurs in two rows: sum them first.")
    wanted = (
        "costed_revenue", "cost", "unit_quantity", "unit_cost", "counted_revenue", "counted_quantity", "bare_revenue",
    )  # fmt: skip
    columns = {name: read_numbers(name, getattr(cells, name), size=segments.size) for name in wanted}
    return columns, segments.astype(np.int64), products.astype(np.int64)


def _divide(cost: Numbers, base: Numbers) -> Numbers:
    """Divide where something was sold; where returns outweigh sales a ratio has no meaning."""
    return np.asarray(np.divide(cost, base, out=np.full(cost.size, np.nan), where=base > 0), dtype=np.float64)


def _ratio_by(groups: NDArray[np.int64], cost: Numbers, base: Numbers) -> Numbers:
    if groups.size == 0:
        return np.empty(0)
    sums = [np.bincount(groups, values).astype(np.float64) for values in (cost, base)]
    return _divide(sums[0], sums[1])[groups]
