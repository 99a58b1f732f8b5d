"""`gtm plan` in words: the contacts and weeks that a comparison of messages takes."""

from __future__ import annotations

from dataclasses import replace

from gtmlib.errors import ParameterError
from gtmlib.stats.planning import MOST_WEEKS, Terms, VariantPlan, contacts_in_all, plan_comparison


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
    terms = Terms(power=power, confidence_level=confidence, split=(1.0,) * variants)
    one, many = (
        plan_comparison(baseline, baseline + lift, each, contacts_per_week=weekly)
        for each in (replace(terms, looks="one"), terms)
    )
    lines = [
        f"To tell {baseline + lift:.1%} from {baseline:.1%} with {power:.0%} power and {confidence:.0%} confidence:"
    ]
    lines += [_line("one look at the end", one), _line("any number of looks", many)]
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
        own = replace(terms, n_reps=reps, intraclass_correlation=alike)
        needed = contacts_in_all(baseline, baseline + lift, own)
        who = f"With one message per rep ({reps} reps, contacts of a rep alike by {alike:g})"
        takes = "no number of contacts would do: more reps are needed, not more contacts."
        if needed is not None:
            takes = f"it takes {needed // variants:,} per message with many looks."
        lines.append(f"{who} {takes}")
    return "\n".join(lines)


def _line(what: str, plan: VariantPlan) -> str:
    weeks = "" if plan.weeks is None else f", {plan.weeks:,.1f} weeks"
    return f"{what:<22}{plan.n_per_variant:7,} contacts per message, {plan.n_total:7,} in all{weeks}"
