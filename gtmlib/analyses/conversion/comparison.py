"""Which message works? Every variant against the control, what may be trusted, and who and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from gtmlib.analyses.conversion.contacts import (
    Counts,
    LeftOut,
    count_contacts,
    needed_columns,
    rep_fidelity,
    rep_order,
    reps_below_floor,
)
from gtmlib.analyses.conversion.trust import trust_findings
from gtmlib.analyses.findings import Finding, interval_of
from gtmlib.analyses.findings import Verdict as Answer
from gtmlib.analyses.reductions import OTHER, MissingData
from gtmlib.data.engagement import Variants
from gtmlib.data.loaded import Loaded
from gtmlib.stats.checks import Check, SampleFacts
from gtmlib.stats.designs import StratifiedBy
from gtmlib.stats.differences import Method
from gtmlib.stats.inference import ComparisonRule, Verdict
from gtmlib.stats.stratified import Homogeneity
from gtmlib.stats.variant_results import PairComparison, RepMix, SegmentDifference, VariantComparison
from gtmlib.stats.variants import compare_variants

CHAPTER = "conversion"
WISHED = {"touches": ("variant_delivered", "date", "rep_id")}
ANSWERS: dict[Verdict, Answer] = {
    "winner": "confirmed",
    "loser": "refuted",
    "no_difference": "refuted",
    "undecided": "cannot_tell",
    "not_answerable": "cannot_tell",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A test whose contacts have not had their time yet.

    Parameters
    ----------
    n_contacts, horizon_days : int
        Contacts so far, and the days each has to convert.
    """

    n_contacts: int
    horizon_days: int | None

    def findings(self) -> tuple[()]:
        """Give none: nothing is known yet."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """Every variant against the control.

    Parameters
    ----------
    comparison : VariantComparison
        Rates, pairs, checks and verdicts, by variant; reps in groups under the floor are folded together.
    labels : dict
        Variant = what the contract calls it.
    left_out : LeftOut
        Contacts that are not in it, by why.
    horizon_days : int, optional
        Days a contact has to convert.
    value_per_conversion : float, optional
        In the engagement's currency.
    contacts_per_week : float, optional
        Present pace in all variants.
    fidelity_floor : float
        Share of contacts that must get what was assigned.
    below_floor : tuple of str
        Labels of the reps who are under it by more than chance.
    """

    comparison: VariantComparison
    labels: dict[str, str]
    left_out: LeftOut
    horizon_days: int | None
    value_per_conversion: float | None
    contacts_per_week: float | None
    fidelity_floor: float
    below_floor: tuple[str, ...]

    @property
    def leading(self) -> PairComparison:
        """The pair to speak of first: a winner, else the largest adjusted difference."""
        return max(self.comparison.pairs, key=lambda pair: (pair.verdict == "winner", pair.difference))

    def findings(self) -> tuple[Finding, ...]:
        """Give rates, adjusted differences, verdicts, the split check, and what a verdict rests on."""
        found: list[Finding] = []
        control = self.labels[self.comparison.rule.control]
        for row in self.comparison.rates:
            rate = row.rate
            args: dict[str, Any] = {"variant": self.labels[row.variant], "rate": rate.rate, "n": rate.n_trials}
            about: dict[str, Any] = {"group": {"variant": row.variant}, "n": rate.n_trials} | interval_of(rate)
            found.append(Finding("conversion.rate", rate.rate, "share", "conversion.finding.rate", args, **about))
        for pair in self.comparison.pairs:
            args = {"variant": self.labels[pair.variant], "control": control, "difference": pair.difference}
            args |= {"low": pair.ci_low, "high": pair.ci_high, "n": pair.n_contacts}
            about = {"group": {"variant": pair.variant}, "n": pair.n_contacts}
            about |= interval_of(pair)
            message = f"conversion.finding.{pair.verdict}"
            for name in ("conversion.verdict", "conversion.difference"):
                answer = ANSWERS[pair.verdict]
                found.append(Finding(name, pair.difference, "share", message, args, verdict=answer, **about))
        split, n = self.comparison.split, sum(self.comparison.split.observed)
        message = f"conversion.finding.split_{'kept' if split.is_as_planned else 'broken'}"
        args = {"pvalue": split.pvalue, "n": n}
        found.append(Finding("conversion.sample_ratio_pvalue", split.pvalue, "pvalue", message, args, n=n))
        return (*found, *trust_findings(self.comparison, self.labels, self.contacts_per_week))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Each variant's rate, its chance of being best and what choosing it may forgo; parts of a `Variation`."""

    variation: Variation

    def findings(self) -> tuple[()]:
        """Give none: the rates are among those of the `Variation`."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrutiny:
    """What speaks for and against trusting the comparison; the checks of a `Variation`."""

    variation: Variation

    def findings(self) -> tuple[()]:
        """Give none: a check is no finding about the client's market."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RepComparison:
    """One variant against the control, rep by rep: where the crude difference comes from.

    Parameters
    ----------
    variant, control : str
        As the contract calls them.
    mix : tuple of RepMix
        Counts by rep, those under the disclosure floor folded into `other`.
    crude_difference, difference : float
        Of all contacts, and adjusted.
    method, stratified_by : str
        How it was adjusted.
    simpson : Check, optional
        Where the mix makes the crude difference say what no rep's contacts do.
    smallest_group : int
        The disclosure floor.
    """

    variant: str
    control: str
    mix: tuple[RepMix, ...]
    crude_difference: float
    difference: float
    method: Method
    stratified_by: StratifiedBy
    simpson: Check | None
    smallest_group: int

    def findings(self) -> tuple[()]:
        """Give none: no rep is a finding."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentComparison:
    """One variant against the control within segments.

    Parameters
    ----------
    variant, control : str
        As the contract calls them.
    segments : tuple of SegmentDifference
        Those with enough contacts of both.
    heterogeneity : Homogeneity
        Whether they differ by more than chance.
    """

    variant: str
    control: str
    segments: tuple[SegmentDifference, ...]
    heterogeneity: Homogeneity

    def findings(self) -> tuple[()]:
        """Give none: a segment explains and never decides."""
        return ()


def rule_of(plan: Variants, confidence_level: float) -> ComparisonRule:
    """Give the rule that the contract declares.

    Parameters
    ----------
    plan : Variants
        The contract's.
    confidence_level : float
        Of all comparisons with the control together, in (0, 1).

    Examples
    --------
    >>> rule_of(Variants(control="A", planned_split={"A": 1.0, "B": 1.0}), 0.95).looks
    'many'
    """
    return ComparisonRule(
        control=plan.control,
        planned_split=tuple(plan.planned_split.items()),
        looks=plan.looks,
        planned_n=plan.planned_n,
        confidence_level=confidence_level,
        smallest_effect=plan.smallest_worthwhile,
    )


@lru_cache(maxsize=4)  # every exhibit of the chapter starts from it, and none changes it
def read_contacts(loaded: Loaded) -> tuple[Variants, Counts] | Waiting | MissingData:
    """Give the plan and the counts of a test that can be compared, else why it can't be.

    Parameters
    ----------
    loaded : Loaded
        Any engagement.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> read_contacts(load_frames({"touches": pd.DataFrame({"touch_id": ["1"]})})).needed[0]
    'contract.variants'
    """
    plan = loaded.engagement.contract.variants
    needed = loaded.missing(**needed_columns(plan))
    if plan is None or needed:
        return MissingData(chapter=CHAPTER, needed=(*(() if plan else ("contract.variants",)), *needed))
    counts = count_contacts(loaded, plan)
    if silent := _silent(plan, {name for name, n in counts.n_assigned.items() if n}):
        return MissingData(chapter=CHAPTER, needed=tuple(f"touches.variant_assigned = {name}" for name in silent))
    if _silent(plan, {cell.variant for cell in counts.cells}):
        return Waiting(n_contacts=sum(counts.n_assigned.values()), horizon_days=plan.horizon_days)
    return plan, counts


def _silent(plan: Variants, heard: set[str]) -> list[str]:
    """Variants without contacts, where so many are that nothing can be compared."""
    if plan.control in heard and len(heard) > 1:
        return []
    return [name for name in plan.planned_split if name not in heard]


def analyse_variants(loaded: Loaded, *, confidence_level: float = 0.95) -> Variation | Waiting | MissingData:
    """Compare every variant with the control, on the contacts as they were assigned.

    Parameters
    ----------
    loaded : Loaded
        Needs the contract's variants, and touches with variant_assigned and what counts as success.
    confidence_level : float
        Of all comparisons with the control together, in (0, 1).

    References
    ----------
    See `gtmlib.stats.variants.compare_variants`.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> plan = Variants(control="A", planned_split={"A": 1.0, "B": 1.0}, success=["meeting"], looks="one")
    >>> touches = pd.DataFrame({"variant_assigned": ["A"] * 80 + ["B"] * 70, "outcome": "no"})
    >>> touches.loc[[*range(48), *range(80, 136)], "outcome"] = "meeting"  # 48 of 80, 56 of 70
    >>> touches["touch_id"] = touches.index.astype(str)
    >>> pair, = analyse_variants(load_frames({"touches": touches}, variants=plan)).comparison.pairs
    >>> round(pair.difference, 3), round(pair.ci_low, 4), pair.verdict
    (0.2, 0.0524, 'winner')
    """
    found = read_contacts(loaded)
    if not isinstance(found, tuple):
        return found
    plan, counts = found
    facts = SampleFacts(
        n_immature=counts.left_out.n_immature,
        n_duplicates=counts.n_duplicates,
        fidelity_floor=plan.fidelity_floor,
        contacts_per_week=counts.contacts_per_week,
    )
    compared = compare_variants(
        counts.cells, rule_of(plan, confidence_level), facts=facts, deliveries=counts.deliveries
    )
    smallest = loaded.engagement.contract.disclosure.smallest_group
    pairs = tuple(
        replace(
            pair,
            mix=fold_small_reps(pair.mix, smallest),
            segments=tuple(row for row in pair.segments if row.n_contacts >= smallest),
        )
        for pair in compared.pairs
    )
    return Variation(
        comparison=replace(compared, pairs=pairs),
        labels={name: plan.names.get(name, name) for name in plan.planned_split},
        left_out=counts.left_out,
        horizon_days=plan.horizon_days,
        value_per_conversion=plan.value_per_conversion,
        contacts_per_week=counts.contacts_per_week,
        fidelity_floor=plan.fidelity_floor,
        below_floor=reps_below_floor(rep_fidelity(counts, smallest), plan.fidelity_floor),
    )


def fold_small_reps(mix: tuple[RepMix, ...], smallest_group: int) -> tuple[RepMix, ...]:
    """Fold reps with fewer contacts of a variant than the floor into `other`, which is large enough to hide each.

    Parameters
    ----------
    mix : tuple of RepMix
        A row per rep.
    smallest_group : int
        Fewest contacts of a variant that a shown rep may have, unless none.

    Examples
    --------
    >>> rows = [RepMix(rep=f"#{i}", n_contacts=n, n_conversions=0, n_control_contacts=20, n_control_conversions=1)
    ...         for i, n in enumerate((30, 3, 25, 4))]
    >>> [(row.rep, row.n_contacts) for row in fold_small_reps(tuple(rows), 5)]
    [('#0', 30), ('#2', 25), ('other', 7)]
    """

    def is_small(row: RepMix) -> bool:
        return any(0 < n < smallest_group for n in (row.n_contacts, row.n_control_contacts))

    ordered = sorted(mix, key=lambda row: (is_small(row), -row.n_contacts - row.n_control_contacts))
    n_shown = sum(not is_small(row) for row in ordered)
    while 0 < n_shown < len(ordered) and (len(ordered) - n_shown < 2 or is_small(_sum_reps(ordered[n_shown:]))):
        n_shown -= 1
    shown = tuple(sorted(ordered[:n_shown], key=lambda row: rep_order(row.rep)))
    return (*shown, _sum_reps(ordered[n_shown:])) if n_shown < len(ordered) else shown


def _sum_reps(rows: list[RepMix]) -> RepMix:
    return RepMix(
        rep=OTHER,
        n_contacts=sum(row.n_contacts for row in rows),
        n_conversions=sum(row.n_conversions for row in rows),
        n_control_contacts=sum(row.n_control_contacts for row in rows),
        n_control_conversions=sum(row.n_control_conversions for row in rows),
    )


def list_rates(found: Variation | Waiting | MissingData) -> Rates | None:
    """Give each variant's rate, chance of being best and expected loss.

    Parameters
    ----------
    found : Variation, Waiting or MissingData
        What `analyse_variants` gave; of another than a Variation there are none.

    Examples
    --------
    >>> list_rates(Waiting(n_contacts=12, horizon_days=45)) is None
    True
    """
    return Rates(variation=found) if isinstance(found, Variation) else None


def list_checks(found: Variation | Waiting | MissingData) -> Scrutiny | None:
    """Give what speaks for and against trusting the comparison.

    Parameters
    ----------
    found : Variation, Waiting or MissingData
        What `analyse_variants` gave; of another than a Variation there is nothing to say.

    Examples
    --------
    >>> list_checks(Waiting(n_contacts=12, horizon_days=45)) is None
    True
    """
    return Scrutiny(variation=found) if isinstance(found, Variation) else None


def compare_reps(
    found: Variation | Waiting | MissingData, *, smallest_group: int = 5
) -> RepComparison | MissingData | None:
    """Give the pair that the reps explain best, rep by rep: where the mix misleads, else the one that leads.

    Parameters
    ----------
    found : Variation, Waiting or MissingData
        What `analyse_variants` gave.
    smallest_group : int
        The disclosure floor, to be said.

    Examples
    --------
    >>> compare_reps(Waiting(n_contacts=12, horizon_days=45)) is None
    True
    """
    if not isinstance(found, Variation):
        return None
    misled = {
        pair.variant: check for pair in found.comparison.pairs for check in pair.checks if check.code == "simpson"
    }
    pair = next((pair for pair in found.comparison.pairs if pair.variant in misled), found.leading)
    if not pair.n_reps:
        return MissingData(chapter=CHAPTER, needed=("touches.rep_id",))
    return RepComparison(
        variant=found.labels[pair.variant],
        control=found.labels[pair.control],
        mix=pair.mix,
        crude_difference=pair.crude.difference,
        difference=pair.difference,
        method=pair.method,
        stratified_by=pair.stratified_by,
        simpson=misled.get(pair.variant),
        smallest_group=smallest_group,
    )


def compare_segments(found: Variation | Waiting | MissingData) -> SegmentComparison | None:
    """Give the leading pair within segments, where two or more have enough contacts.

    Parameters
    ----------
    found : Variation, Waiting or MissingData
        What `analyse_variants` gave.

    Examples
    --------
    >>> compare_segments(Waiting(n_contacts=12, horizon_days=45)) is None
    True
    """
    if not isinstance(found, Variation) or found.leading.heterogeneity is None:
        return None
    pair = found.leading
    return SegmentComparison(
        variant=found.labels[pair.variant],
        control=found.labels[pair.control],
        segments=pair.segments,
        heterogeneity=found.leading.heterogeneity,
    )
