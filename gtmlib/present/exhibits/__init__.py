"""Presenters: one per result type, each turning a result and a language into an exhibit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gtmlib.analyses.conversion.comparison import Rates, RepComparison, Scrutiny, SegmentComparison, Variation, Waiting
from gtmlib.analyses.conversion.conduct import FalseAlarms, Fidelity, Plan, Trace
from gtmlib.analyses.data_check import Coverage, DataCheck
from gtmlib.analyses.objections import ObjectionRates
from gtmlib.analyses.profitability import Segments, Waterfall, Whale
from gtmlib.analyses.reductions import MissingData
from gtmlib.present.exhibit import Exhibit
from gtmlib.present.exhibits.conversion import present_rates, present_scrutiny, present_variants, present_waiting
from gtmlib.present.exhibits.data_check import present_coverage, present_data_check, present_missing
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
    ObjectionRates: present_objections,
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
