"""Presenters: one per result type, each turning a result and a language into an exhibit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gtmlib.analyses.bridge import PeriodBridge
from gtmlib.analyses.coding.interviews import InterviewRates
from gtmlib.analyses.coding.review import CodingReview
from gtmlib.analyses.conversion.comparison import Rates, RepComparison, Scrutiny, SegmentComparison, Variation, Waiting
from gtmlib.analyses.conversion.conduct import FalseAlarms, Fidelity, Plan, Trace
from gtmlib.analyses.cost_trust import CostTrust
from gtmlib.analyses.data_check import Coverage, DataCheck
from gtmlib.analyses.ideal import CoreCustomers
from gtmlib.analyses.lifetime import LifetimeValue
from gtmlib.analyses.margins import Margins
from gtmlib.analyses.objections.cost import ObjectionCosts
from gtmlib.analyses.objections.emerging import Emerging, EmergingCourse
from gtmlib.analyses.objections.rates import ObjectionRates
from gtmlib.analyses.objections.stages import WhereLost
from gtmlib.analyses.objections.together import Resolution, Together
from gtmlib.analyses.profitability import Segments, Waterfall, Whale
from gtmlib.analyses.reconciliation import Reconciled
from gtmlib.analyses.reductions import MissingData
from gtmlib.analyses.retention import Retention, Survival
from gtmlib.present.exhibit import Exhibit
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
from gtmlib.present.exhibits.objection_costs import present_objection_costs
from gtmlib.present.exhibits.objection_patterns import (
    present_course,
    present_emerging,
    present_resolution,
    present_together,
    present_where_lost,
)
from gtmlib.present.exhibits.objections import present_objections
from gtmlib.present.exhibits.profitability import present_segments, present_waterfall, present_whale_curve
from gtmlib.present.exhibits.variant_test import (
    present_false_alarms,
    present_fidelity,
    present_plan,
    present_reps,
    present_trace,
    present_variant_segments,
)
from gtmlib.present.language import Language

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
    return PRESENTERS[type(result)](result, language, accent)
