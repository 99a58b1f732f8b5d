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


WHAT_IF = "workshop."  # how the ids of what follows from assumptions begin: it is no evidence
LEADS_BY = ("source", "campaign", "channel", "persona")
OBJECTIONS_BY = ("code", *(f"code {by}" for by in ("stage", "segment", "variant", "seniority", "month", "quarter")))
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
    "objections.rate": _of("rate", *OBJECTIONS_BY, rests_on="logging", first=True),
    "objections.any_rate": _of("rate", rests_on="logging"),
    "objections.odds_ratio_crude": _of("mean", "code", rests_on="logging"),
    "objections.odds_ratio_adjusted": _of("mean", "code", rests_on="logging"),
    "objections.odds_ratio_adjusted_losing": _of("mean", "code", rests_on="logging"),
    "objections.emerging": _of("mean", "code", rests_on="logging"),
    "objections.lost_next_rate": _of("mean", "code stage", rests_on="logging"),
    "objections.lift": _of("mean", "code second_code", rests_on="logging"),
    "objections.resolved_rate": _of("mean", "seniority", rests_on="logging"),
    "objections.interview_rate": _of("rate", "kind code", "kind code segment"),
    "objections.coder_agreement": _of("mean", "subject code"),
    "conversion.rate": _of("rate", "variant", rests_on="fidelity"),
    "conversion.verdict": _of("difference", "variant", rests_on="fidelity", first=True),
    "conversion.difference": _of("difference", "variant", rests_on="fidelity"),
    "conversion.fidelity_rate": _of("rate", "variant"),
    "conversion.contacts_per_week": _of("total"),
    "conversion.sample_ratio_pvalue": _of("total"),
    "pipeline.watermelon_index": _of("mean", "", "against", first=True),
    "pipeline.expected_wins_open": _of("mean"),
    "pipeline.expected_wins_naive": _of("total"),
    "pipeline.expected_wins_reported": _of("total"),
    "pipeline.expected_amount_open": _of("mean"),
    "pipeline.closed_win_rate": _of("rate", first=True),
    "pipeline.n_stale_open": _of("total", first=True),
    "pipeline.n_left_out": _of("total", "reason"),
    "pipeline.n_stalled_open": _of("total"),
    "pipeline.win_chance_open": _of("mean", "from_days"),
    "pipeline.overstated_wins": _of("mean", "rep", "source", "segment", "stage"),
    "pipeline.won_by_days": _of("mean", "days"),
    "pipeline.lost_by_days": _of("mean", "days"),
    "pipeline.stage_conversion": _of("mean", "stage"),
    "pipeline.stage_median_days": _of("total", "stage"),
    "pipeline.velocity": _of("mean"),
    "pipeline.velocity_counted": _of("mean"),
    "pipeline.cycle_trend": _of("difference"),
    "pipeline.won_trend": _of("difference"),
    "pipeline.usual_trend": _of("difference", "by"),
    "pipeline.cohort_won": _of("rate", "cohort"),
    "pipeline.next_step_rate": _of("rate", first=True),
    "pipeline.next_step_difference": _of("difference"),
    "pipeline.forecast_excess": _of("difference", first=True),
    "pipeline.brier": _of("mean"),
    "pipeline.brier_reliability": _of("total"),
    "pipeline.brier_resolution": _of("total"),
    "pipeline.brier_uncertainty": _of("total"),
    "pipeline.pushes_per_deal": _of("mean", "days"),
    "pipeline.flow": _of("total", "step"),
    "execution.rep_homogeneity_pvalue": _of("total"),
    "execution.result_change": _of("total"),
    "execution.activity_effect": _of("difference"),
    "execution.rate_effect": _of("difference"),
    "execution.within_slope": _of("difference"),
    "execution.between_slope": _of("difference"),
    "execution.behaviour_rate": _of("rate", "behaviour"),
    "execution.behaviour_change": _of("difference", "behaviour"),
    "execution.fidelity_rate": _of("rate", "", "rep", "team"),
    "execution.followed_rate": _of("rate"),
    "execution.n_reps_follow_up": _of("total"),
    "execution.n_reps_train": _of("total"),
    "execution.focus_share": _of("rate", "of"),
    "execution.focus_change": _of("difference"),
    "execution.seniority_difference": _of("difference", first=True),
    "execution.lead_quick_share": _of("rate"),
    "execution.lead_speed_difference": _of("difference"),
    "execution.cost_per_won": _of("mean", "channel"),
    "execution.lead_share": _of("rate", *LEADS_BY),
    "execution.lead_qualified_rate": _of("rate", "cohort", *LEADS_BY),
    "execution.lead_won_rate": _of("rate", "cohort", *LEADS_BY),
    "economics.cac": _of("mean", "", "segment", "channel", first=True),
    "economics.cac_won_only": _of("total", "", "segment", "channel"),
    "economics.payback_months": _of("mean", "", "segment", "channel", first=True),
    "economics.value_to_cost": _of("mean", "", "segment", "channel", first=True),
    "economics.cycle_days": _of("mean", "", "segment"),
    "economics.recurring_revenue": _of("total"),
    "economics.net_new_recurring_revenue": _of("total"),
    "economics.customers_kept_rate": _of("rate"),
    "economics.burn_multiple": _of("total"),
    "hypotheses.verdict": _of("total", "id"),
    "hypotheses.behaviour": _of("total", "id"),
    "hypotheses.n_unasked": _of("total"),
    "workshop.tried": _of("total", "panel metric", "panel metric scenario"),
    "workshop.expected_wins": _of("mean"),
    "workshop.expected_amount": _of("mean"),
    "workshop.watermelon_index": _of("mean"),
    "workshop.velocity_per_week": _of("mean"),
    "workshop.cost_of_delay": _of("mean"),
    "workshop.n_needed": _of("total"),
    "workshop.contribution_after": _of("total"),
    "workshop.contribution_change": _of("total"),
    "workshop.segment_contribution": _of("total", "segment"),
    "workshop.break_even_volume": _of("total"),
    "workshop.break_even_price": _of("total"),
    "workshop.contacts_needed": _of("total"),
    "workshop.weeks_needed": _of("total"),
    "workshop.peeking_rate": _of("total"),
    "workshop.conversations": _of("total"),
    "workshop.n_missing": _of("total"),
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
