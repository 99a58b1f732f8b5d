"""Where do we earn, and where do we lose? Contribution by step, by segment and over customers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import ibis

from gtmlib.analyses.findings import Finding, interval_of
from gtmlib.analyses.reductions import MissingData, fold_small_groups, in_period, with_segment
from gtmlib.data.engine import to_frame
from gtmlib.data.load import Loaded
from gtmlib.stats.concentration import WhaleCurve, estimate_whale_curve
from gtmlib.stats.means import MeanEstimate, estimate_mean

CHAPTER = "profitability"
EARNED = ("contribution", "gross_profit")  # measures after cost of goods
NEEDED = {"transactions": ("customer_id", "net_revenue")}
# Segments also need the column of customers that the contract's `segments.by` names.
WISHED = {"transactions": ("list_revenue", "cogs"), "costs": ("customer_id",)}


def measure_of(unknown: tuple[str, ...]) -> str:
    """Name what is left after all known costs: only with both costs known is it contribution.

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
        """Give the total, and each step."""
        total, revenue = self.steps[-1], self.amount("net_revenue") or 0.0
        share = total.amount / revenue if revenue else None
        lead = (
            ("total_contribution", "total") if total.name in EARNED else (f"total_{total.name}", "total_without_cogs")
        )
        args = {"measure_as": total.name, "amount": total.amount, "share": share, "revenue": revenue}
        steps = (
            _finding("waterfall", step.amount, self.currency, "step", asdict(step), self.n_transactions, step=step.name)
            for step in self.steps
        )
        return (_finding(lead[0], total.amount, self.currency, lead[1], args, self.n_customers), *steps)


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
    measure : str
        What `contribution` stands for as far as the data go, as `measure_of` names it.
    currency : str
        ISO 4217 code.
    """

    rows: tuple[SegmentProfit, ...]
    n_without_segment: int
    contribution_without_segment: float
    smallest_group: int
    measure: str
    currency: str

    def findings(self) -> tuple[Finding, ...]:
        """Give total, rate and mean per customer of each segment."""
        found = []
        name = "contribution" if self.measure in EARNED else self.measure
        for row in self.rows:
            rate = row.contribution / row.net_revenue if row.net_revenue else None
            args = {"measure_as": self.measure, "segment": row.segment, "amount": row.contribution}
            args |= {"rate": rate, "mean": row.mean.mean}
            mean = _finding(
                f"{name}_per_customer", row.mean.mean, self.currency, "segment", args, row.mean.n, segment=row.segment
            )
            found += [
                replace(mean, id=f"profitability.{name}", value=row.contribution),
                replace(mean, id=f"profitability.{name}_rate", value=rate, unit="share"),
                replace(mean, **interval_of(row.mean)),
            ]
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whale:
    """The cumulated contribution over customers, best first; `measure` is what it stands for, as far as the data go."""

    curve: WhaleCurve
    measure: str
    currency: str

    def findings(self) -> tuple[Finding, ...]:
        """Give peak, best fifth and loss tail; before cost of goods, where nobody is known to lose, the fifth alone."""
        curve = self.curve
        args = {"measure": self.measure, "peak": curve.peak_share, "at": curve.peak_at_share}
        args |= {"top": curve.top_20_share, "n": curve.n_loss_customers, "loss": -curve.loss_total}
        if self.measure not in EARNED:
            name = f"top_20_share_of_{self.measure}"
            return (_finding(name, curve.top_20_share, "share", "top_of", args, curve.n_customers),)
        numbers = (
            ("whale_peak_share", curve.peak_share, "share"),
            ("whale_peak_at_share", curve.peak_at_share, "share"),
            ("top_20_share", curve.top_20_share, "share"),
            ("n_loss_customers", curve.n_loss_customers, "count"),
            ("loss_total", curve.loss_total, self.currency),
        )
        return tuple(_finding(name, value, unit, "whale", args, curve.n_customers) for name, value, unit in numbers)


def _finding(
    name: str, value: float | None, unit: str, message: str, args: dict[str, Any], n: int, **group: str
) -> Finding:
    return Finding(f"profitability.{name}", value, unit, f"profitability.finding.{message}", args, group, n=n)


def analyse_waterfall(loaded: Loaded) -> Waterfall | MissingData:
    """Sum revenue, discount, cost of goods and cost to serve over the period.

    Parameters
    ----------
    loaded : Loaded
        Needs transactions with customer_id and net_revenue; list_revenue, cogs and costs are used where they are.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> lines = {"transaction_id": ["1", "2"], "customer_id": "K1", "net_revenue": [90.0, 50.0], "cogs": [40.0, 45.0]}
    >>> waterfall = analyse_waterfall(load_frames({"transactions": pd.DataFrame(lines)}))
    >>> [(step.name, step.amount) for step in waterfall.steps], waterfall.unknown
    ([('net_revenue', 140.0), ('cogs', -85.0), ('gross_profit', 55.0)], ('list_revenue', 'cost_to_serve'))
    """
    if needed := loaded.missing(**NEEDED):
        return MissingData(chapter=CHAPTER, needed=needed)
    customers = reduce_customers(loaded)
    totals = {name: customers[name].sum().round(2) for name in MONEY}
    counts = {"n_transactions": customers.n_transactions.sum(), "n_customers": customers.count()}
    sums = to_frame(customers.aggregate(**counts, **totals)).loc[0].to_dict()
    if not sums["n_customers"]:
        return MissingData(chapter=CHAPTER, needed=("transactions",))
    transactions = in_period(loaded, loaded.tables["transactions"])
    n_left_out = to_frame(transactions.aggregate(n=transactions.count())).loc[0, "n"] - sums["n_transactions"]
    unknown = _unknown(loaded)
    return Waterfall(
        steps=_steps(sums, unknown),
        unknown=unknown,
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

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> ids = ["1", "2", "3", "4", "5"]
    >>> customers = pd.DataFrame({"customer_id": ids, "segment": "Industry"})
    >>> lines = {"transaction_id": ids, "customer_id": ids, "net_revenue": [9.0, 8.0, 7.0, 8.0, 8.0], "cogs": 6.0}
    >>> loaded = load_frames({"transactions": pd.DataFrame(lines), "customers": customers})
    >>> (industry,) = analyse_segments(loaded).rows
    >>> industry.contribution, industry.mean.mean, round(industry.mean.ci_low, 3)
    (10.0, 2.0, 1.122)
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
    if len(unknown) == len(sums):
        return MissingData(chapter=CHAPTER, needed=(f"customers.{rule.by}" if len(sums) else "transactions",))
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
        measure=measure_of(_unknown(loaded)),
        currency=loaded.engagement.contract.currency,
    )


def analyse_whale_curve(loaded: Loaded) -> Whale | MissingData:
    """Order customers by contribution and cumulate it.

    Parameters
    ----------
    loaded : Loaded
        Needs what the waterfall needs.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> ids = ["1", "2", "3", "4", "5"]
    >>> lines = {"transaction_id": ids, "customer_id": ids, "net_revenue": [9.0, 8.0, 7.0, 5.0, 1.0], "cogs": 5.0}
    >>> whale = analyse_whale_curve(load_frames({"transactions": pd.DataFrame(lines)}))
    >>> whale.curve.peak_share, whale.curve.peak_at_share, whale.curve.loss_total
    (1.8, 0.6, -4.0)
    """
    if needed := loaded.missing(**NEEDED):
        return MissingData(chapter=CHAPTER, needed=needed)
    customers = reduce_customers(loaded).select("contribution")  # amounts alone leave the engine, without ids
    smallest = loaded.engagement.contract.disclosure.smallest_group
    contributions = to_frame(customers)["contribution"].to_numpy()
    if not len(contributions):
        return MissingData(chapter=CHAPTER, needed=("transactions",))
    curve = estimate_whale_curve(contributions, smallest_group=smallest)
    return Whale(curve=curve, measure=measure_of(_unknown(loaded)), currency=loaded.engagement.contract.currency)


def _steps(sums: dict[str, float], unknown: tuple[str, ...]) -> tuple[Step, ...]:
    """Lay out the steps that are known; the last is named for what is left."""
    net, last = sums["net_revenue"], measure_of(unknown)
    steps = []
    if "list_revenue" not in unknown:
        steps.append(Step(name="list_revenue", amount=sums["list_revenue"], is_total=True))
        steps.append(Step(name="discount", amount=round(net - sums["list_revenue"], 2), is_total=False))
    steps.append(Step(name="net_revenue", amount=net, is_total=True))
    if "cogs" not in unknown:
        steps.append(Step(name="cogs", amount=-sums["cogs"], is_total=False))
        steps.append(Step(name="gross_profit", amount=round(net - sums["cogs"], 2), is_total=True))
    if "cost_to_serve" not in unknown:
        served = round(sums["contribution"] - steps[-1].amount, 2)  # so that the steps add up to the cent
        steps.append(Step(name="cost_to_serve", amount=served, is_total=False))
        steps.append(Step(name=last, amount=sums["contribution"], is_total=True))
    return tuple(steps)


MONEY = ("list_revenue", "net_revenue", "cogs", "imputed_cogs", "cost_to_serve", "contribution")


def reduce_customers(loaded: Loaded) -> Any:
    """Reduce transactions and costs to one row per customer with either.

    Returns
    -------
    ibis Table
        customer_id, segment, n_transactions and, in the engagement's currency as decimals, list_revenue, net_revenue,
        cogs (with imputed_cogs in it), cost_to_serve and contribution. What the data don't hold is 0 and named by
        the waterfall's `unknown`.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> lines = {"transaction_id": ["1", "2"], "customer_id": "K1", "net_revenue": [90.0, 50.0], "cogs": [40.0, 45.0]}
    >>> rows = to_frame(reduce_customers(load_frames({"transactions": pd.DataFrame(lines)})))
    >>> rows[["customer_id", "n_transactions", "contribution"]].to_dict("records")
    [{'customer_id': 'K1', 'n_transactions': 2, 'contribution': 55.0}]
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
