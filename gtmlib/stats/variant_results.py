"""What a comparison of variants says: numbers and codes, worded by the presenter."""

from __future__ import annotations

from dataclasses import dataclass

from gtmlib.stats.checks import Check
from gtmlib.stats.comparisons import ProportionComparison
from gtmlib.stats.compliance import ComplierEffect
from gtmlib.stats.designs import StratifiedBy
from gtmlib.stats.differences import Method
from gtmlib.stats.inference import ComparisonRule, Verdict
from gtmlib.stats.proportions import ProportionEstimate
from gtmlib.stats.splits import SequentialSplitCheck, SplitCheck
from gtmlib.stats.stratified import Homogeneity


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantRate:
    """One variant's rate.

    Parameters
    ----------
    variant : str
        Name.
    rate : ProportionEstimate
        With the effective n that clustering by rep leaves.
    chance_best : float
        Probability of the highest rate, in [0, 1]; from effective counts, blind to who chose which message.
    expected_loss : float
        Expected conversions per contact forgone by choosing it.
    """

    variant: str
    rate: ProportionEstimate
    chance_best: float
    expected_loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RepMix:
    """One rep's contacts and conversions with the variant and with the control: a row of the mix table.

    Parameters
    ----------
    rep : str
        Name; empty where not known.
    n_contacts, n_conversions, n_control_contacts, n_control_conversions : int
        Counts.
    """

    rep: str
    n_contacts: int
    n_conversions: int
    n_control_contacts: int
    n_control_conversions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentDifference:
    """The same comparison within one segment; it explains and never decides.

    Parameters
    ----------
    segment : str
        Name.
    n_contacts : int
        Of both variants.
    method : {'crude', 'stratified', 'clustered', 'rep_means'}
        Estimator.
    difference, standard_error, ci_low, ci_high : float
        Variant less control, with the interval of the rule's boundary.
    pvalue, bh_pvalue : float
        Two-sided at a single look, alone and by Benjamini and Hochberg over the segments.
    """

    segment: str
    n_contacts: int
    method: Method
    difference: float
    standard_error: float
    ci_low: float
    ci_high: float
    pvalue: float
    bh_pvalue: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PairComparison:
    """One variant against the control.

    Parameters
    ----------
    variant, control : str
        Names.
    crude : ProportionComparison
        As if every contact were alike, at a single look.
    method : {'crude', 'stratified', 'clustered', 'rep_means'}
        Estimator of the difference that decides.
    stratified_by : {'', 'period', 'rep', 'rep_period'}
        Its strata.
    n_contacts, n_reps, n_reps_both : int
        Of both variants; reps known, and those who used both.
    information_share : float
        Share of what contacts tell that lies within reps, in [0, 1].
    difference, standard_error : float
        Adjusted difference of rates, variant less control.
    df : float, optional
        Degrees of freedom of the error; none: it comes from contacts.
    critical : float
        Boundary: standard errors to each side.
    ci_low, ci_high : float
        The interval that decides, in [-1, 1].
    confidence_level : float
        Of that interval, in (0, 1): the pair's level in Holm's procedure.
    fixed_ci_low, fixed_ci_high : float
        What the interval would be had one looked once.
    pvalue, holm_pvalue : float
        Two-sided at a single look, alone and by Holm over the variants.
    lift, lift_ci_low, lift_ci_high : float, optional
        Difference relative to the control's (standardised) rate, with the same boundary; none where that is 0.
    mix : tuple of RepMix
        Counts by rep.
    segments : tuple of SegmentDifference
        Of the segments that can be compared; empty where fewer than two can.
    heterogeneity : Homogeneity, optional
        Whether the segments' differences are one difference.
    complier : ComplierEffect, optional
        Intention to treat beside the complier average effect, where delivery is known.
    checks : tuple of Check
        Those that fired, strongest first.
    verdict : {'winner', 'loser', 'no_difference', 'undecided', 'not_answerable'}
        A winner if and only if no check of level `stop` fired and the interval leaves out 0 upwards.
    n_more : int, optional
        Further contacts of both variants until the interval would decide; none where it does, or never would.
    weeks_more : float, optional
        The same at the present pace.
    """

    variant: str
    control: str
    crude: ProportionComparison
    method: Method
    stratified_by: StratifiedBy
    n_contacts: int
    n_reps: int
    n_reps_both: int
    information_share: float
    difference: float
    standard_error: float
    df: float | None
    critical: float
    ci_low: float
    ci_high: float
    confidence_level: float
    fixed_ci_low: float
    fixed_ci_high: float
    pvalue: float
    holm_pvalue: float
    lift: float | None
    lift_ci_low: float | None
    lift_ci_high: float | None
    mix: tuple[RepMix, ...]
    segments: tuple[SegmentDifference, ...]
    heterogeneity: Homogeneity | None
    complier: ComplierEffect | None
    checks: tuple[Check, ...]
    verdict: Verdict
    n_more: int | None
    weeks_more: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantComparison:
    """All variants: rates, comparisons with the control, and the checks that concern them all.

    Parameters
    ----------
    rule : ComparisonRule
        What was declared before the data.
    rates : tuple of VariantRate
        In the order of the rule, of the variants with contacts.
    pairs : tuple of PairComparison
        The same without the control.
    split : SplitCheck
        Observed against planned contacts.
    split_over_time : SequentialSplitCheck
        The same after each period, valid however often one looks.
    checks : tuple of Check
        Those that fired for all variants; they are in each pair's checks too.
    without_contacts : tuple of str
        Variants of the rule that no contact has.
    """

    rule: ComparisonRule
    rates: tuple[VariantRate, ...]
    pairs: tuple[PairComparison, ...]
    split: SplitCheck
    split_over_time: SequentialSplitCheck
    checks: tuple[Check, ...]
    without_contacts: tuple[str, ...]
