"""A verdict on a hypothesis in words: what was found, why it is so, what is done next and what waiting costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gtmlib.analyses.findings import Finding
from gtmlib.present.language import Language

IN_UNIT = ("threshold", "smallest_effect")  # terms that are in the unit of the finding


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictWords:
    """A verdict, said.

    Parameters
    ----------
    claim, found, why, next_step, cost, changed : str
        What is claimed, what was found against the line, why it can't be told, what is done next, what waiting costs,
        and what is not as it was declared; each empty where there is nothing to say.
    """

    claim: str
    found: str
    why: str
    next_step: str
    cost: str
    changed: str

    @property
    def todo(self) -> str:
        """What is done next, and what waiting costs."""
        return " ".join(filter(None, (self.next_step, self.cost)))

    @property
    def whole(self) -> str:
        """All of it as one paragraph."""
        return " ".join(filter(None, (f"{self.claim}.", self.found, self.why, self.todo, self.changed)))


def describe_judged(finding: Finding, language: Language) -> VerdictWords:
    """Say a verdict on a hypothesis.

    Parameters
    ----------
    finding : Finding
        A `hypotheses.verdict`.
    language : Language
        Of the reader.
    """
    told = finding.args
    return VerdictWords(
        claim=language.word(told["claim"]),
        found=_describe_found(finding, language),
        why=_describe_why(told, language),
        next_step=_describe_next(told, language),
        cost=_describe_cost(told, language),
        changed=_describe_changes(told, language),
    )


def write_in_unit(value: float | None, told: Mapping[str, Any], language: Language) -> str:
    """Write a number in the unit of the finding that decides.

    Parameters
    ----------
    value : float, optional
        Raw; None is written as an en dash.
    told : mapping
        With `unit` and `is_difference`, as the arguments of a `hypotheses.verdict`.
    language : Language
        Of the reader.
    """
    unit, is_difference = told["unit"], told["is_difference"]
    if value is None:
        return language.format(None)
    if unit == "share":
        if is_difference:
            return language.say("hypotheses.points", value=value)
        return language.format(value, "percent")
    kinds = {"count": "count", "pvalue": "pvalue", "days": "number", "months": "number", "ratio": "number"}
    return language.format(value, kinds.get(unit, "money" if unit else "number"))


def _describe_found(finding: Finding, language: Language) -> str:
    told, say = finding.args, language.say
    if finding.value is None:
        return ""
    value, line = (write_in_unit(number, told, language) for number in (finding.value, told["threshold"]))
    if finding.ci_low is None or finding.ci_high is None:
        return say("hypotheses.found.counted", value=value, threshold=line)
    low, high = (write_in_unit(number, told, language) for number in (finding.ci_low, finding.ci_high))
    level = finding.confidence_level
    return say("hypotheses.found", value=value, threshold=line, low=low, high=high, level=level, n=finding.n)


def _describe_why(told: Mapping[str, Any], language: Language) -> str:
    if told["reason"] in ("confirmed", "refuted"):
        return ""
    return language.say(f"hypotheses.why.{told['reason']}", **_plain(told))


def _describe_next(told: Mapping[str, Any], language: Language) -> str:
    say, reason, plain = language.say, told["reason"], _plain(told)
    if reason in ("confirmed", "refuted"):
        return say("hypotheses.then", action=told[f"if_{reason}"], owner=told["owner"])
    if told["is_due"]:
        return say("hypotheses.next.due", owner=told["owner"], decide_by=told["decide_by"])
    if reason not in ("few", "open"):
        return say(f"hypotheses.next.{reason}", **plain)
    if told["n_more"] is None:
        return say("hypotheses.next.never")
    if told["weeks"] is None:
        return say("hypotheses.next.more", n=told["n_more"])
    return _describe_weeks(told, language)


def _describe_weeks(told: Mapping[str, Any], language: Language) -> str:
    """Say when it is known at the present pace, and where that is too late, which pace it takes."""
    weeks = max(1, round(told["weeks"]))
    needed = told["per_week_needed"]
    known = language.say("hypotheses.next.weeks", n=weeks)
    if needed is None or needed <= told["per_week"]:
        return known
    pace = {"now": round(told["per_week"]), "needed": round(needed), "decide_by": told["decide_by"]}
    return f"{known} {language.say('hypotheses.next.faster', **pace)}"


def _describe_cost(told: Mapping[str, Any], language: Language) -> str:
    if told["cost"] is None:
        return ""
    costs = {"cost": told["cost"], "low": told["cost_low"], "high": told["cost_high"]}
    if told["cost_until"] is not None:
        key = "hypotheses.cost.until" if told["cost_low"] == told["cost_high"] else "hypotheses.cost.until_about"
        return language.say(key, until=told["cost_until"], **costs)
    key = "hypotheses.cost.week" if told["cost_low"] == told["cost_high"] else "hypotheses.cost.week_about"
    return language.say(key, **costs)


def _describe_changes(told: Mapping[str, Any], language: Language) -> str:
    if not told["is_declared"]:
        return language.say("hypotheses.undeclared")
    said = []
    for term, declared, now, changed_on in told["changes"]:
        values = {"declared": _term(term, declared, told, language), "now": _term(term, now, told, language)}
        name = language.say(f"hypotheses.term.{term}")
        key = "hypotheses.changed_on" if changed_on else "hypotheses.changed"
        said.append(language.say(key, term=name, day=changed_on, declared_on=told["declared_on"], **values))
    return " ".join(said)


def _term(term: str, text: str, told: Mapping[str, Any], language: Language) -> str:
    if not text:
        return language.format(None)
    if term in IN_UNIT:
        return write_in_unit(float(text), told, language)
    return language.format(text, "date") if term == "decide_by" else text


def _plain(told: Mapping[str, Any]) -> dict[str, Any]:
    """Give what messages may need, with n as the observations there are."""
    return {**told, "n": told["n"] or 0}
