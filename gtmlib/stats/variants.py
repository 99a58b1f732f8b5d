"""Which message works: every variant against the control, with the checks that come before and the verdict after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from gtmlib.errors import ParameterError
from gtmlib.stats.beliefs import estimate_best_chances
from gtmlib.stats.checks import (
    CURABLE,
    Check,
    SampleFacts,
    check_counts,
    check_delivery,
    check_design,
    check_simpson,
    check_whole,
)
from gtmlib.stats.clustered import estimate_design_effect
from gtmlib.stats.comparisons import compare_proportions
from gtmlib.stats.compliance import Delivery, estimate_complier_effect
from gtmlib.stats.designs import CellTable, VariantCell, tabulate_cells
from gtmlib.stats.differences import difference_interval
from gtmlib.stats.distributions import critical_value, two_sided_pvalue
from gtmlib.stats.inference import (
    LEAST_CONTACTS,
    ComparisonRule,
    PairInference,
    Verdict,
    contacts_to_decide,
    infer_pairs,
    judge,
    pair_boundary,
    pair_counts,
)
from gtmlib.stats.multiplicity import adjust_benjamini_hochberg, adjust_holm
from gtmlib.stats.proportions import estimate_proportion
from gtmlib.stats.splits import check_split, check_split_sequence
from gtmlib.stats.stratified import Homogeneity, check_equal_differences
from gtmlib.stats.variant_results import PairComparison, RepMix, SegmentDifference, VariantComparison, VariantRate

LEVELS = ("stop", "warn", "note")


def compare_variants(
    cells: Sequence[VariantCell],
    rule: ComparisonRule,
    *,
    facts: SampleFacts | None = None,
    deliveries: Mapping[str, tuple[Delivery, Delivery]] | None = None,
) -> VariantComparison:
    """Compare every variant with the control: the one entry, and the rule that the simulators run.

    Parameters
    ----------
    cells : sequence of VariantCell
        Mature contacts and conversions by variant, rep, segment and period.
    rule : ComparisonRule
        What was declared before the data.
    facts : SampleFacts, optional
        What else is known of the contacts.
    deliveries : mapping of variant to (Delivery, Delivery), optional
        Where delivery is known: of the variant's arm and of the control's, what was delivered of that variant.

    Raises
    ------
    ParameterError
        If the control, or every other variant, has no contacts, or counts are out of range.

    References
    ----------
    Parts: see `gtmlib.stats.differences` (estimates) and `gtmlib.stats.sequential.boundary` (many looks); several
    variants: Holm (1979), Scand. J. Stat. 6, 65-70.

    Examples
    --------
    >>> stars = {"r1": (24, 80, 6, 20), "r2": (18, 60, 12, 40), "r3": (2, 20, 8, 80), "r4": (4, 40, 6, 60)}
    >>> cells = [VariantCell(variant="B", rep=r, n_conversions=c[0], n_contacts=c[1]) for r, c in stars.items()]
    >>> cells += [VariantCell(variant="A", rep=r, n_conversions=c[2], n_contacts=c[3]) for r, c in stars.items()]
    >>> pair, = compare_variants(cells, ComparisonRule(control="A", planned_split=(("A", 1), ("B", 1)))).pairs
    >>> round(pair.crude.difference, 2), round(pair.crude.pvalue, 4), round(pair.difference, 4), pair.verdict
    (0.08, 0.0455, 0.0, 'undecided')
    >>> [check.code for check in pair.checks]
    ['simpson', 'not_randomised']
    """
    facts = facts or SampleFacts()
    names = [name for name, _ in rule.planned_split]
    if unknown := sorted({cell.variant for cell in cells} - set(names)):
        raise ParameterError(f"variant '{unknown[0]}' has contacts and no place in planned_split: {names}. Add it.")
    table = tabulate_cells(cells, names)
    sizes = dict(zip(names, table.n.sum(axis=1), strict=True))
    if not sizes[rule.control] or sum(size > 0 for size in sizes.values()) < 2:
        raise ParameterError(f"contacts by variant are {sizes}. The control and one other need some to be compared.")
    weights = [weight for _, weight in rule.planned_split]
    split = check_split([int(sizes[name]) for name in names], weights)
    by_period = table.n @ (table.period[:, None] == np.arange(len(table.periods)))
    whole = check_whole(table, split, facts)
    inferred = infer_pairs(table, rule)
    pairs = [
        _describe_pair(cells, table, rule, pair, whole, facts, (deliveries or {}).get(names[pair.variant]))
        for pair in inferred
    ]
    adjusted = adjust_holm([pair.pvalue for pair in pairs])
    return VariantComparison(
        rule=rule,
        rates=_rates(table),
        pairs=tuple(replace(pair, holm_pvalue=pvalue) for pair, pvalue in zip(pairs, adjusted, strict=True)),
        split=split,
        split_over_time=check_split_sequence(by_period.T.astype(int).tolist(), weights),
        checks=whole,
        without_contacts=tuple(name for name in names if not sizes[name]),
    )


def _describe_pair(
    cells: Sequence[VariantCell],
    table: CellTable,
    rule: ComparisonRule,
    pair: PairInference,
    whole: tuple[Check, ...],
    facts: SampleFacts,
    delivery: tuple[Delivery, Delivery] | None,
) -> PairComparison:
    row, control = pair.variant, table.variants.index(rule.control)
    name, design, level = table.variants[row], pair.design, float(pair.confidence_level)
    k, n, k_0, n_0 = (int(side) for rows in (row, control) for side in (table.k[rows].sum(), table.n[rows].sum()))
    crude = compare_proportions(k, n, k_0, n_0, confidence_level=level)
    critical = pair_boundary(table, row, design, rule, level)
    difference, error = float(pair.estimate.difference), float(pair.estimate.standard_error)
    fixed = _fixed_interval(table, pair, control, level)
    complier = None
    if delivery is not None:
        complier = estimate_complier_effect(*delivery, confidence_level=level, critical=critical)
    checks = (
        *check_design(design, table.n_periods(row, control)),
        *check_counts((n, n_0), k + k_0),
        *(check_delivery(complier, facts) if complier is not None else ()),
        *check_simpson(crude.difference, (crude.ci_low, crude.ci_high), difference, fixed, error),
        *whole,
    )
    verdict = _verdict(pair, checks, rule)
    n_more = _n_more(pair, n + n_0, rule, rule.planned_pair_n(name)) if verdict == "undecided" else None
    pace = (facts.contacts_per_week or 0) * (n + n_0) / float(table.n.sum())
    segments, heterogeneity = _segments(cells, rule, name)
    lift, lift_low, lift_high = _lift(pair, critical)
    return PairComparison(
        variant=name,
        control=rule.control,
        crude=crude,
        method=design.method,
        stratified_by=design.stratified_by,
        n_contacts=n + n_0,
        n_reps=design.n_reps,
        n_reps_both=design.n_reps_both,
        information_share=design.information_share,
        difference=difference,
        standard_error=error,
        df=design.df,
        critical=critical,
        ci_low=float(pair.ci_low),
        ci_high=float(pair.ci_high),
        confidence_level=level,
        fixed_ci_low=fixed[0],
        fixed_ci_high=fixed[1],
        pvalue=_pvalue(pair, crude.pvalue),
        holm_pvalue=1.0,  # known when all pairs are
        lift=lift,
        lift_ci_low=lift_low,
        lift_ci_high=lift_high,
        mix=_mix(table, row, control),
        segments=segments,
        heterogeneity=heterogeneity,
        complier=complier,
        checks=tuple(sorted(checks, key=lambda check: LEVELS.index(check.level))),
        verdict=verdict,
        n_more=n_more,
        weeks_more=n_more / pace if n_more is not None and pace else None,
    )


def _fixed_interval(table: CellTable, pair: PairInference, control: int, level: float) -> tuple[float, float]:
    counts = pair_counts(table, pair.variant, control, pair.design)
    low, high = difference_interval(pair.design.method, pair.estimate, critical_value(level, pair.design.df), *counts)
    return float(low), float(high)


def _verdict(pair: PairInference, checks: Sequence[Check], rule: ComparisonRule) -> Verdict:
    stops = {check.code for check in checks if check.level == "stop"}
    if stops:
        return "undecided" if stops <= CURABLE else "not_answerable"
    return judge(float(pair.ci_low), float(pair.ci_high), smallest_effect=rule.smallest_effect)


def _n_more(pair: PairInference, n: int, rule: ComparisonRule, planned_n: float) -> int | None:
    return contacts_to_decide(
        float(pair.estimate.difference),
        float(pair.estimate.standard_error),
        n,
        planned_n=planned_n,
        confidence_level=float(pair.confidence_level),
        looks=rule.looks,
        df=pair.design.df,
        smallest_effect=rule.smallest_effect,
    )


def _pvalue(pair: PairInference, crude_pvalue: float) -> float:
    if pair.design.method == "crude":
        return crude_pvalue
    return two_sided_pvalue(float(pair.estimate.difference) / float(pair.estimate.standard_error), pair.design.df)


def _lift(pair: PairInference, critical: float) -> tuple[float | None, float | None, float | None]:
    if not float(pair.estimate.control_rate) > 0:
        return None, None, None
    lift, half = float(pair.estimate.lift), critical * float(pair.estimate.lift_standard_error)
    return lift, max(-1.0, lift - half), lift + half


def _mix(table: CellTable, row: int, control: int) -> tuple[RepMix, ...]:
    counts = [table.n[row], table.k[row], table.n[control], table.k[control]]
    by_rep = np.array([np.bincount(table.rep, column, minlength=len(table.reps)) for column in counts]).astype(int)
    return tuple(
        RepMix(rep=rep, n_contacts=n, n_conversions=k, n_control_contacts=n_0, n_control_conversions=k_0)
        for rep, (n, k, n_0, k_0) in zip(table.reps, by_rep.T.tolist(), strict=True)
        if n + n_0
    )


def _rates(table: CellTable) -> tuple[VariantRate, ...]:
    rows = [row for row in range(len(table.variants)) if table.n[row].sum() > 0]
    estimates = []
    for row in rows:
        n, k = (column[row] @ (table.rep[:, None] == np.arange(len(table.reps))) for column in (table.n, table.k))
        effect = estimate_design_effect(k, n)
        estimates.append(estimate_proportion(int(k.sum()), int(n.sum()), design_effect=effect))
    effective = [estimate.n_effective for estimate in estimates]
    chances = estimate_best_chances([e.rate * n for e, n in zip(estimates, effective, strict=True)], effective)
    return tuple(
        VariantRate(
            variant=table.variants[row],
            rate=estimate,
            chance_best=chance.chance_best,
            expected_loss=chance.expected_loss,
        )
        for row, estimate, chance in zip(rows, estimates, chances, strict=True)
    )


def _segments(
    cells: Sequence[VariantCell], rule: ComparisonRule, variant: str
) -> tuple[tuple[SegmentDifference, ...], Homogeneity | None]:
    """Compare within each segment that has enough of both variants; one segment alone is no breakdown."""
    pair_rule = replace(rule, planned_split=tuple(w for w in rule.planned_split if w[0] in (variant, rule.control)))
    total = sum(cell.n_contacts for cell in cells if cell.variant in (variant, rule.control))
    found: list[SegmentDifference] = []
    for segment in sorted({cell.segment for cell in cells}):
        table = tabulate_cells((cell for cell in cells if cell.segment == segment), (rule.control, variant))
        n_0, n = (int(size) for size in table.n.sum(axis=1))
        if min(n, n_0) < LEAST_CONTACTS:
            continue
        planned_n = rule.planned_pair_n(variant) * (n + n_0) / total
        (pair,) = infer_pairs(table, replace(pair_rule, planned_n=planned_n))
        crude = compare_proportions(int(table.k[1].sum()), n, int(table.k[0].sum()), n_0)
        found.append(
            SegmentDifference(
                segment=segment,
                n_contacts=n + n_0,
                method=pair.design.method,
                difference=float(pair.estimate.difference),
                standard_error=float(pair.estimate.standard_error),
                ci_low=float(pair.ci_low),
                ci_high=float(pair.ci_high),
                pvalue=_pvalue(pair, crude.pvalue),
                bh_pvalue=1.0,
            )
        )
    if len(found) < 2:
        return (), None
    adjusted = adjust_benjamini_hochberg([segment.pvalue for segment in found])
    return (
        tuple(replace(segment, bh_pvalue=p) for segment, p in zip(found, adjusted, strict=True)),
        check_equal_differences([s.difference for s in found], [s.standard_error for s in found]),
    )
