"""What the exhibits of objection patterns say alike: names of codes and groups, what was not logged, weak codes."""

from __future__ import annotations

from collections.abc import Iterable

from gtmlib.analyses.reductions import OTHER
from gtmlib.present.language import Language
from gtmlib.present.sentences import name_of
from gtmlib.stats.proportions import ProportionEstimate

WEAK = "*"


def name_codes(codes: Iterable[str], weak_codes: Iterable[str], language: Language) -> dict[str, str]:
    """Name codes in the reader's language, with a mark on those that coders agree on too little.

    Parameters
    ----------
    codes, weak_codes : iterable of str
        As in the result.
    language : Language
        Of the reader.
    """
    weak = set(weak_codes)
    return {code: f"{name_of('code', code, language)}{WEAK if code in weak else ''}" for code in codes}


def name_groups(groups: Iterable[str], by: str, language: Language) -> dict[str, str]:
    """Name groups in the reader's language: periods are written as dates, what the client named stays.

    Parameters
    ----------
    groups : iterable of str
        As in the result.
    by : str
        What conversations are grouped by.
    language : Language
        Of the reader.
    """
    found = {}
    for group in groups:
        if group == OTHER or by not in ("month", "quarter"):
            found[group] = str(name_of("group", group, language))
        elif by == "month":
            found[group] = language.format(group, "month")
        else:
            year, _, quarter = group.partition("-Q")
            found[group] = language.say("objections.quarter", year=year, quarter=quarter)
    return found


def describe_unlogged(
    unlogged: ProportionEstimate | None, language: Language, *, is_first: bool = False
) -> tuple[str, ...]:
    """Say which share of lost deals has no logged reason; nothing where no lost deals are known.

    Parameters
    ----------
    unlogged : ProportionEstimate or None
        As in the result.
    language : Language
        Of the reader.
    is_first : bool
        Whether to say what that means for the numbers, as the chapter's first exhibit does.
    """
    if unlogged is None:
        return ()
    args = {"share": unlogged.rate, "low": unlogged.ci_low, "high": unlogged.ci_high, "n": unlogged.n_trials}
    return (language.say("objections.unlogged" if is_first else "objections.unlogged.short", **args),)


def describe_weak(weak_codes: tuple[str, ...], language: Language) -> tuple[str, ...]:
    """Say what the mark at a code means; nothing where no code has it.

    Parameters
    ----------
    weak_codes : tuple of str
        As in the result.
    language : Language
        Of the reader.
    """
    return (language.say("objections.weak"),) if weak_codes else ()
