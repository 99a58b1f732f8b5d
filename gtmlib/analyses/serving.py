"""Cost to serve: the contract's rules give cost pools to customers; part of the shared reduction in `contribution`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pandas as pd

from gtmlib.analyses.reductions import in_period, month_of
from gtmlib.data.engagement import CostRule, require_known
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.errors import ParameterError
from gtmlib.stats.allocation import CostAllocation, allocate_capacity, allocate_pool

# Drivers that the sales themselves give.
NO_DRIVERS = pd.DataFrame({name: [] for name in ("driver", "customer_id", "month", "quantity", "minutes", "bare")})
OF_SALES = {"orders": "n_orders", "lines": "n_transactions", "revenue": "net_revenue"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Where the money of a cost pool went: assigned + unmatched + idle + unallocated = amount, exactly.

    Parameters
    ----------
    name, rule : str
        The pool, and how it gets to customers: `direct`, `driver`, `time_driven`.
    amount, assigned, unmatched, idle, unallocated : float
        As in `CostAllocation`, in the engagement's currency; rows that name a customer are assigned.
    rate, used_share : float, optional
        As in `CostAllocation`, for the rows that name none.
    """

    name: str
    rule: str
    amount: float
    assigned: float
    unmatched: float = 0.0
    idle: float = 0.0
    unallocated: float = 0.0
    rate: float | None = None
    used_share: float | None = None


def sum_costs(loaded: Loaded, *, by_month: bool = False) -> pd.DataFrame:
    """Sum the period's costs per pool and customer.

    Parameters
    ----------
    loaded : Loaded
        The engagement, with or without costs.
    by_month : bool
        Whether to sum per month too.

    Returns
    -------
    DataFrame
        cost_pool, customer_id (missing: of no customer), month where asked for (as `month_of` gives it), amount,
        capacity (minutes); without rows where there are no costs.

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> costs = {"cost_pool": ["freight"] * 3, "customer_id": ["K1", "K1", None], "amount": [5.0, 3.0, 4.0]}
    >>> sum_costs(load_frames({"costs": pd.DataFrame(costs)}))["amount"].tolist()
    [8.0, 4.0]
    """
    if loaded.missing(costs=()):
        return pd.DataFrame({"cost_pool": [], "customer_id": [], "month": [], "amount": [], "capacity": []})
    rows = in_period(loaded, loaded.tables["costs"])
    kinds = {"customer_id": "string", "capacity": "float64"}
    rows = rows.mutate(**{name: ibis.null(kind) for name, kind in kinds.items() if name not in rows.columns})
    keys = {"cost_pool": rows.cost_pool, "customer_id": rows.customer_id, **month_of(rows, by_month)}
    sums = rows.group_by(**keys).aggregate(amount=rows.amount.sum(), capacity=rows.capacity.sum())
    return to_frame(sums.order_by(*keys))


def assign_costs(loaded: Loaded, sales: pd.DataFrame, costs: pd.DataFrame) -> tuple[pd.Series[Any], tuple[Pool, ...]]:
    """Give each cost pool to the customers who cause it, by the contract's rules.

    Parameters
    ----------
    loaded : Loaded
        For the rules, the drivers and the register of customers.
    sales : DataFrame, indexed by customer_id
        n_orders, n_transactions, net_revenue.
    costs : DataFrame
        As `sum_costs` gives them.

    Returns
    -------
    Series, tuple of Pool
        Cost to serve per customer, and where each pool went. Idle and unallocated cost is nobody's.

    Raises
    ------
    ParameterError
        If the contract names a pool or a driver that the data don't have, or a time-driven pool lacks capacity or
        minutes.

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> sales = pd.DataFrame({"n_orders": [3, 1], "n_transactions": 4, "net_revenue": 9.0}, index=["K1", "K2"])
    >>> costs = pd.DataFrame({"cost_pool": ["freight"], "amount": [8.0]})
    >>> loaded = load_frames({"costs": costs}, costs={"freight": {"rule": "driver", "driver": "orders"}})
    >>> served, pools = assign_costs(loaded, sales, sum_costs(loaded))
    >>> served.to_dict(), pools[0].rate
    ({'K1': 6.0, 'K2': 2.0}, 2.0)
    """
    rules = loaded.engagement.contract.costs
    for name in rules if len(costs) else ():
        require_known("cost pool in [costs]", name, sorted(set(costs["cost_pool"])))
    drivers = reduce_drivers(loaded) if any(rule.rule != "direct" for rule in rules.values()) else NO_DRIVERS
    return apply_rules(rules, sales, costs, drivers, register_of(loaded))


def apply_rules(
    rules: Mapping[str, CostRule],
    sales: pd.DataFrame,
    costs: pd.DataFrame,
    drivers: pd.DataFrame,
    register: frozenset[str],
) -> tuple[pd.Series[Any], tuple[Pool, ...]]:
    """Give each cost pool to customers by rules, from sums alone.

    Parameters
    ----------
    rules : mapping
        Pool = its rule; a pool without one is direct.
    sales : DataFrame, indexed by customer_id
        n_orders, n_transactions, net_revenue.
    costs : DataFrame
        As `sum_costs` gives them.
    drivers : DataFrame
        As `reduce_drivers` gives them.
    register : frozenset of str
        Customers that the client knows, with or without sales.

    Returns
    -------
    Series, tuple of Pool
        As `assign_costs` gives them.

    Raises
    ------
    ParameterError
        As `assign_costs` does.

    Examples
    --------
    >>> sales = pd.DataFrame({"n_orders": [3, 1], "n_transactions": 4, "net_revenue": 9.0}, index=["K1", "K2"])
    >>> costs = pd.DataFrame({"cost_pool": ["freight"], "customer_id": [None], "amount": [8.0], "capacity": [0.0]})
    >>> rules = {"freight": CostRule(rule="driver", driver="lines")}
    >>> apply_rules(rules, sales, costs, NO_DRIVERS, frozenset())[0].to_dict()
    {'K1': 4.0, 'K2': 4.0}
    """
    is_named = costs["customer_id"].notna()
    named, unnamed = costs[is_named], costs[~is_named]
    served = named.groupby("customer_id")["amount"].sum() if len(named) else pd.Series(dtype=float)
    named_sums = named.groupby("cost_pool", observed=True)["amount"].sum()
    pools = []
    for name in sorted(costs["cost_pool"].unique()):
        rule = rules.get(str(name), CostRule())
        direct = float(named_sums.get(name, 0.0))
        rest = unnamed[unnamed["cost_pool"] == name]
        amount = round(float(rest["amount"].sum()), 4)
        if rule.rule == "direct" or not len(rest):
            pools.append(_pool(str(name), rule.rule, direct, None, amount))
            continue
        units, strays = _units(str(name), rule, drivers, sales, register)
        if rule.rule == "driver":
            found, parts = allocate_pool(amount, units.to_numpy(), rate=rule.rate, unmatched_quantity=strays)
        else:
            capacity = rule.capacity or float(rest["capacity"].sum())
            if not capacity > 0:
                raise ParameterError(f"costs.{name} is time_driven without capacity: write capacity = minutes.")
            found, parts = allocate_capacity(amount, capacity, units.to_numpy(), unmatched_minutes=strays)
        served = served.add(pd.Series(parts, index=units.index), fill_value=0.0)
        pools.append(_pool(str(name), rule.rule, direct, found, amount))
    return served.round(4), tuple(pools)


def _pool(name: str, rule: str, direct: float, found: CostAllocation | None, amount: float) -> Pool:
    whole = round(direct + amount, 4)
    if found is None:
        return Pool(name=name, rule=rule, amount=whole, assigned=round(direct, 4), unallocated=amount)
    return Pool(
        name=name,
        rule=rule,
        amount=whole,
        assigned=round(direct + found.assigned, 4),
        unmatched=found.unmatched,
        idle=found.idle,
        unallocated=found.unallocated,
        rate=found.rate,
        used_share=found.used_share,
    )


def register_of(loaded: Loaded) -> frozenset[str]:
    """List the ids of the client's register of customers; none where there is no register.

    Parameters
    ----------
    loaded : Loaded
        The engagement.

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> register_of(load_frames({"customers": pd.DataFrame({"customer_id": ["K1"]})}))
    frozenset({'K1'})
    """
    register = loaded.tables.get("customers")
    return frozenset(() if register is None else to_frame(register.select("customer_id"))["customer_id"])


def reduce_drivers(loaded: Loaded, *, by_month: bool = False) -> pd.DataFrame:
    """Sum units and minutes per driver and customer.

    Parameters
    ----------
    loaded : Loaded
        The engagement, with or without drivers.
    by_month : bool
        Whether to sum per month too.

    Returns
    -------
    DataFrame
        driver, customer_id, month where asked for (as `month_of` gives it), quantity, minutes (of the units that say
        how long they take), bare (the others).

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> units = pd.DataFrame({"customer_id": ["K1"], "driver": ["tickets"], "quantity": [3.0], "minutes_each": [5.0]})
    >>> reduce_drivers(load_frames({"drivers": units})).to_dict("records")
    [{'driver': 'tickets', 'customer_id': 'K1', 'quantity': 3.0, 'minutes': 15.0, 'bare': 0.0}]
    """
    if loaded.missing(drivers=()):
        return NO_DRIVERS
    rows = in_period(loaded, loaded.tables["drivers"])
    each = rows.minutes_each if "minutes_each" in rows.columns else ibis.null("float64")
    rows = rows.mutate(_minutes=rows.quantity * each, _bare=ibis.ifelse(each.isnull(), rows.quantity, 0.0))
    keys = {"driver": rows.driver, "customer_id": rows.customer_id, **month_of(rows, by_month)}
    sums = rows.group_by(**keys).aggregate(
        quantity=rows.quantity.sum(), minutes=rows._minutes.sum().fill_null(0.0), bare=rows._bare.sum()
    )
    return to_frame(sums.order_by(*keys))


def _units(
    name: str, rule: CostRule, drivers: pd.DataFrame, sales: pd.DataFrame, register: frozenset[str]
) -> tuple[pd.Series[Any], float]:
    """Give units (or minutes) per customer, and those of customers who are neither in the sales nor in the register."""
    known = set(drivers["driver"])
    require_known(f"driver in costs.{name}", str(rule.driver), sorted({*known, *OF_SALES}))
    if rule.driver in known:
        rows = drivers[drivers["driver"] == rule.driver].set_index("customer_id")
        if rule.rule == "driver":
            units = rows["quantity"]
        elif rule.minutes_each is None and (rows["bare"] != 0).any():
            raise ParameterError(f"costs.{name} is time_driven and some units have no minutes: write minutes_each.")
        else:
            units = rows["minutes"] + rows["bare"] * (rule.minutes_each or 0.0)
    else:
        units = sales[OF_SALES[str(rule.driver)]].clip(lower=0).astype(float)
        return units * (rule.minutes_each or np.nan) if rule.rule == "time_driven" else units, 0.0
    is_known = units.index.isin(sales.index) | units.index.isin(list(register))
    return units[is_known], float(units[~is_known].sum())
