"""What happened to those who were to get a message, and to those who got it because they were to."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gtmlib.errors import ParameterError
from gtmlib.stats.distributions import critical_value
from gtmlib.stats.requirements import require_counts, require_level

WEAK_BELOW = 10.0  # F of assignment on delivery; Staiger & Stock (1997): below it the ratio's interval misleads


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Contacts assigned to one arm, by what was delivered to them.

    Parameters
    ----------
    n_assigned, n_conversions : int
        All contacts assigned to the arm, and those of them who converted.
    n_delivered, n_delivered_conversions : int
        Those of them who got the variant that is compared with the control, whatever their arm.
    """

    n_assigned: int
    n_conversions: int
    n_delivered: int
    n_delivered_conversions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplierEffect:
    """Intention to treat, and the effect on those who get the variant if and only if they are assigned to it.

    Parameters
    ----------
    delivered_rate, control_delivered_rate : float
        Share of each arm that got the variant, in [0, 1].
    intention_to_treat : float
        Difference of the arms' rates as assigned, in [-1, 1].
    itt_ci_low, itt_ci_high : float
        Its interval.
    effect : float, optional
        Complier average effect, intention to treat over the difference of delivered rates; none where delivery hardly
        depends on assignment.
    ci_low, ci_high : float, optional
        Its interval.
    confidence_level : float
        In (0, 1).
    """

    delivered_rate: float
    control_delivered_rate: float
    intention_to_treat: float
    itt_ci_low: float
    itt_ci_high: float
    effect: float | None
    ci_low: float | None
    ci_high: float | None
    confidence_level: float


def estimate_complier_effect(
    variant: Delivery, control: Delivery, *, confidence_level: float = 0.95, critical: float | None = None
) -> ComplierEffect:
    """Estimate the complier average effect beside intention to treat.

    As-treated is not offered: contacts of reps who improvise differ from the others before any message is sent.

    Parameters
    ----------
    variant, control : Delivery
        The two arms as assigned.
    confidence_level : float
        Coverage of the intervals, in (0, 1).
    critical : float, optional
        Standard errors to each side, such as a boundary for many looks; none: the normal's.

    Raises
    ------
    ParameterError
        If counts are out of range.

    References
    ----------
    Angrist, Imbens & Rubin (1996), J. Am. Stat. Assoc. 91, 444-455; errors: two-stage least squares.

    Examples
    --------
    >>> variant = Delivery(n_assigned=400, n_conversions=72, n_delivered=320, n_delivered_conversions=64)
    >>> control = Delivery(n_assigned=400, n_conversions=40, n_delivered=0, n_delivered_conversions=0)
    >>> effect = estimate_complier_effect(variant, control)
    >>> round(effect.intention_to_treat, 3), round(effect.effect, 3)
    (0.08, 0.1)
    """
    level = require_level(confidence_level)
    critical = critical_value(level) if critical is None else critical
    for arm, name in ((variant, "variant"), (control, "control")):
        _require(arm, name)
    delivered, delivered_0 = (arm.n_delivered / arm.n_assigned for arm in (variant, control))
    compliance = delivered - delivered_0
    itt = variant.n_conversions / variant.n_assigned - control.n_conversions / control.n_assigned
    itt_half = critical * math.sqrt(_variance(variant, 0.0) + _variance(control, 0.0))
    noise = sum(share * (1 - share) / arm.n_assigned for share, arm in ((delivered, variant), (delivered_0, control)))
    effect = half = None
    if compliance > 0 and compliance**2 >= WEAK_BELOW * noise:
        effect = itt / compliance
        half = critical * math.sqrt(_variance(variant, effect) + _variance(control, effect)) / compliance
    return ComplierEffect(
        delivered_rate=delivered,
        control_delivered_rate=delivered_0,
        intention_to_treat=itt,
        itt_ci_low=max(-1.0, itt - itt_half),
        itt_ci_high=min(1.0, itt + itt_half),
        effect=effect,
        ci_low=None if effect is None or half is None else effect - half,
        ci_high=None if effect is None or half is None else effect + half,
        confidence_level=level,
    )


def _require(arm: Delivery, name: str) -> None:
    require_counts(arm.n_conversions, arm.n_assigned, name)
    require_counts(arm.n_delivered, arm.n_assigned, f"{name}, delivered")
    others = arm.n_conversions - arm.n_delivered_conversions
    if not 0 <= arm.n_delivered_conversions <= arm.n_delivered or not 0 <= others <= arm.n_assigned - arm.n_delivered:
        raise ParameterError(
            f"{name}: {arm.n_delivered_conversions} conversions among those delivered do not fit {arm}."
        )


def _variance(arm: Delivery, effect: float) -> float:
    """Return the variance of the arm's mean of (converted - effect x delivered)."""
    rate, delivered = arm.n_conversions / arm.n_assigned, arm.n_delivered / arm.n_assigned
    covariance = arm.n_delivered_conversions / arm.n_assigned - rate * delivered
    spread = rate * (1 - rate) - 2 * effect * covariance + effect**2 * delivered * (1 - delivered)
    return max(spread, 0.0) / arm.n_assigned
