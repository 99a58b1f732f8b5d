"""Results of the economics chapter as extreme as data can make them: nobody won, nothing earned, nothing burnt."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from gtmlib.analyses.economics.acquisition import ALL, Acquisition, GroupCost, Payback, ValueToCost
from gtmlib.analyses.economics.cycle import Cycle, CycleTime
from gtmlib.analyses.economics.recurring import Recurring, _changes
from gtmlib.stats.proportions import estimate_proportion
from gtmlib.stats.ratios import RatioEstimate
from gtmlib.stats.unit_economics import (
    burn_multiple,
    estimate_acquisition_cost,
    estimate_payback,
    estimate_value_to_cost,
)

from .drawn import AMOUNTS, COUNTS, LEVELS, names

POSITIVE = st.sampled_from([0.0, 1.0, 950.5, 3e9])


@st.composite
def figures(draw: st.DrawFn, level: float) -> RatioEstimate:
    value = draw(AMOUNTS)
    if draw(st.booleans()):
        return RatioEstimate(value=value, ci_low=None, ci_high=None, confidence_level=level)
    spread = abs(draw(AMOUNTS))
    return RatioEstimate(value=value, ci_low=value - spread, ci_high=value + spread, confidence_level=level)


@st.composite
def group_costs(draw: st.DrawFn, group: str, level: float) -> GroupCost:
    n_won = draw(st.sampled_from([0, 1, 7, 900]))
    n_prospects = draw(st.none() | st.just(n_won + 3))
    cost = estimate_acquisition_cost(draw(POSITIVE), n_won, n_prospects=n_prospects, confidence_level=level)
    monthly, worth = draw(st.none() | figures(level)), draw(st.none() | figures(level))
    return GroupCost(
        group=group,
        n_prospects=n_prospects,
        cost=cost,
        n_customers=draw(COUNTS),
        monthly=monthly,
        payback=estimate_payback(cost, monthly) if monthly else None,
        value_to_cost=estimate_value_to_cost(worth, cost) if worth else None,
    )


@st.composite
def acquisitions(draw: st.DrawFn, kinds: tuple[str, ...] = ("all", "segment", "channel")) -> Acquisition:
    by, level = draw(st.sampled_from(kinds)), draw(LEVELS)
    groups = [ALL] if by == "all" else draw(names())
    return Acquisition(
        by=by,
        rows=tuple(draw(group_costs(group, level)) for group in groups),
        starts_on=date(2024, 1, 1),
        ends_on=date(2025, 12, 31),
        is_won_counted=draw(st.booleans()),
        spend_without_group=draw(POSITIVE),
        unread_periods=tuple(draw(st.lists(st.sampled_from(["FY25", "<b>v. 3</b>"]), unique=True))),
        n_years=draw(st.integers(1, 10)),
        smallest_group=5,
        currency="SEK",
    )


@st.composite
def recurrings(draw: st.DrawFn) -> Recurring:
    monthly = st.sampled_from([0.0, 10.0, 2_500.5])
    pairs = draw(st.lists(st.tuples(monthly, monthly), max_size=30))
    people = pd.DataFrame(pairs, columns=["before", "after"], dtype=float)
    at_start, at_end = people["before"].sum() * 12, people["after"].sum() * 12
    n, kept = int((people["before"] > 0).sum()), int(((people["before"] > 0) & (people["after"] > 0)).sum())
    burn = draw(st.none() | AMOUNTS)
    return Recurring(
        starts_on=date(2024, 12, 31),
        ends_on=date(2025, 12, 31),
        at_start=float(at_start),
        at_end=float(at_end),
        n_at_start=n,
        n_at_end=int((people["after"] > 0).sum()),
        changes=_changes(people, 5),
        kept=estimate_proportion(kept, n) if n else None,
        net_burn=burn,
        multiple=None if burn is None else burn_multiple(burn, float(at_end - at_start)),
        n_without_revenue=draw(COUNTS),
        currency="SEK",
    )


@st.composite
def cycles(draw: st.DrawFn) -> Cycle:
    def row(group: str) -> CycleTime:
        n, days = max(draw(COUNTS), 1), draw(st.none() | st.sampled_from([0.0, 1.0, 93.0]))
        ends = (None, None) if days is None else draw(st.sampled_from([(days, None), (days, days + 9), (None, None)]))
        return CycleTime(group=group, n=n, n_closed=n // 2, median=days, ci_low=ends[0], ci_high=ends[1])

    rows = draw(st.sampled_from([[], [ALL], [ALL, *draw(names(least=2))]]))
    return Cycle(
        rows=tuple(row(group) for group in rows), n_left_out=draw(COUNTS), confidence_level=0.95, smallest_group=5
    )


ECONOMICS_RESULTS: dict[type, st.SearchStrategy[Any]] = {
    Acquisition: acquisitions(),
    Payback: acquisitions(("segment", "channel")).map(Payback),
    ValueToCost: acquisitions(("segment",)).map(ValueToCost),
    Recurring: recurrings(),
    Cycle: cycles(),
}
