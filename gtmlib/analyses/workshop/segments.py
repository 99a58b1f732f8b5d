"""The segment explorer: pick segments, months and how costs are shared; waterfall and whale curve follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import numpy as np
import pandas as pd

from gtmlib.analyses.contribution import NEEDED, Ledger, charge_customers, reduce_sales, segments_of, unknown_steps
from gtmlib.analyses.missing_cost import CostFill
from gtmlib.analyses.periods import span_of
from gtmlib.analyses.profitability import order_customers
from gtmlib.analyses.reductions import OTHER, MissingData, fold_small_groups, in_period
from gtmlib.analyses.serving import OF_SALES, apply_rules, reduce_drivers, register_of
from gtmlib.analyses.waterfall import lay_out_waterfall
from gtmlib.analyses.workshop.panel import Control, Panel, State
from gtmlib.data.contract import CostRule
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.errors import ParameterError

NO_RULE = "nobody"  # a pool that belongs to no customer
SUMS = ("n_transactions", "n_orders", "list_revenue", "net_revenue", "cogs", "imputed_cogs")


@dataclass(frozen=True, slots=True, eq=False)
class ProfitCounts:
    """Sums per customer and month, and what the rules of the contract need beside them.

    Parameters
    ----------
    customers : DataFrame, one row per customer
        customer_id, segment (those with fewer customers than the floor are `other`), currency.
    months : tuple of str
        As 2025-01, in order.
    sales : dict of ndarray
        `SUMS` = array of shape (customers, months).
    costs : DataFrame
        cost_pool, customer_id, month (place in `months`), amount, capacity.
    pools : tuple of str
        Those with an amount of no customer, whose rule can be chosen.
    drivers : DataFrame
        As `reduce_drivers` gives them.
    loaded : Loaded
        For the contract alone.
    """

    customers: pd.DataFrame
    months: tuple[str, ...]
    sales: dict[str, np.ndarray]
    costs: pd.DataFrame
    pools: tuple[str, ...]
    drivers: pd.DataFrame
    register: frozenset[str]
    unknown: tuple[str, ...]
    fill: CostFill
    loaded: Loaded


def open_segment_explorer(loaded: Loaded) -> Panel | MissingData:
    """Open the segment explorer on an engagement.

    Parameters
    ----------
    loaded : Loaded
        Needs transactions with customer_id, net_revenue and date, and the customers' segment.

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> ids = [f"K{i}" for i in range(12)]
    >>> people = pd.DataFrame({"customer_id": ids, "segment": ["A"] * 6 + ["B"] * 6})
    >>> lines = pd.DataFrame({"transaction_id": ids, "customer_id": ids, "net_revenue": 9.0, "cogs": 4.0})
    >>> panel = open_segment_explorer(load_frames({"customers": people, "transactions": lines.assign(
    ...     date=date(2025, 3, 1))}))
    >>> waterfall, whale = panel.compute(panel.start() | {"segments": ("A",)})
    >>> waterfall.n_customers, waterfall.steps[-1].amount
    (6, 30.0)
    """
    segment = loaded.engagement.contract.segments.by
    needed = {"transactions": (*NEEDED["transactions"], "date"), "customers": (segment,)}
    if lacking := loaded.missing(**needed):
        return MissingData(chapter="workshop", needed=lacking)
    counts = _reduce(loaded)
    if not counts.months:
        return MissingData(chapter="workshop", needed=("transactions.date",))
    names = tuple(dict.fromkeys(counts.customers["segment"].dropna()))
    rules = loaded.engagement.contract.costs
    ways = (NO_RULE, *OF_SALES, *dict.fromkeys(counts.drivers["driver"]))
    months = counts.months
    controls = [
        Control(name="segments", kind="choices", start=names, options=names),
        Control(name="first_month", kind="choice", start=months[0], options=months, unit="month"),
        Control(name="last_month", kind="choice", start=months[-1], options=months, unit="month"),
    ]
    for pool in counts.pools:
        rule = rules.get(pool, CostRule())
        if rule.rule != "time_driven":  # minutes and capacity are the contract's to say
            start = rule.driver or NO_RULE
            controls.append(Control(name=f"share_{pool}", kind="choice", start=start, options=ways, about=pool))
    return Panel("segments", tuple(controls), lambda state: _compute(counts, state))


def _reduce(loaded: Loaded) -> ProfitCounts:
    sales, fill = reduce_sales(loaded)
    sales = sales.filter(sales.date.notnull()).mutate(month=sales.date.strftime("%Y-%m"))
    sums = to_frame(
        sales.group_by("customer_id", "month").aggregate(
            n_transactions=sales.count(),
            n_orders=sales.date.nunique(where=sales.net_revenue > 0),
            **{name: sales[name].sum() for name in SUMS[2:]},
        )
    )
    months = tuple(sorted(sums["month"].unique()))
    costs = _reduce_costs(loaded, months)
    ids = pd.Index(sorted({*sums["customer_id"], *costs["customer_id"].dropna()}), name="customer_id")
    customers = ids.to_frame(index=False)
    customers["segment"] = _fold(segments_of(loaded, customers["customer_id"]), loaded)
    customers["currency"] = None
    at = ids.get_indexer(sums["customer_id"]), pd.Index(months).get_indexer(sums["month"])
    cubes = {name: np.zeros((len(ids), len(months))) for name in SUMS}
    for name, cube in cubes.items():
        cube[at] = sums[name].to_numpy(dtype=float)
    undirected = costs[costs["customer_id"].isna()].groupby("cost_pool")["amount"].sum() if len(costs) else {}
    return ProfitCounts(
        customers, months, cubes, costs, tuple(str(name) for name, amount in dict(undirected).items() if amount),
        reduce_drivers(loaded), register_of(loaded), unknown_steps(loaded), fill, loaded,
    )  # fmt: skip


def _reduce_costs(loaded: Loaded, months: tuple[str, ...]) -> pd.DataFrame:
    """Sum costs by pool, customer and month; those before, after or without a month count in the first one."""
    columns = ["cost_pool", "customer_id", "month", "amount", "capacity"]
    if loaded.missing(costs=()):
        return pd.DataFrame({name: [] for name in columns})
    rows = in_period(loaded, loaded.tables["costs"])
    kinds = {"customer_id": "string", "capacity": "float64", "date": "date"}
    rows = rows.mutate(**{name: ibis.null(kind) for name, kind in kinds.items() if name not in rows.columns})
    rows = rows.mutate(month=rows.date.strftime("%Y-%m"))
    sums = rows.group_by("cost_pool", "customer_id", "month")
    found = to_frame(sums.aggregate(amount=rows.amount.sum(), capacity=rows.capacity.sum()))
    return found.assign(month=np.maximum(pd.Index(months).get_indexer(found["month"]), 0))


def _fold(segments: pd.Series[Any], loaded: Loaded) -> pd.Series[Any]:
    """Name the segments of fewer customers than the floor together."""
    sizes = segments.dropna().value_counts().rename_axis("segment").reset_index(name="n")
    if len(sizes) < 2:
        return segments
    smallest = loaded.engagement.contract.disclosure.smallest_group
    shown = set(fold_small_groups(sizes, "segment", "n", smallest)["segment"])
    return segments.where(segments.isin(shown) | segments.isna(), OTHER)


def _compute(counts: ProfitCounts, state: State) -> tuple[Any, ...]:
    """Add the chosen months up, share the costs by the chosen rules, and keep the chosen segments."""
    contract = counts.loaded.engagement.contract
    first, last = (counts.months.index(state[name]) for name in ("first_month", "last_month"))
    if last < first:
        raise ParameterError(f"the last month ({state['last_month']}) is before the first ({state['first_month']})")
    sums = {name: cube[:, first : last + 1].sum(axis=1) for name, cube in counts.sales.items()}
    sales = counts.customers.assign(**sums).set_index("customer_id").drop(columns="segment")
    sales = sales[(sales["n_transactions"] > 0)]
    costs = counts.costs[counts.costs["month"].between(first, last)]
    costs = costs.groupby(["cost_pool", "customer_id"], dropna=False)[["amount", "capacity"]].sum().reset_index()
    served, pools = apply_rules(_rules(counts, state), sales, costs, counts.drivers, counts.register)
    people = charge_customers(sales, served)
    people["segment"] = people["customer_id"].map(counts.customers.set_index("customer_id")["segment"])
    people = people[people["segment"].isin(state["segments"])]
    if len(people) < contract.disclosure.smallest_group:
        raise ParameterError(
            f"fewer than {contract.disclosure.smallest_group} customers are left: choose more segments or months"
        )
    ledger = Ledger(
        customers=people, unknown=counts.unknown, pools=pools, fill=counts.fill, ledger_revenue=0.0, ledger_cogs=0.0,
        ledger_costs=0.0, n_left_out=0, left_out=0.0,
    )  # fmt: skip
    span = span_of(_first_day(state["first_month"]), _first_day(state["last_month"]), contract.exported_on)
    whale = order_customers(ledger, contract.disclosure.smallest_group, currency=contract.currency)
    return lay_out_waterfall(ledger, span, currency=contract.currency), whale


def _rules(counts: ProfitCounts, state: State) -> dict[str, CostRule]:
    rules = dict(counts.loaded.engagement.contract.costs)
    for pool in counts.pools:
        if (way := state.get(f"share_{pool}")) is not None:
            kept = rules.get(pool)
            if kept is None or kept.driver != way:
                rules[pool] = CostRule() if way == NO_RULE else CostRule(rule="driver", driver=way)
    return rules


def _first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")
