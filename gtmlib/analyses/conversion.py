"""Which message works? Conversion per variant, against the control, and whether the split was as planned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis

from gtmlib.analyses.findings import Finding, Verdict
from gtmlib.analyses.reductions import MissingData, in_period
from gtmlib.data.engagement import Variants
from gtmlib.data.engine import to_frame
from gtmlib.data.load import Loaded
from gtmlib.errors import ParameterError
from gtmlib.stats.comparisons import ProportionComparison, compare_proportions
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion
from gtmlib.stats.splits import SplitCheck, check_split

CHAPTER = "conversion"


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
            rate, group = row.estimate, {"variant": row.variant}
            args: dict[str, Any] = {
                "variant": row.label,
                "control": control.label,
                "rate": rate.rate,
                "n": rate.n_trials,
            }
            found.append(
                Finding(
                    id="conversion.rate",
                    chapter=CHAPTER,
                    group=group,
                    value=rate.rate,
                    unit="share",
                    ci_low=rate.ci_low,
                    ci_high=rate.ci_high,
                    confidence_level=rate.confidence_level,
                    n=rate.n_trials,
                    message="conversion.finding.rate",
                    args=args,
                )
            )
            if row.difference is not None:
                by = row.difference
                args = {**args, "difference": by.difference, "low": by.ci_low, "high": by.ci_high}
                found += [
                    Finding(
                        id=name,
                        chapter=CHAPTER,
                        group=group,
                        value=by.difference,
                        unit="share",
                        ci_low=by.ci_low,
                        ci_high=by.ci_high,
                        confidence_level=by.confidence_level,
                        n=rate.n_trials + control.estimate.n_trials,
                        verdict=row.verdict,
                        message=f"conversion.finding.{row.verdict}",
                        args=args,
                    )
                    for name in ("conversion.verdict", "conversion.difference")
                ]
        found.append(
            Finding(
                id="conversion.sample_ratio_pvalue",
                chapter=CHAPTER,
                value=self.split.pvalue,
                unit="pvalue",
                n=sum(self.split.observed),
                message=f"conversion.finding.split_{'kept' if self.split.is_as_planned else 'broken'}",
                args={"pvalue": self.split.pvalue, "n": sum(self.split.observed)},
            )
        )
        return tuple(found)


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
    """
    plan = loaded.engagement.contract.variants
    success = ("outcome",) if plan is not None and plan.success else ("converted_on",)
    needed = loaded.missing(touches=("variant_assigned", *success, *(("date",) if plan and plan.horizon_days else ())))
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
        estimate = estimate_proportion(*pair, confidence_level=confidence_level)
        label = plan.names.get(str(name), str(name))
        if name == plan.control:
            rows.append(VariantResult(variant=str(name), label=label, estimate=estimate))
            continue
        difference = compare_proportions(
            *pair, int(control["n_converted"]), int(control["n_mature"]), confidence_level=confidence_level
        )
        verdict, reason = judge(difference, split, plan.looks)
        rows.append(
            VariantResult(
                variant=str(name), label=label, estimate=estimate, difference=difference, verdict=verdict, reason=reason
            )
        )
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
