"""A finding as a sentence, and its evidence (n and interval) in words."""

from __future__ import annotations

import re

from gtmlib.analyses.findings import Finding
from gtmlib.analyses.reductions import OTHER
from gtmlib.present.language import Language, has_message

# Arguments that hold a name of ours, and the catalog family that names it in the reader's language.
NAMED = {
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
    "flow_step": "pipeline.flow.step",
    "pipeline_group": "pipeline.group",
    "workshop_group": "workshop.group",  # a segment, or customers without one
    "each": "pipeline.each",
    "metric": "glossary",
}
# How a number in a unit is written; any other unit is a currency.
KIND_OF_UNIT = {
    "share": "percent", "count": "tenths", "days": "tenths", "months": "tenths", "ratio": "number", "pvalue": "pvalue",
}  # fmt: skip

# Arguments that hold a code: the codebook names it, or the catalog where it stands for several.
CODES = ("code", "second_code", "lost_after")


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
    return tidy(language.say(finding.message, **named))


def name_of(kind: str, value: object, language: Language) -> object:
    """Name a value in the reader's language: ours by the catalog, a country by its code, the client's as it says.

    Parameters
    ----------
    kind : str
        What the value is: a key of `NAMED`, `code` (named by the codebook), or another, under which nothing is named.
    value : object
        Ours, such as `other` or a stage, or the client's; where the contract has several languages, one for each.
    language : Language
        Of the reader.

    Returns
    -------
    object
        The name, or the value itself.
    """
    if kind == "rep":
        return name_rep(str(value), language)
    if value == OTHER:
        return language.say("group.other")
    if kind == "panel":
        return language.say(f"workshop.{value}.title")
    if kind == "country":
        return language.locale.territories.get(str(value), value)
    if kind in CODES:
        own = f"objections.code.{value}"
        return language.say(own) if has_message(language, own) else language.label(str(value))
    key = f"{NAMED.get(kind, kind)}.{value}"
    if kind in NAMED and has_message(language, key):
        return language.say(key)
    return language.word(value) if isinstance(value, str) else value


def name_rep(label: str, language: Language) -> str:
    """Name a rep by its label: a number, a name that the contract allows, the folded ones, or an unknown one.

    Parameters
    ----------
    label : str
        As `label_reps` gives it; empty where unknown.
    language : Language
        Of the reader.
    """
    if label == OTHER:
        return language.say("group.other")
    if not label:
        return language.say("conversion.rep.unknown")
    return language.say("conversion.rep", n=int(label[1:])) if label[1:].isdigit() and label[0] == "#" else label


def tidy(text: str) -> str:
    """Begin a text with a capital, also where a client's word is the first; and write one period after `kr.`, not two.

    Parameters
    ----------
    text : str
        A sentence or more; a name such as eLead stays as it is.

    Examples
    --------
    >>> tidy("telemarketing gav 100 kr.. Mere følger."), tidy("eLead brings most")
    ('Telemarketing gav 100 kr. Mere følger.', 'eLead brings most')
    """
    text = re.sub(r"(?<!\.)\.\.(?!\.)", ".", text)
    return text if text[1:2].isupper() else text[:1].upper() + text[1:]


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
    kind = KIND_OF_UNIT.get(finding.unit or "ratio", "money")
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
