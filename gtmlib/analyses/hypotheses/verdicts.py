"""Verdicts on declared hypotheses: what each says, why, what a decision still takes and what waiting for it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from gtmlib.analyses.findings import Finding, Verdict
from gtmlib.data.register import Change
from gtmlib.stats.claims import Direction, Need

CHAPTER = "hypotheses"
# Why a hypothesis has the verdict that it has; all but the first two are ways in which it can't be told.
Reason = Literal[
    "confirmed", "refuted", "no_finding", "stopped", "fidelity", "logging", "few", "running", "close", "open"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """What waiting costs, in the engagement's currency.

    Parameters
    ----------
    per_week, low, high : float
        A week without a decision, and the interval of it; all alike where the contract declares it.
    is_declared : bool
        Whether the contract says it; else it is what the lesser message forgoes.
    until_decided : float, optional
        Until the decision is to be had at the present pace; none where that is not known.
    """

    per_week: float
    low: float
    high: float
    is_declared: bool
    until_decided: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A hypothesis and its verdict.

    Parameters
    ----------
    id, claim, speaks_to, owner, if_confirmed, if_refuted : str
        As the contract says it.
    declared_on, decide_by : str
        ISO days; declared is that of the register where it is in it.
    metric, unit : str
        The finding that decides, and its unit; the unit is empty where there is no finding.
    group, against : dict
        What it is broken down by, and what it is compared with.
    direction : {'above', 'below'}
        Side of the threshold that the claim is on.
    threshold, smallest_effect : float
        In the unit.
    smallest_n : int
        Fewest observations for a verdict.
    is_difference : bool
        Whether the number is a difference, which is written with its sign.
    value, ci_low, ci_high, confidence_level : float, optional
        The number, and an interval that holds at every look.
    n : int, optional
        Observations.
    verdict : {'confirmed', 'refuted', 'cannot_tell'}
        From the interval, capped by what the evidence rests on.
    reason : str
        Why.
    trust, trust_floor : float, optional
        What the evidence rests on and its floor, where that keeps a verdict from being given.
    need : Need, optional
        What a decision takes; none where nothing can be said.
    per_week, per_week_needed : float, optional
        Observations a week now, and those with which it is decided on its day.
    delay : Delay, optional
        What waiting costs; none where nobody knows.
    is_declared : bool
        Whether the register holds it.
    changes : tuple of Change
        Terms that are not what was declared.
    is_due : bool
        Whether its day has come.
    """

    id: str
    claim: str
    speaks_to: str
    owner: str
    if_confirmed: str
    if_refuted: str
    declared_on: str
    decide_by: str
    metric: str
    unit: str
    group: dict[str, str]
    against: dict[str, str]
    direction: Direction
    threshold: float
    smallest_effect: float
    smallest_n: int
    is_difference: bool
    value: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    confidence_level: float | None = None
    n: int | None = None
    verdict: Verdict = "cannot_tell"
    reason: Reason = "no_finding"
    trust: float | None = None
    trust_floor: float | None = None
    need: Need | None = None
    per_week: float | None = None
    per_week_needed: float | None = None
    delay: Delay | None = None
    is_declared: bool = False
    changes: tuple[Change, ...] = ()
    is_due: bool = False

    @property
    def finding(self) -> Finding:
        """The verdict as a finding."""
        need, delay = self.need, self.delay
        args: dict[str, Any] = {"claim": self.claim, "value": self.value, "threshold": self.threshold}
        args |= {"unit": self.unit, "is_difference": self.is_difference, "direction": self.direction}
        args |= {"is_declared": self.is_declared}
        args |= {"n": self.n, "smallest_n": self.smallest_n, "smallest_effect": self.smallest_effect}
        args |= {"trust": self.trust, "trust_floor": self.trust_floor, "reason": self.reason}
        args |= {"n_more": need.n_more if need else None, "weeks": need.weeks if need else None}
        args |= {"per_week": self.per_week, "per_week_needed": self.per_week_needed, "is_due": self.is_due}
        args |= {"decide_by": self.decide_by, "owner": self.owner}
        args |= {"cost": delay.per_week if delay else None, "cost_until": delay.until_decided if delay else None}
        args |= {"cost_low": delay.low if delay else None, "cost_high": delay.high if delay else None}
        args |= {"if_confirmed": self.if_confirmed, "if_refuted": self.if_refuted, "declared_on": self.declared_on}
        args["changes"] = [[change.term, change.declared, change.now, change.changed_on] for change in self.changes]
        interval = {"ci_low": self.ci_low, "ci_high": self.ci_high, "confidence_level": self.confidence_level}
        message = f"hypotheses.finding.{self.verdict}"
        return Finding(
            "hypotheses.verdict", self.value, self.unit or None, message, args, {"id": self.id}, **interval,
            n=self.n, verdict=self.verdict,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A behaviour that is followed from a Monday on, as the contract says it.

    Parameters
    ----------
    id, name, seen_by, starts_on : str
        Short name, what is done, who looks at it, and the Monday (ISO).
    target : float, optional
        Share to reach.
    """

    id: str
    name: str
    seen_by: str
    starts_on: str
    target: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """Every declared hypothesis with its verdict, and what is followed from Monday on.

    Parameters
    ----------
    rows : tuple of Judged
        In the contract's order.
    followed : tuple of Followed
        The contract's behaviours, three at most.
    currency : str
        Of the costs of waiting.
    exported_on : str
        The date of the data, ISO.
    """

    rows: tuple[Judged, ...]
    followed: tuple[Followed, ...]
    currency: str
    exported_on: str

    def findings(self) -> tuple[Finding, ...]:
        """Give each verdict, and each behaviour with its target."""
        behaviours = (
            Finding(
                "hypotheses.behaviour", one.target, "share", "hypotheses.finding.behaviour",
                {"behaviour": one.name, "starts_on": one.starts_on, "target": one.target, "seen_by": one.seen_by},
                {"id": one.id},
            )
            for one in self.followed
        )  # fmt: skip
        return (*(row.finding for row in self.rows), *behaviours)
