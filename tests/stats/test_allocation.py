from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.stats.allocation import (
    allocate_capacity,
    allocate_pool,
    charge_by_activity,
    reconcile,
    split_exactly,
    spread_unallocated,
)

amounts = st.decimals(-(10**9), 10**9, places=4, allow_nan=False).map(float)
weights = st.lists(st.floats(0, 1e9, allow_subnormal=False), min_size=1, max_size=40).filter(any)


def _parts(money: float) -> int:
    return round(Decimal(money).scaleb(4))


def test_dakota_earns_on_customer_a_and_loses_on_customer_b() -> None:
    # Dakota Office Products: carton, commercial shipment, desktop delivery, manual order, line, EDI order, receivables.
    rates = [52, 6, 220, 10, 4, 5, 0.10]
    cost = charge_by_activity(rates, [[200, 200, 0, 6, 60, 6, 9_000], [200, 150, 25, 100, 180, 0, 30_000]])
    assert (np.array([18_000, 19_000]) - cost).tolist() == [5_170, -2_520]


@given(amounts, weights)
def test_the_pieces_of_an_amount_sum_to_it_exactly(amount: float, shares: list[float]) -> None:
    pieces = split_exactly(amount, shares)
    assert sum(_parts(piece) for piece in pieces) == _parts(amount)
    assert all(piece == 0 for piece, share in zip(pieces, shares, strict=True) if share == 0)
    assert (pieces * np.sign(amount) >= 0).all()


@given(st.floats(0, 1e8), weights, st.floats(0, 1e9), st.one_of(st.none(), st.floats(0, 1e3)))
def test_customers_unmatched_idle_and_unallocated_sum_to_the_pool(
    amount: float, units: list[float], strays: float, rate: float | None
) -> None:
    units = [unit / 1e5 for unit in units]
    pool, parts = allocate_pool(amount, units, rate=rate, unmatched_quantity=strays / 1e5)
    rows = [*parts, pool.unmatched, pool.idle, pool.unallocated]
    assert sum(_parts(row) for row in rows) == round(amount * 10_000)
    assert _parts(pool.assigned) == sum(_parts(part) for part in parts)


@given(st.floats(0, 1e8), weights, st.floats(0, 1e9), st.floats(1, 1e9))
def test_idle_capacity_is_its_own_row_and_never_spread(
    amount: float, minutes: list[float], strays: float, capacity: float
) -> None:
    pool, parts = allocate_capacity(amount, capacity, minutes, unmatched_minutes=strays)
    rows = [*parts, pool.unmatched, pool.idle]
    assert sum(_parts(row) for row in rows) == round(amount * 10_000)
    assert pool.unallocated == 0
    idle_share = max(1 - (sum(minutes) + strays) / capacity, 0)
    assert pool.idle == pytest.approx(amount * idle_share, rel=1e-6, abs=1e-3)


def test_used_assigned_and_idle_are_those_of_kaplan_and_anderson_2004() -> None:
    # 700,000 minutes for 560,000: 0.80 a minute; 578,600 minutes used cost 462,880, and 97,120 stay idle.
    pool, parts = allocate_capacity(560_000, 700_000, [8 * 49_000, 44 * 1_400, 50 * 2_500])
    assert parts.tolist() == [313_600, 49_280, 100_000]
    assert (pool.rate, pool.assigned, pool.idle, pool.used_share) == (0.8, 462_880, 97_120, pytest.approx(0.8265714))


def test_more_minutes_than_planned_charge_no_more_than_was_spent() -> None:
    pool, parts = allocate_capacity(1_000, 100, [100, 100])
    assert (parts.tolist(), pool.idle, pool.used_share, pool.rate) == ([500, 500], 0, 2.0, 5.0)


def test_a_pool_that_nobody_drives_stays_unallocated() -> None:
    pool, parts = allocate_pool(500.0, [0, 0])
    assert (parts.tolist(), pool.unallocated, pool.rate) == ([0, 0], 500.0, None)


def test_given_rates_that_charge_too_much_show_as_a_negative_row() -> None:
    pool, _ = allocate_pool(500.0, [10, 20], rate=20.0)
    assert (pool.assigned, pool.unallocated) == (600.0, -100.0)


@given(amounts, st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_unallocated_cost_is_spread_without_loss_by_every_basis(amount: float, revenue: list[float]) -> None:
    spread = spread_unallocated(amount, {"revenue": revenue, "customers": [1] * len(revenue)})
    assert ("revenue" in spread) == (max(revenue) > 0)
    for parts in spread.values():
        assert sum(_parts(part) for part in parts) == _parts(amount)


def test_a_ledger_is_reconciled_to_the_cent() -> None:
    rows = {"customers": 99.5, "unallocated": 0.25, "idle": 0.2, "unmatched": 0.05}
    assert reconcile(100.0, rows).is_reconciled
    assert reconcile(100.004, rows).is_reconciled
    off = reconcile(100.01, rows)
    assert (off.is_reconciled, off.difference) == (False, 0.01)
    assert reconcile(0.0, {}).is_reconciled


def test_a_negative_driver_and_an_uncountable_amount_are_refused() -> None:
    with pytest.raises(ParameterError, match="'quantities' value 2 of 2, -1, is below 0"):
        allocate_pool(100, [1, -1])
    with pytest.raises(ParameterError, match="too much to count exactly"):
        split_exactly(1e13, [1, 2])
    with pytest.raises(ParameterError, match="None of 2 weights"):
        split_exactly(1, [0, 0])
    with pytest.raises(ParameterError, match="give a capacity above 0"):
        allocate_capacity(100, 0, [1])
    with pytest.raises(ParameterError, match="give 2 activities per customer"):
        charge_by_activity([1, 2], [[1, 2, 3]])
