"""Results of the price and cost what-if as extreme as sliders and sums can make them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from gtmlib.analyses.workshop.price_cost import REACH, Changes, Group, WhatIf, work_out
from gtmlib.analyses.workshop.sums import UNKNOWN

from .drawn import AMOUNTS, COUNTS, NAMES

MOVES = st.one_of(st.just(0.0), st.integers(-10, 10).map(lambda tenths: tenths / 10))  # a share of the slider's reach
CHANGES = st.tuples(*[MOVES] * len(REACH)).map(
    lambda moves: Changes(**{name: move * REACH[name][0] for name, move in zip(REACH, moves, strict=True)})
)


@st.composite
def what_ifs(draw: st.DrawFn) -> WhatIf:
    named = draw(st.lists(NAMES | st.just(UNKNOWN), min_size=1, max_size=5, unique=True))
    groups = [
        Group(
            segment=name, n=5 + draw(COUNTS), net_revenue=draw(AMOUNTS), cogs=draw(AMOUNTS), cost_to_serve=draw(AMOUNTS)
        )
        for name in named
    ]
    met = draw(st.lists(st.sampled_from(named), min_size=1, unique=True))
    measure = draw(st.sampled_from(["contribution", "gross_profit"]))
    return work_out(groups, draw(CHANGES), met, measure=measure, currency="SEK")


PRICE_COST_RESULTS: dict[type, st.SearchStrategy[Any]] = {WhatIf: what_ifs()}
