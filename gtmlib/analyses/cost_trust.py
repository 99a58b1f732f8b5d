"""How far can cost be trusted? What is estimated, and whether other assumptions would change the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gtmlib.analyses.contribution import CHAPTER, EARNED, NEEDED, Ledger, profit_finding, reduce_ledger, sum_by_segment
from gtmlib.analyses.findings import Finding
from gtmlib.analyses.reductions import MissingData, fold_with_unknown
from gtmlib.data.loaded import Loaded
from gtmlib.stats.allocation import spread_unallocated
from gtmlib.stats.sensitivity import RankStability, compare_ranks

COST_ERRORS = (-0.2, -0.1, 0.1, 0.2)
BASES = {"revenue": "net_revenue", "orders": "n_orders", "customers": "n"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentScenarios:
    """A segment's contribution as it is, and what else it could be.

    Parameters
    ----------
    segment : str
        Its name.
    contribution : float
        As the ledger has it, in the engagement's currency.
    by_cost_error : tuple of float
        With cost 20 % and 10 % lower, 10 % and 20 % higher.
    by_spread : dict
        Basis = contribution after cost of no customer is spread by it.
    """

    segment: str
    contribution: float
    by_cost_error: tuple[float, ...]
    by_spread: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class CostTrust:
    """What part of cost is estimated, and what else the contributions of segments could be.

    Parameters
    ----------
    n_transactions, n_imputed, n_unpriced : int
        Sales rows; those whose cost of goods was estimated; those whose cost nothing tells.
    cogs, by_unit_cost, by_cell_ratio, by_segment_ratio : float
        Cost of goods in all, and the parts of it that were estimated, by rule.
    unpriced_revenue : float
        Net revenue of the rows whose cost nothing tells: it is in no segment's figure.
    unallocated : float
        Cost of no customer, which `by_spread` spreads.
    segments : tuple of SegmentScenarios
        Largest first; empty where segments or costs are not known.
    by_cost, by_spread : RankStability, optional
        Whether the order of segments outlives another cost, another rule for what belongs to no customer.
    measure, currency : str
        As `measure_of` names it, and the ISO 4217 code.
    """

    n_transactions: int
    n_imputed: int
    n_unpriced: int
    cogs: float
    by_unit_cost: float
    by_cell_ratio: float
    by_segment_ratio: float
    unpriced_revenue: float
    unallocated: float
    segments: tuple[SegmentScenarios, ...]
    by_cost: RankStability | None
    by_spread: RankStability | None
    measure: str
    currency: str

    @property
    def imputed(self) -> float:
        """Cost of goods that was estimated."""
        return self.by_unit_cost + self.by_cell_ratio + self.by_segment_ratio

    @property
    def imputed_share(self) -> float:
        """The same as a share of cost of goods."""
        return self.imputed / self.cogs if self.cogs else 0.0

    def findings(self) -> tuple[Finding, ...]:
        """Give the share of cost that is estimated, and how many segments change place under other assumptions."""
        args = {"share": self.imputed_share, "amount": self.imputed, "n": self.n_imputed}
        found = [
            profit_finding("imputed_cost_share", self.imputed_share, "share", "imputed", args, self.n_transactions)
        ]
        for name, stability in (("cost", self.by_cost), ("spread", self.by_spread)):
            if stability is not None:
                args = {"n": stability.n_moved, "of": stability.n_groups}
                message = f"moved_by_{name}"
                found.append(profit_finding(f"n_segments_{message}", stability.n_moved, "count", message, args, None))
        return tuple(found)


def analyse_cost_trust(loaded: Loaded) -> CostTrust | MissingData:
    """Say what part of cost is estimated, and whether the order of segments hangs on it.

    Parameters
    ----------
    loaded : Loaded
        Needs transactions with customer_id, net_revenue and cogs; segments and unallocated cost make it better.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> lines = {"transaction_id": ["1", "2"], "customer_id": "K1", "net_revenue": [90.0, 50.0], "cogs": [45.0, None]}
    >>> trust = analyse_cost_trust(load_frames({"transactions": pd.DataFrame(lines)}))
    >>> trust.n_imputed, trust.by_segment_ratio + trust.by_cell_ratio, round(trust.imputed_share, 3)
    (1, 25.0, 0.357)
    """
    if needed := loaded.missing(transactions=(*NEEDED["transactions"], "cogs")):
        return MissingData(chapter=CHAPTER, needed=needed)
    ledger = reduce_ledger(loaded)
    if not len(ledger.customers):
        return MissingData(chapter=CHAPTER, needed=("transactions",))
    segments = _scenarios(loaded, ledger)
    base = [row.contribution for row in segments]
    bases = list(segments[0].by_spread) if segments else []
    return CostTrust(
        n_transactions=int(ledger.customers["n_transactions"].sum()),
        n_imputed=ledger.fill.n_imputed,
        n_unpriced=ledger.fill.n_unpriced,
        cogs=ledger.total("cogs"),
        by_unit_cost=ledger.fill.by_unit_cost,
        by_cell_ratio=ledger.fill.by_cell_ratio,
        by_segment_ratio=ledger.fill.by_segment_ratio,
        unpriced_revenue=ledger.fill.unpriced_revenue,
        unallocated=ledger.pooled("unallocated"),
        segments=segments,
        by_cost=compare_ranks(base, np.transpose([row.by_cost_error for row in segments])) if segments else None,
        by_spread=compare_ranks(base, [[row.by_spread[basis] for row in segments] for basis in bases])
        if bases
        else None,
        measure=ledger.measure,
        currency=loaded.engagement.contract.currency,
    )


def _scenarios(loaded: Loaded, ledger: Ledger) -> tuple[SegmentScenarios, ...]:
    contract = loaded.engagement.contract
    sums = sum_by_segment(ledger)
    if sums["segment"].notna().sum() < 2 or ledger.measure not in EARNED:
        return ()
    amount = ledger.pooled("unallocated")
    customers = ledger.customers.assign(n=1)
    bases: dict[str, Any] = {str(basis): customers[BASES[basis]].to_numpy(dtype=float) for basis in contract.spread}
    parts = spread_unallocated(amount, bases) if amount and bases else {}
    spread = pd.DataFrame(parts, index=customers.index).groupby(customers["segment"], dropna=False, sort=True).sum()
    every = pd.concat([sums, spread.reset_index(drop=True)], axis=1)
    shown = fold_with_unknown(every, "segment", "n", contract.disclosure.smallest_group)
    rows = [
        SegmentScenarios(
            segment=str(row["segment"]),
            contribution=float(row["contribution"]),
            by_cost_error=tuple(float(row["contribution"] - error * row["cost"]) for error in COST_ERRORS),
            by_spread={basis: float(row["contribution"] - row[basis]) for basis in parts},
        )
        for row in shown.to_dict("records")
    ]
    return tuple(sorted(rows, key=lambda row: -row.contribution)) if len(rows) > 1 else ()
