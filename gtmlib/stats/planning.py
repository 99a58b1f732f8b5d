"""How many contacts a comparison of messages needs, how long that takes, and what can be seen before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from gtmlib.errors import ParameterError
from gtmlib.stats.clustered import design_effect
from gtmlib.stats.comparisons import newcombe_interval
from gtmlib.stats.distributions import Array, critical_value
from gtmlib.stats.inference import LEAST_CONTACTS, LEAST_OUTCOMES
from gtmlib.stats.requirements import require_level, require_positive
from gtmlib.stats.sequential import Looks, boundary

N_LOOKS = 30  # weekly for half a year; the boundary holds for any number, and more looks hardly change the power
N_RUNS = 10_000  # simulated comparisons: a power of .80 to within .01
MOST_WEEKS = 52.0  # beyond a year the market, the reps and the message are others


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectableEffect:
    """What a time would be enough for.

    Parameters
    ----------
    weeks : float
        From the start.
    n_per_variant : int
        Contacts of each variant by then.
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
    n_single_look : int
        Contacts per variant for one look at independent contacts, by Fleiss.
    exact_power : float
        Power of the rule with so many, by enumeration of all outcomes.
    design_effect : float
        Factor for clustering, at least 1.
    sequential_inflation : float
        Factor for looking as one goes, found by simulation; 1 for one look.
    n_per_variant : int
        Product of the three, rounded up.
    n_total : int
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
    n_single_look: int
    exact_power: float
    design_effect: float
    sequential_inflation: float
    n_per_variant: int
    n_total: int
    weeks: float | None
    is_testable: bool | None
    detectable: tuple[DetectableEffect, ...]


def required_contacts(
    control_rate: float, variant_rate: float, *, power: float = 0.8, confidence_level: float = 0.95
) -> float:
    """Return the contacts per variant that one look needs, two-sided, before rounding up.

    Parameters
    ----------
    control_rate, variant_rate : float
        In (0, 1), and not equal.
    power, confidence_level : float
        In (0, 1).

    Raises
    ------
    ParameterError
        If a number is out of range, or the rates are equal.

    References
    ----------
    Fleiss (1981), Statistical Methods for Rates and Proportions, 2nd ed., eq. 3.14.

    Examples
    --------
    >>> math.ceil(required_contacts(0.10, 0.20))
    199
    """
    p_0, p = require_level(control_rate, "control_rate"), require_level(variant_rate, "variant_rate")
    if p_0 == p:
        raise ParameterError(f"control_rate and variant_rate are both {p}. No number of contacts tells them apart.")
    middle = (p_0 + p) / 2
    by_alpha = critical_value(require_level(confidence_level)) * math.sqrt(2 * middle * (1 - middle))
    by_power = float(special.ndtri(require_level(power, "power"))) * math.sqrt(p_0 * (1 - p_0) + p * (1 - p))
    return ((by_alpha + by_power) / (p - p_0)) ** 2


def exact_power(
    n_per_variant: int, control_rate: float, variant_rate: float, *, confidence_level: float = 0.95
) -> float:
    """Return the chance that one look names the right winner, by enumeration of all outcomes that matter.

    Parameters
    ----------
    n_per_variant : int
        Contacts of each of the two variants.
    control_rate, variant_rate : float
        True rates, in (0, 1).
    confidence_level : float
        Of Newcombe's interval, in (0, 1).

    Raises
    ------
    ParameterError
        If a number is out of range.

    Examples
    --------
    >>> round(exact_power(199, 0.10, 0.20), 3), round(exact_power(157, 0.10, 0.20), 3)
    (0.804, 0.704)
    """
    n = require_positive(n_per_variant, "n_per_variant")
    k, weights = _likely_outcomes(n, require_level(variant_rate, "variant_rate"))
    k_0, weights_0 = _likely_outcomes(n, require_level(control_rate, "control_rate"))
    sizes = np.array(n)
    low, high = newcombe_interval(k[:, None], sizes, k_0[None], sizes, critical_value(require_level(confidence_level)))
    right = low > 0 if variant_rate > control_rate else high < 0
    return float(weights @ right @ weights_0)


def _likely_outcomes(n: float, rate: float) -> tuple[Array, Array]:
    reach = 6 * math.sqrt(n * rate * (1 - rate)) + 20  # counts beyond have less than 1e-8 of the probability
    k = np.arange(max(0.0, math.floor(n * rate - reach)), min(n, math.ceil(n * rate + reach)) + 1)
    log_weights = special.xlogy(k, rate) + special.xlog1py(n - k, -rate)
    log_weights += special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return k, np.exp(log_weights)


def simulate_power(
    n_per_variant: int,
    control_rate: float,
    variant_rate: float,
    *,
    rng: np.random.Generator,
    confidence_level: float = 0.95,
    n_looks: int = N_LOOKS,
    n_runs: int = N_RUNS,
) -> float:
    """Return the chance that the right winner has been named by the last of many evenly spaced looks.

    Parameters
    ----------
    n_per_variant : int
        Contacts of each of the two variants at the last look, for which the boundary is tuned.
    control_rate, variant_rate : float
        True rates, in [0, 1].
    rng : numpy.random.Generator
        Randomness.
    confidence_level : float
        Of the boundary, in (0, 1).
    n_looks, n_runs : int
        Looks, and simulated comparisons.

    Examples
    --------
    >>> simulate_power(300, 0.10, 0.20, rng=np.random.default_rng(1), n_runs=2000) > 0.7
    True
    """
    n = np.unique(np.linspace(0, n_per_variant, n_looks + 1).round())[1:]
    steps = np.diff(n, prepend=0).astype(int)
    k, k_0 = (rng.binomial(steps, rate, size=(n_runs, len(n))).cumsum(axis=1) for rate in (variant_rate, control_rate))
    critical = np.array([boundary(2 * m, planned_n=2 * n_per_variant, confidence_level=confidence_level) for m in n])
    low, high = newcombe_interval(k.astype(float), n, k_0.astype(float), n, critical)
    both = k + k_0
    has_enough = (n >= LEAST_CONTACTS) & (np.minimum(both, 2 * n - both) >= LEAST_OUTCOMES)
    right = low > 0 if variant_rate > control_rate else high < 0
    return float((right & has_enough).any(axis=1).mean())


def sequential_contacts(
    control_rate: float,
    variant_rate: float,
    *,
    rng: np.random.Generator,
    power: float = 0.8,
    confidence_level: float = 0.95,
) -> int:
    """Return the contacts per variant that many looks need, by simulation of the rule.

    Parameters
    ----------
    control_rate, variant_rate : float
        In (0, 1), and not equal.
    rng : numpy.random.Generator
        Randomness; the answer varies by about 1 % with it.
    power, confidence_level : float
        In (0, 1).

    Raises
    ------
    ParameterError
        If a number is out of range, or the rates are equal.

    Examples
    --------
    >>> 300 < sequential_contacts(0.10, 0.20, rng=np.random.default_rng(1)) < 380
    True
    """
    single = required_contacts(control_rate, variant_rate, power=power, confidence_level=confidence_level)
    seed = int(rng.integers(2**32))  # every candidate sees the same draws, so that power rises with contacts

    def suffices(n: int) -> bool:
        draws = np.random.default_rng(seed)
        found = simulate_power(n, control_rate, variant_rate, rng=draws, confidence_level=confidence_level)
        return found >= power

    low, high = math.floor(single), math.ceil(single * 2)
    while not suffices(high):
        low, high = high, high * 2
    while high - low > max(1, high // 200):
        middle = (low + high) // 2
        low, high = (low, middle) if suffices(middle) else (middle, high)
    return high


def plan_comparison(
    control_rate: float,
    variant_rate: float,
    *,
    rng: np.random.Generator,
    power: float = 0.8,
    confidence_level: float = 0.95,
    looks: Looks = "many",
    n_variants: int = 2,
    n_per_rep: float = 1.0,
    intraclass_correlation: float = 0.0,
    contacts_per_week: float | None = None,
    at_weeks: Sequence[float] = (4.0, 8.0, 12.0),
) -> VariantPlan:
    """Plan a comparison: contacts per variant, weeks, and what can be seen before.

    Parameters
    ----------
    control_rate, variant_rate : float
        Rates to be told apart, in (0, 1).
    rng : numpy.random.Generator
        Randomness of the simulation that finds the price of many looks.
    power, confidence_level : float
        In (0, 1); the level is that of all comparisons with the control together.
    looks : {'many', 'one'}
        As declared in the contract.
    n_variants : int
        With the control, at least 2.
    n_per_rep : float
        Contacts of one rep with one variant, where each rep has one variant only; else 1.
    intraclass_correlation : float
        How alike the contacts of one rep are, in [0, 1].
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
    >>> plan = plan_comparison(0.10, 0.20, rng=np.random.default_rng(1), looks="one", contacts_per_week=50)
    >>> plan.n_per_variant, plan.weeks, plan.is_testable
    (199, 7.96, True)
    """
    if n_variants < 2:
        raise ParameterError(f"n_variants is {n_variants}. A comparison needs the control and one other.")
    level = 1 - (1 - require_level(confidence_level)) / (n_variants - 1)
    single = required_contacts(control_rate, variant_rate, power=power, confidence_level=level)
    inflation = 1.0
    if looks == "many":
        inflation = (
            sequential_contacts(control_rate, variant_rate, rng=rng, power=power, confidence_level=level) / single
        )
    effect = design_effect(n_per_rep, intraclass_correlation)
    n_per_variant = math.ceil(single * inflation * effect - 1e-9)
    weeks, detectable = None, tuple[DetectableEffect, ...]()
    if contacts_per_week is not None:
        pace = require_positive(contacts_per_week, "contacts_per_week") / n_variants
        weeks = n_per_variant / pace
        detectable = tuple(
            _detectable(week, pace * week, inflation * effect, control_rate, power, level) for week in at_weeks
        )
    return VariantPlan(
        control_rate=control_rate,
        variant_rate=variant_rate,
        power=power,
        confidence_level=level,
        looks=looks,
        n_single_look=math.ceil(single),
        exact_power=exact_power(math.ceil(single), control_rate, variant_rate, confidence_level=level),
        design_effect=effect,
        sequential_inflation=inflation,
        n_per_variant=n_per_variant,
        n_total=n_per_variant * n_variants,
        weeks=weeks,
        is_testable=None if weeks is None else weeks <= MOST_WEEKS,
        detectable=detectable,
    )


def _detectable(
    weeks: float, n: float, factor: float, control_rate: float, power: float, level: float
) -> DetectableEffect:
    difference = smallest_detectable_effect(n / factor, control_rate, power=power, confidence_level=level)
    return DetectableEffect(weeks=weeks, n_per_variant=math.floor(n), difference=difference)


def smallest_detectable_effect(
    n_per_variant: float, control_rate: float, *, power: float = 0.8, confidence_level: float = 0.95
) -> float | None:
    """Return the smallest rise of a rate that one look at so many independent contacts would see.

    Parameters
    ----------
    n_per_variant : float
        Contacts of each variant; over design effect and inflation for clustered contacts and many looks.
    control_rate : float
        In (0, 1).
    power, confidence_level : float
        In (0, 1).

    Returns
    -------
    float or None
        None where not even a rise to 1 would be seen.

    Raises
    ------
    ParameterError
        If a number is out of range.

    Examples
    --------
    >>> round(smallest_detectable_effect(198.97, 0.10), 4)
    0.1
    """
    n = require_positive(n_per_variant, "n_per_variant")
    low, high = 0.0, 1 - require_level(control_rate, "control_rate") - 1e-9

    def needs(rise: float) -> float:
        return required_contacts(control_rate, control_rate + rise, power=power, confidence_level=confidence_level)

    if needs(high) > n:
        return None
    while high - low > 1e-7:
        middle = (low + high) / 2
        low, high = (low, middle) if needs(middle) <= n else (middle, high)
    return high
