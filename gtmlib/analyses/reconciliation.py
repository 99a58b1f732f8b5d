"""Is every cent accounted for? Customers and all that is no customer's against the ledger."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from gtmlib.analyses.contribution import CHAPTER, NEEDED, Step, profit_finding, reduce_ledger
from gtmlib.analyses.findings import Finding
from gtmlib.analyses.reductions import MissingData
from gtmlib.analyses.serving import Pool
from gtmlib.data.loaded import Loaded
from gtmlib.stats.allocation import reconcile


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One of our totals beside the client's own figure for it.

    Parameters
    ----------
    name : str
        `net_revenue` or `contribution`.
    ours, theirs : float
        In the engagement's currency.
    """

    name: str
    ours: float
    theirs: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """The ledger, and the rows that it was split into: every cent is in one of them.

    Parameters
    ----------
    ledger : float
        Net revenue less cost of goods less cost to serve, of all rows as they were sent.
    rows : tuple of Step
        customers, imputed_cogs (which the ledger does not hold), unpriced, unmatched, unallocated, idle; the empty
        ones left out.
    difference : float
        ledger - rows; 0 to the cent, or something is wrong.
    is_reconciled : bool
        Whether they agree to the cent.
    pools : tuple of Pool
        Where the money of each cost pool went.
    compared : tuple of Compared
        With the client's own figures, where the contract gives them.
    measure, currency : str
        What the customers' row stands for, and the ISO 4217 code.
    """

    ledger: float
    rows: tuple[Step, ...]
    difference: float
    is_reconciled: bool
    pools: tuple[Pool, ...]
    compared: tuple[Compared, ...]
    measure: str
    currency: str

    def findings(self) -> tuple[Finding, ...]:
        """Give what is left over, and the distance to the client's own figures."""
        args = {"ledger": self.ledger, "difference": self.difference}
        message = "reconciled" if self.is_reconciled else "unreconciled"
        own = (
            profit_finding(
                "own_difference", row.ours - row.theirs, self.currency, "own", asdict(row), None, figure=row.name
            )
            for row in self.compared
        )
        return (profit_finding("reconciliation", self.difference, self.currency, message, args, None), *own)


def reconcile_ledger(loaded: Loaded) -> Reconciled | MissingData:
    """Hold what was split over customers and other rows against the ledger, and against the client's own figures.

    Parameters
    ----------
    loaded : Loaded
        Needs what the waterfall needs.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> lines = {"transaction_id": ["1", "2"], "customer_id": ["K1", None], "net_revenue": [90.0, 5.0], "cogs": 40.0}
    >>> found = reconcile_ledger(load_frames({"transactions": pd.DataFrame(lines)}))
    >>> found.ledger, [(row.name, row.amount) for row in found.rows], found.difference
    (15.0, [('customers', 50.0), ('unmatched', -35.0)], 0.0)
    """
    if needed := loaded.missing(**NEEDED):
        return MissingData(chapter=CHAPTER, needed=needed)
    ledger = reduce_ledger(loaded)
    rows = {
        "customers": ledger.total("contribution"),
        "imputed_cogs": ledger.total("imputed_cogs"),
        "unpriced": round(ledger.fill.unpriced_revenue, 4),
        "unmatched": round(ledger.left_out - ledger.pooled("unmatched"), 4),
        "unallocated": -ledger.pooled("unallocated"),
        "idle": -ledger.pooled("idle"),
    }
    found = reconcile(round(ledger.ledger_revenue - ledger.ledger_cogs - ledger.ledger_costs, 4), rows)
    own = loaded.engagement.contract.ledger_totals
    ours = {"net_revenue": ledger.ledger_revenue, "contribution": found.ledger}
    return Reconciled(
        ledger=round(found.ledger, 2),
        rows=tuple(
            Step(name=name, amount=round(amount, 2), is_total=False)
            for name, amount in rows.items()
            if amount or name == "customers"
        ),
        difference=round(found.difference, 2) + 0.0,
        is_reconciled=found.is_reconciled,
        pools=ledger.pools,
        compared=tuple(
            Compared(name=name, ours=round(amount, 2), theirs=theirs)
            for name, amount in ours.items()
            if (theirs := getattr(own, name)) is not None
        ),
        measure=ledger.measure,
        currency=loaded.engagement.contract.currency,
    )
