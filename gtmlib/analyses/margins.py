"""Which goods earn in which segment? Gross profit as a share of net revenue, segment by product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gtmlib.analyses.contribution import CHAPTER, NEEDED, profit_finding, reduce_sales
from gtmlib.analyses.findings import Finding
from gtmlib.analyses.reductions import OTHER, MissingData, fold_small_groups, with_segment
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded

MOST_PRODUCTS = 6
LEAST_SHARE = 0.4  # of net revenue, that the largest products must make up: else a map of them says little


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginCell:
    """A segment's purchases of a product.

    Parameters
    ----------
    segment, product : str
        Their names; products beyond the largest are `other`.
    n_customers : int, optional
        Who buy it; None where `rate` is.
    rate : float, optional
        Gross profit over net revenue; MARGINS_R
    """

    segment: str
    product: str
    n_customers: int | None
    rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """Gross profit rate by segment and product.

    Parameters
    ----------
    segments, products : tuple of str
        Largest first; products beyond the six largest are `other`.
    cells : tuple of MarginCell
        One per pair; empty where products are too many and too small to be mapped.
    n_products : int
        Different products in the data.
    shown_share : float
        Share of net revenue that the largest ones make up.
    smallest_group : int
        The floor.
    currency : str
        ISO 4217 code.
    """

    segments: tuple[str, ...]
    products: tuple[str, ...]
    cells: tuple[MarginCell, ...]
    n_products: int
    shown_share: float
    smallest_group: int
    currency: str

    def findings(self) -> tuple[Finding, ...]:
        """Give the rate of each shown cell."""
        return tuple(
            profit_finding(
                "gross_profit_rate", cell.rate, "share", "cell", {"segment": cell.segment, "product": cell.product,
                "rate": cell.rate}, cell.n_customers, segment=cell.segment, product=cell.product,
            )
            for cell in self.cells
            if cell.rate is not None
        )  # fmt: skip


def analyse_margins(loaded: Loaded) -> Margins | MissingData:
    """Compare gross profit rates by segment and product.

    Parameters
    ----------
    loaded : Loaded
        Needs transactions with customer, net revenue, product and cost of goods, and the customers' segment.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> ids = ["1", "2", "3", "4", "5"]
    >>> customers = pd.DataFrame({"customer_id": ids, "segment": "Industry"})
    >>> lines = {"transaction_id": ids, "customer_id": ids, "product": "Pump", "net_revenue": 8.0, "cogs": 6.0}
    >>> loaded = load_frames({"transactions": pd.DataFrame(lines), "customers": customers})
    >>> [(cell.segment, cell.product, cell.rate) for cell in analyse_margins(loaded).cells]
    [('Industry', 'Pump', 0.25)]
    """
    contract = loaded.engagement.contract
    wanted = {"transactions": (*NEEDED["transactions"], "product", "cogs"), "customers": (contract.segments.by,)}
    if needed := loaded.missing(**wanted):
        return MissingData(chapter=CHAPTER, needed=needed)
    smallest = contract.disclosure.smallest_group
    sales, _ = reduce_sales(loaded)
    sales = sales if "segment" in sales.columns else with_segment(loaded, sales)
    sales = sales.filter(sales["product"].notnull() & sales.segment.notnull())
    by_segment = to_frame(sales.group_by("segment").aggregate(n=sales.customer_id.nunique()))
    by_product = to_frame(sales.group_by("product").aggregate(net_revenue=sales.net_revenue.sum()))
    if not len(by_segment) or by_product["net_revenue"].sum() <= 0:
        return MissingData(chapter=CHAPTER, needed=("transactions.product",))
    by_product = by_product.sort_values(["net_revenue", "product"], ascending=[False, True], ignore_index=True)
    largest = by_product["product"].head(MOST_PRODUCTS if len(by_product) > MOST_PRODUCTS + 1 else MOST_PRODUCTS + 1)
    share = float(by_product["net_revenue"].head(len(largest)).sum() / by_product["net_revenue"].sum())
    kept = [str(name) for name in fold_small_groups(by_segment, "segment", "n", smallest)["segment"] if name != OTHER]
    about: dict[str, Any] = {"n_products": len(by_product), "shown_share": share, "smallest_group": smallest}
    if share < LEAST_SHARE or not kept:
        return Margins(segments=(), products=(), cells=(), currency=contract.currency, **about)
    folded = sales.mutate(
        segment=sales.segment.isin(kept).ifelse(sales.segment, OTHER),
        product=sales["product"].isin(largest.tolist()).ifelse(sales["product"], OTHER),
    )
    found = to_frame(
        folded.group_by("segment", "product").aggregate(
            n=folded.customer_id.nunique(), net_revenue=folded.net_revenue.sum(), cogs=folded.cogs.sum()
        )
    )
    known = {(row.segment, row.product): row for row in found.itertuples()}
    segments = tuple(name for name in (*kept, OTHER) if name in set(found["segment"]))
    products = tuple(name for name in (*map(str, largest), OTHER) if name in set(found["product"]))
    cells = []
    for segment in segments:
        for product in products:
            row = known.get((segment, product))
            is_shown = row is not None and row.n >= smallest and row.net_revenue > 0
            rate = (row.net_revenue - row.cogs) / row.net_revenue if row is not None and is_shown else None
            n = int(row.n) if row is not None and is_shown else None
            cells.append(MarginCell(segment=segment, product=product, n_customers=n, rate=rate))
    return Margins(segments=segments, products=products, cells=tuple(cells), currency=contract.currency, **about)
