"""Results of the hypotheses chapter as extreme as contracts and findings can make them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from gtmlib.analyses.hypotheses import Cascade, Choice, Judged, Verdicts
from gtmlib.analyses.hypotheses.verdicts import Delay, Followed
from gtmlib.analyses.workshop.hypotheses import SAID, Draft
from gtmlib.data.register import Change
from gtmlib.data.strategy import HEADINGS
from gtmlib.stats.claims import Need

WORDS = st.sampled_from(["Retail pays", "<b>Retail</b>", "{x}", "At least 10 %", "A long claim about the market " * 4])
AMOUNTS = st.one_of(st.just(0.0), st.floats(-1e9, 1e9))
COUNTS = st.one_of(st.just(0), st.just(1), st.integers(0, 10**6))
DAYS = st.sampled_from(["2025-01-10", "2026-06-30"])
WHYS = ("no_finding", "stopped", "fidelity", "logging", "few", "running", "close", "open")
CHANGES = st.sampled_from([
    Change(term="threshold", declared="0.05", now="0.03", changed_on="2025-06-01"),
    Change(term="decide_by", declared="2025-12-31", now="2026-12-31", changed_on=""),
    Change(term="fidelity_floor", declared="", now="0.8", changed_on=""),
    Change(term="group", declared='{"segment": "A"}', now='{"segment": "B"}', changed_on="2025-06-01"),
])  # fmt: skip


@st.composite
def judged(draw: st.DrawFn) -> Judged:
    reason = draw(st.sampled_from(["confirmed", "refuted", *WHYS]))
    is_found = reason != "no_finding"
    value = draw(AMOUNTS) if is_found else None
    has_interval = is_found and reason != "running" and draw(st.booleans())
    about: dict[str, Any] = {}
    if has_interval:
        about = {"ci_low": value - abs(draw(AMOUNTS)), "ci_high": value + abs(draw(AMOUNTS)), "confidence_level": 0.95}
    needs = st.builds(Need, n=st.none(), n_more=st.none(), weeks=st.none()) | st.builds(
        Need, n=COUNTS, n_more=COUNTS, weeks=st.none() | st.floats(0, 1e4)
    )
    delays = st.builds(
        Delay, per_week=st.floats(0, 1e6), low=st.just(0.0), high=st.floats(0, 1e7), is_declared=st.booleans(),
        until_decided=st.none() | st.floats(0, 1e9),
    )  # fmt: skip
    is_open = reason in ("few", "open")
    return Judged(
        id="h_1",
        claim=draw(WORDS),
        speaks_to="scope",
        owner=draw(WORDS),
        if_confirmed=draw(WORDS),
        if_refuted=draw(WORDS),
        declared_on=draw(DAYS),
        decide_by=draw(DAYS),
        metric="data.fidelity_rate",
        unit=draw(st.sampled_from(["share", "SEK", "count", "days", "months", "ratio", "pvalue"])) if is_found else "",
        group={},
        against={},
        direction=draw(st.sampled_from(["above", "below"])),
        threshold=draw(AMOUNTS),
        smallest_effect=draw(st.floats(1e-3, 1e6)),
        smallest_n=draw(st.integers(20, 10**6)),
        is_difference=draw(st.booleans()),
        value=value,
        n=draw(COUNTS) if is_found else None,
        verdict=reason if reason in ("confirmed", "refuted") else "cannot_tell",
        reason=reason,
        trust=0.5 if reason in ("fidelity", "logging") else None,
        trust_floor=0.8 if reason in ("fidelity", "logging") else None,
        need=draw(needs) if is_open else Need(n=None, n_more=None, weeks=None) if reason == "close" else None,
        per_week=draw(st.floats(0, 1e4)) if is_open else None,
        per_week_needed=draw(st.none() | st.floats(0, 1e5)) if is_open else None,
        delay=draw(st.none() | delays) if reason not in ("confirmed", "refuted") else None,
        is_declared=draw(st.booleans()),
        changes=tuple(draw(st.lists(CHANGES, max_size=2, unique=True))),
        is_due=draw(st.booleans()),
        **about,
    )


FOLLOWED = st.builds(
    Followed, id=st.just("next_step"), name=WORDS, seen_by=st.just("sales_manager"), starts_on=DAYS,
    target=st.none() | st.just(0.8),
)  # fmt: skip
VERDICTS = st.builds(
    Verdicts,
    rows=st.lists(judged(), min_size=1, max_size=4).map(tuple),
    followed=st.lists(FOLLOWED, max_size=3).map(tuple),
    currency=st.just("SEK"),
    exported_on=DAYS,
)
CHOICES = st.builds(
    Choice,
    heading=st.sampled_from(HEADINGS),
    goal=st.just("") | WORDS,
    claims=st.lists(st.tuples(WORDS, st.sampled_from(["confirmed", "refuted", "cannot_tell"])), max_size=2).map(tuple),
)
CASCADES = st.builds(
    Cascade,
    choices=st.lists(CHOICES, min_size=1, max_size=4).map(tuple),
    unmeasured=st.lists(WORDS, max_size=3).map(tuple),
    n_measured=COUNTS,
    n_unasked=COUNTS,
)
NEEDS = st.builds(Need, n=COUNTS, n_more=COUNTS, weeks=st.none() | st.floats(0, 1e4))
DRAFTS = st.builds(
    Draft,
    claim=st.just("") | WORDS,
    measure=st.sampled_from(["data.fidelity_rate", "conversion.rate | variant | <b>A</b> | {x}"]),
    unit=st.sampled_from(["share", "SEK", "count", "days", "months", "ratio"]),
    is_difference=st.booleans(),
    value=AMOUNTS,
    ci_low=st.just(-1e9),
    ci_high=st.just(1e9),
    confidence_level=st.just(0.95),
    n=st.integers(1, 10**6),
    threshold=st.none() | AMOUNTS,
    decide_by=DAYS,
    lacking=st.lists(st.sampled_from(SAID), unique=True).map(tuple),
    judged=st.none() | judged(),
    need=st.none() | st.just(Need(n=None, n_more=None, weeks=None)) | NEEDS,
    block=st.sampled_from(["", '[[hypotheses]]\nid = "a"\nclaim = "<b>{x}</b>"\n']),
)
