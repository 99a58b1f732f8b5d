"""Results of the profit chapter as extreme as data can make them: nothing earned, everything lost, one customer.

Numbers that hang together are made by the functions that make them of real data; only what goes into them is drawn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from gtmlib.analyses.bridge import PeriodBridge
from gtmlib.analyses.bridge import _steps as lay_out_changes
from gtmlib.analyses.contribution import EARNED, Ledger, Step, measure_of
from gtmlib.analyses.cost_trust import BASES, COST_ERRORS, CostTrust, SegmentScenarios
from gtmlib.analyses.ideal import FEATURES, CoreCustomers, Level
from gtmlib.analyses.lifetime import LifetimeValue, Value
from gtmlib.analyses.lifetime import _value as value_of_estimate
from gtmlib.analyses.margins import LEAST_SHARE, MOST_PRODUCTS, MarginCell, Margins
from gtmlib.analyses.missing_cost import CostFill
from gtmlib.analyses.profitability import SegmentProfit, Segments, Whale
from gtmlib.analyses.profitability import _shrink as shrink_segments
from gtmlib.analyses.reconciliation import Compared, Reconciled
from gtmlib.analyses.reductions import OTHER
from gtmlib.analyses.retention import AGES, Retention, Staying, Survival
from gtmlib.analyses.retention import _at as read_curve
from gtmlib.analyses.serving import Pool
from gtmlib.analyses.serving import _pool as sum_up_pool
from gtmlib.analyses.waterfall import Waterfall
from gtmlib.analyses.waterfall import _steps as lay_out_steps
from gtmlib.stats.allocation import allocate_capacity, allocate_pool, reconcile, spread_unallocated
from gtmlib.stats.bridge import estimate_bridge
from gtmlib.stats.concentration import estimate_concentration, estimate_whale_curve
from gtmlib.stats.lifetime import value_by_multiple
from gtmlib.stats.means import estimate_mean
from gtmlib.stats.posterior import Estimate
from gtmlib.stats.proportions import estimate_proportion
from gtmlib.stats.retention import cohort_triangle
from gtmlib.stats.sensitivity import compare_ranks, cost_leverage
from gtmlib.stats.shrinkage import shrink_lifts, shrink_means
from gtmlib.stats.survival import estimate_survival

NAMES = st.sampled_from(["Industri & handel", "<b>Retail</b>", "{x}", "NA", OTHER, "Segment with a long name " * 3])
AMOUNTS = st.one_of(st.just(0.0), st.integers(-(10**13), 10**13).map(lambda cents: cents / 100))
COUNTS = st.one_of(st.just(0), st.just(1), st.integers(0, 10**6))
RATES = st.tuples(st.integers(0, 400), st.integers(1, 400)).map(lambda pair: estimate_proportion(min(pair), pair[1]))
UNKNOWN = st.lists(st.sampled_from(["list_revenue", "cogs", "cost_to_serve"]), unique=True).map(tuple)
MEASURES = UNKNOWN.map(measure_of)
PEOPLE = st.lists(AMOUNTS, min_size=1, max_size=4)  # what each customer of a group contributes
SPANS = st.sampled_from([(None, None), ("2025-01-02", "2025-12-30"), ("2025-03-01", "2025-03-01")])
LEVELS = st.sampled_from([0.8, 0.95])


def names(least: int = 1, most: int = 5) -> st.SearchStrategy[list[str]]:
    return st.lists(NAMES, min_size=least, max_size=most, unique=True)


def sum_up(people: list[float]) -> dict[str, Any]:
    """What a segment's customers sum up to, as `sum_by_segment` does."""
    squares = sum(value**2 for value in people)
    return {"n": len(people), "contribution": sum(people), "squares": squares, "n_loss": sum(x < 0 for x in people)}


@st.composite
def waterfalls(draw: st.DrawFn) -> Waterfall:
    unknown = draw(UNKNOWN)
    sums = {name: 0.0 if name in unknown else draw(AMOUNTS) for name in ("net_revenue", "cogs", "cost_to_serve")}
    sums["list_revenue"] = sums["net_revenue"] if "list_revenue" in unknown else draw(AMOUNTS)
    sums["contribution"] = round(sums["net_revenue"] - sums["cogs"] - sums["cost_to_serve"], 4)
    ledger = Ledger(
        customers=pd.DataFrame([sums]), unknown=unknown, pools=(), fill=CostFill(), ledger_revenue=0.0,
        ledger_cogs=0.0, ledger_costs=0.0, n_left_out=0, left_out=0.0,
    )  # fmt: skip
    first, last = draw(SPANS)
    return Waterfall(
        steps=lay_out_steps(ledger, draw(st.none() | AMOUNTS.map(abs))),
        measure=ledger.measure,
        unknown=unknown,
        n_transactions=draw(COUNTS),
        n_customers=max(draw(COUNTS), 1),
        n_left_out=draw(COUNTS),
        n_unpriced=draw(COUNTS),
        unallocated=draw(AMOUNTS),
        idle=abs(draw(AMOUNTS)),
        unmatched=draw(AMOUNTS),
        imputed_cogs=0.0 if "cogs" in unknown else draw(AMOUNTS),  # also where cost of goods sums up to 0
        first_on=first,
        last_on=last,
        is_last_partial=first is not None and draw(st.booleans()),
        currency="SEK",
        n_undated=draw(COUNTS),
    )


@st.composite
def segments(draw: st.DrawFn) -> Segments:
    groups = {name: draw(PEOPLE) for name in draw(names())}
    measure, level = draw(MEASURES), draw(LEVELS)
    shown = pd.DataFrame([sum_up(people) for people in groups.values()])
    means, losses = shrink_segments(shown, measure in EARNED, level)
    rows = []
    for place, (name, people) in enumerate(groups.items()):
        sums, cost = sum_up(people), 0.0 if measure == "net_revenue" else draw(AMOUNTS)
        rows.append(
            SegmentProfit(
                segment=name,
                net_revenue=round(sums["contribution"] + cost, 2),
                contribution=round(sums["contribution"], 2),
                mean=estimate_mean(len(people), sums["contribution"], sums["squares"], confidence_level=level),
                shrunken=means.groups[place] if means else None,
                loss=losses.groups[place] if losses else None,
                costs=cost_leverage(cost, sums["contribution"]) if measure in EARNED else None,
            )
        )
    return Segments(
        rows=tuple(sorted(rows, key=lambda row: -row.contribution)),
        n_without_segment=draw(COUNTS),
        contribution_without_segment=draw(AMOUNTS),
        is_spread_known=means is not None and means.between_variance > 0,
        smallest_group=5,
        measure=measure,
        currency="SEK",
    )


@st.composite
def whales(draw: st.DrawFn) -> Whale:
    customers = draw(st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=30))
    smallest = draw(st.sampled_from([2, 5]))
    contributions, revenue = zip(*customers, strict=True)
    kept = [amount for amount in revenue if amount >= 0]
    spread = estimate_concentration(kept) if len(kept) >= 2 * smallest and sum(kept) > 0 else None
    return Whale(
        curve=estimate_whale_curve(contributions, smallest_group=smallest),
        gini=spread.gini if spread else None,
        herfindahl=spread.herfindahl if spread else None,
        effective_number=spread.effective_number if spread else None,
        measure=draw(MEASURES),
        currency="SEK",
    )


@st.composite
def pools(draw: st.DrawFn) -> Pool:
    """A cost pool, its rows without customer shared out by its rule, or none such."""
    rule, direct, amount = draw(st.sampled_from(["direct", "driver", "time_driven"])), draw(AMOUNTS), draw(AMOUNTS)
    units = draw(st.lists(COUNTS, max_size=4))
    strays = draw(COUNTS)
    found = None
    if rule == "driver":
        found, _ = allocate_pool(amount, units, rate=draw(st.none() | st.just(0.37)), unmatched_quantity=strays)
    elif rule == "time_driven":
        found, _ = allocate_capacity(abs(amount), draw(st.sampled_from([1.0, 1e5])), units, unmatched_minutes=strays)
    if found is None or draw(st.booleans()):
        return sum_up_pool(draw(NAMES), rule, direct, None, amount if rule == "direct" else 0.0)
    return sum_up_pool(draw(NAMES), rule, direct, found, found.amount)


@st.composite
def ledgers(draw: st.DrawFn) -> Reconciled:
    others = st.sampled_from(["imputed_cogs", "unpriced", "unmatched", "unallocated", "idle"])
    rows = {"customers": draw(AMOUNTS), **draw(st.dictionaries(others, AMOUNTS))}
    off = draw(st.sampled_from([0.0, 0.01, -0.01, 12.5, -1e9]))
    found = reconcile(round(sum(rows.values()) + off, 4), rows)
    own = {"net_revenue": draw(AMOUNTS), "contribution": found.ledger}
    theirs = {name: draw(st.none() | st.just(round(amount, 2)) | AMOUNTS) for name, amount in own.items()}
    return Reconciled(
        ledger=round(found.ledger, 2),
        rows=tuple(
            Step(name=name, amount=round(amount, 2), is_total=False)
            for name, amount in rows.items()
            if amount or name == "customers"
        ),
        difference=round(found.difference, 2) + 0.0,
        is_reconciled=found.is_reconciled,
        pools=tuple(draw(st.lists(pools(), max_size=3))),
        compared=tuple(
            Compared(name=name, ours=round(own[name], 2), theirs=amount)
            for name, amount in theirs.items()
            if amount is not None
        ),
        measure=draw(MEASURES),
        currency="SEK",
    )


@st.composite
def cost_trusts(draw: st.DrawFn) -> CostTrust:
    measure, unallocated = draw(st.sampled_from(EARNED)), draw(AMOUNTS)
    groups = draw(st.just([]) | names(least=2))
    weights = st.lists(COUNTS, min_size=len(groups), max_size=len(groups))
    bases = {basis: draw(weights) for basis in draw(st.lists(st.sampled_from(list(BASES)), unique=True))}
    parts = spread_unallocated(unallocated, bases) if groups and unallocated and bases else {}
    rows = []
    for place, name in enumerate(groups):
        contribution, cost = draw(AMOUNTS), draw(AMOUNTS)
        errors = tuple(contribution - error * cost for error in COST_ERRORS)
        spread = {basis: float(contribution - part[place]) for basis, part in parts.items()}
        rows.append(SegmentScenarios(segment=name, contribution=contribution, by_cost_error=errors, by_spread=spread))
    rows = sorted(rows, key=lambda row: -row.contribution)
    base = [row.contribution for row in rows]
    by_spread = [[row.by_spread[basis] for row in rows] for basis in parts]
    n, n_unpriced = draw(COUNTS), draw(COUNTS)
    n_imputed = draw(st.integers(0, n))
    by_rule = [draw(AMOUNTS) if n_imputed else 0.0 for _ in range(3)]
    return CostTrust(
        n_transactions=n,
        n_imputed=n_imputed,
        n_unpriced=n_unpriced,
        cogs=draw(AMOUNTS),
        by_unit_cost=by_rule[0],
        by_cell_ratio=by_rule[1],
        by_segment_ratio=by_rule[2],
        unpriced_revenue=draw(AMOUNTS) if n_unpriced else 0.0,
        unallocated=unallocated,
        segments=tuple(rows),
        by_cost=compare_ranks(base, np.transpose([row.by_cost_error for row in rows])) if rows else None,
        by_spread=compare_ranks(base, by_spread) if by_spread else None,
        measure=measure,
        currency="SEK",
    )


@st.composite
def margins(draw: st.DrawFn) -> Margins:
    about: dict[str, Any] = {"n_products": draw(st.integers(1, 5000)), "smallest_group": 5, "currency": "SEK"}
    shares = [0.0, 0.39, 0.4, 1.0, 1.7]  # above 1 where other products were returned
    about["shown_share"] = draw(st.sampled_from(shares)) if about["n_products"] > MOST_PRODUCTS + 1 else 1.0
    if about["shown_share"] < LEAST_SHARE or draw(st.integers(0, 4)) == 0:
        return Margins(segments=(), products=(), cells=(), **about)
    groups, products = draw(names(most=3)), draw(names(most=3))
    cells = []
    for segment in groups:
        for product in products:
            net, cogs = draw(st.none() | st.sampled_from([0.01, 100.0, 1e11])), draw(AMOUNTS)
            rate, n = (None, None) if net is None else ((net - cogs) / net, 5 + draw(COUNTS))
            cells.append(MarginCell(segment=segment, product=product, n_customers=n, rate=rate))
    return Margins(segments=tuple(groups), products=tuple(products), cells=tuple(cells), **about)


@st.composite
def bridges(draw: st.DrawFn) -> PeriodBridge:
    compared = draw(st.booleans())
    about: dict[str, Any] = {
        "before": ("2024-01-01", "2024-12-31") if compared else None,
        "after": ("2025-01-01", "2025-12-31") if compared else None,
        "basis": draw(st.sampled_from(["contract", "fiscal_years", "years", "same_months"])) if compared else None,
        "currency": "SEK",
    }
    if not compared or draw(st.integers(0, 4)) == 0:
        nothing = {"n_both": 0, "n_new": 0, "n_lost": 0}
        return PeriodBridge(steps=(), **nothing, residual=0.0, measure="contribution", **about)
    orders = st.integers(0, 5)
    customers = st.tuples(orders, orders, AMOUNTS, AMOUNTS, st.sampled_from([1.0, 11.5]), st.sampled_from([1.0, 0.2]))
    columns = [list(column) for column in zip(*draw(st.lists(customers, min_size=1, max_size=12)), strict=True)]
    bridge = estimate_bridge(*columns[:4], exchange_before=columns[4], exchange_after=columns[5])
    return PeriodBridge(
        steps=lay_out_changes(bridge, draw(st.sampled_from([2, 5]))),
        n_both=bridge.n_both,
        n_new=bridge.n_new,
        n_lost=bridge.n_lost,
        residual=bridge.residual,
        measure=draw(MEASURES),
        **about,
    )


@st.composite
def retentions(draw: st.DrawFn) -> Retention:
    level, n_periods = draw(LEVELS), draw(st.integers(2, 15))
    periods = sorted(draw(st.sets(st.integers(0, n_periods - 1), max_size=4)))
    came = [5 + draw(COUNTS) for _ in periods]
    seen = [n_periods - period for period in periods]
    cells = [
        (place, age, n if age == 0 else draw(st.sampled_from([0, 1, n // 2, n])))
        for place, n in enumerate(came)
        for age in range(seen[place])
    ]
    labels = [f"2025-{period + 1:02}" for period in periods]
    return Retention(
        triangle=cohort_triangle(labels, came, seen, cells, confidence_level=level) if periods else None,
        months_each=draw(st.sampled_from([1, 3, 12])),
        n_left_out=draw(COUNTS),
        confidence_level=level,
    )


@st.composite
def survivals(draw: st.DrawFn) -> Survival:
    level, rows = draw(LEVELS), list[Staying]()
    customers = st.lists(st.tuples(st.integers(0, 120), st.booleans()), min_size=2, max_size=8)
    for segment in draw(names()) if draw(st.integers(0, 4)) else ():
        months, is_gone = map(np.array, zip(*draw(customers), strict=True))
        curve = estimate_survival(months / 4, is_gone, ~is_gone, confidence_level=level)
        rows += [read_curve(segment, len(months), age, curve) for age in AGES]
    seen = {row.months for row in rows if row.share is not None}
    return Survival(
        staying=tuple(row for row in rows if row.months in seen),
        gone_after_days=draw(st.integers(1, 2000)) if rows else draw(st.none() | st.just(30)),
        confidence_level=level,
    )


@st.composite
def lifetimes(draw: st.DrawFn) -> LifetimeValue:
    level, model = draw(LEVELS), draw(st.sampled_from(["contracts", "purchases", "multiple", "none"]))
    n_years, discount_rate = draw(st.integers(1, 10)), draw(st.sampled_from([0.0, 0.1, 1.0]))
    retention = draw(RATES if model == "multiple" else st.none() | RATES)
    ends, shares = st.lists(AMOUNTS.map(abs), min_size=3, max_size=3).map(sorted), AMOUNTS.map(lambda x: x / 1e6)

    def of_model(name: str) -> Value:
        low, middle, high = draw(ends)
        revenue = Estimate(value=middle, ci_low=low, ci_high=high, confidence_level=level)
        return value_of_estimate(name, max(draw(COUNTS), 1), revenue, draw(shares))

    def by_multiple(name: str, n: int, mean: float, low: float | None, high: float | None) -> Value:
        yearly = Estimate(
            value=mean,
            ci_low=mean if low is None else low,
            ci_high=mean if high is None else high,
            confidence_level=level,
        )
        found = value_by_multiple(yearly, retention.rate, discount_rate=discount_rate, n_years=n_years)
        kept = (found.ci_low, found.ci_high) if low is not None else (None, None)
        return Value(segment=name, n=n, value=found.value, ci_low=kept[0], ci_high=kept[1])

    whole: Value | None = None
    rows: list[Value] = []
    groups = draw(st.just([]) | names(least=2))
    if model == "multiple":
        people = draw(PEOPLE)
        mean = estimate_mean(len(people), sum(people), sum(x**2 for x in people), confidence_level=level)
        whole = by_multiple("", mean.n, mean.mean, mean.ci_low, mean.ci_high)
        sums = pd.DataFrame([sum_up([*draw(PEOPLE), 1.0]) for _ in groups])
        if groups:
            shrunk = shrink_means(sums["n"], sums["contribution"], sums["squares"], confidence_level=level).groups
            rows = [
                by_multiple(name, int(group.n), group.shrunken, group.ci_low, group.ci_high)
                for name, group in zip(groups, shrunk, strict=True)
            ]
    elif model != "none":
        whole = of_model("")
        rows = [of_model(name) for name in groups] if model == "purchases" else []
    reason, n, n_repeaters = None, 100 + draw(COUNTS), 30 + draw(st.integers(0, 70))
    if model == "contracts":
        n, n_repeaters = max(draw(COUNTS), 1), max(draw(COUNTS), 1)
    elif model != "purchases":
        reason, n_repeaters = draw(st.sampled_from(["few_customers", "few_repeaters"])), draw(st.integers(0, 29))
        n = max(draw(st.integers(1, 99)), n_repeaters) if reason == "few_customers" else n
    return LifetimeValue(
        model=model,
        reason=reason,
        n_customers=n,
        n_repeaters=n_repeaters,
        whole=whole,
        segments=tuple(sorted(rows, key=lambda row: -row.value)),
        measure=draw(MEASURES if model == "multiple" else st.sampled_from([*EARNED, "net_revenue"])),
        retention=retention,
        n_years=n_years,
        discount_rate=discount_rate,
        confidence_level=level,
        currency="SEK",
    )


@st.composite
def core_customers(draw: st.DrawFn) -> CoreCustomers:
    level = draw(LEVELS)
    features = draw(st.lists(st.sampled_from(FEATURES), min_size=1, unique=True))
    named = [(feature, name) for feature in features for name in draw(names(least=2, most=4))]
    sums = pd.DataFrame([sum_up(draw(PEOPLE)) for _ in named])
    if sums["n"].max() < 2:  # without two customers alike anywhere there is no result
        sums.loc[0] = sum_up([*draw(PEOPLE), 0.0])
    totals = sums["n"], sums["contribution"], sums["squares"]
    lifts = shrink_lifts(*totals, [feature for feature, _ in named], confidence_level=level)
    rows = [
        Level(feature=feature, level=name, lift=lift, mean=float(total / n))
        for (feature, name), lift, total, n in zip(named, lifts.groups, sums["contribution"], sums["n"], strict=True)
    ]
    return CoreCustomers(
        levels=tuple(sorted(rows, key=lambda row: -row.lift.shrunken)),
        n_customers=int(sums["n"].sum()),
        mean=float(sums["contribution"].sum() / sums["n"].sum()),
        measure=draw(MEASURES),
        currency="SEK",
        confidence_level=level,
    )


PROFIT_RESULTS: dict[type, st.SearchStrategy[Any]] = {
    Waterfall: waterfalls(),
    Segments: segments(),
    Whale: whales(),
    Reconciled: ledgers(),
    CostTrust: cost_trusts(),
    Margins: margins(),
    PeriodBridge: bridges(),
    Retention: retentions(),
    Survival: survivals(),
    LifetimeValue: lifetimes(),
    CoreCustomers: core_customers(),
}
