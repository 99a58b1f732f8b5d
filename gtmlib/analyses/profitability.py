"""Where do we earn, and where do we lose? Contribution by step, by segment and over customers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from gtmlib.analyses.contribution import (
    CHAPTER,
    EARNED,
    NEEDED,
    WISHED,
    Ledger,
    measure_of,
    profit_finding,
    reduce_ledger,
    sum_by_segment,
)
from gtmlib.analyses.findings import Finding, interval_of
from gtmlib.analyses.reductions import MissingData, fold_with_unknown
from gtmlib.data.loaded import Loaded
from gtmlib.stats.concentration import WhaleCurve, estimate_concentration, estimate_whale_curve
from gtmlib.stats.means import MeanEstimate, estimate_mean
from gtmlib.stats.sensitivity import CostLeverage, cost_leverage
from gtmlib.stats.shrinkage import Shrinkage, ShrunkenValue, shrink_means, shrink_rates

__all__ = ["CHAPTER", "EARNED", "NEEDED", "WISHED", "measure_of"]  # what the floors above ask this chapter for


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentProfit:
    """A segment.

    Parameters
    ----------
    segment : str
        Its name.
    net_revenue, contribution : float
        Totals of the ledger.
    mean : MeanEstimate
        Contribution per customer, with a t interval.
    shrunken : ShrunkenValue, optional
        The same after empirical Bayes; none for one segment alone.
    loss : ShrunkenValue, optional
        Share of its customers that lose money, shrunken likewise; none before cost of goods.
    costs : CostLeverage, optional
        How far its contribution hangs on cost; none before cost of goods.
    """

    segment: str
    net_revenue: float
    contribution: float
    mean: MeanEstimate
    shrunken: ShrunkenValue | None = None
    loss: ShrunkenValue | None = None
    costs: CostLeverage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """Contribution by segment, largest first.

    Parameters
    ----------
    rows : tuple of SegmentProfit
        Segments of fewer customers than the disclosure floor are folded into `other`, and so are so few customers
        without a segment.
    n_without_segment, contribution_without_segment : int, float
        Customers that the data give no segment, where they are enough to be told apart, and what they contribute.
    is_spread_known : bool
        Whether segments differ by more than chance (empirical Bayes finds a spread above 0).
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
    is_spread_known: bool
    smallest_group: int
    measure: str
    currency: str

    def findings(self) -> tuple[Finding, ...]:
        """Give total, rate and mean per customer of each segment, and how likely a customer in it loses money."""
        found = []
        name = "contribution" if self.measure in EARNED else self.measure
        for row in self.rows:
            rate = row.contribution / row.net_revenue if row.net_revenue > 0 else None
            args = {"measure_as": self.measure, "segment": row.segment, "amount": row.contribution}
            args |= {"rate": rate, "mean": row.mean.mean}
            mean = profit_finding(
                f"{name}_per_customer", row.mean.mean, self.currency, "segment", args, row.mean.n, segment=row.segment
            )
            found += [
                replace(mean, id=f"profitability.{name}", value=row.contribution),
                replace(mean, id=f"profitability.{name}_rate", value=rate, unit="share"),
                replace(mean, **interval_of(row.mean)),
            ]
            level: dict[str, Any] = {"confidence_level": row.mean.confidence_level}
            if row.shrunken is not None:
                band: dict[str, Any] = {"ci_low": row.shrunken.ci_low, "ci_high": row.shrunken.ci_high, **level}
                shrunk_id = f"profitability.{name}_per_customer_shrunken"
                found.append(replace(mean, id=shrunk_id, value=row.shrunken.shrunken, **band))
            if row.loss is not None:
                band = {"ci_low": row.loss.ci_low, "ci_high": row.loss.ci_high, **level}
                args = {"segment": row.segment, "rate": row.loss.shrunken}
                chance = profit_finding(
                    "loss_rate", row.loss.shrunken, "share", "loss_rate", args, row.mean.n, segment=row.segment
                )
                found.append(replace(chance, **band))
            if row.costs is not None and row.costs.break_even_cost_error is not None:
                error = row.costs.break_even_cost_error
                args = {"segment": row.segment, "error": abs(error)}
                message = "break_even" if error >= 0 else "break_even_loss"
                found.append(
                    profit_finding(
                        "break_even_cost_error", error, "share", message, args, row.mean.n, segment=row.segment
                    )
                )
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whale:
    """The cumulated contribution over customers, best first; `measure` is what it stands for, as far as the data go.

    Parameters
    ----------
    curve : WhaleCurve
        Its `withheld` figures are shown nowhere.
    gini, herfindahl, effective_number : float, optional
        Concentration of net revenue; none for too few customers, or without revenue.
    measure, currency : str
        As `measure_of` names it, and the ISO 4217 code.
    """

    curve: WhaleCurve
    gini: float | None
    herfindahl: float | None
    effective_number: float | None
    measure: str
    currency: str

    def findings(self) -> tuple[Finding, ...]:
        """Give peak, best fifth and loss tail; before cost of goods, where nobody is known to lose, the fifth alone."""
        curve, n = self.curve, self.curve.n_customers
        hidden = set(curve.withheld)
        is_secret = "n_loss_customers" in hidden
        args: dict[str, Any] = {"measure": self.measure, "n": 0 if is_secret else curve.n_loss_customers, "of": n}
        shown = {"top_20_share": "top", "loss_total": "loss"}
        args |= {short: abs(getattr(curve, name) or 0.0) for name, short in shown.items() if name not in hidden}
        spread = [
            profit_finding(name, value, unit, f"revenue_{name}", {name: value}, n)
            for name, value, unit in (
                ("gini", self.gini, "ratio"),
                ("effective_number", self.effective_number, "count"),
            )
            if value is not None
        ]
        if curve.top_20_share is None:
            return tuple(spread)
        if self.measure not in EARNED:
            name = f"top_20_share_of_{self.measure}"
            top = [profit_finding(name, curve.top_20_share, "share", "top_of", args, n)] if "top" in args else []
            return (*top, *spread)
        tells_loss = "loss" in args and curve.n_loss_customers
        if is_secret and "top" not in args:
            return tuple(spread)
        message = "losers" if "top" not in args else "whale" if tells_loss else "top_of"
        numbers = (
            ("whale_peak_share", curve.peak_share, "share", "peak_share"),
            ("whale_peak_at_share", curve.peak_at_share, "share", "peak_share"),
            ("top_10_share", curve.top_10_share, "share", "top_10_share"),
            ("top_20_share", curve.top_20_share, "share", "top_20_share"),
            ("n_loss_customers", curve.n_loss_customers, "count", "n_loss_customers"),
            ("loss_total", curve.loss_total, self.currency, "loss_total"),
        )
        found = [
            profit_finding(name, value, unit, message, args, n) for name, value, unit, of in numbers if of not in hidden
        ]
        return (*found, *spread)


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
    ledger, contract = reduce_ledger(loaded), loaded.engagement.contract
    if not ledger.customers["segment"].notna().any():
        needed = (f"customers.{rule.by}" if len(ledger.customers) else "transactions",)
        return MissingData(chapter=CHAPTER, needed=needed)
    smallest = contract.disclosure.smallest_group
    return compare_segments(ledger, smallest, currency=contract.currency, confidence_level=confidence_level)


def compare_segments(
    ledger: Ledger, smallest_group: int, *, currency: str = "", confidence_level: float = 0.95
) -> Segments:
    """Compare the segments of a ledger's customers.

    Parameters
    ----------
    ledger : Ledger
        With at least one customer whose segment is known.
    smallest_group : int
        The disclosure floor.
    currency : str
        ISO 4217 code.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> ids = ["1", "2", "3", "4", "5"]
    >>> customers = pd.DataFrame({"customer_id": ids, "segment": "Industry"})
    >>> lines = {"transaction_id": ids, "customer_id": ids, "net_revenue": 9.0, "cogs": 6.0}
    >>> ledger = reduce_ledger(load_frames({"transactions": pd.DataFrame(lines), "customers": customers}))
    >>> [(row.segment, row.contribution) for row in compare_segments(ledger, 5).rows]
    [('Industry', 15.0)]
    """
    sums = sum_by_segment(ledger)
    shown = fold_with_unknown(sums, "segment", "n", smallest_group)
    unknown = sums[sums["segment"].isna() & (sums["n"] >= smallest_group)]
    is_earned = ledger.measure in EARNED
    means, losses = _shrink(shown, is_earned, confidence_level)
    rows = [
        SegmentProfit(
            segment=str(row.segment),
            net_revenue=round(row.net_revenue, 2),
            contribution=round(row.contribution, 2),
            mean=estimate_mean(row.n, row.contribution, row.squares, confidence_level=confidence_level),
            shrunken=means.groups[row.Index] if means else None,
            loss=losses.groups[row.Index] if losses else None,
            costs=cost_leverage(row.cost, row.contribution) if is_earned else None,
        )
        for row in shown.itertuples()
    ]
    return Segments(
        rows=tuple(sorted(rows, key=lambda row: -row.contribution)),
        n_without_segment=int(unknown["n"].sum()),
        contribution_without_segment=round(float(unknown["contribution"].sum()), 2),
        is_spread_known=means is not None and means.between_variance > 0,
        smallest_group=smallest_group,
        measure=ledger.measure,
        currency=currency,
    )


def _shrink(shown: pd.DataFrame, is_earned: bool, level: float) -> tuple[Shrinkage | None, Shrinkage | None]:
    """Shrink the means, and the shares of customers that lose; one segment alone has nothing to be shrunk towards."""
    if len(shown) < 2 or shown["n"].max() < 2:
        return None, None
    sums = (shown[name].to_numpy() for name in ("n", "contribution", "squares"))
    losses = shrink_rates(shown["n_loss"], shown["n"], confidence_level=level) if is_earned else None
    return shrink_means(*sums, confidence_level=level), losses


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
    ledger = reduce_ledger(loaded)
    if not len(ledger.customers):
        return MissingData(chapter=CHAPTER, needed=("transactions",))
    contract = loaded.engagement.contract
    return order_customers(ledger, contract.disclosure.smallest_group, currency=contract.currency)


def order_customers(ledger: Ledger, smallest_group: int, *, currency: str = "", hides_losses: bool = False) -> Whale:
    """Order a ledger's customers by contribution and cumulate it.

    Parameters
    ----------
    ledger : Ledger
        With at least one customer.
    smallest_group : int
        The disclosure floor.
    currency : str
        ISO 4217 code.
    hides_losses : bool
        As `estimate_whale_curve` takes it.

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> ids = ["1", "2", "3", "4", "5"]
    >>> lines = {"transaction_id": ids, "customer_id": ids, "net_revenue": [9.0, 8.0, 7.0, 5.0, 1.0], "cogs": 5.0}
    >>> ledger = reduce_ledger(load_frames({"transactions": pd.DataFrame(lines)}))
    >>> order_customers(ledger, 5).curve.loss_total
    -4.0
    """
    contributions = ledger.customers["contribution"].to_numpy()  # amounts alone go on, without ids
    revenue = ledger.customers["net_revenue"].to_numpy()
    revenue = revenue[revenue >= 0]
    is_spread = len(revenue) >= 2 * smallest_group and revenue.sum() > 0
    spread = estimate_concentration(revenue) if is_spread else None
    return Whale(
        curve=estimate_whale_curve(contributions, smallest_group=smallest_group, hides_losses=hides_losses),
        gini=spread.gini if spread else None,
        herfindahl=spread.herfindahl if spread else None,
        effective_number=spread.effective_number if spread else None,
        measure=ledger.measure,
        currency=currency,
    )
