"""Is what was agreed done on Mondays? The contract's behaviours, each with its evidence, week by week."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import pandas as pd

from gtmlib.analyses.execution.outreach import CHAPTER
from gtmlib.analyses.findings import Finding, Verdict, interval_of
from gtmlib.analyses.reductions import MissingData, conversations, in_period
from gtmlib.data.engagement import Behaviour
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.control_charts import ControlChart, RateChange, chart_samples, compare_before_after

BASELINE_WEEKS = 26  # before the start: what was usual, and not so long ago that much else was different
SPANS = (1, 2, 4)  # weeks of a point, where there are too few cases in a week
ENOUGH = 0.8  # share of the points that must have as many cases as the floor

NEEDED: dict[str, dict[str, tuple[str, ...]]] = {
    "next_step": {"touches": ("date", "next_step_on")},
    "reason_logged": {"deals": ("status", "closed_on", "lost_reason")},
    "as_planned": {"touches": ("date", "variant_assigned", "variant_delivered")},
    "objection_resolved": {"objections": ("date", "is_resolved")},
    "quick_contact": {"leads": ("created_on", "first_contact_on")},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BehaviourCourse:
    """A behaviour's share over time.

    Parameters
    ----------
    id, rule, seen_by, name : str
        As the contract declares it.
    starts_on : str
        ISO date of the Monday.
    target : float, optional
        Share to reach, in [0, 1].
    spans : tuple of str
        First day of each point, ISO.
    span_weeks : int
        Weeks of a point.
    n_before : int
        Points before the behaviour began.
    chart : ControlChart, optional
        Points with limits around what was usual before, or around all points where nothing is known of before.
    change : RateChange, optional
        After against before; None where a side has no point.
    n_left_out : int
        Cases in weeks with too few of them.
    """

    id: str
    rule: str
    seen_by: str
    name: str
    starts_on: str
    target: float | None
    spans: tuple[str, ...]
    span_weeks: int
    n_before: int
    chart: ControlChart | None
    change: RateChange | None
    n_left_out: int

    @property
    def verdict(self) -> Verdict:
        """Whether it is done more than before."""
        if self.change is None:
            return "cannot_tell"
        return "confirmed" if self.change.ci_low > 0 else "refuted" if self.change.ci_high < 0 else "cannot_tell"

    def findings(self) -> tuple[Finding, ...]:
        """Give the share since it began, and the change, with their intervals."""
        if self.change is None:
            return ()
        change, group = self.change, {"behaviour": self.id}
        after, n = change.after, change.before.n_trials + change.after.n_trials
        args: dict[str, Any] = {"behaviour": self.name, "rate": after.rate, "n": after.n_trials}
        about: dict[str, Any] = {"group": group, "n": after.n_trials} | interval_of(after)
        share = Finding("execution.behaviour_rate", after.rate, "share", "execution.finding.behaviour", args, **about)
        args = {"behaviour": self.name, "before": change.before.rate, "after": after.rate}
        args |= {"difference": change.difference, "low": change.ci_low, "high": change.ci_high}
        about = {"group": group, "n": n, "verdict": self.verdict, **interval_of(change)}
        message = f"execution.finding.behaviour_{self.verdict}"
        return share, Finding("execution.behaviour_change", change.difference, "share", message, args, **about)


def follow_behaviour(
    loaded: Loaded, place: int, *, confidence_level: float = 0.95
) -> BehaviourCourse | MissingData | None:
    """Follow one of the contract's behaviours over its weeks.

    Parameters
    ----------
    loaded : Loaded
        Needs what the behaviour's rule reads.
    place : int
        Which behaviour: 1 is the first.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    BehaviourCourse, MissingData or None
        None where the contract declares fewer; of the first one it says that there are none.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> follow_behaviour(load_frames({"touches": pd.DataFrame({"touch_id": ["1"]})}), 1).needed
    ('contract.behaviours',)
    """
    contract = loaded.engagement.contract
    if place > len(contract.behaviours):
        return MissingData(chapter=CHAPTER, needed=("contract.behaviours",)) if place == 1 else None
    behaviour = contract.behaviours[place - 1]
    if needed := loaded.missing(**NEEDED[behaviour.rule]):
        return MissingData(chapter=CHAPTER, needed=needed)
    weeks = to_frame(_count_weeks(loaded, behaviour)).dropna(subset="week")
    smallest = contract.disclosure.smallest_group
    points, span, n_left_out = _points(weeks, behaviour.starts_on, contract.exported_on, smallest)
    n_before = sum(start < behaviour.starts_on for start, _, _ in points)
    k, n = [count for _, _, count in points], [size for _, size, _ in points]
    has_both = 0 < n_before < len(points)
    return BehaviourCourse(
        id=behaviour.id,
        rule=behaviour.rule,
        seen_by=behaviour.seen_by,
        name=str(behaviour.name),
        starts_on=behaviour.starts_on.isoformat(),
        target=behaviour.target,
        spans=tuple(start.isoformat() for start, _, _ in points),
        span_weeks=span,
        n_before=n_before,
        chart=chart_samples(k, n, n_baseline=n_before or None) if points else None,
        change=compare_before_after(k, n, n_before, confidence_level=confidence_level) if has_both else None,
        n_left_out=n_left_out,
    )


def _count_weeks(loaded: Loaded, behaviour: Behaviour) -> Any:
    """Give, per week (its Monday), the cases that the rule looks at and those in which the behaviour shows."""
    rows, day, shows = _RULES[behaviour.rule](loaded)
    return rows.group_by(week=day.truncate("W")).aggregate(n=rows.count(), k=shows.fill_null(False).sum().fill_null(0))


def _next_steps(loaded: Loaded) -> tuple[Any, Any, Any]:
    rows = conversations(loaded)
    return rows, rows.date, rows.next_step_on.notnull()


def _reasons(loaded: Loaded) -> tuple[Any, Any, Any]:
    rows = in_period(loaded, loaded.tables["deals"], "closed_on").filter(lambda deals: deals.status == "lost")
    return rows, rows.closed_on, rows.lost_reason.notnull()


def _as_planned(loaded: Loaded) -> tuple[Any, Any, Any]:
    rows = in_period(loaded, loaded.tables["touches"])
    rows = rows.filter(rows.variant_assigned.notnull() & rows.variant_delivered.notnull())
    return rows, rows.date, rows.variant_delivered == rows.variant_assigned


def _resolved(loaded: Loaded) -> tuple[Any, Any, Any]:
    rows = in_period(loaded, loaded.tables["objections"])
    rows = rows.filter(rows.is_resolved.notnull())
    return rows, rows.date, rows.is_resolved


def _quick_contacts(loaded: Loaded) -> tuple[Any, Any, Any]:
    contract = loaded.engagement.contract
    days = contract.leads.quick_days
    rows = in_period(loaded, loaded.tables["leads"], "created_on")
    rows = rows.filter(rows.created_on <= ibis.literal(contract.exported_on - timedelta(days=days)))
    return rows, rows.created_on, rows.first_contact_on.delta(rows.created_on, unit="day") <= days


_RULES: dict[str, Callable[[Loaded], tuple[Any, Any, Any]]] = {
    "next_step": _next_steps,
    "reason_logged": _reasons,
    "as_planned": _as_planned,
    "objection_resolved": _resolved,
    "quick_contact": _quick_contacts,
}


def _points(
    weeks: pd.DataFrame, starts_on: date, exported_on: date, smallest: int
) -> tuple[list[tuple[date, int, int]], int, int]:
    """Give the points (first day, cases, shown) of the shortest span that has cases enough, and what is left out."""
    counts = {week.date(): (int(n), int(k)) for week, n, k in zip(weeks["week"], weeks["n"], weeks["k"], strict=True)}
    first = starts_on - timedelta(days=starts_on.weekday())
    begun = first if first == starts_on else first + timedelta(weeks=1)  # the week in which it began is of neither side
    found: list[tuple[date, int, int]] = []
    for span in SPANS:
        found = _spans(counts, first, begun, exported_on, span)
        if sum(n >= smallest for _, n, _ in found) >= ENOUGH * len(found):
            break
    kept = [point for point in found if point[1] >= smallest]
    return kept, span, sum(n for _, n, _ in found) - sum(n for _, n, _ in kept)


def _spans(
    counts: dict[date, tuple[int, int]], first: date, begun: date, exported_on: date, span: int
) -> list[tuple[date, int, int]]:
    """Cut the weeks before and since the start into spans that touch it; weeks without data at the ends are none."""
    starts = [first - timedelta(weeks=span * place) for place in range(BASELINE_WEEKS // span, 0, -1)]
    day = begun
    while day + timedelta(weeks=span) <= exported_on + timedelta(days=1):
        starts.append(day)
        day += timedelta(weeks=span)
    points = []
    for start in starts:
        inside = [counts.get(start + timedelta(weeks=place), (0, 0)) for place in range(span)]
        points.append((start, sum(n for n, _ in inside), sum(k for _, k in inside)))
    filled = [place for place, (_, n, _) in enumerate(points) if n]
    return points[filled[0] : filled[-1] + 1] if filled else []
