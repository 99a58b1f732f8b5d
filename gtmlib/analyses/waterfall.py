"""Where does the money go? From list revenue down to contribution, step by step."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from gtmlib.analyses.contribution import CHAPTER, EARNED, NEEDED, Ledger, Step, profit_finding, reduce_ledger
from gtmlib.analyses.findings import Finding
from gtmlib.analyses.periods import Span, reduce_span
from gtmlib.analyses.reductions import MissingData
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """The way from list revenue (or net revenue) to contribution, as far as the data go.

    Parameters
    ----------
    steps : tuple of Step
        In order; amounts in `currency`, rounded to the cent once, after summing. Where acquisition spend is known,
        the last two go on from contribution.
    measure : str
        Name of the step that says what is left, as `measure_of` names it.
    unknown : tuple of str
        Steps that the data don't hold: `list_revenue`, `cogs`, `cost_to_serve`.
    n_transactions, n_customers : int
        Rows and customers behind it.
    n_left_out, n_unpriced, n_undated : int
        Transactions without customer or net revenue, those whose cost nothing tells, and those that are in none of the
        months asked for because they have no date.
    unallocated, idle, unmatched : float
        Cost of no customer, of capacity that nobody used, and of customers who are not in the data; not part of the
        contribution.
    imputed_cogs : float
        Cost of goods that was estimated because the lines had none.
    first_on, last_on : str, optional
        First and last sale, as ISO dates.
    is_last_partial : bool
        Whether the last month was not over.
    currency : str
        ISO 4217 code.
    """

    steps: tuple[Step, ...]
    measure: str
    unknown: tuple[str, ...]
    n_transactions: int
    n_customers: int
    n_left_out: int
    n_unpriced: int
    unallocated: float
    idle: float
    unmatched: float
    imputed_cogs: float
    first_on: str | None
    last_on: str | None
    is_last_partial: bool
    currency: str
    n_undated: int = 0

    def amount(self, name: str) -> float | None:
        """Give the amount of a step; None where the data don't hold it.

        Parameters
        ----------
        name : str
            The step, as `steps` names it.
        """
        return next((step.amount for step in self.steps if step.name == name), None)

    @property
    def left(self) -> float:
        """What is left after all known costs but acquisition."""
        return self.amount(self.measure) or 0.0

    def findings(self) -> tuple[Finding, ...]:
        """Give the total, and each step."""
        revenue = self.amount("net_revenue") or 0.0
        share = self.left / revenue if revenue > 0 else None
        is_earned = self.measure in EARNED
        lead = ("total_contribution", "total") if is_earned else (f"total_{self.measure}", "total_without_cogs")
        if share is None:
            lead = (lead[0], "total_only")
        args = {"measure_as": self.measure, "amount": self.left, "share": share, "revenue": revenue}
        steps = (
            profit_finding(
                "waterfall", step.amount, self.currency, "step", asdict(step), self.n_transactions, step=step.name
            )
            for step in self.steps
        )
        return (profit_finding(lead[0], self.left, self.currency, lead[1], args, self.n_customers), *steps)


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
    ledger = reduce_ledger(loaded)
    if not len(ledger.customers):
        return MissingData(chapter=CHAPTER, needed=("transactions",))
    acquisition, currency = _acquisition(loaded), loaded.engagement.contract.currency
    return lay_out_waterfall(ledger, reduce_span(loaded), acquisition=acquisition, currency=currency)


def lay_out_waterfall(
    ledger: Ledger, span: Span | None, *, acquisition: float | None = None, currency: str = "", n_undated: int = 0
) -> Waterfall:
    """Lay out the steps of a ledger.

    Parameters
    ----------
    ledger : Ledger
        With at least one customer.
    span : Span, optional
        The days of its sales.
    acquisition : float, optional
        Spend on winning customers; None where it is not known.
    currency : str
        ISO 4217 code.
    n_undated : int
        Sales that are not in it because they have no date.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> lines = {"transaction_id": ["1"], "customer_id": ["K1"], "net_revenue": [90.0], "cogs": [40.0]}
    >>> ledger = reduce_ledger(load_frames({"transactions": pd.DataFrame(lines)}))
    >>> lay_out_waterfall(ledger, None).steps[-1]
    Step(name='gross_profit', amount=50.0, is_total=True)
    """
    return Waterfall(
        steps=_steps(ledger, acquisition),
        measure=ledger.measure,
        unknown=ledger.unknown,
        n_transactions=int(ledger.customers["n_transactions"].sum()),
        n_customers=len(ledger.customers),
        n_left_out=ledger.n_left_out,
        n_unpriced=ledger.fill.n_unpriced,
        unallocated=round(ledger.pooled("unallocated"), 2),
        idle=round(ledger.pooled("idle"), 2),
        unmatched=round(ledger.pooled("unmatched"), 2),
        imputed_cogs=round(ledger.total("imputed_cogs"), 2),
        first_on=span.first_on.isoformat() if span else None,
        last_on=span.last_on.isoformat() if span else None,
        is_last_partial=span is not None and span.is_last_partial,
        currency=currency,
        n_undated=n_undated,
    )


def _steps(ledger: Ledger, acquisition: float | None) -> tuple[Step, ...]:
    """Lay out the steps that are known, each total rounded to the cent once."""
    sums = {name: round(ledger.total(name), 2) for name in ("list_revenue", "net_revenue", "cogs", "contribution")}
    net, unknown = sums["net_revenue"], ledger.unknown
    steps = []

    def add(name: str, amount: float, is_total: bool = False) -> None:
        steps.append(Step(name=name, amount=round(amount, 2) + 0.0, is_total=is_total))

    if "list_revenue" not in unknown:
        add("list_revenue", sums["list_revenue"], True)
        add("discount", net - sums["list_revenue"])
    add("net_revenue", net, True)
    if "cogs" not in unknown:
        add("cogs", -sums["cogs"])
        add("gross_profit", net - sums["cogs"], True)
    if "cost_to_serve" not in unknown:
        add("cost_to_serve", sums["contribution"] - steps[-1].amount)  # so that the steps add up to the cent
        add(ledger.measure, sums["contribution"], True)
    if acquisition is not None and ledger.measure in EARNED:
        add("acquisition", -acquisition)
        add("after_acquisition", sums["contribution"] - acquisition, True)
    return tuple(steps)


def _acquisition(loaded: Loaded) -> float | None:
    """Sum what was spent on winning customers, lost prospects included; None where it is not in the data."""
    if loaded.missing(acquisition=("spend",)):
        return None
    rows = loaded.tables["acquisition"]
    return float(to_frame(rows.aggregate(spend=rows.spend.sum())).loc[0, "spend"])
