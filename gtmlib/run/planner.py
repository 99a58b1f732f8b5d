"""`gtm plan` in words: the contacts and weeks that a comparison of messages takes."""

from __future__ import annotations

import numpy as np

from gtmlib.errors import ParameterError
from gtmlib.stats.planning import MOST_WEEKS, VariantPlan, plan_comparison


def describe_plan(
    *,
    baseline: float,
    lift: float,
    power: float = 0.8,
    confidence: float = 0.95,
    variants: int = 2,
    weekly: float | None = None,
    reps: int | None = None,
    alike: float = 0.02,
    seed: int = 1,
) -> str:
    """Say what it takes to tell two conversion rates apart, for one look and for many.

    Parameters
    ----------
    baseline, lift : float
        Rate of the control in (0, 1), and the difference worth seeing.
    power, confidence : float
        In (0, 1).
    variants : int
        Messages with the control.
    weekly : float, optional
        Contacts a week in all messages together.
    reps : int, optional
        Reps, for the case that each sends one message only.
    alike : float
        Intraclass correlation of a rep's contacts, in [0, 1].
    seed : int
        Of the simulation of many looks.

    Raises
    ------
    ParameterError
        If a number is out of range.

    Examples
    --------
    >>> print(describe_plan(baseline=0.10, lift=0.10).splitlines()[1])
    one look at the end       199 contacts per message,     398 in all
    """
    if reps is not None and reps < variants:
        raise ParameterError(f"reps is {reps}. With {variants} messages give at least {variants}.")
    options = {"power": power, "confidence_level": confidence, "n_variants": variants, "contacts_per_week": weekly}
    one, many = (
        plan_comparison(baseline, baseline + lift, rng=np.random.default_rng(seed), looks=looks, **options)  # type: ignore[arg-type]
        for looks in ("one", "many")
    )
    lines = [
        f"To tell {baseline + lift:.1%} from {baseline:.1%} with {power:.0%} power and {confidence:.0%} confidence:"
    ]
    lines += [
        _line("one look at the end", one.n_per_variant, one),
        _line("any number of looks", many.n_per_variant, many),
    ]
    if weekly is not None:
        if not many.is_testable:
            lines.append(
                f"Not testable at your volume: more than {MOST_WEEKS:.0f} weeks. Test fewer or bolder messages."
            )
        lines.append("Smallest rise that would be seen, with any number of looks:")
        for row in many.detectable:
            seen = "not testable" if row.difference is None else f"{row.difference * 100:+.1f} points"
            lines.append(f"  after {row.weeks:2.0f} weeks ({row.n_per_variant:,} contacts per message): {seen}")
    lines.append("Let every rep send every message, dealt by a list: then reps cost nothing.")
    if reps is not None:
        lines.append(_one_message_each(many, variants, reps, alike))
    return "\n".join(lines)


def _line(what: str, n: int, plan: VariantPlan) -> str:
    weeks = "" if plan.weeks is None else f", {plan.weeks:,.1f} weeks"
    return f"{what:<22}{n:7,} contacts per message, {plan.n_total:7,} in all{weeks}"


def _one_message_each(plan: VariantPlan, variants: int, reps: int, alike: float) -> str:
    """Solve n = needed x (1 + (n variants / reps - 1) alike): a rep's contacts grow with n, and so does their price."""
    left = 1 - plan.n_per_variant * alike * variants / reps
    who = f"With one message per rep ({reps} reps, contacts of a rep alike by {alike:g})"
    if left <= 0:
        return f"{who} no number of contacts would do: more reps are needed, not more contacts."
    return f"{who} it takes {int(np.ceil(plan.n_per_variant * (1 - alike) / left)):,} per message with many looks."
