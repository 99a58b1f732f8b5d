"""What speaks for or against trusting a comparison of variants: codes with their numbers, worded by the presenter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gtmlib.errors import ParameterError
from gtmlib.stats.compliance import ComplierEffect
from gtmlib.stats.designs import LEAST_INFORMATION, LEAST_REPS_PER_ARM, CellTable, Design
from gtmlib.stats.distributions import chi_square_pvalue
from gtmlib.stats.inference import LEAST_CONTACTS, LEAST_OUTCOMES
from gtmlib.stats.splits import SPLIT_ALPHA, SplitCheck

Level = Literal["stop", "warn", "note"]
Code = Literal[
    "planned_split",
    "not_randomised",
    "variant_is_rep",
    "low_overlap",
    "few_reps",
    "simpson",
    "not_concurrent",
    "immature",
    "low_fidelity",
    "zero_conversions",
    "few_conversions",
    "too_early",
    "duplicates",
]

FEW_REPS = 10  # clusters under which errors clustered by rep are too small: 11 % false alarms at 6 where 5 % is claimed
FEWEST_REPS = 3  # clusters under which they say nothing at all
IMMATURE_SHARE = 0.2  # of contacts too young to have converted: with more, the rates are about a past that may be over
DUPLICATE_SHARE = 0.05  # of contacts at an account that met more than one variant: their answers are one answer
CURABLE: frozenset[Code] = frozenset({"zero_conversions", "few_conversions", "too_early"})  # by more contacts alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check that fired.

    Parameters
    ----------
    code : str
        What it is about; the presenter's key.
    level : {'stop', 'warn', 'note'}
        A `stop` keeps any winner from being named.
    number, threshold : float
        What was found, and where the check fires; shares in [0, 1], p-values, or counts, by code.
    """

    code: Code
    level: Level
    number: float
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFacts:
    """What reduction knows about the contacts beside their counts.

    Parameters
    ----------
    n_immature : int
        Contacts too young to have converted: left out of the cells.
    n_duplicates : int
        Contacts in the cells at accounts that met more than one variant.
    fidelity_floor : float
        Share of contacts that must have got the variant that they were assigned, in [0, 1].
    contacts_per_week : float, optional
        Present pace, in all variants together.
    """

    n_immature: int = 0
    n_duplicates: int = 0
    fidelity_floor: float = 0.8
    contacts_per_week: float | None = None

    def __post_init__(self) -> None:
        if min(self.n_immature, self.n_duplicates) < 0 or not 0 <= self.fidelity_floor <= 1:
            raise ParameterError(f"{self}: counts must be at least 0 and fidelity_floor in [0, 1].")


def check_whole(table: CellTable, split: SplitCheck, facts: SampleFacts) -> tuple[Check, ...]:
    """Return the checks that fire for all variants together.

    Parameters
    ----------
    table : CellTable
        Contacts by variant, rep and period.
    split : SplitCheck
        Observed against planned contacts per variant.
    facts : SampleFacts
        What else is known of the contacts.

    References
    ----------
    Fabijan et al. (2019), Proc. KDD, 2156-2164, on sample ratio mismatch.

    Examples
    --------
    >>> from gtmlib.stats.designs import VariantCell, tabulate_cells
    >>> from gtmlib.stats.splits import check_split
    >>> cells = [VariantCell(variant=v, n_contacts=n, n_conversions=9) for v, n in (("A", 300), ("B", 200))]
    >>> fired = check_whole(tabulate_cells(cells, "AB"), check_split([300, 200], [1, 1]), SampleFacts(n_duplicates=50))
    >>> [check.code for check in fired]
    ['planned_split', 'duplicates']
    """
    fired: list[Check] = []
    n = float(table.n.sum())
    if not split.is_as_planned:
        fired.append(Check(code="planned_split", level="stop", number=split.pvalue, threshold=split.alpha))
    if (pvalue := randomisation_pvalue(table)) < SPLIT_ALPHA:
        fired.append(Check(code="not_randomised", level="warn", number=pvalue, threshold=SPLIT_ALPHA))
    immature = facts.n_immature / (n + facts.n_immature)
    if immature > 0:
        level: Level = "warn" if immature > IMMATURE_SHARE else "note"
        fired.append(Check(code="immature", level=level, number=immature, threshold=IMMATURE_SHARE))
    if (duplicates := facts.n_duplicates / n) > DUPLICATE_SHARE:
        fired.append(Check(code="duplicates", level="warn", number=duplicates, threshold=DUPLICATE_SHARE))
    return tuple(fired)


def randomisation_pvalue(table: CellTable) -> float:
    """Return the p-value of variants having been dealt to reps alike: a chi-square test of reps by variants.

    Parameters
    ----------
    table : CellTable
        Contacts by variant, rep and period.

    Returns
    -------
    float
        1 where fewer than two reps or two variants have contacts.

    References
    ----------
    Pearson (1900), Philos. Mag. 50, 157-175.

    Examples
    --------
    >>> from gtmlib.stats.designs import VariantCell, tabulate_cells
    >>> dealt = {("A", "r1"): 40, ("A", "r2"): 20, ("B", "r1"): 20, ("B", "r2"): 40}
    >>> cells = [VariantCell(variant=v, rep=r, n_contacts=n, n_conversions=4) for (v, r), n in dealt.items()]
    >>> round(randomisation_pvalue(tabulate_cells(cells, "AB")), 4)
    0.0003
    """
    by_rep = table.n @ (table.rep[:, None] == np.arange(len(table.reps)))
    by_rep = by_rep[by_rep.sum(axis=1) > 0][:, by_rep.sum(axis=0) > 0]
    if min(by_rep.shape) < 2:
        return 1.0
    expected = by_rep.sum(axis=1, keepdims=True) * by_rep.sum(axis=0) / by_rep.sum()
    statistic = float(((by_rep - expected) ** 2 / expected).sum())
    return chi_square_pvalue(statistic, (by_rep.shape[0] - 1) * (by_rep.shape[1] - 1))


def check_design(design: Design, n_periods: int) -> tuple[Check, ...]:
    """Return the checks that fire on who sent what when, for one pair.

    Parameters
    ----------
    design : Design
        Of the pair.
    n_periods : int
        Periods in which the pair has contacts.

    References
    ----------
    Cameron, Gelbach & Miller (2008), Rev. Econ. Stat. 90, 414-427, on errors from few clusters.

    Examples
    --------
    >>> from gtmlib.stats.designs import VariantCell, choose_design, tabulate_cells
    >>> cells = [VariantCell(variant=v, rep=r, n_contacts=40, n_conversions=4) for v, r in (("A", "r1"), ("B", "r2"))]
    >>> [check.code for check in check_design(choose_design(tabulate_cells(cells, "AB"), 1, 0), n_periods=1)]
    ['variant_is_rep']
    """
    fired: list[Check] = []
    if design.n_reps >= 2 and design.information_share == 0:
        fewest = min(design.n_variant_reps, design.n_control_reps)
        level: Level = "warn" if design.method == "rep_means" else "stop"
        fired.append(Check(code="variant_is_rep", level=level, number=fewest, threshold=LEAST_REPS_PER_ARM))
    elif design.information_share < LEAST_INFORMATION:
        fired.append(
            Check(code="low_overlap", level="warn", number=design.information_share, threshold=LEAST_INFORMATION)
        )
    if design.df is not None and design.n_reps < FEW_REPS:
        level = "stop" if design.n_reps < FEWEST_REPS else "warn"
        fired.append(Check(code="few_reps", level=level, number=design.n_reps, threshold=FEW_REPS))
    if n_periods > 1 and design.concurrent_share < LEAST_INFORMATION:
        level = "stop" if design.concurrent_share == 0 else "warn"
        fired.append(
            Check(code="not_concurrent", level=level, number=design.concurrent_share, threshold=LEAST_INFORMATION)
        )
    return tuple(fired)


def check_counts(n: Sequence[int], n_converted: int) -> tuple[Check, ...]:
    """Return the checks that fire on too little data for a pair; `inference.is_too_early` says the same of arrays.

    Parameters
    ----------
    n : sequence of int
        Contacts of the variant and of the control.
    n_converted : int
        Conversions of both together.

    References
    ----------
    Cochran (1954), Biometrics 10, 417-451, on expected counts under 5.

    Examples
    --------
    >>> [check.code for check in check_counts((50, 12), 3)]
    ['too_early', 'few_conversions']
    """
    fired: list[Check] = []
    if min(n) < LEAST_CONTACTS:
        fired.append(Check(code="too_early", level="stop", number=min(n), threshold=LEAST_CONTACTS))
    if n_converted == 0:
        fired.append(Check(code="zero_conversions", level="stop", number=0, threshold=LEAST_OUTCOMES))
    elif min(n_converted, sum(n) - n_converted) < LEAST_OUTCOMES:
        rarer = min(n_converted, sum(n) - n_converted)
        fired.append(Check(code="few_conversions", level="stop", number=rarer, threshold=LEAST_OUTCOMES))
    return tuple(fired)


def check_simpson(
    crude: float,
    crude_interval: tuple[float, float],
    adjusted: float,
    adjusted_interval: tuple[float, float],
    standard_error: float,
) -> tuple[Check, ...]:
    """Return whether the mix over strata makes the crude difference say what no stratum does.

    It fires where crude and adjusted difference lie more than a standard error apart, and either have opposite signs or
    only the crude one would count as different from 0 at a single look.

    Parameters
    ----------
    crude, adjusted : float
        Differences of rates.
    crude_interval, adjusted_interval : tuple of float
        Of a single look.
    standard_error : float
        Of the adjusted difference.

    References
    ----------
    Simpson (1951), J. R. Stat. Soc. B 13, 238-241.

    Examples
    --------
    >>> check_simpson(0.08, (0.0014, 0.1576), 0.0, (-0.0849, 0.0849), 0.0433)[0].code
    'simpson'
    """
    gap = crude - adjusted
    counts_crude, counts_adjusted = (low > 0 or high < 0 for low, high in (crude_interval, adjusted_interval))
    if abs(gap) > standard_error and (crude * adjusted < 0 or (counts_crude and not counts_adjusted)):
        return (Check(code="simpson", level="warn", number=gap, threshold=standard_error),)
    return ()


def check_delivery(complier: ComplierEffect, facts: SampleFacts) -> tuple[Check, ...]:
    """Return whether too few contacts got the message that they were assigned, in the worse of the two arms.

    Parameters
    ----------
    complier : ComplierEffect
        With the delivered rates.
    facts : SampleFacts
        With the contract's fidelity floor.

    References
    ----------
    Angrist, Imbens & Rubin (1996), J. Am. Stat. Assoc. 91, 444-455, on assignment that is not complied with.

    Examples
    --------
    >>> from gtmlib.stats.compliance import Delivery, estimate_complier_effect
    >>> arm = Delivery(n_assigned=100, n_conversions=20, n_delivered=60, n_delivered_conversions=15)
    >>> control = Delivery(n_assigned=100, n_conversions=10, n_delivered=5, n_delivered_conversions=1)
    >>> [(check.code, check.number) for check in check_delivery(estimate_complier_effect(arm, control), SampleFacts())]
    [('low_fidelity', 0.6)]
    """
    fidelity = min(complier.delivered_rate, 1 - complier.control_delivered_rate)
    if fidelity < facts.fidelity_floor:
        return (Check(code="low_fidelity", level="stop", number=fidelity, threshold=facts.fidelity_floor),)
    return ()
