"""Presenters: one per result type, each turning a result and a language into an exhibit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pkgutil import resolve_name
from typing import Any, cast

from gtmlib.present.exhibit import Exhibit
from gtmlib.present.language import Language
from gtmlib.present.sentences import tidy

Presenter = Callable[[Any, Language, str], Exhibit]

ANALYSES = "gtmlib.analyses."
# A result's module and class in `gtmlib.analyses` = module here and its presenter, which takes the result, the language
# and the brand's accent colour. As texts, so that what is not shown is not imported.
PRESENTERS = {
    "reductions.MissingData": "data_check.present_missing",
    "data_check.DataCheck": "data_check.present_data_check",
    "data_check.Coverage": "data_check.present_coverage",
    "waterfall.Waterfall": "profitability.present_waterfall",
    "profitability.Segments": "profitability.present_segments",
    "profitability.Whale": "profitability.present_whale_curve",
    "reconciliation.Reconciled": "costs.present_reconciled",
    "cost_trust.CostTrust": "costs.present_cost_trust",
    "margins.Margins": "costs.present_margins",
    "bridge.PeriodBridge": "costs.present_bridge",
    "retention.Retention": "customers.present_retention",
    "retention.Survival": "customers.present_survival",
    "lifetime.LifetimeValue": "customers.present_lifetime",
    "ideal.CoreCustomers": "customers.present_core_customers",
    "objections.rates.ObjectionRates": "objections.present_objections",
    "objections.emerging.Emerging": "objection_patterns.present_emerging",
    "objections.emerging.EmergingCourse": "objection_patterns.present_course",
    "objections.cost.ObjectionCosts": "objection_costs.present_objection_costs",
    "objections.stages.WhereLost": "objection_patterns.present_where_lost",
    "objections.together.Together": "objection_patterns.present_together",
    "objections.together.Resolution": "objection_patterns.present_resolution",
    "coding.review.CodingReview": "coding.present_coding",
    "coding.interviews.InterviewRates": "coding.present_interviews",
    "conversion.comparison.Waiting": "conversion.present_waiting",
    "conversion.comparison.Variation": "conversion.present_variants",
    "conversion.comparison.Rates": "conversion.present_rates",
    "conversion.comparison.Scrutiny": "conversion.present_scrutiny",
    "conversion.comparison.RepComparison": "variant_test.present_reps",
    "conversion.comparison.SegmentComparison": "variant_test.present_variant_segments",
    "conversion.conduct.Trace": "variant_test.present_trace",
    "conversion.conduct.Fidelity": "variant_test.present_fidelity",
    "conversion.next_test.Plan": "variant_test.present_plan",
    "conversion.conduct.FalseAlarms": "variant_test.present_false_alarms",
    "execution.reps.RepRates": "execution.present_rep_rates",
    "execution.activity.ActivityChange": "execution.present_activity_change",
    "execution.activity.ActivitySlopes": "execution.present_activity_slopes",
    "execution.discipline.SkillDiscipline": "execution.present_skill_discipline",
    "execution.seniority.Seniority": "execution.present_seniority",
    "execution.focus.Focus": "behaviours.present_focus",
    "execution.behaviours.BehaviourCourse": "behaviours.present_behaviour",
    "execution.leads.LeadSources": "leads.present_lead_sources",
    "execution.leads.LeadCohorts": "leads.present_lead_cohorts",
    "execution.lead_speed.LeadSpeed": "leads.present_lead_speed",
    "execution.lead_speed.LeadCosts": "leads.present_lead_costs",
    "economics.acquisition.Acquisition": "economics.present_acquisition",
    "economics.acquisition.Payback": "economics.present_payback",
    "economics.acquisition.ValueToCost": "economics.present_value_to_cost",
    "economics.recurring.Recurring": "economics.present_recurring",
    "economics.cycle.Cycle": "economics.present_cycle",
    "pipeline.watermelon.Watermelon": "pipeline.present_watermelon",
    "pipeline.stalls.OpenAges": "pipeline.present_open_ages",
    "pipeline.stalls.Contributors": "pipeline.present_contributors",
    "pipeline.outcomes.Outcomes": "pipeline_course.present_outcomes",
    "pipeline.outcomes.StageFlow": "pipeline_course.present_stages",
    "pipeline.cycles.CohortTrend": "pipeline_course.present_cycles",
    "pipeline.next_steps.NextSteps": "pipeline_course.present_next_steps",
    "pipeline.outcomes.PipelineVelocity": "pipeline_course.present_velocity",
    "pipeline.forecasts.Calibration": "pipeline_forecasts.present_calibration",
    "pipeline.forecasts.Slippage": "pipeline_forecasts.present_slippage",
    "pipeline.flow.SnapshotFlow": "pipeline_forecasts.present_flow",
    "hypotheses.verdicts.Verdicts": "hypotheses.present_verdicts",
    "hypotheses.cascade.Cascade": "hypotheses.present_cascade",
    "workshop.scenarios.Tried": "workshop_scenarios.present_tried",
    "workshop.pipeline.PipelineWhatIf": "workshop_pipeline.present_pipeline_what_if",
    "workshop.price_cost.WhatIf": "workshop_price_cost.present_what_if",
    "workshop.messages.LiftCurve": "workshop_messages.present_lift_curve",
    "workshop.messages.Peeking": "workshop_messages.present_peeking",
    "workshop.objections.Chosen": "workshop_objections.present_chosen",
    "workshop.hypotheses.Draft": "workshop_hypotheses.present_draft",
}


def presenter_of(kind: type) -> Presenter:
    """Give the presenter of a result type.

    Parameters
    ----------
    kind : type
        Its name stands in `PRESENTERS`.
    """
    name = f"{kind.__module__.removeprefix(ANALYSES)}.{kind.__name__}"
    return cast("Presenter", resolve_name(f"{__name__}.{PRESENTERS[name]}"))


def present(result: Any, language: Language, accent: str) -> Exhibit:
    """Present a result in a language.

    Parameters
    ----------
    result : dataclass
        Of a type that has a presenter.
    language : Language
        The reader's.
    accent : str
        The brand's main colour, as #rrggbb.
    """
    exhibit = presenter_of(type(result))(result, language, accent)
    return replace(
        exhibit,
        title=tidy(exhibit.title),
        headline=tidy(exhibit.headline),
        alt=tidy(exhibit.alt),
        sentences=tuple(map(tidy, exhibit.sentences)),
        notes=tuple(map(tidy, exhibit.notes)),
    )
