"""The ids of all findings that a run can give, and what a hypothesis about one of them must know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["rate", "difference", "mean", "total"]
Trust = Literal["", "fidelity", "logging"]


@dataclass(frozen=True, slots=True)
class Metric:
    """What is known of a finding before it is made.

    Parameters
    ----------
    kind : {'rate', 'difference', 'mean', 'total'}
        A rate is in [0, 1]; differences and means have an interval too; a total is counted and has none.
    groups : tuple of str
        Each way it is broken down, as the keys of its group in one text; empty for none.
    rests_on : {'', 'fidelity', 'logging'}
        What the answer can't be better than: messages delivered as assigned, or reasons logged.
    is_headline : bool
        Whether its sentence can stand on the first page.
    """

    kind: Kind
    groups: tuple[str, ...] = ("",)
    rests_on: Trust = ""
    is_headline: bool = False


def _of(kind: Kind, *groups: str, rests_on: Trust = "", first: bool = False) -> Metric:
    return Metric(kind, groups or ("",), rests_on, first)


METRICS: dict[str, Metric] = {
    "data.n_rows": _of("total", "table"),
    "data.n_excluded": _of("total", "table reason"),
    "data.n_repaired": _of("total", "source"),
    "data.n_missing": _of("total", "table column"),
    "data.n_unmatched": _of("total", "table column"),
    "data.n_deals": _of("total", "status"),
    "data.n_reps_without_deals": _of("total"),
    "data.reason_logged_rate": _of("rate", first=True),
    "data.fidelity_rate": _of("rate", first=True),
    "profitability.waterfall": _of("total", "step"),
    "profitability.total_contribution": _of("total", first=True),
    "profitability.reconciliation": _of("total"),
    "profitability.own_difference": _of("total", "figure"),
    "profitability.contribution": _of("total", "segment"),
    "profitability.contribution_rate": _of("total", "segment"),
    "profitability.contribution_per_customer": _of("mean", "segment"),
    "profitability.contribution_per_customer_shrunken": _of("mean", "segment"),
    "profitability.loss_rate": _of("rate", "segment", first=True),
    "profitability.break_even_cost_error": _of("total", "segment"),
    "profitability.gross_profit_rate": _of("total", "product segment"),
    "profitability.whale_peak_share": _of("total"),
    "profitability.whale_peak_at_share": _of("total"),
    "profitability.top_10_share": _of("total"),
    "profitability.top_20_share": _of("total"),
    "profitability.n_loss_customers": _of("total"),
    "profitability.loss_total": _of("total", first=True),
    "profitability.gini": _of("total"),
    "profitability.effective_number": _of("total"),
    "profitability.imputed_cost_share": _of("total"),
    "profitability.n_segments_moved_by_cost": _of("total"),
    "profitability.n_segments_moved_by_spread": _of("total"),
    "profitability.change": _of("total", first=True),
    "profitability.bridge": _of("total", "step"),
    "profitability.active_share": _of("rate", "months"),
    "profitability.staying_share": _of("total", "months segment"),
    "profitability.lifetime_value": _of("mean", "", "segment"),
    "profitability.retention_rate": _of("rate", first=True),
    "profitability.lift": _of("difference", "feature level", first=True),
    "objections.rate": _of("rate", "code", "code stage", "code segment", rests_on="logging", first=True),
    "conversion.rate": _of("rate", "variant", rests_on="fidelity"),
    "conversion.verdict": _of("difference", "variant", rests_on="fidelity", first=True),
    "conversion.difference": _of("difference", "variant", rests_on="fidelity"),
    "conversion.fidelity_rate": _of("rate", "variant"),
    "conversion.contacts_per_week": _of("total"),
    "conversion.sample_ratio_pvalue": _of("total"),
    "hypotheses.verdict": _of("total", "id"),
    "hypotheses.behaviour": _of("total", "id"),
    "hypotheses.n_unasked": _of("total"),
}

# Before cost of goods the profit chapter speaks of what it has.
for _name in ("net_revenue", "net_less_cost_to_serve"):
    METRICS |= {
        f"profitability.total_{_name}": _of("total", first=True),
        f"profitability.{_name}": _of("total", "segment"),
        f"profitability.{_name}_rate": _of("total", "segment"),
        f"profitability.{_name}_per_customer": _of("mean", "segment"),
        f"profitability.{_name}_per_customer_shrunken": _of("mean", "segment"),
        f"profitability.top_20_share_of_{_name}": _of("total", first=True),
    }
