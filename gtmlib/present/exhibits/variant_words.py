"""Verdicts and checks of message variants in words: what was found, where the line is, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gtmlib.analyses.conversion.comparison import Variation
from gtmlib.present.language import Language, has_message
from gtmlib.present.sentences import name_rep
from gtmlib.stats.checks import CURABLE, Check
from gtmlib.stats.planning import MOST_WEEKS
from gtmlib.stats.variant_results import PairComparison

OF_ALL = ("planned_split", "not_randomised", "immature", "duplicates")  # checks of all variants together
OF_REPS = ("not_randomised", "variant_is_rep", "low_overlap", "few_reps", "simpson")
OF_COUNTS = ("planned_split", "too_early", "zero_conversions", "few_conversions")


def name_reps(labels: Iterable[str], language: Language) -> list[str]:
    """Name several reps.

    Parameters
    ----------
    labels : iterable of str
        As `label_reps` gives them; empty where unknown.
    language : Language
        Of the reader.
    """
    return [name_rep(label, language) for label in labels]


def describe_verdict(pair: PairComparison, variation: Variation, language: Language) -> str:
    """Say the verdict of a pair, its numbers, and what follows from it.

    Parameters
    ----------
    pair : PairComparison
        One of the variation's.
    variation : Variation
        Every variant against the control.
    language : Language
        Of the reader.
    """
    args = {
        "variant": variation.labels[pair.variant],
        "control": variation.labels[pair.control],
        "difference": pair.difference,
        "low": pair.ci_low,
        "high": pair.ci_high,
        "level": pair.confidence_level,
        "smallest": variation.comparison.rule.smallest_effect,
    }
    if pair.verdict == "not_answerable":
        reason = next(check for check in pair.checks if check.level == "stop" and check.code not in CURABLE)
        args["reason"] = language.say(f"conversion.check.name.{reason.code}")
    if pair.verdict == "undecided":
        return " ".join((language.say("conversion.verdict.undecided", **args), _describe_rest(pair, language)))
    several = pair.verdict == "winner" and sum(row.verdict == "winner" for row in variation.comparison.pairs) > 1
    return language.say(f"conversion.verdict.{'winner_among' if several else pair.verdict}", **args)


def describe_winners(variation: Variation, language: Language) -> list[str]:
    """Say what to do where several messages beat the control; nothing otherwise.

    Parameters
    ----------
    variation : Variation
        Every variant against the control.
    language : Language
        Of the reader.
    """
    if sum(pair.verdict == "winner" for pair in variation.comparison.pairs) < 2:
        return []
    pair = variation.leading
    names = {"variant": variation.labels[pair.variant], "control": variation.labels[pair.control]}
    return [language.say("conversion.verdict.several", **names)]


def _describe_rest(pair: PairComparison, language: Language) -> str:
    """Say how many contacts and weeks are left, as far as that is advice."""
    if any(check.code in CURABLE and check.level == "stop" for check in pair.checks):
        return language.say("conversion.more.early")
    if pair.n_more is None:
        return language.say("conversion.more.never")
    if pair.weeks_more is None:
        return language.say("conversion.more.contacts", n=pair.n_more)
    weeks = max(1, round(pair.weeks_more))
    kind = "long" if pair.weeks_more > MOST_WEEKS else "weeks"
    return language.say(f"conversion.more.{kind}", n=weeks, contacts=pair.n_more)


def describe_check(check: Check, pair: PairComparison, variation: Variation, language: Language) -> str:
    """Say a check that fired: what was found, the threshold, and what to do.

    Parameters
    ----------
    check : Check
        One that fired.
    pair : PairComparison
        The pair that it fired on.
    variation : Variation
        Every variant against the control.
    language : Language
        Of the reader.
    """
    key = f"conversion.check.{check.code}"
    if has_message(language, f"{key}.{check.level}"):
        key = f"{key}.{check.level}"
    said = language.say(
        key,
        number=check.number,
        threshold=check.threshold,
        variant=variation.labels[pair.variant],
        control=variation.labels[pair.control],
        crude=pair.crude.difference,
        pvalue=pair.crude.pvalue,
        adjusted=pair.difference,
        days=variation.horizon_days,
        n=variation.left_out.n_immature if check.code == "immature" else round(check.number),
    )
    if check.code != "low_fidelity":
        return said
    advice = describe_improvisers(variation.below_floor, language)
    return f"{said} {advice or language.say('conversion.improvise.nobody')}"


def describe_improvisers(reps: Sequence[str], language: Language) -> str:
    """Say who sends other messages than assigned, and who does what about it next week; nothing where nobody does.

    Parameters
    ----------
    reps : sequence of str
        Labels, as in `Variation.below_floor`.
    language : Language
        Of the reader.
    """
    if not reps:
        return ""
    key = "conversion.improvise.one" if len(reps) == 1 else "conversion.improvise.several"
    return language.say(key, reps=name_reps(reps, language))


def fired_checks(variation: Variation, *levels: str) -> list[tuple[Check, PairComparison]]:
    """Give the checks that fired at some levels, each once, strongest first; those of one pair for each pair.

    Parameters
    ----------
    variation : Variation
        Every variant against the control.
    *levels : {'stop', 'warn', 'note'}
        Levels to give.
    """
    found: dict[tuple[str, str], tuple[Check, PairComparison]] = {}
    for pair in variation.comparison.pairs:
        for check in pair.checks:
            if check.level in levels:
                found.setdefault((check.code, "" if check.code in OF_ALL else pair.variant), (check, pair))
    return sorted(found.values(), key=lambda item: ("stop", "warn", "note").index(item[0].level))


def passed_checks(variation: Variation) -> tuple[list[str], list[str]]:
    """Give the codes of the checks that did not fire: those that could be made, and those that the data don't allow.

    Parameters
    ----------
    variation : Variation
        Every variant against the control.
    """
    fired = {check.code for pair in variation.comparison.pairs for check in pair.checks}
    pairs = variation.comparison.pairs
    known = {
        **dict.fromkeys(OF_COUNTS, True),
        **dict.fromkeys(OF_REPS, any(pair.n_reps for pair in pairs)),
        "not_concurrent": variation.contacts_per_week is not None,
        "low_fidelity": any(pair.complier is not None for pair in pairs),
    }
    silent = [code for code in known if code not in fired]
    return [code for code in silent if known[code]], [code for code in silent if not known[code]]
