"""The shared reduction of the profit chapter: what each customer brought and cost, with every cent of the ledger kept.

Several analyses read it, so it stands apart from all of them, as `reductions` does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import ibis
import numpy as np
import pandas as pd

from gtmlib.analyses.findings import Finding
from gtmlib.analyses.missing_cost import CostFill, fill_costs
from gtmlib.analyses.reductions import in_period, month_of, with_segment
from gtmlib.analyses.serving import Pool, assign_costs, sum_costs
from gtmlib.data.engagement import CostRule
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded

CHAPTER = "profitability"
EARNED = ("contribution", "gross_profit")  # measures after cost of goods
NEEDED = {"transactions": ("customer_id", "net_revenue")}
# Segments also need the column of customers that the contract's `segments.by` names.
WISHED = {"transactions": ("list_revenue", "cogs", "date"), "costs": ("customer_id",)}
MONEY = ("list_revenue", "net_revenue", "cogs", "imputed_cogs", "cost_to_serve", "contribution")
ZERO = ibis.literal(0).cast("decimal(18,4)")


def measure_of(unknown: tuple[str, ...]) -> str:
    """Name what is left after all known costs: only with both costs known is it contribution.

    Parameters
    ----------
    unknown : tuple of str
        Steps that the data don't hold, as `unknown_steps` lists them.

    Examples
    --------
    >>> measure_of(()), measure_of(("cost_to_serve",)), measure_of(("list_revenue", "cogs"))
    ('contribution', 'gross_profit', 'net_less_cost_to_serve')
    """
    lacks_serving = "cost_to_serve" in unknown
    if "cogs" in unknown:
        return "net_revenue" if lacks_serving else "net_less_cost_to_serve"
    return "gross_profit" if lacks_serving else "contribution"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of the waterfall.

    Parameters
    ----------
    name : str
        Its code, such as `net_revenue`.
    amount : float
        In the engagement's currency; below 0 where it takes away.
    is_total : bool
        Whether it is a sum of those before it.
    """

    name: str
    amount: float
    is_total: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The period's customers, and what of the ledger is no customer's.

    Parameters
    ----------
    customers : DataFrame, one row per customer with sales or cost
        customer_id, segment (str or missing), n_transactions, n_orders (days with a sale), currency (of most of its
        revenue) and, in the engagement's currency, list_revenue, net_revenue, cogs (with imputed_cogs in it),
        cost_to_serve, contribution. What the data don't hold is 0 and named by `unknown`.
    unknown : tuple of str
        Steps that the data don't hold: `list_revenue`, `cogs`, `cost_to_serve`.
    pools : tuple of Pool
        Where the money of each cost pool went.
    fill : CostFill
        What stands in the place of missing cost of goods.
    ledger_revenue, ledger_cogs, ledger_costs : float
        Sums over all rows as they were sent, whoever they belong to.
    n_left_out, left_out : int, float
        Sales rows without customer or net revenue, and their net revenue less cost of goods.
    """

    customers: pd.DataFrame
    unknown: tuple[str, ...]
    pools: tuple[Pool, ...]
    fill: CostFill
    ledger_revenue: float
    ledger_cogs: float
    ledger_costs: float
    n_left_out: int
    left_out: float

    @property
    def measure(self) -> str:
        """What `contribution` stands for as far as the data go."""
        return measure_of(self.unknown)

    def total(self, name: str) -> float:
        """Sum a money column over the customers, exactly.

        Parameters
        ----------
        name : str
            Column of `customers`.
        """
        return round(math.fsum(self.customers[name].tolist()), 4)

    def pooled(self, part: str) -> float:
        """Sum a part of all cost pools.

        Parameters
        ----------
        part : {'unallocated', 'idle', 'unmatched'}
            As in `Pool`.
        """
        return round(math.fsum(getattr(pool, part) for pool in self.pools), 4)


def unknown_steps(loaded: Loaded, rules: Mapping[str, CostRule] | None = None) -> tuple[str, ...]:
    """List the steps of the waterfall that the data don't hold.

    Parameters
    ----------
    loaded : Loaded
        The engagement; cost to serve is known if costs name customers or a rule gives them to customers.
    rules : mapping, optional
        Pool = its rule; the contract's if None.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> lines = {"transaction_id": ["1"], "customer_id": "K1", "net_revenue": [90.0], "cogs": [40.0]}
    >>> unknown_steps(load_frames({"transactions": pd.DataFrame(lines)}))
    ('list_revenue', 'cost_to_serve')
    """
    unknown = [name for name in ("list_revenue", "cogs") if loaded.missing(transactions=(name,))]
    rules = loaded.engagement.contract.costs if rules is None else rules
    is_served = not loaded.missing(costs=("customer_id",))
    is_served |= not loaded.missing(costs=()) and any(rule.rule != "direct" for rule in rules.values())
    return (*unknown, *(() if is_served else ("cost_to_serve",)))


def reduce_sales(loaded: Loaded) -> tuple[Any, CostFill]:
    """Give the period's sales with customer and net revenue, each with the cost of goods that it has or probably had.

    Parameters
    ----------
    loaded : Loaded
        Needs transactions with customer_id and net_revenue.

    Returns
    -------
    ibis Table, CostFill
        One row per sale, without those whose cost no rule gives; what was filled in, and how.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> lines = {"transaction_id": ["1", "2"], "customer_id": "K1", "net_revenue": [90.0, 50.0], "cogs": [45.0, None]}
    >>> sales, fill = reduce_sales(load_frames({"transactions": pd.DataFrame(lines)}))
    >>> sorted(to_frame(sales)["cogs"]), fill.n_imputed
    ([25.0, 45.0], 1)
    """
    sales = in_period(loaded, loaded.tables["transactions"])
    sales = sales.filter(sales.customer_id.notnull() & sales.net_revenue.notnull())
    kinds = {"list_revenue": "decimal(18,4)", "product": "string", "quantity": "float64", "currency": "string"}
    sales = sales.mutate(**{name: ibis.null(kind) for name, kind in kinds.items() if name not in sales.columns})
    sales = sales.mutate(list_revenue=sales.list_revenue.fill_null(sales.net_revenue))
    if "cogs" in unknown_steps(loaded):
        return sales.mutate(cogs=ZERO, imputed_cogs=ZERO), CostFill()
    if not loaded.missing(transactions=("cogs",)) and _is_complete(loaded, "cogs"):
        return sales.mutate(imputed_cogs=ZERO), CostFill()
    return fill_costs(with_segment(loaded, sales))


def _is_complete(loaded: Loaded, column: str) -> bool:
    about = next(table for table in loaded.report.tables if table.name == "transactions")
    return about.filled.get(column) == about.n_rows


@lru_cache(maxsize=4)  # every exhibit of the chapter starts from it, and none changes it
def reduce_ledger(loaded: Loaded) -> Ledger:
    """Reduce sales and costs of the period to one row per customer, and to what is left beside them.

    Parameters
    ----------
    loaded : Loaded
        Needs transactions with customer_id and net_revenue.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> lines = {"transaction_id": ["1", "2"], "customer_id": "K1", "net_revenue": [90.0, 50.0], "cogs": [40.0, 45.0]}
    >>> ledger = reduce_ledger(load_frames({"transactions": pd.DataFrame(lines)}))
    >>> ledger.customers[["customer_id", "n_transactions", "contribution"]].to_dict("records")
    [{'customer_id': 'K1', 'n_transactions': 2, 'contribution': 55.0}]
    """
    sales, fill = reduce_sales(loaded)
    frame = sum_sales(sales).set_index("customer_id")
    costs = sum_costs(loaded)
    served, pools = assign_costs(loaded, frame, costs)
    frame = charge_customers(frame, served)
    frame["segment"] = segments_of(loaded, frame["customer_id"])
    whole = sum_rows(loaded).loc[0]
    n_rows = int(frame["n_transactions"].sum())
    return Ledger(
        customers=frame,
        unknown=unknown_steps(loaded),
        pools=pools,
        fill=fill,
        ledger_revenue=float(whole["net_revenue"]),
        ledger_cogs=float(whole["cogs"]),
        ledger_costs=round(math.fsum(costs["amount"].tolist()), 4),
        n_left_out=int(whole["n_rows"]) - n_rows - fill.n_unpriced,
        left_out=float(whole["left_out"]),
    )


def sum_sales(sales: Any, *, by_month: bool = False) -> pd.DataFrame:
    """Sum sales per customer.

    Parameters
    ----------
    sales : ibis Table
        As `reduce_sales` gives it.
    by_month : bool
        Whether to sum per month too.

    Returns
    -------
    DataFrame
        customer_id, month where asked for (as `month_of` gives it), n_transactions, n_orders (days with a sale),
        currency (of the largest), list_revenue, net_revenue, cogs, imputed_cogs.

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> lines = {"transaction_id": ["1", "2"], "customer_id": "K1", "net_revenue": [90.0, 50.0], "cogs": 40.0}
    >>> sum_sales(reduce_sales(load_frames({"transactions": pd.DataFrame(lines)}))[0])["net_revenue"].tolist()
    [140.0]
    """
    is_sale = sales.net_revenue > 0
    keys = {"customer_id": sales.customer_id, **month_of(sales, by_month)}
    totals = sales.group_by(**keys).aggregate(
        n_transactions=sales.count(),
        n_orders=sales.date.nunique(where=is_sale) if "date" in sales.columns else is_sale.sum(),
        currency=sales.currency.argmax(sales.net_revenue),
        **{name: sales[name].sum() for name in ("list_revenue", "net_revenue", "cogs", "imputed_cogs")},
    )
    return to_frame(totals.order_by(*keys))


def charge_customers(sales: pd.DataFrame, served: pd.Series[Any]) -> pd.DataFrame:
    """Take what customers cost to serve from what they brought; those with cost alone are customers too.

    Parameters
    ----------
    sales : DataFrame, indexed by customer_id
        n_transactions, n_orders, currency, and sums of money.
    served : Series
        Cost to serve per customer.

    Returns
    -------
    DataFrame, one row per customer with sales or cost
        The columns of `sales`, with customer_id, cost_to_serve and contribution.

    Examples
    --------
    >>> sums = {"n_transactions": 1, "n_orders": 1, "currency": "SEK", "net_revenue": 9.0, "cogs": 4.0}
    >>> found = charge_customers(pd.DataFrame(sums, index=["K1"]), pd.Series({"K2": 3.0}))
    >>> dict(zip(found["customer_id"], found["contribution"], strict=True))
    {'K1': 5.0, 'K2': -3.0}
    """
    frame = sales.reindex(sales.index.union(served.index, sort=True))
    frame["currency"] = frame["currency"].astype(object)
    frame = frame.fillna(dict.fromkeys(frame.select_dtypes("number").columns, 0.0))
    frame["cost_to_serve"] = served.reindex(frame.index).fillna(0.0)
    left = frame["net_revenue"] - frame["cogs"] - frame["cost_to_serve"]
    frame["contribution"] = left.round(4) + 0.0
    return frame.astype({"n_transactions": np.int64, "n_orders": np.int64}).rename_axis("customer_id").reset_index()


def segments_of(loaded: Loaded, ids: pd.Series[Any]) -> pd.Series[Any]:
    """Name the segment of each customer as the contract does; None where it is not known.

    Parameters
    ----------
    loaded : Loaded
        The engagement.
    ids : Series
        Customer ids.

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> loaded = load_frames({"customers": pd.DataFrame({"customer_id": ["K1"], "segment": ["Retail"]})})
    >>> segments_of(loaded, pd.Series(["K1", "K2"])).isna().tolist()
    [False, True]
    """
    rule = loaded.engagement.contract.segments
    customers = loaded.tables.get("customers")
    if customers is None or rule.by not in customers.columns:
        return pd.Series([None] * len(ids), index=ids.index, dtype=object)
    known = to_frame(customers.select("customer_id", value=customers[rule.by])).set_index("customer_id")["value"]
    found = ids.map(known).astype(object).where(lambda values: values.notna(), None)
    return found.map(lambda value: rule.names.get(value, value))


def sum_rows(loaded: Loaded, *, by_month: bool = False) -> pd.DataFrame:
    """Sum all sales rows of the period as they were sent, and those that are no customer's or have no amount.

    Parameters
    ----------
    loaded : Loaded
        The engagement.
    by_month : bool
        Whether to sum per month.

    Returns
    -------
    DataFrame
        One row, or one per month (as `month_of` gives it): n_rows, net_revenue, cogs, left_out.

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> lines = {"transaction_id": ["1", "2"], "customer_id": ["K1", None], "net_revenue": [90.0, 5.0], "cogs": 4.0}
    >>> sum_rows(load_frames({"transactions": pd.DataFrame(lines)})).to_dict("records")
    [{'n_rows': 2, 'net_revenue': 95.0, 'cogs': 8.0, 'left_out': 1.0}]
    """
    rows = in_period(loaded, loaded.tables["transactions"])
    cogs = rows.cogs if "cogs" in rows.columns and "cogs" not in unknown_steps(loaded) else ZERO
    rows = rows.mutate(_net=rows.net_revenue.fill_null(ZERO), _cogs=ibis.coalesce(cogs, ZERO))
    is_left = rows.customer_id.isnull() | rows.net_revenue.isnull()
    sums = rows.aggregate(
        by=[month.name(name) for name, month in month_of(rows, by_month).items()],
        n_rows=rows.count(),
        net_revenue=rows._net.sum().fill_null(ZERO),
        cogs=rows._cogs.sum().fill_null(ZERO),
        left_out=(rows._net - rows._cogs).sum(where=is_left).fill_null(ZERO),
    )
    return to_frame(sums.order_by("month") if by_month else sums)


def sum_by_segment(ledger: Ledger) -> pd.DataFrame:
    """Sum the customers of a ledger by segment; those without one are a row of their own.

    Parameters
    ----------
    ledger : Ledger
        As `reduce_ledger` gives it.

    Returns
    -------
    DataFrame, one row per segment
        segment (str or missing), n (customers), n_loss (those below 0), net_revenue, contribution, squares (sum of
        squared contributions), cost (of goods and to serve).

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> customers = pd.DataFrame({"customer_id": ["K1", "K2"], "segment": "Industry"})
    >>> lines = {"transaction_id": ["1", "2"], "customer_id": ["K1", "K2"], "net_revenue": [90.0, 50.0], "cogs": 60.0}
    >>> ledger = reduce_ledger(load_frames({"transactions": pd.DataFrame(lines), "customers": customers}))
    >>> sum_by_segment(ledger)[["segment", "n", "n_loss", "contribution"]].to_dict("records")
    [{'segment': 'Industry', 'n': 2, 'n_loss': 1, 'contribution': 20.0}]
    """
    customers = ledger.customers
    each = pd.DataFrame(
        {
            "segment": customers["segment"],
            "n": 1,
            "n_loss": customers["contribution"] < 0,
            "net_revenue": customers["net_revenue"],
            "contribution": customers["contribution"],
            "squares": customers["contribution"] ** 2,
            "cost": customers["cogs"] + customers["cost_to_serve"],
        }
    )
    return each.groupby("segment", dropna=False, sort=True).sum().reset_index()


def profit_finding(
    name: str, value: float | None, unit: str, message: str, args: dict[str, Any], n: int | None, **group: str
) -> Finding:
    """Make a finding of this chapter: `profitability.<name>`, said by `profitability.finding.<message>`.

    Parameters
    ----------
    name : str
        What it is, without the chapter.
    value : float or None
        Raw number.
    unit : str
        As in `Finding`.
    message : str
        Key of its sentence, without the chapter.
    args : dict
        The numbers and names that the sentence needs.
    n : int or None
        Observations behind the value.
    **group
        What it is broken down by.

    Examples
    --------
    >>> profit_finding("lift", 12.0, "SEK", "lift_up", {}, 8, level="SE").id
    'profitability.lift'
    """
    return Finding(f"profitability.{name}", value, unit, f"profitability.finding.{message}", args, group, n=n)
