"""Verdicts from findings: the number, an interval that holds at every look, and what the evidence rests on."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from gtmlib.analyses.findings import Finding
from gtmlib.analyses.hypotheses.verdicts import CHAPTER, Delay, Followed, Judged, Reason, Verdicts
from gtmlib.analyses.reductions import MissingData
from gtmlib.data.engagement import Contract, Engagement, Hypothesis, Variants
from gtmlib.data.metrics import METRICS, WHAT_IF
from gtmlib.data.register import Declared, changes_of, read_register
from gtmlib.errors import DataError
from gtmlib.stats.claims import Interval, Need, judge_claim, observations_needed, spread_of, subtract, widen
from gtmlib.stats.inference import ComparisonRule

LEVEL = 0.95  # of a verdict; a finding with another level keeps its own
REPORTS = Path(__file__).parents[3] / "reports"
COMPARED = ("conversion.difference", "conversion.verdict")  # their intervals hold at every look, by the chapter's rule


def read_findings(engagement: Engagement, path: str = "") -> tuple[Finding, ...]:
    """Read the findings of the other chapters; what was tried in the workshop is no evidence.

    Parameters
    ----------
    engagement : Engagement
        Whose latest run is read where no file is named.
    path : str
        `results.json` of a run.

    Raises
    ------
    DataError
        If there is no such file, or no run yet.

    Examples
    --------
    >>> import json, tempfile
    >>> from gtmlib.data.load import load_frames
    >>> path = Path(tempfile.mkdtemp()) / "results.json"
    >>> rate = {"chapter": "data_check", "id": "data.fidelity_rate", "value": 0.8, "unit": "share", "message": ""}
    >>> _ = path.write_text(json.dumps({"findings": [rate]}))
    >>> read_findings(load_frames({}).engagement, str(path))[0].value
    0.8
    """
    found = [Path(path)] if path else sorted((REPORTS / engagement.name).glob("[!.]*/results.json"))
    if not found or not found[-1].is_file():
        raise DataError(
            f"there are no findings to judge hypotheses by. Run the other chapters: gtm run {engagement.name}"
        )
    rows = json.loads(found[-1].read_text("utf-8"))["findings"]
    fields = [{key: value for key, value in row.items() if key != "chapter"} for row in rows]
    return tuple(Finding(**row) for row in fields if not row["id"].startswith((f"{CHAPTER}.", WHAT_IF)))


def judge_hypotheses(engagement: Engagement, findings: Sequence[Finding]) -> Verdicts | MissingData:
    """Judge every hypothesis of the contract by the findings.

    Parameters
    ----------
    engagement : Engagement
        Its contract and its register.
    findings : sequence of Finding
        Of the other chapters.

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> judge_hypotheses(load_frames({}).engagement, ()).needed
    ('contract.hypotheses',)
    """
    contract = engagement.contract
    if not contract.hypotheses:
        return MissingData(chapter=CHAPTER, needed=("contract.hypotheses",))
    register = read_register(engagement.folder)
    return Verdicts(
        rows=tuple(judge_hypothesis(one, findings, contract, register) for one in contract.hypotheses),
        followed=tuple(
            Followed(id=one.id, name=one.name, seen_by=one.seen_by, starts_on=str(one.starts_on), target=one.target)
            for one in contract.behaviours
        ),
        currency=contract.currency,
        exported_on=str(contract.exported_on),
    )


def judge_hypothesis(
    hypothesis: Hypothesis, findings: Sequence[Finding], contract: Contract, register: Sequence[Declared] = ()
) -> Judged:
    """Judge one hypothesis.

    Parameters
    ----------
    hypothesis : Hypothesis
        As the contract has it.
    findings : sequence of Finding
        Of the other chapters.
    contract : Contract
        For the test of messages and the date of the data.
    register : sequence of Declared
        What was declared, oldest first.

    Examples
    --------
    >>> from datetime import date
    >>> from gtmlib.data.load import load_frames
    >>> claim = Hypothesis(id="a", claim="At least half", speaks_to="scope", metric="data.reason_logged_rate",
    ...     direction="above", threshold=0.5, smallest_effect=0.1, smallest_n=100, declared_on=date(2025, 1, 1),
    ...     decide_by=date(2025, 12, 31), owner="sales", if_confirmed="go on", if_refuted="stop")
    >>> rate = Finding("data.reason_logged_rate", 0.8, "share", "", ci_low=0.75, ci_high=0.85, n=250)
    >>> judged = judge_hypothesis(claim, [rate], load_frames({}).engagement.contract)
    >>> judged.verdict, round(judged.ci_low, 3)
    ('confirmed', 0.721)
    """
    found = _find(findings, hypothesis.metric, hypothesis.group)
    beside = _find(findings, hypothesis.metric, hypothesis.against) if hypothesis.against else None
    changes = changes_of(hypothesis, register)
    declared = next((entry.declared_on for entry in register if entry.id == hypothesis.id), hypothesis.declared_on)
    kind = METRICS[hypothesis.metric].kind
    row = Judged(
        id=hypothesis.id,
        claim=str(hypothesis.claim),
        speaks_to=hypothesis.speaks_to,
        owner=str(hypothesis.owner),
        if_confirmed=str(hypothesis.if_confirmed),
        if_refuted=str(hypothesis.if_refuted),
        declared_on=str(declared),
        decide_by=str(hypothesis.decide_by),
        metric=hypothesis.metric,
        unit=(found.unit or "") if found else "",
        group=hypothesis.group,
        against=hypothesis.against,
        direction=hypothesis.direction,
        threshold=hypothesis.threshold,
        smallest_effect=hypothesis.smallest_effect,
        smallest_n=hypothesis.smallest_n,
        is_difference=kind == "difference" or bool(hypothesis.against),
        is_declared=changes is not None,
        changes=changes or (),
        is_due=contract.exported_on >= hypothesis.decide_by,
    )
    if found is None or found.value is None or (hypothesis.against and (beside is None or beside.value is None)):
        return row
    row = _measure(row, found, beside, contract.variants)
    row = _decide(row, found, hypothesis, findings, contract)
    return row if row.verdict != "cannot_tell" else _price(row, found, hypothesis, findings, contract)


def _find(findings: Iterable[Finding], name: str, group: dict[str, str]) -> Finding | None:
    return next((one for one in findings if one.id == name and one.group == group), None)


def _holds_at_every_look(metric: str, plan: Variants | None) -> bool:
    return metric in COMPARED and plan is not None and plan.looks == "many"


def _planned_n(row: Judged, found: Finding, plan: Variants | None) -> float:
    """Where the interval is narrowest: that of a test of messages where the test was tuned to."""
    if plan is None or not _holds_at_every_look(row.metric, plan):
        return float(row.smallest_n)
    rule = ComparisonRule(
        control=plan.control, planned_split=tuple(plan.planned_split.items()), planned_n=plan.planned_n
    )
    return rule.planned_pair_n(found.group["variant"])


def _measure(row: Judged, found: Finding, beside: Finding | None, plan: Variants | None) -> Judged:
    """Give the number with an interval that holds at every look; a total has none."""
    sides = [side for side in (found, beside) if side is not None]
    value, n = float(found.value or 0.0), found.n
    if beside is not None:
        value = float(found.value or 0.0) - float(beside.value or 0.0)
        n = min(side.n or 0 for side in sides)
    row = replace(row, value=value, n=n)
    if any(side.ci_low is None or side.ci_high is None or not side.n for side in sides):
        return row
    level = found.confidence_level or LEVEL
    wide = []
    for side in sides:
        one = Interval(float(side.value or 0.0), float(side.ci_low or 0.0), float(side.ci_high or 0.0))
        if not _holds_at_every_look(row.metric, plan):
            one = widen(one, side.n or 1, planned_n=row.smallest_n, confidence_level=level)
        wide.append(one)
    interval = subtract(*wide) if beside is not None else wide[0]
    return replace(row, ci_low=interval.low, ci_high=interval.high, confidence_level=level)


def _decide(
    row: Judged, found: Finding, hypothesis: Hypothesis, findings: Sequence[Finding], contract: Contract
) -> Judged:
    """Give the verdict: what the evidence rests on first, then how much there is, then what the interval says."""
    if trusted := _distrust(row, hypothesis, findings, contract):
        return replace(row, reason=trusted[0], trust=trusted[1], trust_floor=trusted[2])
    if found.message.endswith(".not_answerable"):
        return replace(row, reason="stopped")
    if row.n is not None and row.n < row.smallest_n:
        return replace(row, reason="few")
    if row.ci_low is None or row.ci_high is None or row.value is None:
        return _decide_total(row)
    said = judge_claim(Interval(row.value, row.ci_low, row.ci_high), direction=row.direction, threshold=row.threshold)
    return replace(row, reason="open") if said == "open" else replace(row, verdict=said, reason=said)


def _decide_total(row: Judged) -> Judged:
    """A total is counted: it has no interval, and it is final on the day that was declared."""
    if not row.is_due or row.value is None:
        return replace(row, reason="running")
    said: Literal["confirmed", "refuted"] = (
        "confirmed" if (row.value > row.threshold) == (row.direction == "above") else "refuted"
    )
    return replace(row, verdict=said, reason=said)


def _distrust(
    row: Judged, hypothesis: Hypothesis, findings: Sequence[Finding], contract: Contract
) -> tuple[Reason, float, float] | None:
    """Give what keeps the evidence from being trusted, with its number and its floor."""
    rests_on = METRICS[row.metric].rests_on
    if rests_on == "fidelity":
        variant = {name: value for name, value in row.group.items() if name == "variant"}
        rate = _find(findings, "conversion.fidelity_rate", variant) or _find(findings, "data.fidelity_rate", {})
        usual = contract.variants.fidelity_floor if contract.variants else 0.0
        floor = hypothesis.fidelity_floor if hypothesis.fidelity_floor is not None else usual
    elif rests_on == "logging":
        rate, floor = _find(findings, "data.reason_logged_rate", {}), contract.strategy.logging_floor
    else:
        return None
    if rate is None or rate.value is None or rate.value >= floor:
        return None
    return ("fidelity" if rests_on == "fidelity" else "logging"), rate.value, floor


def _price(
    row: Judged, found: Finding, hypothesis: Hypothesis, findings: Sequence[Finding], contract: Contract
) -> Judged:
    """Say what a decision takes and what waiting for it costs."""
    per_week = pace_of(found, findings)
    need = need_of(row, found, per_week, contract) if row.reason in ("few", "open") else None
    if row.reason == "open" and need is not None and need.n_more == 0:
        row = replace(row, reason="close")  # what matters would most likely have shown
    weeks = need.weeks if need is not None else None
    delay = None
    if hypothesis.cost_per_week is not None:
        cost = hypothesis.cost_per_week
        delay = Delay(per_week=cost, low=cost, high=cost, is_declared=True, until_decided=_times(cost, weeks))
    elif (forgone := _forgone(row, findings, contract.variants)) is not None:
        cost, low, high = forgone
        delay = Delay(per_week=cost, low=low, high=high, is_declared=False, until_decided=_times(cost, weeks))
    days_left = (hypothesis.decide_by - contract.exported_on).days
    by_then = need.n_more * 7 / days_left if need is not None and need.n_more and days_left > 0 else None
    return replace(row, need=need, per_week=per_week, per_week_needed=by_then, delay=delay)


def _times(cost: float, weeks: float | None) -> float | None:
    return None if weeks is None else cost * max(1, round(weeks))  # whole weeks, as they are said


def pace_of(found: Finding, findings: Iterable[Finding]) -> float | None:
    """Give the observations of a finding that come in a week: its share of all contacts, at their pace.

    Parameters
    ----------
    found : Finding
        Of a variant; the pace of others is not known.
    findings : iterable of Finding
        Of the other chapters.

    Examples
    --------
    >>> pace = Finding("conversion.contacts_per_week", 60.0, "count", "", n=900)
    >>> pace_of(Finding("conversion.rate", 0.1, "share", "", group={"variant": "a"}, n=300), [pace])
    20.0
    """
    pace = _find(findings, "conversion.contacts_per_week", {})
    if pace is None or pace.value is None or not pace.n or not found.n or "variant" not in found.group:
        return None
    return pace.value * found.n / pace.n


def need_of(row: Judged, found: Finding, per_week: float | None, contract: Contract) -> Need | None:
    """Give what a decision takes: of a rate at its threshold, which was declared, else at the spread of the number now.

    Parameters
    ----------
    row : Judged
        With what was measured.
    found : Finding
        That decides.
    per_week : float, optional
        Observations a week; none where the pace is not known.
    contract : Contract
        For the test of messages.

    Returns
    -------
    Need, or None
        None where the number has no interval.

    Examples
    --------
    >>> from datetime import date
    >>> from gtmlib.data.load import load_frames
    >>> claim = Hypothesis(id="a", claim="At least half", speaks_to="scope", metric="data.reason_logged_rate",
    ...     direction="above", threshold=0.5, smallest_effect=0.1, smallest_n=100, declared_on=date(2025, 1, 1),
    ...     decide_by=date(2025, 12, 31), owner="sales", if_confirmed="go on", if_refuted="stop")
    >>> rate = Finding("data.reason_logged_rate", 0.52, "share", "", ci_low=0.45, ci_high=0.59, n=200)
    >>> contract = load_frames({}).engagement.contract
    >>> need_of(judge_hypothesis(claim, [rate], contract), rate, 10.0, contract).n
    394
    """
    planned_n, level = _planned_n(row, found, contract.variants), row.confidence_level or LEVEL
    if not row.n or row.value is None or row.ci_low is None or row.ci_high is None:
        return None
    if METRICS[row.metric].kind == "rate" and not row.against and 0 < row.threshold < 1:
        spread = math.sqrt(row.threshold * (1 - row.threshold))
    else:
        interval = Interval(row.value, row.ci_low, row.ci_high)
        spread = spread_of(interval, row.n, planned_n=planned_n, confidence_level=level)
    need = observations_needed(
        spread, row.n, smallest_effect=row.smallest_effect, planned_n=planned_n, per_week=per_week,
        confidence_level=level,
    )  # fmt: skip
    if need.n is None or need.n >= row.smallest_n:
        return need
    n_more = max(0, row.smallest_n - row.n)
    return Need(n=row.smallest_n, n_more=n_more, weeks=n_more / per_week if per_week else None)


def _forgone(row: Judged, findings: Sequence[Finding], plan: Variants | None) -> tuple[float, float, float] | None:
    """Give what the lesser of two messages forgoes in a week, and its interval, where a conversion has a value."""
    pace = _find(findings, "conversion.contacts_per_week", {})
    if row.metric not in COMPARED or plan is None or plan.value_per_conversion is None or pace is None:
        return None
    if row.value is None or row.ci_low is None or row.ci_high is None or pace.value is None:
        return None
    lesser = plan.control if row.value > 0 else row.group["variant"]
    share = plan.planned_split[lesser] / sum(plan.planned_split.values())
    money = pace.value * share * plan.value_per_conversion
    nearest_to_none = 0.0 if row.ci_low < 0 < row.ci_high else min(abs(row.ci_low), abs(row.ci_high))
    return abs(row.value) * money, nearest_to_none * money, max(abs(row.ci_low), abs(row.ci_high)) * money
