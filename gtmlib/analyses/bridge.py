"""Why did contribution change? From one period to the next: volume, mix, rate, new and lost customers, currency."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from gtmlib.analyses.contribution import CHAPTER, NEEDED, Step, profit_finding, reduce_ledger
from gtmlib.analyses.findings import Finding
from gtmlib.analyses.periods import Basis, Comparison, choose_periods, reduce_span
from gtmlib.analyses.reductions import MissingData, in_period
from gtmlib.data.currency import RATE
from gtmlib.data.engagement import Period
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.bridge import Bridge, estimate_bridge


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodBridge:
    """The way from one period's contribution to the next one's.

    Parameters
    ----------
    steps : tuple of Step
        before, volume, mix, rate, new, lost, currency, other, after; steps of 0 are left out, and those of fewer
        customers than the floor are one step `moved`. Empty where there is nothing to compare.
    before, after : tuple of str
        First and last day of each period, as ISO dates; empty where the sales cover no two periods.
    basis : str, optional
        Why these: `contract`, `fiscal_years`, `years`, `same_months`.
    n_both, n_new, n_lost : int
        Customers who bought in both, only in the later, only in the earlier period.
    residual : float
        What floating point leaves between the steps and the change.
    measure, currency : str
        As `measure_of` names it, and the ISO 4217 code.
    """

    steps: tuple[Step, ...]
    before: tuple[str, str] | None
    after: tuple[str, str] | None
    basis: Basis | None
    n_both: int
    n_new: int
    n_lost: int
    residual: float
    measure: str
    currency: str

    def amount(self, name: str) -> float:
        """Give the amount of a step; 0 where it is left out.

        Parameters
        ----------
        name : str
            The step, as `steps` names it.
        """
        return next((step.amount for step in self.steps if step.name == name), 0.0)

    def findings(self) -> tuple[Finding, ...]:
        """Give the change, and each step of it."""
        if not self.steps:
            return ()
        change = self.amount("after") - self.amount("before")
        args = {"before": self.amount("before"), "after": self.amount("after"), "measure": self.measure}
        message = "change_up" if change >= 0 else "change_down"
        lead = profit_finding(
            "change", change, self.currency, message, {**args, "change": abs(change)}, self.n_both + self.n_new
        )
        return (
            lead,
            *(
                profit_finding(
                    "bridge", step.amount, self.currency, "bridge_step",
                    {"bridge_step": step.name, "amount": step.amount}, None, step=step.name,
                )
                for step in self.steps
            ),
        )  # fmt: skip


def analyse_bridge(loaded: Loaded) -> PeriodBridge | MissingData:
    """Split the change of contribution between two periods into its causes; a customer is the item, an order the unit.

    Parameters
    ----------
    loaded : Loaded
        Needs transactions with customer_id, net_revenue and date.

    Examples
    --------
    >>> import pandas as pd
    >>> from datetime import date
    >>> from gtmlib.data.load import load_frames
    >>> days = [date(year, month, 3) for year in (2024, 2025) for month in range(1, 13)]
    >>> sales = [(f"{who}{day}", f"K{who}", day, 50.0 + 10 * (day.year > 2024)) for who in range(6) for day in days]
    >>> lines = pd.DataFrame(sales, columns=["transaction_id", "customer_id", "date", "net_revenue"])
    >>> bridge = analyse_bridge(load_frames({"transactions": lines.assign(cogs=20.0)}))
    >>> [(step.name, step.amount) for step in bridge.steps]
    [('before', 2160.0), ('rate', 720.0), ('after', 2880.0)]
    """
    if needed := loaded.missing(transactions=(*NEEDED["transactions"], "date")):
        return MissingData(chapter=CHAPTER, needed=needed)
    contract = loaded.engagement.contract
    span = reduce_span(loaded)
    chosen = choose_periods(span, contract.fiscal.year_starts_in) if span else None
    if contract.bridge is not None:
        chosen = Comparison(before=contract.bridge.before, after=contract.bridge.after, basis="contract")
    if chosen is None:
        return _nothing(contract.currency, None)
    first, last = (_of_period(loaded, period) for period in (chosen.before, chosen.after))
    ledgers = [reduce_ledger(first), reduce_ledger(last)]
    if not all(len(ledger.customers) for ledger in ledgers):
        return _nothing(contract.currency, chosen)
    frames = [ledger.customers.set_index("customer_id") for ledger in ledgers]
    items = frames[0].index.union(frames[1].index)
    quantities = [frame["n_orders"].reindex(items).fillna(0.0).to_numpy(dtype=float) for frame in frames]
    money = [frame["contribution"].reindex(items).fillna(0.0).to_numpy() for frame in frames]
    currency = frames[1]["currency"].reindex(items).fillna(frames[0]["currency"].reindex(items))
    rates = _rates(first, last, currency)
    bridge = estimate_bridge(
        quantities[0],
        quantities[1],
        money[0] / rates[0],
        money[1] / rates[1],
        exchange_before=rates[0],
        exchange_after=rates[1],
    )
    steps = _steps(bridge, contract.disclosure.smallest_group)
    return PeriodBridge(
        steps=steps,
        before=_days(chosen.before),
        after=_days(chosen.after),
        basis=chosen.basis,
        n_both=bridge.n_both,
        n_new=bridge.n_new,
        n_lost=bridge.n_lost,
        residual=bridge.residual,
        measure=ledgers[1].measure,
        currency=contract.currency,
    )


def _nothing(currency: str, chosen: Comparison | None) -> PeriodBridge:
    return PeriodBridge(
        steps=(),
        before=_days(chosen.before) if chosen else None,
        after=_days(chosen.after) if chosen else None,
        basis=chosen.basis if chosen else None,
        n_both=0,
        n_new=0,
        n_lost=0,
        residual=0.0,
        measure="contribution",
        currency=currency,
    )


def _days(period: Period) -> tuple[str, str]:
    return period.starts_on.isoformat(), period.ends_on.isoformat()


def _of_period(loaded: Loaded, period: Period) -> Loaded:
    """Give the same engagement as if its contract looked at another period."""
    contract = loaded.engagement.contract.model_copy(update={"period": period})
    return replace(loaded, engagement=replace(loaded.engagement, contract=contract))


def _rates(first: Loaded, last: Loaded, currency: pd.Series) -> list[np.ndarray]:
    """Give each customer's mean exchange rate in both periods, weighed by revenue; 1 in the engagement's currency.

    A currency that was not sold in one of them keeps the other's rate: what did not happen has no currency effect.
    """
    if RATE not in first.tables["transactions"].columns:
        return [np.ones(len(currency))] * 2
    means = []
    for loaded in (first, last):
        sales = in_period(loaded, loaded.tables["transactions"])
        sales = sales.mutate(_size=sales.net_revenue.abs().cast("float64"))
        sums = to_frame(
            sales.group_by("currency").aggregate(here=sales._size.sum(), there=(sales._size / sales[RATE]).sum())
        ).dropna(subset="currency")
        means.append((sums["here"] / sums["there"]).set_axis(sums["currency"]).dropna())
    before = means[0].combine_first(means[1])
    after = means[1].combine_first(means[0])
    return [currency.map(rates).fillna(1.0).to_numpy(dtype=float) for rates in (before, after)]


def _steps(bridge: Bridge, smallest: int) -> tuple[Step, ...]:
    """Lay out the steps to the cent; a step of fewer customers than the floor joins others, else it would tell them."""
    amounts = {name: getattr(bridge, name) for name in ("volume", "mix", "rate", "new", "lost", "currency", "other")}
    counts = {"new": bridge.n_new, "lost": bridge.n_lost, "other": bridge.n_other}
    if any(0 < n < smallest for n in counts.values()):
        moved = sum(amounts.pop(name) for name in counts)
        if 0 < sum(counts.values()) < smallest:
            amounts["mix"] += moved
        else:
            amounts["moved"] = moved
    before, after = round(bridge.before, 2), round(bridge.after, 2)
    steps, level = [Step(name="before", amount=before, is_total=True)], 0.0
    for name, amount in amounts.items():
        # Levels are rounded, not steps, so that the steps add up to the cent.
        change = round(round(bridge.before + level + amount, 2) - round(bridge.before + level, 2), 2)
        level += amount
        if change:
            steps.append(Step(name=name, amount=change, is_total=False))
    if bridge.n_both < smallest:
        steps = [steps[0], Step(name="moved", amount=round(after - before, 2), is_total=False)]
    return (*steps, Step(name="after", amount=after, is_total=True))
