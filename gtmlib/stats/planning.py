"""How many contacts a comparison of messages needs, how long that takes, and what can be seen before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gtmlib.errors import ParameterError
from gtmlib.stats.clustered import design_effect
from gtmlib.stats.peeking import sequential_inflation
from gtmlib.stats.requirements import require_level, require_positive
from gtmlib.stats.sample_sizes import exact_power, required_contacts, smallest_detectable_effect
from gtmlib.stats.sequential import Looks

MOST_WEEKS = 52.0  # beyond a year the market, the reps and the message are others
EVEN = (1.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectableEffect:
    """What a time would be enough for.

    Parameters
    ----------
    weeks : float
        From the start.
    n_per_variant : int
        Contacts by then of the variant that gets fewest.
    difference : float, optional
        Smallest rise of the control's rate that would be seen with the planned power; none: not even a rise to 1.
    """

    weeks: float
    n_per_variant: int
    difference: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantPlan:
    """The contacts that a comparison needs.

    Parameters
    ----------
    control_rate, variant_rate : float
        Rates to be told apart, in (0, 1).
    power, confidence_level : float
        In (0, 1); the level is that of one comparison.
    looks : {'many', 'one'}
        For which `n_per_variant` is.
    split : tuple of float
        Weights of the variants, the control's first.
    n_single_look : int
        Contacts of the variant that gets fewest, for one look at independent contacts, by Fleiss.
    exact_power : float
        Power of the rule with so many, by enumeration of all outcomes.
    design_effect : float, optional
        Factor for clustering, at least 1; none: no number of contacts makes up for too few reps.
    sequential_inflation : float
        Factor for looking as one goes; 1 for one look.
    n_per_variant : int, optional
        Product of the three, rounded up: contacts of the variant that gets fewest; none like the design effect.
    n_total : int, optional
        Of all variants.
    weeks : float, optional
        Until then, at the present pace.
    is_testable : bool, optional
        Whether that is within a year; none where the pace is not known.
    detectable : tuple of DetectableEffect
        At the weeks asked for, where the pace is known.
    """

    control_rate: float
    variant_rate: float
    power: float
    confidence_level: float
    looks: Looks
    split: tuple[float, ...]
    n_single_look: int
    exact_power: float
    design_effect: float | None
    sequential_inflation: float
    n_per_variant: int | None
    n_total: int | None
    weeks: float | None
    is_testable: bool | None
    detectable: tuple[DetectableEffect, ...]

    @property
    def is_even(self) -> bool:
        """Whether all variants get as many contacts."""
        return len(set(self.split)) == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a comparison is planned under, whatever its rates.

    Parameters
    ----------
    power, confidence_level : float
        In (0, 1); the level is that of all comparisons with the control together.
    looks : {'many', 'one'}
        As declared in the contract.
    split : tuple of float
        Weights of the variants, above 0, the control's first.
    n_reps : int, optional
        Reps, where each of them sends one variant only; none: each sends every variant.
    intraclass_correlation : float
        How alike the contacts of one rep are, in [0, 1].

    Raises
    ------
    ParameterError
        If a number is out of range.
    """

    power: float = 0.8
    confidence_level: float = 0.95
    looks: Looks = "many"
    split: tuple[float, ...] = EVEN
    n_reps: int | None = None
    intraclass_correlation: float = 0.0

    def __post_init__(self) -> None:
        require_level(self.power, "power")
        require_level(self.confidence_level)
        if len(self.split) < 2:
            raise ParameterError(f"split is {self.split}. A comparison needs the control and one other.")
        for weight in self.split:
            require_positive(weight, "split")
        if self.n_reps is not None:
            require_positive(self.n_reps, "n_reps")
        design_effect(1, self.intraclass_correlation)

    @property
    def level(self) -> float:
        """Level of one comparison with the control (Bonferroni)."""
        return 1 - (1 - self.confidence_level) / (len(self.split) - 1)

    @property
    def ratio(self) -> float:
        """Contacts of the variant that gets fewest for each of the control: its comparison decides how many."""
        return min(self.split[1:]) / self.split[0]

    @property
    def fewest_share(self) -> float:
        """Share of all contacts that the variant that gets fewest has."""
        return min(self.split[1:]) / sum(self.split)

    @property
    def inflation(self) -> float:
        """Factor for looking as one goes."""
        return sequential_inflation(self.power, self.level) if self.looks == "many" else 1.0

    def clustering(self, n_independent: float) -> float | None:
        """Give the factor for reps who send one variant each; none where no number of contacts is enough.

        A rep's contacts m grow with it, and so does their price 1 + (m - 1) rho: the factor solves that equation.

        Parameters
        ----------
        n_independent : float
            Contacts in all that would do if they were independent.
        """
        per_rep = n_independent / self.n_reps if self.n_reps is not None else 1.0
        if per_rep <= 1:
            return 1.0
        left = 1 - self.intraclass_correlation * per_rep
        return (1 - self.intraclass_correlation) / left if left > 0 else None


def plan_comparison(
    control_rate: float,
    variant_rate: float,
    terms: Terms | None = None,
    *,
    contacts_per_week: float | None = None,
    at_weeks: Sequence[float] = (4.0, 8.0, 12.0),
) -> VariantPlan:
    """Plan a comparison: contacts per variant, weeks, and what can be seen before.

    Parameters
    ----------
    control_rate, variant_rate : float
        Rates to be told apart, in (0, 1).
    terms : Terms, optional
        Power, level, looks, split and reps; none: two variants of one size, looked at as one goes.
    contacts_per_week : float, optional
        Present pace in all variants together.
    at_weeks : sequence of float
        When to say what can be seen.

    Raises
    ------
    ParameterError
        If a number is out of range.

    Examples
    --------
    >>> plan = plan_comparison(0.10, 0.20, Terms(looks="one"), contacts_per_week=50)
    >>> plan.n_per_variant, plan.weeks, plan.is_testable
    (199, 7.96, True)
    """
    terms = terms or Terms()
    single, effect, n = _size(control_rate, variant_rate, terms)
    n_total = None if n is None else sum(_sizes(n, terms))
    weeks, detectable = None, tuple[DetectableEffect, ...]()
    if contacts_per_week is not None:
        pace = require_positive(contacts_per_week, "contacts_per_week")
        weeks = None if n_total is None else n_total / pace
        detectable = tuple(_detectable(week, pace * week, control_rate, terms) for week in at_weeks)
    n_single = math.ceil(single)
    power = exact_power(
        n_single, control_rate, variant_rate,
        n_control=math.ceil(n_single / terms.ratio - 1e-9), confidence_level=terms.level,
    )  # fmt: skip
    return VariantPlan(
        control_rate=control_rate,
        variant_rate=variant_rate,
        power=terms.power,
        confidence_level=terms.level,
        looks=terms.looks,
        split=terms.split,
        n_single_look=n_single,
        exact_power=power,
        design_effect=effect,
        sequential_inflation=terms.inflation,
        n_per_variant=n,
        n_total=n_total,
        weeks=weeks,
        is_testable=False if n is None else None if weeks is None else weeks <= MOST_WEEKS,
        detectable=detectable,
    )


def contacts_in_all(control_rate: float, variant_rate: float, terms: Terms) -> int | None:
    """Return the contacts of all variants that a comparison needs: `plan_comparison`'s, without what is around them.

    Parameters
    ----------
    control_rate, variant_rate : float
        Rates to be told apart, in (0, 1).
    terms : Terms
        Power, level, looks, split and reps.

    Returns
    -------
    int or None
        None where no number of contacts makes up for too few reps.

    Raises
    ------
    ParameterError
        If a rate is out of range, or they are equal.

    Examples
    --------
    >>> contacts_in_all(0.10, 0.20, Terms(looks="one"))
    398
    >>> contacts_in_all(0.10, 0.20, Terms(looks="one", n_reps=6, intraclass_correlation=0.02)) is None
    True
    """
    n = _size(control_rate, variant_rate, terms)[2]
    return None if n is None else sum(_sizes(n, terms))


def _size(control_rate: float, variant_rate: float, terms: Terms) -> tuple[float, float | None, int | None]:
    """Give contacts for one look at independent ones, the design effect, and contacts needed, of the fewest."""
    single = required_contacts(
        control_rate, variant_rate, ratio=terms.ratio, power=terms.power, confidence_level=terms.level
    )
    effect = terms.clustering(single * terms.inflation / terms.fewest_share)
    return single, effect, None if effect is None else math.ceil(single * terms.inflation * effect - 1e-9)


def _sizes(n_fewest: int, terms: Terms) -> list[int]:
    least = min(terms.split[1:])
    return [math.ceil(n_fewest * weight / least - 1e-9) for weight in terms.split]


def _detectable(weeks: float, n_total: float, control_rate: float, terms: Terms) -> DetectableEffect:
    n = n_total * terms.fewest_share
    clusters = 1.0 if terms.n_reps is None else design_effect(n_total / terms.n_reps, terms.intraclass_correlation)
    difference = smallest_detectable_effect(
        n / (clusters * terms.inflation), control_rate,
        ratio=terms.ratio, power=terms.power, confidence_level=terms.level,
    )  # fmt: skip
    return DetectableEffect(weeks=weeks, n_per_variant=math.floor(n + 1e-9), difference=difference)
