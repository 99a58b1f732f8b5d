"""More activity, or another rate? Two periods taken apart, and what goes with activity within and between reps."""

from __future__ import annotations

from dataclasses import dataclass

from gtmlib.analyses.execution.outreach import CHAPTER, Outreach, read_outreach
from gtmlib.analyses.findings import Finding, Verdict
from gtmlib.analyses.reductions import MissingData
from gtmlib.data.loaded import Loaded
from gtmlib.errors import ParameterError
from gtmlib.stats.decomposition import RateDecomposition, decompose_change
from gtmlib.stats.panel import WithinBetween, estimate_within_between

MOST_MONTHS = 6  # of a period: half a year is what a sales manager remembers
LEAST_MONTHS = 3  # of a rep's history that say anything about its own months


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityChange:
    """Results of two periods of the same length, and what changed between them.

    Parameters
    ----------
    before, after : tuple of str
        First and last month of each period.
    n_months : int
        Of each.
    change : RateDecomposition
        Contacts and results, taken apart.
    n_immature : int
        Contacts too young to have given a result.
    """

    before: tuple[str, str]
    after: tuple[str, str]
    n_months: int
    change: RateDecomposition
    n_immature: int

    def findings(self) -> tuple[Finding, ...]:
        """Give both parts with their intervals, and the change they sum to."""
        change, n = self.change, self.change.before.n_trials + self.change.after.n_trials
        args = {"total": change.total, "activity": change.activity_effect, "rate": change.rate_effect}
        found = [Finding("execution.result_change", change.total, "count", "execution.finding.change", args, n=n)]
        for name in ("activity", "rate"):
            value, low, high = (getattr(change, f"{name}_{end}") for end in ("effect", "ci_low", "ci_high"))
            found.append(
                Finding(
                    f"execution.{name}_effect", value, "count", f"execution.finding.{name}", args, n=n, ci_low=low,
                    ci_high=high, confidence_level=change.confidence_level, verdict=_side(low, high),
                )
            )  # fmt: skip
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivitySlopes:
    """What goes with more contacts: in a rep's busier months, and with busier reps.

    Parameters
    ----------
    slopes : WithinBetween
        Results per contact.
    n_left_out : int
        Reps with fewer than three full months.
    """

    slopes: WithinBetween
    n_left_out: int

    def findings(self) -> tuple[Finding, ...]:
        """Give both slopes with their intervals."""
        return tuple(
            Finding(
                f"execution.{name}_slope", slope.slope, "ratio", f"execution.finding.{name}",
                {"slope": 10 * slope.slope, "low": 10 * slope.ci_low, "high": 10 * slope.ci_high, "n": 10},
                n=self.slopes.n_rows, ci_low=slope.ci_low, ci_high=slope.ci_high,
                confidence_level=slope.confidence_level, verdict=_side(slope.ci_low, slope.ci_high),
            )
            for name, slope in (("within", self.slopes.within), ("between", self.slopes.between))
        )  # fmt: skip


def _side(low: float, high: float) -> Verdict:
    """Give the verdict on "more": confirmed above zero, refuted below, else nothing can be told."""
    return "confirmed" if low > 0 else "refuted" if high < 0 else "cannot_tell"


def analyse_activity(loaded: Loaded, *, confidence_level: float = 0.95) -> ActivityChange | MissingData:
    """Split the change of results between two periods into activity and rate.

    Parameters
    ----------
    loaded : Loaded
        Needs first contacts over two full months or more; the last half of them, at most six, is held against as many
        before.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    References
    ----------
    See `gtmlib.stats.decomposition.decompose_change`.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> days = [pd.Timestamp("2025-03-01")] * 400 + [pd.Timestamp("2025-04-01")] * 600
    >>> touches = pd.DataFrame({"date": days, "converted_on": None})
    >>> touches.loc[[*range(20), *range(400, 421)], "converted_on"] = pd.Timestamp("2025-04-02")
    >>> found = analyse_activity(load_frames({"touches": touches.assign(touch_id=touches.index.astype(str))}))
    >>> found.change.activity_effect, found.change.rate_effect, found.change.total
    (8.5, -7.5, 1)
    """
    outreach = read_outreach(loaded)
    if isinstance(outreach, MissingData):
        return outreach
    months = outreach.full_months
    n_months = min(MOST_MONTHS, len(months) // 2)
    if not n_months:
        return MissingData(chapter=CHAPTER, needed=("touches.date",))
    after, before = months[-n_months:], months[-2 * n_months : -n_months]
    (n_0, k_0), (n, k) = (_sum(outreach, part) for part in (before, after))
    if not min(n_0, n):
        return MissingData(chapter=CHAPTER, needed=("touches.date",))
    return ActivityChange(
        before=(before[0], before[-1]),
        after=(after[0], after[-1]),
        n_months=n_months,
        change=decompose_change(k_0, n_0, k, n, confidence_level=confidence_level),
        n_immature=outreach.n_immature,
    )


def _sum(outreach: Outreach, months: tuple[str, ...]) -> tuple[int, int]:
    found = outreach.totals("month", months=months).values()
    return sum(n for n, _ in found), sum(k for _, k in found)


def analyse_slopes(loaded: Loaded, *, confidence_level: float = 0.95) -> ActivitySlopes | MissingData:
    """Estimate what goes with more contacts, within reps and between them.

    Parameters
    ----------
    loaded : Loaded
        Needs first contacts with rep_id, of four reps or more over three full months or more.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    References
    ----------
    See `gtmlib.stats.panel.estimate_within_between`.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> touches = pd.DataFrame({"touch_id": ["1"], "date": [pd.Timestamp("2025-03-01")], "converted_on": [None]})
    >>> analyse_slopes(load_frames({"touches": touches})).needed
    ('touches.converted_on',)
    """
    outreach = read_outreach(loaded)
    if isinstance(outreach, MissingData):
        return outreach
    if needed := loaded.missing(touches=("rep_id",)):
        return MissingData(chapter=CHAPTER, needed=needed)
    by_month = {month: outreach.totals("rep", months=[month]) for month in outreach.full_months}
    reps = {rep for found in by_month.values() for rep in found}
    units, activity, results, n_left_out = [], [], [], 0
    for rep in sorted(reps):
        worked = [place for place, month in enumerate(outreach.full_months) if rep in by_month[month]]
        span = outreach.full_months[worked[0] : worked[-1] + 1]  # a quiet month between two is one of no contacts
        if len(span) < LEAST_MONTHS:
            n_left_out += 1
            continue
        for month in span:
            n, k = by_month[month].get(rep, (0, 0))
            units.append(rep)
            activity.append(n)
            results.append(k)
    try:
        slopes = estimate_within_between(units, activity, results, confidence_level=confidence_level)
    except ParameterError:  # too few reps, or nobody ever did more or less: there is no slope
        return MissingData(chapter=CHAPTER, needed=("touches.rep_id", "touches.date"))
    return ActivitySlopes(slopes=slopes, n_left_out=n_left_out)
