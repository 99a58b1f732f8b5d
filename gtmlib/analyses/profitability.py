"""Where do we earn, and where do we lose? Contribution by step, by segment and over customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis

from gtmlib.analyses.findings import Finding
from gtmlib.analyses.reductions import MissingData, fold_small_groups, in_period, with_segment
from gtmlib.data.engine import to_frame
from gtmlib.data.load import Loaded
from gtmlib.stats.concentration import WhaleCurve, estimate_whale_curve
from gtmlib.stats.means import MeanEstimate, estimate_mean

CHAPTER = "profitability"
NEEDED = {"transactions": ("customer_id", "net_revenue")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of the waterfall: its name, its amount, and whether it is a sum of those before it."""

    name: str
    amount: float
    is_total: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """The way from list revenue (or net revenue) to contribution, as far as the data go.

    Parameters
    ----------
    steps : tuple of Step
        In order; amounts in `currency`, rounded to the cent once, after summing.
    unknown : tuple of str
        Steps that the data don't hold: `list_revenue`, `cogs`, `cost_to_serve`.
    n_transactions, n_customers : int
        Rows and customers behind it.
    n_left_out : int
        Transactions without customer or net revenue.
    unallocated : float
        Costs of no customer; not part of the contribution.
    imputed_cogs : float
        Cost of goods that was estimated because the lines had none.
    currency : str
        ISO 4217 code.
    """

    steps: tuple[Step, ...]
    unknown: tuple[str, ...]
    n_transactions: int
    n_customers: int
    n_left_out: int
    unallocated: float
    imputed_cogs: float
    currency: str

    def amount(self, name: str) -> float | None:
        """Give the amount of a step; None where the data don't hold it."""
        return next((step.amount for step in self.steps if step.name == name), None)

    def findings(self) -> tuple[Finding, ...]:
        """Give each step, and the contribution in total."""
        total = self.steps[-1]
        revenue = self.amount("net_revenue") or 0.0
        rows = [
            Finding(
                id="profitability.waterfall",
                chapter=CHAPTER,
                group={"step": step.name},
                value=step.amount,
                unit=self.currency,
                n=self.n_transactions,
                message="profitability.finding.step",
                args={"step": step.name, "amount": step.amount},
            )
            for step in self.steps
        ]
        args = {"amount": total.amount, "share": total.amount / revenue if revenue else None, "revenue": revenue}
        lead = Finding(
            id="profitability.total_contribution",
            chapter=CHAPTER,
            value=total.amount,
            unit=self.currency,
            n=self.n_customers,
            message=f"profitability.finding.{'total' if total.name == 'contribution' else 'total_without_cogs'}",
            args=args,
        )
        return (lead, *rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentProfit:
    """A segment: its totals from the ledger, and the mean contribution per customer with its interval."""

    segment: str
    net_revenue: float
    contribution: float
    mean: MeanEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """Contribution by segment, largest first.

    Parameters
    ----------
    rows : tuple of SegmentProfit
        Segments of fewer customers than the disclosure floor are folded into `other`.
    n_without_segment, contribution_without_segment : int, float
        Customers that the data give no segment, and what they contribute.
    smallest_group : int
        The floor.
    currency : str
        ISO 4217 code.
    """

    rows: tuple[SegmentProfit, ...]
    n_without_segment: int
    contribution_without_segment: float
    smallest_group: int
    currency: str

    def findings(self) -> tuple[Finding, ...]:
        """Give total, rate and mean per customer of each segment."""
        found = []
        for row in self.rows:
            common: dict[str, Any] = {"chapter": CHAPTER, "group": {"segment": row.segment}, "n": row.mean.n}
            rate = row.contribution / row.net_revenue if row.net_revenue else None
            args = {"segment": row.segment, "amount": row.contribution, "rate": rate, "mean": row.mean.mean}
            found += [
                Finding(
                    id="profitability.contribution",
                    value=row.contribution,
                    unit=self.currency,
                    message="profitability.finding.segment",
                    args=args,
                    **common,
                ),
                Finding(
                    id="profitability.contribution_rate",
                    value=rate,
                    unit="share",
                    message="profitability.finding.segment",
                    args=args,
                    **common,
                ),
                Finding(
                    id="profitability.contribution_per_customer",
                    value=row.mean.mean,
                    unit=self.currency,
                    ci_low=row.mean.ci_low,
                    ci_high=row.mean.ci_high,
                    confidence_level=row.mean.confidence_level,
                    message="profitability.finding.segment",
                    args=args,
                    **common,
                ),
            ]
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whale:
    """The cumulative contribution over customers, best first, with the chapter's words for it."""

    curve: WhaleCurve
    currency: str

    def findings(self) -> tuple[Finding, ...]:
        """Give peak, best fifth and loss tail."""
        curve = self.curve
        args = {
            "peak": curve.peak_share,
            "at": curve.peak_at_share,
            "top": curve.top_20_share,
            "n": curve.n_loss_customers,
            "loss": curve.loss_total,
        }
        numbers = (
            ("whale_peak_share", curve.peak_share, "share"),
            ("whale_peak_at_share", curve.peak_at_share, "share"),
            ("top_20_share", curve.top_20_share, "share"),
            ("n_loss_customers", curve.n_loss_customers, "count"),
            ("loss_total", curve.loss_total, self.currency),
        )
        return tuple(
            Finding(
                id=f"profitability.{name}",
                chapter=CHAPTER,
                value=value,
                unit=unit,
                n=curve.n_customers,
                message="profitability.finding.whale",
                args=args,
            )
            for name, value, unit in numbers
        )


def analyse_waterfall(loaded: Loaded) -> Waterfall | MissingData:
    """Sum revenue, discount, cost of goods and cost to serve over the period.

    Parameters
    ----------
    loaded : Loaded
        Needs transactions with customer_id and net_revenue; list_revenue, cogs and costs are used where they are.
    """
    if needed := loaded.missing(**NEEDED):
        return MissingData(chapter=CHAPTER, needed=needed)
    customers = reduce_customers(loaded)
    sums = (
        to_frame(
            customers.aggregate(
                n_transactions=customers.n_transactions.sum(),
                n_customers=customers.count(),
                **{name: customers[name].sum().round(2) for name in MONEY},
            )
        )
        .loc[0]
        .to_dict()
    )
    transactions = in_period(loaded, loaded.tables["transactions"])
    n_left_out = to_frame(transactions.aggregate(n=transactions.count())).loc[0, "n"] - sums["n_transactions"]
    known = {"list_revenue", "cogs", "cost_to_serve"} - set(_unknown(loaded))
    steps = []
    if "list_revenue" in known:
        steps.append(Step(name="list_revenue", amount=sums["list_revenue"], is_total=True))
        steps.append(Step(name="discount", amount=round(sums["net_revenue"] - sums["list_revenue"], 2), is_total=False))
    steps.append(Step(name="net_revenue", amount=sums["net_revenue"], is_total=True))
    if "cogs" in known:
        steps.append(Step(name="cogs", amount=-sums["cogs"], is_total=False))
    if {"cogs", "cost_to_serve"} <= known:
        steps.append(Step(name="gross_profit", amount=round(sums["net_revenue"] - sums["cogs"], 2), is_total=True))
    if "cost_to_serve" in known:
        steps.append(Step(name="cost_to_serve", amount=-sums["cost_to_serve"], is_total=False))
    last = "contribution" if "cogs" in known else "net_less_cost_to_serve"
    steps.append(Step(name=last, amount=sums["contribution"], is_total=True))
    return Waterfall(
        steps=tuple(steps),
        unknown=_unknown(loaded),
        n_transactions=int(sums["n_transactions"]),
        n_customers=int(sums["n_customers"]),
        n_left_out=int(n_left_out),
        unallocated=_unallocated(loaded),
        imputed_cogs=float(sums["imputed_cogs"]),
        currency=loaded.engagement.contract.currency,
    )


def analyse_segments(loaded: Loaded, *, confidence_level: float = 0.95) -> Segments | MissingData:
    """Compare segments by contribution, with a t interval on the mean per customer.

    Parameters
    ----------
    loaded : Loaded
        Needs the customers' segment beside what the waterfall needs.
    confidence_level : float
        Coverage of the intervals, in (0, 1).
    """
    rule = loaded.engagement.contract.segments
    if needed := loaded.missing(**NEEDED, customers=(rule.by,)):
        return MissingData(chapter=CHAPTER, needed=needed)
    customers = reduce_customers(loaded)
    customers = customers.mutate(square=customers.contribution.cast("float64") ** 2)
    sums = to_frame(
        customers.group_by("segment").aggregate(
            n=customers.count(),
            net_revenue=customers.net_revenue.sum(),
            contribution=customers.contribution.sum(),
            squares=customers.square.sum(),
        )
    )
    unknown = sums[sums["segment"].isna()]
    smallest = loaded.engagement.contract.disclosure.smallest_group
    shown = fold_small_groups(sums.dropna(subset="segment"), "segment", "n", smallest)
    rows = [
        SegmentProfit(
            segment=row.segment,
            net_revenue=round(row.net_revenue, 2),
            contribution=round(row.contribution, 2),
            mean=estimate_mean(row.n, row.contribution, row.squares, confidence_level=confidence_level),
        )
        for row in shown.itertuples()
    ]
    return Segments(
        rows=tuple(sorted(rows, key=lambda row: -row.contribution)),
        n_without_segment=int(unknown["n"].sum()),
        contribution_without_segment=round(float(unknown["contribution"].sum()), 2),
        smallest_group=smallest,
        currency=loaded.engagement.contract.currency,
    )


def analyse_whale_curve(loaded: Loaded) -> Whale | MissingData:
    """Order customers by contribution and cumulate it.

    Parameters
    ----------
    loaded : Loaded
        Needs what the waterfall needs.
    """
    if needed := loaded.missing(**NEEDED):
        return MissingData(chapter=CHAPTER, needed=needed)
    customers = reduce_customers(loaded).select("contribution")  # amounts alone leave the engine, without ids
    smallest = loaded.engagement.contract.disclosure.smallest_group
    curve = estimate_whale_curve(to_frame(customers)["contribution"].to_numpy(), smallest_group=smallest)
    return Whale(curve=curve, currency=loaded.engagement.contract.currency)


MONEY = ("list_revenue", "net_revenue", "cogs", "imputed_cogs", "cost_to_serve", "contribution")


def reduce_customers(loaded: Loaded) -> Any:
    """Reduce transactions and costs to one row per customer with either.

    Returns
    -------
    ibis Table
        customer_id, segment, n_transactions and, in the engagement's currency as decimals, list_revenue, net_revenue,
        cogs (with imputed_cogs in it), cost_to_serve and contribution. What the data don't hold is 0 and named by
        the waterfall's `unknown`.
    """
    sales = _with_cogs(loaded)
    totals = sales.group_by("customer_id").aggregate(
        n_transactions=sales.count(),
        **{name: sales[name].sum() for name in ("list_revenue", "net_revenue", "cogs", "imputed_cogs")},
    )
    zero = ibis.literal(0).cast("decimal(18,4)")
    if "costs" in loaded.tables and "customer_id" in loaded.tables["costs"].columns:
        costs = in_period(loaded, loaded.tables["costs"])
        costs = costs.filter(costs.customer_id.notnull()).group_by("customer_id")
        served = costs.aggregate(cost_to_serve=lambda rows: rows.amount.sum())
        totals = totals.outer_join(served, "customer_id").mutate(
            customer_id=lambda both: ibis.coalesce(both.customer_id, both.customer_id_right)
        )
    else:
        totals = totals.mutate(cost_to_serve=zero)
    totals = totals.mutate(
        n_transactions=totals.n_transactions.fill_null(0),
        **{name: totals[name].fill_null(zero) for name in MONEY if name != "contribution"},
    )
    totals = totals.mutate(contribution=totals.net_revenue - totals.cogs - totals.cost_to_serve)
    return with_segment(loaded, totals).select("customer_id", "segment", "n_transactions", *MONEY)


def _with_cogs(loaded: Loaded) -> Any:
    """Give the period's sales that have customer and net revenue, with cost of goods for every line that can have it.

    A line without cost gets its product's unit cost times its quantity, else the cost ratio of its segment and
    product, else that of its segment; never a ratio by product alone, which would move profit between segments.
    """
    sales = in_period(loaded, loaded.tables["transactions"])
    sales = with_segment(loaded, sales.filter(sales.customer_id.notnull() & sales.net_revenue.notnull()))
    zero = ibis.literal(0).cast("decimal(18,4)")
    lacking = {
        name: ibis.null(kind)
        for name, kind in (("list_revenue", "decimal(18,4)"), ("product", "string"), ("quantity", "float64"))
        if name not in sales.columns
    }
    sales = sales.mutate(**lacking)
    sales = sales.mutate(list_revenue=sales.list_revenue.fill_null(sales.net_revenue))
    if "cogs" in _unknown(loaded):
        return sales.mutate(cogs=zero, imputed_cogs=zero)
    costed = sales.cogs.notnull()
    unit_costed = costed & (sales.quantity != 0)

    def ratio(amount: Any, base: Any, where: Any, *by: str) -> Any:
        window = ibis.window(group_by=list(by))
        total = amount.sum(where=where).over(window).cast("float64")
        return total / base.sum(where=where).over(window).cast("float64").nullif(0)

    estimate = ibis.coalesce(
        ratio(sales.cogs, sales.quantity, unit_costed & sales["product"].notnull(), "product") * sales.quantity,
        ratio(sales.cogs, sales.net_revenue, costed, "segment", "product") * sales.net_revenue.cast("float64"),
        ratio(sales.cogs, sales.net_revenue, costed, "segment") * sales.net_revenue.cast("float64"),
    )
    imputed = ibis.ifelse(costed, zero, estimate.cast("decimal(18,4)"))
    return sales.mutate(cogs=ibis.coalesce(sales.cogs, imputed), imputed_cogs=imputed)


def _unknown(loaded: Loaded) -> tuple[str, ...]:
    asked = {
        "list_revenue": {"transactions": ("list_revenue",)},
        "cogs": {"transactions": ("cogs",)},
        "cost_to_serve": {"costs": ("customer_id",)},
    }
    return tuple(step for step, needed in asked.items() if loaded.missing(**needed))


def _unallocated(loaded: Loaded) -> float:
    if loaded.missing(costs=()):
        return 0.0
    costs = in_period(loaded, loaded.tables["costs"])
    if "customer_id" in costs.columns:
        costs = costs.filter(costs.customer_id.isnull())
    total = to_frame(costs.aggregate(total=costs.amount.sum().fill_null(0))).loc[0, "total"]
    return round(float(total), 2)
