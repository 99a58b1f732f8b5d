"""Cost of goods that sales rows lack, filled in the engine; part of the shared reduction in `contribution`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from gtmlib.data.engine import to_frame
from gtmlib.stats.imputation import CostCells, estimate_cost_rates, impute_costs


@dataclass(frozen=True, slots=True, kw_only=True)
class CostFill:
    """What stands in the place of missing cost of goods; money in the engagement's currency.

    Parameters
    ----------
    n_imputed : int
        Sales rows whose cost was filled in.
    by_unit_cost, by_cell_ratio, by_segment_ratio : float
        Filled in by the product's unit cost, by the cost ratio of segment and product, by that of the segment.
    n_unpriced : int
        Sales rows whose cost no rule gives: their contribution is unknown and in no customer's figure.
    unpriced_revenue : float
        Their net revenue.
    """

    n_imputed: int = 0
    by_unit_cost: float = 0.0
    by_cell_ratio: float = 0.0
    by_segment_ratio: float = 0.0
    n_unpriced: int = 0
    unpriced_revenue: float = 0.0


def fill_costs(sales: Any) -> tuple[Any, CostFill]:
    """Fill missing cost of goods per sales row, and leave out the rows that no rule can fill.

    Parameters
    ----------
    sales : ibis Table
        One row per sale: segment, product, quantity, net_revenue, cogs.

    Returns
    -------
    ibis Table, CostFill
        The rows with `cogs` filled and `imputed_cogs`; what was filled, by rule.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> lines = {"transaction_id": ["1", "2"], "customer_id": "K1", "product": "x", "quantity": [3.0, 2.0]}
    >>> lines = pd.DataFrame(lines).assign(net_revenue=[30.0, 20.0], cogs=[12.0, None])
    >>> sales = load_frames({"transactions": lines}).tables["transactions"]
    >>> filled, fill = fill_costs(sales.mutate(segment=ibis.literal("A")))
    >>> sorted(to_frame(filled)["cogs"]), fill.n_imputed, fill.by_unit_cost
    ([8.0, 12.0], 1, 8.0)
    """
    sales = sales.mutate(_segment=sales.segment.fill_null(""), _product=sales["product"].fill_null(""))
    is_costed, is_known = sales.cogs.notnull(), sales["product"].notnull()
    has_units = is_known & sales.quantity.notnull() & (sales.quantity != 0)
    is_counted, is_bare = ~is_costed & has_units, ~is_costed & ~has_units
    cells = to_frame(
        sales.group_by("_segment", "_product").aggregate(
            costed_revenue=sales.net_revenue.sum(where=is_costed),
            cost=sales.cogs.sum(where=is_costed),
            unit_quantity=sales.quantity.sum(where=is_costed & has_units),
            unit_cost=sales.cogs.sum(where=is_costed & has_units),
            counted_revenue=sales.net_revenue.sum(where=is_counted),
            counted_quantity=sales.quantity.sum(where=is_counted),
            n_counted=is_counted.sum(),
            n_bare=is_bare.sum(),
            bare_revenue=sales.net_revenue.sum(where=is_bare),
        )
    ).fillna(0.0)
    known = CostCells(
        segment=cells["_segment"].tolist(),
        product=cells["_product"].tolist(),
        **{name: cells[name].to_numpy() for name in cells.columns if not name.startswith(("_", "n_"))},
    )
    rates = estimate_cost_rates(known)
    unit_cost = np.where(cells["_product"] == "", np.nan, rates.unit_cost)
    has_unit, has_ratio = ~np.isnan(unit_cost), ~np.isnan(rates.cost_ratio)
    table = pa.table(
        {
            "_s": pa.array(cells["_segment"].tolist(), pa.string()),
            "_p": pa.array(cells["_product"].tolist(), pa.string()),
            "_unit": pa.array(unit_cost, from_pandas=True),  # what is not a number is no value
            "_ratio": pa.array(rates.cost_ratio, from_pandas=True),
        }
    )
    found = ibis.memtable(table)
    joined = sales.left_join(found, [sales._segment == found._s, sales._product == found._p])
    by_unit = joined._unit * joined.quantity.nullif(0.0)
    by_ratio = joined._ratio * joined.net_revenue.cast("float64")
    estimate = ibis.coalesce(by_unit, by_ratio).cast("decimal(18,4)")
    zero = ibis.literal(0).cast("decimal(18,4)")
    imputed = ibis.ifelse(joined.cogs.isnull(), estimate, zero)
    filled = joined.mutate(imputed_cogs=imputed, cogs=ibis.coalesce(joined.cogs, imputed))
    n_bare = float(cells["n_bare"][~has_ratio].sum())
    n_unpriced = n_bare + float(cells["n_counted"][~has_ratio & ~has_unit].sum())
    segments = impute_costs(known)
    fill = CostFill(
        n_imputed=int(cells["n_counted"].sum() + cells["n_bare"].sum() - n_unpriced),
        by_unit_cost=sum(row.imputed_by_unit_cost for row in segments),
        by_cell_ratio=sum(row.imputed_by_cell_ratio for row in segments),
        by_segment_ratio=sum(row.imputed_by_segment_ratio for row in segments),
        n_unpriced=int(n_unpriced),
        unpriced_revenue=sum(row.unknown_revenue for row in segments),
    )
    return filled.filter(filled.cogs.notnull()), fill
