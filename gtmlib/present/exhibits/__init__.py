"""Presenters: one per result type, each turning a result and a language into an exhibit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gtmlib.analyses.conversion import Variation
from gtmlib.analyses.data_check import Coverage, DataCheck
from gtmlib.analyses.objections import ObjectionRates
from gtmlib.analyses.profitability import Segments, Waterfall, Whale
from gtmlib.analyses.reductions import MissingData
from gtmlib.present.exhibit import Exhibit
from gtmlib.present.exhibits.conversion import present_variants
from gtmlib.present.exhibits.data_check import present_coverage, present_data_check, present_missing
from gtmlib.present.exhibits.objections import present_objections
from gtmlib.present.exhibits.profitability import present_segments, present_waterfall, present_whale_curve
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
    Variation: present_variants,
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
