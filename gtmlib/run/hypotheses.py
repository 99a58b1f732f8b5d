"""What `gtm hypotheses` says: each hypothesis with its verdict by the latest run, and what is missing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from gtmlib.analyses.findings import Finding
from gtmlib.analyses.hypotheses import judge_hypothesis
from gtmlib.data.engagement import CONTRACT_FILE, Engagement
from gtmlib.data.register import declare, read_register
from gtmlib.errors import ContractError
from gtmlib.present.exhibits.hypothesis_words import describe_judged
from gtmlib.present.language import Language
from gtmlib.run.changes import read_results
from gtmlib.run.runner import REPORTS


def describe_hypotheses(engagement: Engagement, *, declared_on: date | None = None, reports: Path = REPORTS) -> str:
    """List an engagement's hypotheses, each with its verdict by the latest run and what is missing.

    Parameters
    ----------
    engagement : Engagement
        Its contract and its register.
    declared_on : date, optional
        The day on which what is new or changed in the contract is declared first; none: nothing is declared.
    reports : Path
        Where finished runs lie.

    Raises
    ------
    ContractError
        If the contract has no hypotheses, or the register was edited by hand.
    """
    contract = engagement.contract
    if not contract.hypotheses:
        place = f"{engagement.folder.name}/{CONTRACT_FILE}"
        raise ContractError(f"{place}: there are no [[hypotheses]]. The commented contract of 'gtm new' shows one.")
    added = declare(engagement.folder, contract.hypotheses, today=declared_on) if declared_on else ()
    lines = [f"Declared on {entry.declared_on}: {entry.id} (sealed {entry.sha256[:12]})" for entry in added]
    if declared_on and not added:
        lines.append("Nothing to declare: the register holds every hypothesis as the contract has it.")
    runs = sorted((reports / engagement.name).glob("[!.]*/manifest.json"))
    findings = read_results(runs[-1].parent) if runs else ()
    register, language = read_register(engagement.folder), Language.of(contract, "en")
    judged = [judge_hypothesis(one, findings, contract, register).finding for one in contract.hypotheses]
    by = f"by the run {runs[-1].parent.name}" if runs else f"no run yet: gtm run {engagement.name}"
    lines.append(f"{contract.client}: {len(judged)} hypotheses, {by}")
    return "\n".join([*lines, *(_describe(finding, language) for finding in judged)])


def _describe(finding: Finding, language: Language) -> str:
    words, told = describe_judged(finding, language), finding.args
    verdict = language.say(f"report.verdict.{finding.verdict}").upper()
    days = f"declared {told['declared_on']}, decided by {told['decide_by']}, owner: {told['owner']}"
    parts = (words.claim, words.found, words.why, words.todo, words.changed, days)
    return "\n".join([f"\n{finding.group['id']}: {verdict}", *(f"  {part}" for part in parts if part)])
