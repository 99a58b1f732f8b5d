"""Giving shared cost to those who cause it, so that not a cent is lost: activity-based and time-driven."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gtmlib.errors import ParameterError
from gtmlib.stats.arrays import Numbers, read_numbers

# Money is counted here in whole ten-thousandths, the scale that it has in the engine: sums of integers are exact.
PARTS = 10_000
MOST_MONEY = 2.0**53 / PARTS  # beyond this a float no longer holds every part: 900 billion


@dataclass(frozen=True, slots=True, kw_only=True)
class CostAllocation:
    """Where the money of one cost pool went; assigned + unmatched + idle + unallocated = amount, exactly.

    Parameters
    ----------
    amount : float
        The pool, as the ledger has it, in money.
    rate : float or None
        Money per unit of the driver (per minute, if time-driven); None where nothing drives it.
    assigned : float
        Caused by customers.
    unmatched : float
        Caused by customers who are not in the list.
    idle : float
        Capacity that was paid for and not used. It is never spread over customers.
    unallocated : float
        Nothing says who caused it; below 0 where the given rates charge more than was spent.
    used_share : float or None
        Of the capacity; above 1 where more was used than planned; None without capacity.
    """

    amount: float
    rate: float | None
    assigned: float
    unmatched: float
    idle: float
    unallocated: float
    used_share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """A ledger figure against the sum of the rows that should make it up.

    Parameters
    ----------
    ledger : float
        What the ledger says, in money.
    rows : dict of str to float
        What it was split into.
    difference : float
        ledger - rows, in money.
    is_reconciled : bool
        Whether they agree to the cent.
    """

    ledger: float
    rows: dict[str, float]
    difference: float
    is_reconciled: bool


def _to_parts(name: str, money: ArrayLike) -> NDArray[np.int64]:
    values = read_numbers(name, money)
    if values.size and np.abs(values).max() >= MOST_MONEY:
        raise ParameterError(f"'{name}' holds {np.abs(values).max():g}, too much to count exactly: give thousands.")
    return np.rint(values * PARTS).astype(np.int64)


def _to_money(parts: int | np.int64) -> float:
    return int(parts) / PARTS


def split_exactly(amount: float, weights: ArrayLike) -> Numbers:
    """Split money in proportion to weights, so that the pieces sum to it exactly.

    Parameters
    ----------
    amount : float
        Money, of either sign; to four decimals.
    weights : array_like
        Shape (n,), each 0 or more, at least one above 0.

    Returns
    -------
    ndarray, shape (n,)
        Money to four decimals; what rounding leaves goes to the largest remainders, the first of equal ones.

    Raises
    ------
    ParameterError
        If a weight is negative, all are 0, or the amount is too large to count exactly.

    References
    ----------
    Hamilton's method of largest remainders (1792).

    Examples
    --------
    >>> split_exactly(100.0, [1, 1, 1]).tolist()
    [33.3334, 33.3333, 33.3333]
    """
    shares = read_numbers("weights", weights, least=0)
    if not shares.any():
        raise ParameterError(f"None of {shares.size} weights is above 0: nobody can take the amount.")
    (parts,) = _to_parts("amount", amount)
    exact = abs(int(parts)) * (shares / shares.max() / (shares / shares.max()).sum())
    pieces = np.floor(exact).astype(np.int64)
    left = abs(int(parts)) - int(pieces.sum())
    if 0 < left < shares.size:
        remainders = np.where(shares > 0, exact - pieces, -1.0)
        pieces[np.argsort(-remainders, kind="stable")[:left]] += 1
    else:  # none; or floating point strayed on a huge amount, where the largest piece feels it least
        pieces[int(np.argmax(pieces))] += left
    return np.asarray(np.sign(parts) * pieces / PARTS, dtype=np.float64)


def charge_by_activity(rates: ArrayLike, quantities: ArrayLike) -> Numbers:
    """Charge customers for the activities they caused, at given rates.

    Parameters
    ----------
    rates : array_like
        Shape (n_activities,): money per unit.
    quantities : array_like
        Shape (n_customers, n_activities): units of each activity.

    Returns
    -------
    ndarray, shape (n_customers,)
        Cost to serve, in money to four decimals.

    Raises
    ------
    ParameterError
        If shapes don't fit or a quantity is negative.

    References
    ----------
    Kaplan & Anderson (2004), Harvard Business Review 82(11), 131-138; the Dakota Office Products case.

    Examples
    --------
    >>> rates = [52, 6, 220, 10, 4, 5, 0.10]  # carton, shipment, desktop, manual order, line, EDI, receivables
    >>> cost = charge_by_activity(rates, [[200, 200, 0, 6, 60, 6, 9_000], [200, 150, 25, 100, 180, 0, 30_000]])
    >>> (18_000 - cost[0]).item(), (19_000 - cost[1]).item()
    (5170.0, -2520.0)
    """
    prices = read_numbers("rates", rates)
    units = np.atleast_2d(np.asarray(quantities, dtype=np.float64))
    if units.ndim != 2 or units.shape[1] != prices.size:
        raise ParameterError(f"'quantities' has the shape {units.shape}: give {prices.size} activities per customer.")
    read_numbers("quantities", units.ravel(), least=0)
    return np.asarray(_to_parts("cost", units @ prices) / PARTS, dtype=np.float64)


def allocate_pool(
    amount: float, quantities: ArrayLike, *, rate: float | None = None, unmatched_quantity: float = 0.0
) -> tuple[CostAllocation, Numbers]:
    """Give a cost pool to customers by what drives it.

    Parameters
    ----------
    amount : float
        The pool, in money.
    quantities : array_like
        Shape (n_customers,): units of the driver.
    rate : float, optional
        Money per unit, as the contract gives it; None: the pool over all units, so that nothing is unallocated.
    unmatched_quantity : float
        Units of customers who are not in the list.

    Returns
    -------
    CostAllocation, ndarray of shape (n_customers,)
        The pool's rows, and each customer's part, in money. Without any units the whole pool is unallocated.

    Raises
    ------
    ParameterError
        If a quantity is negative, or an amount is too large to count exactly.

    Examples
    --------
    >>> pool, parts = allocate_pool(1_000.0, [3, 6], unmatched_quantity=1)
    >>> parts.tolist(), pool.unmatched, pool.unallocated, pool.rate
    ([300.0, 600.0], 100.0, 0.0, 100.0)
    """
    units = read_numbers("quantities", quantities, least=0)
    (strays,) = read_numbers("unmatched_quantity", unmatched_quantity, least=0)
    everyone = np.append(units, strays)
    if rate is None and everyone.any():
        charged, rate = split_exactly(amount, everyone), amount / float(everyone.sum())
    else:
        charged = _to_parts("cost", everyone * (rate or 0.0)) / PARTS
    return _allocation(amount, charged, rate=rate), charged[:-1]


def allocate_capacity(
    amount: float, capacity_minutes: float, minutes: ArrayLike, *, unmatched_minutes: float = 0.0
) -> tuple[CostAllocation, Numbers]:
    """Give a cost pool to customers by the minutes they took, and leave the idle ones standing.

    Parameters
    ----------
    amount : float
        The pool, in money, 0 or more.
    capacity_minutes : float
        Minutes that the pool supplies (practical capacity), above 0.
    minutes : array_like
        Shape (n_customers,): minutes taken.
    unmatched_minutes : float
        Minutes of customers who are not in the list.

    Returns
    -------
    CostAllocation, ndarray of shape (n_customers,)
        The pool's rows, and each customer's part, in money. Where more minutes were used than planned, a minute costs
        the pool over the used ones: no more can be charged than was spent.

    Raises
    ------
    ParameterError
        If a number is out of range.

    References
    ----------
    Kaplan & Anderson (2004), Harvard Business Review 82(11), 131-138.

    Examples
    --------
    >>> pool, parts = allocate_capacity(560_000.0, 700_000, [300_000, 278_600])  # 0.80 a minute, as in the paper
    >>> pool.rate, pool.assigned, pool.idle, parts.tolist()
    (0.8, 462880.0, 97120.0, [240000.0, 222880.0])
    """
    taken = read_numbers("minutes", minutes, least=0)
    (strays,) = read_numbers("unmatched_minutes", unmatched_minutes, least=0)
    if not (capacity_minutes > 0 and np.isfinite(capacity_minutes) and amount >= 0):
        raise ParameterError(f"capacity {capacity_minutes:g} minutes for {amount:g}: give a capacity above 0.")
    used = float(taken.sum() + strays)
    idle_minutes = max(capacity_minutes - used, 0.0)
    pieces = split_exactly(amount, np.concatenate([taken, [strays, idle_minutes]]))
    summary = _allocation(
        amount,
        pieces[:-1],
        rate=amount / max(capacity_minutes, used),
        idle=float(pieces[-1]),
        used_share=used / capacity_minutes,
    )
    return summary, pieces[:-2]


def _allocation(
    amount: float, charged: Numbers, *, rate: float | None, idle: float = 0.0, used_share: float | None = None
) -> CostAllocation:
    """Sum up a pool; the last of `charged` is what the unmatched caused."""
    parts = _to_parts("cost", charged)
    (whole,), (left_idle,) = _to_parts("amount", amount), _to_parts("idle", idle)
    return CostAllocation(
        amount=amount,
        rate=rate,
        assigned=_to_money(parts[:-1].sum()),
        unmatched=_to_money(parts[-1]),
        idle=idle,
        unallocated=_to_money(whole - parts.sum() - left_idle),
        used_share=used_share,
    )


def spread_unallocated(amount: float, bases: Mapping[str, ArrayLike]) -> dict[str, Numbers]:
    """Spread cost that nothing drives over customers, on request, by each basis asked for: to be compared.

    Parameters
    ----------
    amount : float
        What is spread, in money.
    bases : mapping of str to array_like
        Such as revenue, orders, customers (ones): shape (n_customers,) each. Negative values count as 0: a customer
        who only returned goods bears none.

    Returns
    -------
    dict of str to ndarray
        Each customer's part by basis, in money, summing to the amount exactly. A basis that is 0 everywhere is absent.

    Raises
    ------
    ParameterError
        If a value is not finite, or the amount is too large to count exactly.

    Examples
    --------
    >>> by = spread_unallocated(90.0, {"revenue": [800, 100, -5], "customers": [1, 1, 1]})
    >>> by["revenue"].tolist(), by["customers"].tolist()
    ([80.0, 10.0, 0.0], [30.0, 30.0, 30.0])
    """
    weights = {basis: np.maximum(read_numbers(basis, values), 0.0) for basis, values in bases.items()}
    return {basis: split_exactly(amount, column) for basis, column in weights.items() if column.any()}


def reconcile(ledger: float, rows: Mapping[str, float]) -> Reconciliation:
    """Hold a ledger figure against the rows that it was split into.

    Parameters
    ----------
    ledger : float
        In money.
    rows : mapping of str to float
        Such as customers, unallocated, idle, unmatched.

    Raises
    ------
    ParameterError
        If a figure is not finite, or too large to count exactly.

    Examples
    --------
    >>> reconcile(0.3, {"customers": 0.1, "idle": 0.2}).difference
    0.0
    """
    (whole,) = _to_parts("ledger", ledger)
    difference = int(whole) - int(_to_parts("rows", list(rows.values())).sum()) if rows else int(whole)
    return Reconciliation(
        ledger=ledger,
        rows=dict(rows),
        difference=_to_money(difference),
        is_reconciled=abs(difference) * 2 < PARTS // 100,
    )
