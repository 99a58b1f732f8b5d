"""A finding as a sentence, and its evidence (n and interval) in words."""

from __future__ import annotations

from gtmlib.analyses.findings import Finding
from gtmlib.analyses.reductions import OTHER
from gtmlib.present.language import Language, has_message

# Arguments that hold a name of ours, and the catalog family that names it in the reader's language.
NAMED = {
    "code": "objections.code",
    "step": "profitability.step",
    "table": "table",
    "column": "field",
    "status": "status",
    "reason": "reason",
    "measure": "measure",  # with its article where the language has one at the end of the noun,
    "measure_as": "measure_as",  # and without
    "name": "profitability.step",
    "bridge_step": "profitability.bridge.step",
    "figure": "profitability.ledger.figure",
    "feature": "profitability.core.feature",
}


def describe_finding(finding: Finding, language: Language) -> str:
    """Say a finding as one sentence.

    Parameters
    ----------
    finding : Finding
        Its `message` and `args` are a catalog key and raw values.
    language : Language
        The reader's.
    """
    named = {name: name_of(name, value, language) for name, value in finding.args.items()}
    return language.say(finding.message, **named)


def name_of(kind: str, value: object, language: Language) -> object:
    """Name a value of ours in the reader's language; what the client's data named stays as it is.

    Parameters
    ----------
    kind : str
        What the value is: a key of `NAMED`, or another, under which nothing is named.
    value : object
        Ours, such as `other` or a stage, or the client's.
    language : Language
        Of the reader.

    Returns
    -------
    object
        The name, or the value itself.
    """
    if value == OTHER:
        return language.say("group.other")
    key = f"{NAMED.get(kind, kind)}.{value}"
    return language.say(key) if kind in NAMED and has_message(language, key) else value


def describe_evidence(finding: Finding, language: Language) -> str:
    """Say in words how many observations stand behind a finding, and how certain it is.

    Parameters
    ----------
    finding : Finding
        With its n and interval, where it has them.
    language : Language
        Of the reader.

    Returns
    -------
    str
        Empty where n is not known.
    """
    if finding.n is None:
        return ""
    if finding.ci_low is None or finding.ci_high is None:
        return language.say("evidence.n", n=finding.n)
    kind = "percent" if finding.unit == "share" else "money"
    is_difference = finding.ci_low < 0 or finding.id.endswith((".difference", ".verdict"))
    kind = "percent_points" if kind == "percent" and is_difference else kind
    low, high = language.format(finding.ci_low, kind), language.format(finding.ci_high, kind)
    return language.say("evidence.interval", n=finding.n, low=low, high=high, level=finding.confidence_level)


def format_finding(finding: Finding, language: Language) -> str:
    """Write a finding's value in the reader's way, with its unit; a verdict in a word.

    Parameters
    ----------
    finding : Finding
        Any that a chapter shows.
    language : Language
        Of the reader.

    Returns
    -------
    str
        As a chart or table writes it: a number in a sentence can't disagree with them.
    """
    if finding.value is None:
        return language.say(f"report.verdict.{finding.verdict}").lower() if finding.verdict else "–"
    if finding.unit == "share" and finding.id.endswith((".difference", ".verdict")):
        return language.say("unit.points", value=finding.value)
    if finding.unit in ("days", "months"):
        is_one = language.format(finding.value, "number") == "1"
        return language.say(f"unit.{finding.unit[:-1] if is_one else finding.unit}", value=finding.value)
    kinds = {"share": "percent", "count": "count", "pvalue": "pvalue", "ratio": "number", None: "number"}
    return language.format(finding.value, kinds.get(finding.unit, "money"))
