"""Which message works? Conversion per variant, against the control, and whether the split was as planned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis

from gtmlib.analyses.findings import Finding, Verdict, interval_of
from gtmlib.analyses.reductions import MissingData, in_period
from gtmlib.data.engagement import Variants
from gtmlib.data.engine import to_frame
from gtmlib.data.load import Loaded
from gtmlib.errors import ParameterError
from gtmlib.stats.comparisons import ProportionComparison, compare_proportions
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion
from gtmlib.stats.splits import SplitCheck, check_split

CHAPTER = "conversion"
WISHED = {"touches": ("variant_delivered", "date", "rep_id")}


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantResult:
    """A variant: its rate, and its difference to the control with a verdict (none for the control).

    Parameters
    ----------
    variant, label : str
        As in the data, and as the contract calls it.
    estimate : ProportionEstimate
        Of the mature contacts it was assigned to.
    difference : ProportionComparison, optional
        To the control, with the Newcombe interval.
    verdict : {'confirmed', 'refuted', 'cannot_tell'}, optional
        Whether it beats the control.
    reason : str
        Why it can't be told: `split`, `looks`, `interval` or empty.
    """

    variant: str
    label: str
    estimate: ProportionEstimate
    difference: ProportionComparison | None = None
    verdict: Verdict | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """Conversion per message variant.

    Parameters
    ----------
    variants : tuple of VariantResult
        The control first, the others by falling rate.
    split : SplitCheck
        Assigned contacts, immature ones included, against the plan.
    n_immature, n_unassigned, n_undeclared : int
        Contacts left out: too young to have converted, without variant, with a variant that the contract lacks.
    horizon_days : int, optional
        Days a contact has to convert.
    """

    variants: tuple[VariantResult, ...]
    split: SplitCheck
    n_immature: int
    n_unassigned: int
    n_undeclared: int
    horizon_days: int | None

    def findings(self) -> tuple[Finding, ...]:
        """Give rates, differences, verdicts and the split check."""
        found: list[Finding] = []
        control = self.variants[0]
        for row in self.variants:
            rate, by, group = row.estimate, row.difference, {"variant": row.variant}
            args: dict[str, Any] = {
                "variant": row.label,
                "control": control.label,
                "rate": rate.rate,
                "n": rate.n_trials,
            }
            about: dict[str, Any] = {"group": group, "n": rate.n_trials} | interval_of(rate)
            found.append(Finding("conversion.rate", rate.rate, "share", "conversion.finding.rate", args, **about))
            if by is not None:
                args = {**args, "difference": by.difference, "low": by.ci_low, "high": by.ci_high}
                n = rate.n_trials + control.estimate.n_trials
                about |= {"n": n, "verdict": row.verdict} | interval_of(by)
                message = f"conversion.finding.{row.verdict}"
                names = ("conversion.verdict", "conversion.difference")
                found += [Finding(name, by.difference, "share", message, args, **about) for name in names]
        n, split = sum(self.split.observed), "kept" if self.split.is_as_planned else "broken"
        args = {"pvalue": self.split.pvalue, "n": n}
        message = f"conversion.finding.split_{split}"
        found.append(Finding("conversion.sample_ratio_pvalue", self.split.pvalue, "pvalue", message, args, n=n))
        return tuple(found)


def needed_columns(plan: Variants | None) -> dict[str, tuple[str, ...]]:
    """Name the columns that the analysis needs: what counts as success is the plan's to say.

    Examples
    --------
    >>> needed_columns(None)
    {'touches': ('variant_assigned', 'converted_on')}
    """
    success = "outcome" if plan is not None and plan.success else "converted_on"
    date = ("date",) if plan is not None and plan.horizon_days else ()
    return {"touches": ("variant_assigned", success, *date)}


def analyse_variants(loaded: Loaded, *, confidence_level: float = 0.95) -> Variation | MissingData:
    """Estimate each variant's conversion and its difference to the control.

    Parameters
    ----------
    loaded : Loaded
        Needs the contract's variants, and touches with variant_assigned and what counts as success.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    References
    ----------
    Wilson (1927); Newcombe (1998), Stat. Med. 17, 873-890, method 10.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.engagement import Variants
    >>> from gtmlib.data.load import load_frames
    >>> plan = Variants(control="A", planned_split={"A": 1.0, "B": 1.0}, success=["meeting"], looks="one")
    >>> touches = pd.DataFrame({"variant_assigned": ["A"] * 80 + ["B"] * 70, "outcome": "no"})
    >>> touches.loc[[*range(48), *range(80, 136)], "outcome"] = "meeting"  # 48 of 80, 56 of 70
    >>> touches["touch_id"] = touches.index.astype(str)
    >>> control, variant = analyse_variants(load_frames({"touches": touches}, variants=plan)).variants
    >>> round(variant.difference.difference, 3), round(variant.difference.ci_low, 4), variant.verdict
    (0.2, 0.0524, 'confirmed')
    """
    plan = loaded.engagement.contract.variants
    needed = loaded.missing(**needed_columns(plan))
    if plan is None or needed:
        return MissingData(chapter=CHAPTER, needed=(*(() if plan else ("contract.variants",)), *needed))
    counts = to_frame(reduce_variants(loaded, plan)).set_index("variant")
    declared = counts[counts.index.isin(plan.planned_split)]
    if silent := [
        name for name in plan.planned_split if name not in declared.index or not declared.loc[name, "n_mature"]
    ]:
        return MissingData(chapter=CHAPTER, needed=tuple(f"touches.variant_assigned = {name}" for name in silent))
    split = check_split(
        [int(declared.loc[name, "n"]) for name in plan.planned_split], list(plan.planned_split.values())
    )
    control = declared.loc[plan.control]
    rows = []
    for name, row in declared.sort_index().iterrows():
        pair = (int(row["n_converted"]), int(row["n_mature"]))
        known: dict[str, Any] = {"variant": str(name), "label": plan.names.get(str(name), str(name))}
        known["estimate"] = estimate_proportion(*pair, confidence_level=confidence_level)
        if name != plan.control:
            base = (int(control["n_converted"]), int(control["n_mature"]))
            known["difference"] = compare_proportions(*pair, *base, confidence_level=confidence_level)
            known["verdict"], known["reason"] = judge(known["difference"], split, plan.looks)
        rows.append(VariantResult(**known))
    rows.sort(key=lambda row: (row.variant != plan.control, -row.estimate.rate))
    return Variation(
        variants=tuple(rows),
        split=split,
        n_immature=int((declared["n"] - declared["n_mature"]).sum()),
        n_unassigned=int(counts.loc[counts.index.isna(), "n"].sum()),
        n_undeclared=int(counts.loc[~counts.index.isin(plan.planned_split) & counts.index.notna(), "n"].sum()),
        horizon_days=plan.horizon_days,
    )


def judge(difference: ProportionComparison, split: SplitCheck, looks: str) -> tuple[Verdict, str]:
    """Say whether a variant beats the control: only where the split was kept and the interval excludes 0.

    Parameters
    ----------
    difference : ProportionComparison
        Variant less control; its interval holds for one look.
    split : SplitCheck
        Assigned contacts against the plan.
    looks : {'one', 'many'}
        Declared in the contract; an interval for one look says nothing to someone who looks as results come.

    Returns
    -------
    verdict, reason
        The reason is `split`, `looks` or `interval` where it can't be told, else empty.

    Raises
    ------
    ParameterError
        If looks is neither of the two.

    Examples
    --------
    >>> from gtmlib.stats.splits import check_split
    >>> judge(compare_proportions(56, 70, 48, 80), check_split([70, 80], [1, 1]), "many")
    ('cannot_tell', 'looks')
    """
    if looks not in ("one", "many"):
        raise ParameterError(f"unknown looks '{looks}': it can be one, many")
    if not split.is_as_planned:
        return "cannot_tell", "split"
    if difference.ci_low <= 0 <= difference.ci_high:
        return "cannot_tell", "interval"
    if looks == "many":
        return "cannot_tell", "looks"
    return ("confirmed" if difference.ci_low > 0 else "refuted"), ""


def reduce_variants(loaded: Loaded, plan: Variants) -> Any:
    """Count contacts, mature contacts and conversions per assigned variant.

    Returns
    -------
    ibis Table
        variant (str, null where none was assigned), n, n_mature, n_converted: counts of touches.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> plan = Variants(control="A", planned_split={"A": 1.0, "B": 1.0}, success=["meeting"])
    >>> touches = pd.DataFrame({"touch_id": ["1", "2"], "variant_assigned": "A", "outcome": ["meeting", "no"]})
    >>> to_frame(reduce_variants(load_frames({"touches": touches}), plan)).to_dict("records")
    [{'variant': 'A', 'n': 2, 'n_mature': 2, 'n_converted': 1}]
    """
    touches = in_period(loaded, loaded.tables["touches"])
    mature: Any = ibis.literal(True)
    if plan.horizon_days:
        ripe_on = ibis.literal(loaded.engagement.contract.exported_on) - ibis.interval(days=plan.horizon_days)
        mature = (touches.date <= ripe_on.cast("date")).fill_null(False)
    happened = touches.outcome.isin(plan.success) if plan.success else touches.converted_on.notnull()
    converted = happened.fill_null(False)
    if plan.horizon_days and "converted_on" in touches.columns:
        late = touches.converted_on.delta(touches.date, unit="day") > plan.horizon_days
        converted = converted & ~late.fill_null(False)
    rows = touches.mutate(variant=touches.variant_assigned, is_mature=mature, is_converted=converted)
    return rows.group_by("variant").aggregate(
        n=rows.count(),
        n_mature=rows.is_mature.sum(),
        n_converted=(rows.is_mature & rows.is_converted).sum(),
    )
