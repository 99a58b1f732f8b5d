"""The strategy as a cascade of choices: which evidence speaks to which, and what nobody measures or asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gtmlib.analyses.findings import Finding, Verdict
from gtmlib.analyses.hypotheses.verdicts import Verdicts
from gtmlib.analyses.reductions import MissingData
from gtmlib.data.engagement import Engagement
from gtmlib.data.strategy import HEADINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A goal of the strategy, and what speaks to it.

    Parameters
    ----------
    heading : str
        `objectives`, `scope` or `advantage`.
    goal : str
        As the contract says it; empty for what speaks to the heading alone.
    claims : tuple of (str, str)
        Claim and verdict of each hypothesis that speaks to it.
    """

    heading: str
    goal: str
    claims: tuple[tuple[str, Verdict], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cascade:
    """Which choice each piece of evidence speaks to.

    Parameters
    ----------
    choices : tuple of Choice
        By heading.
    unmeasured : tuple of str
        Goals that no finding of this run speaks to.
    n_measured, n_unasked : int
        Findings by id that chapters other than the data check gave, and those of them that no hypothesis asked for.
    """

    choices: tuple[Choice, ...]
    unmeasured: tuple[str, ...]
    n_measured: int
    n_unasked: int

    def findings(self) -> tuple[Finding, ...]:
        """Give how much was measured that nobody asked for."""
        args = {"n": self.n_unasked, "of": self.n_measured}
        return (Finding("hypotheses.n_unasked", self.n_unasked, "count", "hypotheses.finding.unasked", args),)


def lay_out_cascade(
    engagement: Engagement, verdicts: Verdicts | MissingData, findings: Iterable[Finding]
) -> Cascade | None:
    """Lay the verdicts out under the goals of the strategy; nothing where there is neither goal nor hypothesis.

    Parameters
    ----------
    engagement : Engagement
        Its contract.
    verdicts : Verdicts or MissingData
        What `judge_hypotheses` gave.
    findings : iterable of Finding
        Of the other chapters.

    Examples
    --------
    >>> from gtmlib.analyses.hypotheses import judge_hypotheses
    >>> from gtmlib.data.load import load_frames
    >>> engagement = load_frames({}).engagement
    >>> lay_out_cascade(engagement, judge_hypotheses(engagement, ()), ()) is None
    True
    """
    strategy = engagement.contract.strategy
    rows = verdicts.rows if isinstance(verdicts, Verdicts) else ()
    if not rows and not strategy.goals:
        return None
    choices, unmeasured = [], []
    for heading in HEADINGS:
        for name, goal in [*getattr(strategy, heading).items(), (heading, "")]:
            spoken = [row for row in rows if row.speaks_to == name]
            if goal or spoken:
                claims = tuple((row.claim, row.verdict) for row in spoken)
                choices.append(Choice(heading=heading, goal=str(goal), claims=claims))
            if goal and all(row.reason == "no_finding" for row in spoken):
                unmeasured.append(str(goal))
    measured = {one.id for one in findings if not one.id.startswith("data.")}
    return Cascade(
        choices=tuple(choices),
        unmeasured=tuple(unmeasured),
        n_measured=len(measured),
        n_unasked=len(measured - {row.metric for row in rows}),
    )
