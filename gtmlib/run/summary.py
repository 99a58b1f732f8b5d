"""The summary: one page that says the verdicts, the findings that carry most money, and what is done on Monday.

Every number in it is a finding of the run. Which findings stand there is decided by one rule: the amount of money that
the evidence secures, which is the end of the interval nearest to nothing (all of a ledger's total), in a year; then,
among what has no price, the narrowest interval against its number; what speaks of the data alone comes last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gtmlib.analyses.findings import Finding
from gtmlib.data.engagement import Contract
from gtmlib.data.metrics import METRICS
from gtmlib.present.exhibits.hypothesis_words import describe_judged
from gtmlib.present.language import Language
from gtmlib.present.sentences import describe_evidence, describe_finding
from gtmlib.run.changes import Changes, Moved
from gtmlib.run.report import Headline, Monday, VerdictRow

WEEKS_A_YEAR = 52
MOST_VERDICTS, MOST_CHANGES = 5, 3
MOST_OF_A_CHAPTER, MOST_OF_AN_ID = 2, 1  # unless fewer than three findings are left
MOST_FINDINGS, FEWEST_FINDINGS = 5, 3
PER_CUSTOMER = ("profitability.lift",)  # amounts of one customer, of n
ORDER = ("confirmed", "refuted", "cannot_tell")
SAME = {"conversion.difference": "conversion.verdict"}  # a hypothesis on one says what the other says

Named = tuple[str, Finding]  # with the chapter that shows it


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What the first page shows, in one language.

    Parameters
    ----------
    lead : str
        What it all comes to.
    verdicts : tuple of VerdictRow
        Hypotheses, the decided ones first, then by what waiting costs.
    headlines : tuple of Headline
        Three to five findings.
    behaviours : tuple of Monday
        Three at most.
    changes : tuple of str
        What moved since the run on other data; empty where nothing did.
    """

    lead: str
    verdicts: tuple[VerdictRow, ...]
    headlines: tuple[Headline, ...]
    behaviours: tuple[Monday, ...]
    changes: tuple[str, ...]


def summarise(
    chapters: Mapping[str, Iterable[tuple[Any, tuple[Finding, ...]]]],
    contract: Contract,
    language: Language,
    changes: Changes | None = None,
) -> Summary:
    """Say what a run found, on one page.

    Parameters
    ----------
    chapters : mapping
        Chapter = its blocks.
    contract : Contract
        For behaviours and the value of a conversion.
    language : Language
        The reader's.
    changes : Changes, optional
        What moved since an earlier run.
    """
    shown = [(name, one) for name, blocks in chapters.items() for _, found in blocks for one in found]
    judged = [one for _, one in shown if one.id == "hypotheses.verdict"]
    judged.sort(key=lambda one: (ORDER.index(str(one.verdict)), -(one.args["cost"] or 0.0)))
    verdicts = tuple(_verdict_row(one, language) for one in judged[:MOST_VERDICTS])
    most = MOST_FINDINGS if not verdicts else max(FEWEST_FINDINGS, MOST_FINDINGS - len(verdicts) + 1)
    chosen = choose_findings(shown, contract, most=most)
    return Summary(
        lead=_lead(judged, chosen, language),
        verdicts=verdicts,
        headlines=tuple(
            Headline(
                text=describe_finding(finding, language),
                verdict=finding.verdict,
                evidence=describe_evidence(finding, language),
                exhibit_id=f"chapter-{name}",
            )
            for name, finding in chosen
        ),
        behaviours=tuple(_behaviours(shown, contract, language)),
        changes=tuple(_describe_changes(changes, judged, language)) if changes else (),
    )


def choose_findings(shown: Sequence[Named], contract: Contract, *, most: int) -> list[Named]:
    """Choose the findings of the summary: by the money that the evidence secures, then by how narrow the interval is.

    Of a family the finding as a whole counts, not its parts; what a hypothesis has already said, and what can't be
    told, is left out.

    Parameters
    ----------
    shown : sequence of (str, Finding)
        Every finding with its chapter.
    contract : Contract
        For the value of a conversion.
    most : int
        How many to give.
    """
    findings = [one for _, one in shown]
    asked = {_key(SAME.get(one.metric, one.metric), one.group) for one in contract.hypotheses}
    eligible = [
        (name, one)
        for name, one in shown
        if one.id in METRICS
        and METRICS[one.id].is_headline
        and set(one.group) == set(METRICS[one.id].groups[0].split())
        and one.verdict != "cannot_tell"
        and _key(one.id, one.group) not in asked
        and not _is_nothing(one)
    ]
    secured = {id(one): money_secured(one, findings, contract) for _, one in eligible}
    ranked = sorted(eligible, key=lambda pair: (pair[0] == "data_check", -secured[id(pair[1])], -certainty(pair[1])))
    chosen, others = list[Named](), list[Named]()
    said, of_chapter, of_id = set[str](), Counter[str](), Counter[str]()
    for name, one in ranked:
        words = f"{one.message} {sorted(one.args.items(), key=str)}"
        if words in said:
            continue
        said.add(words)
        is_crowded = of_chapter[name] == MOST_OF_A_CHAPTER or of_id[one.id] == MOST_OF_AN_ID
        (others if is_crowded else chosen).append((name, one))
        of_chapter[name] += not is_crowded
        of_id[one.id] += not is_crowded
    return [*chosen, *others[: max(0, FEWEST_FINDINGS - len(chosen))]][:most]


def money_secured(finding: Finding, findings: Iterable[Finding], contract: Contract) -> float:
    """Return the money of a year that a finding secures; 0 where it is not about money, or may be about none.

    Parameters
    ----------
    finding : Finding
        Any.
    findings : iterable of Finding
        Of the run, for the pace of contacts.
    contract : Contract
        For the currency and the value of a conversion.
    """
    if finding.value is None:
        return 0.0
    ends = [end for end in (finding.ci_low, finding.ci_high) if end is not None]
    least = min((abs(end) for end in ends), default=abs(finding.value))
    if len(ends) == 2 and ends[0] < 0 < ends[1]:
        return 0.0
    if finding.unit == contract.currency:
        return least * (finding.n or 1) if finding.id in PER_CUSTOMER else least
    plan = contract.variants
    if finding.id == "conversion.verdict" and plan is not None and plan.value_per_conversion is not None:
        pace = next((one.value or 0.0 for one in findings if one.id == "conversion.contacts_per_week"), 0.0)
        return least * pace * WEEKS_A_YEAR * plan.value_per_conversion
    return 0.0


def certainty(finding: Finding) -> float:
    """Return how narrow a finding's interval is against its number, in [0, 1]; 1 for a ledger's total.

    Parameters
    ----------
    finding : Finding
        Any.
    """
    if finding.ci_low is None or finding.ci_high is None:
        return 1.0
    size = abs(finding.value or 0.0)
    return 0.0 if size == 0 else max(0.0, 1 - (finding.ci_high - finding.ci_low) / 2 / size)


def _is_nothing(finding: Finding) -> bool:
    """Whether a finding has no number, or a difference that may as well be none."""
    kind = METRICS[finding.id].kind
    if finding.value is None:
        return True
    low, high = finding.ci_low, finding.ci_high
    return kind == "difference" and low is not None and high is not None and low <= 0 <= high


def _key(name: str, group: Mapping[str, str]) -> tuple[Any, ...]:
    return name, tuple(sorted(group.items()))


def _lead(judged: Sequence[Finding], chosen: Sequence[Named], language: Language) -> str:
    if not judged:
        return language.say("report.summary.lead" if chosen else "report.summary.nothing")
    counts = {verdict: sum(one.verdict == verdict for one in judged) for verdict in ORDER}
    parts = [language.say(f"hypotheses.count.{verdict}", n=n) for verdict, n in counts.items() if n]
    said = language.say("hypotheses.title", n=len(judged), parts=parts) + "."
    return said if len(judged) <= MOST_VERDICTS else f"{said} {language.say('report.summary.more_verdicts')}"


def _verdict_row(finding: Finding, language: Language) -> VerdictRow:
    words = describe_judged(finding, language)
    return VerdictRow(
        claim=words.claim,
        verdict=finding.verdict or "cannot_tell",
        found=" ".join(filter(None, (words.why if finding.args["trust"] is not None else words.found, words.changed))),
        todo=words.todo,
        exhibit_id="chapter-hypotheses",
    )


def _behaviours(shown: Sequence[Named], contract: Contract, language: Language) -> Iterable[Monday]:
    told = {one.group["id"]: one.args for _, one in shown if one.id == "hypotheses.behaviour"}
    for one in contract.behaviours:
        seen_by = language.say(f"report.seen_by.{one.seen_by}")
        args = told.get(one.id)
        if args is None:  # without hypotheses no finding says its day and its target
            detail = language.say("report.monday.seen_by", seen_by=seen_by)
        else:
            key = "report.monday.from" if args["target"] is None else "report.monday.target"
            detail = language.say(key, seen_by=seen_by, day=args["starts_on"], target=args["target"])
        yield Monday(text=one.name.in_language(language.code), detail=detail)


def _describe_changes(changes: Changes, judged: Sequence[Finding], language: Language) -> Iterable[str]:
    say: Callable[..., str] = language.say
    for pair in changes.moved[:MOST_CHANGES]:
        yield _describe_moved(pair, changes.since, language)
    claims = {one.group["id"]: language.word(one.args["claim"]) for one in judged}
    for name in changes.stops:
        if name == "planned_n":
            yield say("report.changes.planned_n")
        elif name in claims:
            yield say("report.changes.due", claim=claims[name])


def _describe_moved(pair: Moved, since: str, language: Language) -> str:
    say, before, now = language.say, pair.before, pair.now
    if pair.is_verdict:
        claim = language.word(now.args["claim"]) if "claim" in now.args else describe_finding(now, language)
        verdicts = {"before": say(f"report.verdict.{before.verdict}"), "now": say(f"report.verdict.{now.verdict}")}
        return say("report.changes.verdict", claim=claim.rstrip("."), since=since, **verdicts)
    told = {"text": describe_finding(now, language), "evidence": describe_evidence(now, language)}
    return say("report.changes.number", since=since, before=describe_evidence(before, language), **told)
