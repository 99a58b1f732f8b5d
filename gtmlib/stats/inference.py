"""The one inference path: estimate, standard error, boundary, interval, verdict.

It runs on arrays, for one data set or for thousands: `compare_variants` and the simulators call the same functions, so
a false-alarm rate that was simulated is that of the rule that decides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from gtmlib.errors import ParameterError
from gtmlib.stats.designs import CellTable, Design, choose_design
from gtmlib.stats.differences import ESTIMATORS, Difference, difference_interval
from gtmlib.stats.distributions import Array
from gtmlib.stats.multiplicity import holm_steps
from gtmlib.stats.requirements import require_level, require_positive
from gtmlib.stats.sequential import Looks, boundary

Verdict = Literal["winner", "loser", "no_difference", "undecided", "not_answerable"]
Flags = npt.NDArray[np.bool_]

DEFAULT_PLANNED_N = (
    300  # per variant, where the contract plans none: enough to tell .10 from .20 in three of four tests
)
MOST_CONTACTS = 1_000_000  # beyond it "more contacts" is no advice
LEAST_CONTACTS = 20  # of each variant: before that even a rate of one half is known to +- .2 only
LEAST_OUTCOMES = 5  # conversions, and contacts without one, of both variants: rarer ones have no useful standard error


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRule:
    """What was declared before the data; the contract's `variants`.

    Parameters
    ----------
    control : str
        The variant that the others are compared with.
    planned_split : tuple of (str, float)
        Every variant and its planned weight, in any unit.
    looks : {'many', 'one'}
        Whether results are looked at as they come, or once at the end.
    planned_n : float, optional
        Contacts planned, in all variants together; none: 300 a variant.
    confidence_level : float
        Of all comparisons with the control together, in (0, 1).
    smallest_effect : float, optional
        Smallest difference of rates that is worth acting on, above 0.
    """

    control: str
    planned_split: tuple[tuple[str, float], ...]
    looks: Looks = "many"
    planned_n: float | None = None
    confidence_level: float = 0.95
    smallest_effect: float | None = None

    def __post_init__(self) -> None:
        names = [name for name, _ in self.planned_split]
        if self.control not in names or len(set(names)) < len(names) or len(names) < 2:
            raise ParameterError(
                f"planned_split names {names}. Name the control '{self.control}' and others, once each."
            )
        for name, weight in self.planned_split:
            require_positive(weight, f"planned_split of '{name}'")
        require_level(self.confidence_level)
        for value, what in ((self.planned_n, "planned_n"), (self.smallest_effect, "smallest_effect")):
            if value is not None:
                require_positive(value, what)

    def planned_pair_n(self, variant: str) -> float:
        """Return the contacts planned for a variant and the control together.

        Parameters
        ----------
        variant : str
            Not the control.
        """
        weights = dict(self.planned_split)
        planned = self.planned_n if self.planned_n is not None else DEFAULT_PLANNED_N * len(weights)
        return planned * (weights[variant] + weights[self.control]) / sum(weights.values())


class PairInference(NamedTuple):
    """One pair of variants; arrays have the axes of the simulation, and none for one data set.

    Parameters
    ----------
    variant : int
        Row of the table.
    design : Design
        How the pair is compared.
    estimate : Difference
        By the design's method.
    ci_low, ci_high : array
        Interval of the difference, in [-1, 1].
    confidence_level : array
        At the pair's step of Holm's procedure, in (0, 1).
    is_too_early : array of bool
        Where there is too little data for any verdict.
    """

    variant: int
    design: Design
    estimate: Difference
    ci_low: Array
    ci_high: Array
    confidence_level: Array  # at the pair's step of Holm's procedure
    is_too_early: Flags


def pair_counts(table: CellTable, variant: int, control: int, design: Design) -> tuple[Array, Array, Array, Array]:
    """Return conversions and contacts of the variant and of the control, by the design's groups (last axis).

    Parameters
    ----------
    table : CellTable
        Contacts and conversions by variant, rep and period.
    variant, control : int
        Rows of the table.
    design : Design
        Of the pair.

    Returns
    -------
    k, n, k_0, n_0 : array, (any axes) x groups
        Conversions and contacts of the variant, then of the control.

    Examples
    --------
    >>> from gtmlib.stats.designs import VariantCell, tabulate_cells
    >>> cells = [VariantCell(variant=v, n_contacts=300, n_conversions=c) for v, c in (("A", 30), ("B", 60))]
    >>> table = tabulate_cells(cells, "AB")
    >>> [count.tolist() for count in pair_counts(table, 1, 0, choose_design(table, 1, 0))]
    [[60.0], [300.0], [30.0], [300.0]]
    """
    columns = (table.k[variant], table.n[variant], table.k[control], table.n[control])
    k, n, k_0, n_0 = (design.sum(column) for column in columns)
    return k, n, k_0, n_0


def is_too_early(table: CellTable, variant: int, control: int) -> Flags:
    """Return where a pair has too few contacts, conversions or contacts without one for any verdict.

    Parameters
    ----------
    table : CellTable
        Contacts and conversions by variant, rep and period.
    variant, control : int
        Rows of the table.

    Examples
    --------
    >>> from gtmlib.stats.designs import VariantCell, tabulate_cells
    >>> cells = [VariantCell(variant=v, n_contacts=300, n_conversions=2) for v in "AB"]
    >>> bool(is_too_early(tabulate_cells(cells, "AB"), 1, 0))
    True
    """
    n, n_0 = float(table.n[variant].sum()), float(table.n[control].sum())
    converted = table.k[variant].sum(-1) + table.k[control].sum(-1)
    early: Flags = np.minimum(converted, n + n_0 - converted) < LEAST_OUTCOMES
    return early | (min(n, n_0) < LEAST_CONTACTS)


def infer_pairs(table: CellTable, rule: ComparisonRule) -> list[PairInference]:
    """Compare every variant that has contacts with the control, at Holm's levels.

    Parameters
    ----------
    table : CellTable
        Counts; its variants in the order of the rule, the control with contacts.
    rule : ComparisonRule
        What was declared before the data.

    References
    ----------
    Holm (1979), Scand. J. Stat. 6, 65-70.

    Examples
    --------
    >>> from gtmlib.stats.designs import VariantCell, tabulate_cells
    >>> cells = [VariantCell(variant=v, n_contacts=300, n_conversions=c) for v, c in (("A", 30), ("B", 60))]
    >>> rule = ComparisonRule(control="A", planned_split=(("A", 1), ("B", 1)))
    >>> pair, = infer_pairs(tabulate_cells(cells, "AB"), rule)
    >>> round(float(pair.ci_low), 3), round(float(pair.ci_high), 3)
    (0.011, 0.189)
    """
    control = table.variants.index(rule.control)
    has_contacts = table.n.sum(axis=-1) > 0
    variants = [row for row in range(len(table.variants)) if row != control and has_contacts[row]]
    designs = [choose_design(table, row, control) for row in variants]
    counts = [pair_counts(table, row, control, design) for row, design in zip(variants, designs, strict=True)]
    estimates = [ESTIMATORS[design.method](*count) for design, count in zip(designs, counts, strict=True)]
    steps = len(variants)
    levels = np.array([1 - (1 - rule.confidence_level) / (steps - step) for step in range(steps)])
    intervals = []
    for level in levels:
        at_level = []
        for row, design, estimate, count in zip(variants, designs, estimates, counts, strict=True):
            critical = pair_boundary(table, row, design, rule, float(level))
            at_level.append(difference_interval(design.method, estimate, critical, *count))
        intervals.append(at_level)
    low, high = np.moveaxis(np.array(intervals), 2, 0)  # each: steps x pairs x simulation
    evidence = np.array([np.abs(estimate.difference) / estimate.standard_error for estimate in estimates])
    step = holm_steps(evidence, (low > 0) | (high < 0))
    low, high = (np.take_along_axis(side, step[None], axis=0)[0] for side in (low, high))
    return [
        PairInference(
            row, designs[i], estimates[i], low[i], high[i], levels[step[i]], is_too_early(table, row, control)
        )
        for i, row in enumerate(variants)
    ]


def pair_boundary(table: CellTable, variant: int, design: Design, rule: ComparisonRule, level: float) -> float:
    """Return the standard errors to each side for a pair, at a confidence level.

    Parameters
    ----------
    table : CellTable
        Contacts by variant, rep and period.
    variant : int
        Row of the table; the control is the rule's.
    design : Design
        Of the pair, with the degrees of freedom.
    rule : ComparisonRule
        With planned contacts and looks.
    level : float
        Confidence level, in (0, 1).

    Examples
    --------
    >>> from gtmlib.stats.designs import VariantCell, tabulate_cells
    >>> table = tabulate_cells([VariantCell(variant=v, n_contacts=300, n_conversions=30) for v in "AB"], "AB")
    >>> rule = ComparisonRule(control="A", planned_split=(("A", 1), ("B", 1)), looks="one")
    >>> round(pair_boundary(table, 1, choose_design(table, 1, 0), rule, 0.95), 2)
    1.96
    """
    n = float(table.n[[variant, table.variants.index(rule.control)]].sum())
    planned_n = rule.planned_pair_n(table.variants[variant])
    return boundary(n, planned_n=planned_n, confidence_level=level, looks=rule.looks, df=design.df)


def judge(ci_low: float, ci_high: float, *, smallest_effect: float | None = None) -> Verdict:
    """Return the verdict that an interval gives, no check of level stop having fired.

    Parameters
    ----------
    ci_low, ci_high : float
        Interval of the difference that is shown.
    smallest_effect : float, optional
        Smallest difference that is worth acting on.

    Examples
    --------
    >>> judge(0.01, 0.19), judge(-0.01, 0.02, smallest_effect=0.03), judge(-0.01, 0.19)
    ('winner', 'no_difference', 'undecided')
    """
    if ci_low > 0:
        return "winner"
    if ci_high < 0:
        return "loser"
    if smallest_effect is not None and -smallest_effect < ci_low and ci_high < smallest_effect:
        return "no_difference"
    return "undecided"


def contacts_to_decide(
    difference: float,
    standard_error: float,
    n: int,
    *,
    planned_n: float,
    confidence_level: float = 0.95,
    looks: Looks = "many",
    df: float | None = None,
    smallest_effect: float | None = None,
) -> int | None:
    """Return how many further contacts would decide, were the difference what it is now.

    Parameters
    ----------
    difference, standard_error : float
        Of the rates now.
    n : int
        Contacts now, in both variants together.
    planned_n : float
        Contacts planned in both variants together; with the next three, of the boundary.
    confidence_level : float
        Of the interval, in (0, 1).
    looks : {'many', 'one'}
        Whether results are looked at as they come, or once.
    df : float, optional
        Degrees of freedom of the standard error; none: normal.
    smallest_effect : float, optional
        Then an interval inside it decides too, whichever comes first.

    Returns
    -------
    int or None
        At least 1; None where a million contacts would not do.

    Examples
    --------
    >>> contacts_to_decide(0.05, 0.03, 400, planned_n=600)
    959
    """
    target = max(abs(difference), (smallest_effect or 0.0) - abs(difference))

    def decides(contacts: int) -> bool:
        critical = boundary(contacts, planned_n=planned_n, confidence_level=confidence_level, looks=looks, df=df)
        return critical * standard_error * math.sqrt(n / contacts) < target

    if not decides(MOST_CONTACTS):
        return None
    low, high = n, max(n + 1, MOST_CONTACTS)  # the interval narrows with contacts: the first that decides is between
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decides(middle) else (middle, high)
    return high - n
