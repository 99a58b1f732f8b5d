"""Presenters: one per result type, each turning a result and a language into an exhibit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gtmlib.analyses.bridge import PeriodBridge
from gtmlib.analyses.coding.interviews import InterviewRates
from gtmlib.analyses.coding.review import CodingReview
from gtmlib.analyses.conversion.comparison import Rates, RepComparison, Scrutiny, SegmentComparison, Variation, Waiting
from gtmlib.analyses.conversion.conduct import FalseAlarms, Fidelity, Trace
from gtmlib.analyses.conversion.next_test import Plan
from gtmlib.analyses.cost_trust import CostTrust
from gtmlib.analyses.data_check import Coverage, DataCheck
from gtmlib.analyses.economics.acquisition import Acquisition, Payback, ValueToCost
from gtmlib.analyses.economics.cycle import Cycle
from gtmlib.analyses.economics.recurring import Recurring
from gtmlib.analyses.execution.activity import ActivityChange, ActivitySlopes
from gtmlib.analyses.execution.behaviours import BehaviourCourse
from gtmlib.analyses.execution.discipline import SkillDiscipline
from gtmlib.analyses.execution.focus import Focus
from gtmlib.analyses.execution.lead_speed import LeadCosts, LeadSpeed
from gtmlib.analyses.execution.leads import LeadCohorts, LeadSources
from gtmlib.analyses.execution.reps import RepRates
from gtmlib.analyses.execution.seniority import Seniority
from gtmlib.analyses.hypotheses import Cascade, Verdicts
from gtmlib.analyses.ideal import CoreCustomers
from gtmlib.analyses.lifetime import LifetimeValue
from gtmlib.analyses.margins import Margins
from gtmlib.analyses.objections.cost import ObjectionCosts
from gtmlib.analyses.objections.emerging import Emerging, EmergingCourse
from gtmlib.analyses.objections.rates import ObjectionRates
from gtmlib.analyses.objections.stages import WhereLost
from gtmlib.analyses.objections.together import Resolution, Together
from gtmlib.analyses.pipeline.cycles import CohortTrend
from gtmlib.analyses.pipeline.flow import SnapshotFlow
from gtmlib.analyses.pipeline.forecasts import Calibration, Slippage
from gtmlib.analyses.pipeline.next_steps import NextSteps
from gtmlib.analyses.pipeline.outcomes import Outcomes, PipelineVelocity, StageFlow
from gtmlib.analyses.pipeline.stalls import Contributors, OpenAges
from gtmlib.analyses.pipeline.watermelon import Watermelon
from gtmlib.analyses.profitability import Segments, Whale
from gtmlib.analyses.reconciliation import Reconciled
from gtmlib.analyses.reductions import MissingData
from gtmlib.analyses.retention import Retention, Survival
from gtmlib.analyses.waterfall import Waterfall
from gtmlib.analyses.workshop.hypotheses import Draft
from gtmlib.analyses.workshop.messages import LiftCurve, Peeking
from gtmlib.analyses.workshop.objections import Chosen
from gtmlib.analyses.workshop.pipeline import PipelineWhatIf
from gtmlib.analyses.workshop.price_cost import WhatIf
from gtmlib.analyses.workshop.scenarios import Tried
from gtmlib.present.exhibit import Exhibit
from gtmlib.present.exhibits.behaviours import present_behaviour, present_focus
from gtmlib.present.exhibits.coding import present_coding, present_interviews
from gtmlib.present.exhibits.conversion import present_rates, present_scrutiny, present_variants, present_waiting
from gtmlib.present.exhibits.costs import present_bridge, present_cost_trust, present_margins, present_reconciled
from gtmlib.present.exhibits.customers import (
    present_core_customers,
    present_lifetime,
    present_retention,
    present_survival,
)
from gtmlib.present.exhibits.data_check import present_coverage, present_data_check, present_missing
from gtmlib.present.exhibits.economics import (
    present_acquisition,
    present_cycle,
    present_payback,
    present_recurring,
    present_value_to_cost,
)
from gtmlib.present.exhibits.execution import (
    present_activity_change,
    present_activity_slopes,
    present_rep_rates,
    present_seniority,
    present_skill_discipline,
)
from gtmlib.present.exhibits.hypotheses import present_cascade, present_verdicts
from gtmlib.present.exhibits.leads import (
    present_lead_cohorts,
    present_lead_costs,
    present_lead_sources,
    present_lead_speed,
)
from gtmlib.present.exhibits.objection_costs import present_objection_costs
from gtmlib.present.exhibits.objection_patterns import (
    present_course,
    present_emerging,
    present_resolution,
    present_together,
    present_where_lost,
)
from gtmlib.present.exhibits.objections import present_objections
from gtmlib.present.exhibits.pipeline import present_contributors, present_open_ages, present_watermelon
from gtmlib.present.exhibits.pipeline_course import (
    present_cycles,
    present_next_steps,
    present_outcomes,
    present_stages,
    present_velocity,
)
from gtmlib.present.exhibits.pipeline_forecasts import present_calibration, present_flow, present_slippage
from gtmlib.present.exhibits.profitability import present_segments, present_waterfall, present_whale_curve
from gtmlib.present.exhibits.variant_test import (
    present_false_alarms,
    present_fidelity,
    present_plan,
    present_reps,
    present_trace,
    present_variant_segments,
)
from gtmlib.present.exhibits.workshop_hypotheses import present_draft
from gtmlib.present.exhibits.workshop_messages import present_lift_curve, present_peeking
from gtmlib.present.exhibits.workshop_objections import present_chosen
from gtmlib.present.exhibits.workshop_pipeline import present_pipeline_what_if
from gtmlib.present.exhibits.workshop_price_cost import present_what_if
from gtmlib.present.exhibits.workshop_scenarios import present_tried
from gtmlib.present.language import Language
from gtmlib.present.sentences import tidy

Presenter = Callable[[Any, Language, str], Exhibit]

# Result type = presenter, which takes the result, the language and the brand's accent colour.
PRESENTERS: dict[type, Presenter] = {
    MissingData: present_missing,
    DataCheck: present_data_check,
    Coverage: present_coverage,
    Waterfall: present_waterfall,
    Segments: present_segments,
    Whale: present_whale_curve,
    Reconciled: present_reconciled,
    CostTrust: present_cost_trust,
    Margins: present_margins,
    PeriodBridge: present_bridge,
    Retention: present_retention,
    Survival: present_survival,
    LifetimeValue: present_lifetime,
    CoreCustomers: present_core_customers,
    ObjectionRates: present_objections,
    Emerging: present_emerging,
    EmergingCourse: present_course,
    ObjectionCosts: present_objection_costs,
    WhereLost: present_where_lost,
    Together: present_together,
    Resolution: present_resolution,
    CodingReview: present_coding,
    InterviewRates: present_interviews,
    Waiting: present_waiting,
    Variation: present_variants,
    Rates: present_rates,
    Scrutiny: present_scrutiny,
    RepComparison: present_reps,
    SegmentComparison: present_variant_segments,
    Trace: present_trace,
    Fidelity: present_fidelity,
    Plan: present_plan,
    FalseAlarms: present_false_alarms,
    RepRates: present_rep_rates,
    ActivityChange: present_activity_change,
    ActivitySlopes: present_activity_slopes,
    SkillDiscipline: present_skill_discipline,
    Seniority: present_seniority,
    Focus: present_focus,
    BehaviourCourse: present_behaviour,
    LeadSources: present_lead_sources,
    LeadCohorts: present_lead_cohorts,
    LeadSpeed: present_lead_speed,
    LeadCosts: present_lead_costs,
    Acquisition: present_acquisition,
    Payback: present_payback,
    ValueToCost: present_value_to_cost,
    Recurring: present_recurring,
    Cycle: present_cycle,
    Watermelon: present_watermelon,
    OpenAges: present_open_ages,
    Contributors: present_contributors,
    Outcomes: present_outcomes,
    StageFlow: present_stages,
    CohortTrend: present_cycles,
    NextSteps: present_next_steps,
    PipelineVelocity: present_velocity,
    Calibration: present_calibration,
    Slippage: present_slippage,
    SnapshotFlow: present_flow,
    Verdicts: present_verdicts,
    Cascade: present_cascade,
    Tried: present_tried,
    PipelineWhatIf: present_pipeline_what_if,
    WhatIf: present_what_if,
    LiftCurve: present_lift_curve,
    Peeking: present_peeking,
    Chosen: present_chosen,
    Draft: present_draft,
}


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
    exhibit = PRESENTERS[type(result)](result, language, accent)
    return replace(
        exhibit,
        title=tidy(exhibit.title),
        headline=tidy(exhibit.headline),
        alt=tidy(exhibit.alt),
        sentences=tuple(map(tidy, exhibit.sentences)),
        notes=tuple(map(tidy, exhibit.notes)),
    )
