"""Is an objection met more often than before? Weekly counts against what the first half leads to expect."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import ibis
import numpy as np
import pandas as pd

from gtmlib.analyses.coding_agreement import weakly_agreed_codes
from gtmlib.analyses.findings import Finding
from gtmlib.analyses.objections.logged import ANY, CHAPTER, NEEDED, estimate_unlogged, fold_codes, heard_objections
from gtmlib.analyses.objections.vocabulary import WordRise, find_rising_words
from gtmlib.analyses.reductions import OTHER, MissingData, conversations
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.errors import ParameterError
from gtmlib.stats.cusum import Cusum, design_cusum, first_alarm, run_cusum
from gtmlib.stats.distributions import Array
from gtmlib.stats.events import compare_events, ratio_interval
from gtmlib.stats.multiplicity import adjust_benjamini_hochberg
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion

FACTOR = 2.0  # the rise that is watched for
WEEKS_BETWEEN_FALSE_ALARMS = 100  # over all codes together: about one false alarm in two years
FEWEST_WEEKS = 12  # in each half
FEWEST_EVENTS = 5  # in the first half; of less nothing can be expected
PRIOR_TALKS = 20  # a stage's own rate counts as far as it has conversations beyond these; the rest is the code's own
MOST_SHOWN = 26  # weeks of the course: half a year


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """One code, before and now.

    Parameters
    ----------
    code : str
        The objection.
    n_before, n_now : int
        Conversations with it in the first half of the conversations, and since.
    n_expected : float
        What the first half leads to expect since, with as many conversations in each stage.
    ratio, ci_low, ci_high : float, optional
        Now over expected, and its exact interval; none where there are too few before.
    confidence_level : float
        Of the interval.
    pvalue : float, optional
        Of no change, adjusted for all codes at once.
    chart : Cusum, optional
        What is watched for, and how long it takes; none where there are too few before.
    sums : tuple of float
        The chart's sum after each week.
    alarm_on, since : str, optional
        Monday of the week of the first alarm, and of the week in which the rise began; none without alarm.
    """

    code: str
    n_before: int
    n_now: int
    n_expected: float
    ratio: float | None
    ci_low: float | None
    ci_high: float | None
    confidence_level: float
    pvalue: float | None
    chart: Cusum | None
    sums: tuple[float, ...]
    alarm_on: str | None
    since: str | None

    @property
    def has_alarm(self) -> bool:
        """Whether the chart gave an alarm."""
        return self.alarm_on is not None

    @property
    def is_more(self) -> bool:
        """Whether it is met more often than expected over the whole second half: what the interval shown says."""
        return self.ci_low is not None and self.ci_low > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Emerging:
    """Which objections are on the rise.

    Parameters
    ----------
    rows : tuple of Trend
        By falling ratio.
    weeks : tuple of str
        Mondays of the weeks that are watched; a week with fewer conversations than the floor is counted with the next.
    baseline : tuple of str
        First and last day of what is compared with.
    n_before, n_now : int
        Conversations with a date in each half.
    per_week : float
        Conversations per week that is watched.
    other_before, other_now : ProportionEstimate, optional
        Share of the conversations with an objection in which one is of no code of its own: where it grows, the
        codebook misses something.
    run_length : float, optional
        Weeks to a false alarm of any code, in the mean.
    family_level : float
        Coverage of the intervals of all codes together.
    reason : {'few_weeks', 'few_events'}, optional
        Why nothing can be told; none where it can.
    words : tuple of WordRise
        Words of the codebook that notes hold more often now.
    unlogged : ProportionEstimate, optional
        Share of lost deals without a logged reason.
    weak_codes : tuple of str
        Codes on which coders agree too little.
    """

    rows: tuple[Trend, ...]
    weeks: tuple[str, ...]
    baseline: tuple[str, str]
    n_before: int
    n_now: int
    per_week: float
    other_before: ProportionEstimate | None
    other_now: ProportionEstimate | None
    run_length: float | None
    family_level: float
    reason: Literal["few_weeks", "few_events"] | None
    words: tuple[WordRise, ...]
    unlogged: ProportionEstimate | None
    weak_codes: tuple[str, ...]

    def findings(self) -> tuple[Finding, ...]:
        """Give each code's change with its interval, the strongest rise first."""
        found = []
        for row in self.rows:
            if row.ratio is None:
                continue
            message = "objections.finding.emerging" if row.has_alarm else "objections.finding.no_alarm"
            args = {"code": row.code, "ratio": row.ratio, "n": row.n_now, "expected": round(row.n_expected, 1)}
            args |= {"since": row.since} if row.has_alarm else {}
            found.append(
                Finding(
                    "objections.emerging", row.ratio, "ratio", message, args, group={"code": row.code}, n=row.n_now,
                    ci_low=row.ci_low, ci_high=row.ci_high, confidence_level=row.confidence_level,
                )
            )  # fmt: skip
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergingCourse:
    """How the leading codes came to where they are, week by week.

    Parameters
    ----------
    weeks : tuple of str
        Mondays.
    codes : tuple of str
        Those nearest to an alarm, or past it.
    shares : tuple of tuple of float
        By code: the chart's sum after each week as a share of what gives the alarm.
    alarms : tuple of str, optional
        By code: the Monday of its first alarm.
    median_delays : tuple of int
        By code: weeks until a rate that has doubled gives the alarm, in half of the cases.
    run_lengths : tuple of float
        By code: weeks to a false alarm in the mean.
    weak_codes : tuple of str
        Codes on which coders agree too little.
    """

    weeks: tuple[str, ...]
    codes: tuple[str, ...]
    shares: tuple[tuple[float, ...], ...]
    alarms: tuple[str | None, ...]
    median_delays: tuple[int, ...]
    run_lengths: tuple[float, ...]
    weak_codes: tuple[str, ...]

    def findings(self) -> tuple[()]:
        """Give none of its own: they are those of `Emerging`."""
        return ()


def analyse_emerging(loaded: Loaded, *, confidence_level: float = 0.95) -> Emerging | MissingData:
    """Compare each code with what the first half of the conversations leads to expect, and watch for its doubling.

    Parameters
    ----------
    loaded : Loaded
        Needs touches with a date, and objections with touch_id and code; better with stages.
    confidence_level : float
        Coverage of the intervals of all codes together, in (0, 1).

    References
    ----------
    Lucas (1985), Technometrics 27, 129-144, for the CUSUM; Krishnamoorthy & Thomson (2004) for the comparison of
    counts. Expected counts hold the mix of stages still: more first calls are no rise of what is said in first calls.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> days = pd.date_range("2025-01-06", periods=60, freq="D")
    >>> touches = pd.DataFrame({"touch_id": [f"T{i}" for i in range(60)], "date": days})
    >>> said = pd.DataFrame({"touch_id": ["T1"], "code": "price"})
    >>> analyse_emerging(load_frames({"touches": touches, "objections": said})).reason
    'few_weeks'
    """
    if lacking := loaded.missing(**(NEEDED | {"touches": ("date",)})):
        return MissingData(chapter=CHAPTER, needed=lacking)
    counts, talks = reduce_weeks(loaded)
    if talks.empty:
        return MissingData(chapter=CHAPTER, needed=("touches",))
    weeks = _merge_weeks(talks, loaded.engagement.contract.disclosure.smallest_group)
    talks, counts = (frame.assign(period=frame["week"].map(weeks)) for frame in (talks, counts))
    volumes = talks.groupby("period")["n"].sum().sort_index()
    half = int(np.searchsorted(volumes.cumsum().to_numpy(), volumes.sum() / 2)) + 1
    before, now = volumes.index[:half], volumes.index[half:]
    about: dict[str, Any] = {
        "weeks": tuple(_iso(day) for day in now),
        "baseline": (_iso(volumes.index[0]), _iso(before[-1] + pd.Timedelta(days=6))),
        "n_before": int(volumes[before].sum()),
        "n_now": int(volumes[now].sum()),
        "per_week": float(volumes[now].mean()) if len(now) else 0.0,
        "other_before": _share_of_other(counts, before, confidence_level),
        "other_now": _share_of_other(counts, now, confidence_level),
        "words": find_rising_words(loaded, now[0].date()) if len(now) else (),
        "family_level": confidence_level,
        "unlogged": estimate_unlogged(loaded, confidence_level),
    }
    if min(len(before), len(now)) < FEWEST_WEEKS:
        return Emerging(rows=(), run_length=None, reason="few_weeks", weak_codes=(), **about)
    codes = fold_codes(loaded)[0]
    rows = [_follow(code, counts, talks, (before, now), len(codes), confidence_level) for code in codes]
    known = [row for row in rows if row.pvalue is not None]
    pvalues = adjust_benjamini_hochberg([row.pvalue or 0.0 for row in known])
    adjusted = dict(zip([row.code for row in known], pvalues, strict=True))
    rows = [replace(row, pvalue=adjusted.get(row.code)) for row in rows]
    rates = [1 / row.chart.run_length for row in rows if row.chart]
    return Emerging(
        rows=tuple(sorted(rows, key=lambda row: (not row.has_alarm, -(row.ratio or 0.0), row.code))),
        run_length=1 / sum(rates) if rates else None,
        reason=None if known else "few_events",
        weak_codes=tuple(code for code in weakly_agreed_codes(loaded) if code in codes),
        **about,
    )


def list_course(found: Emerging | MissingData) -> EmergingCourse | None:
    """Give the course of the codes that are nearest to an alarm over the last half year; none where nothing is watched.

    Parameters
    ----------
    found : Emerging or MissingData
        What `analyse_emerging` gave.

    Examples
    --------
    >>> list_course(MissingData(chapter="objections", needed=("touches.date",))) is None
    True
    """
    if isinstance(found, MissingData):
        return None
    watched = [row for row in found.rows if row.chart and row.code != OTHER]
    if not watched:
        return None
    watched.sort(key=lambda row: (not row.has_alarm, -max(_relative(row)[-MOST_SHOWN:])))
    shown = watched[:3]
    return EmergingCourse(
        weeks=found.weeks[-MOST_SHOWN:],
        codes=tuple(row.code for row in shown),
        shares=tuple(_relative(row)[-MOST_SHOWN:] for row in shown),
        alarms=tuple(row.alarm_on for row in shown),
        median_delays=tuple(row.chart.median_delay for row in shown if row.chart),
        run_lengths=tuple(row.chart.run_length for row in shown if row.chart),
        weak_codes=tuple(code for code in found.weak_codes if code in {row.code for row in shown}),
    )


def _relative(row: Trend) -> tuple[float, ...]:
    assert row.chart is not None
    return tuple(total / row.chart.interval for total in row.sums)


def reduce_weeks(loaded: Loaded) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count conversations by week and stage, and those with each objection.

    Parameters
    ----------
    loaded : Loaded
        With dated touches, and objections.

    Returns
    -------
    DataFrame, one row per code (`any` among them), week and stage
        code, week (its Monday), stage (empty where unknown), n.
    DataFrame, one row per week and stage
        week, stage, n.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> touches = pd.DataFrame({"touch_id": ["T1", "T2"], "date": pd.to_datetime(["2025-05-02", "2025-05-01"])})
    >>> said = pd.DataFrame({"touch_id": ["T1"], "code": ["price"]})
    >>> talks = reduce_weeks(load_frames({"touches": touches, "objections": said}))[1]
    >>> talks.astype({"week": str}).to_dict("records")
    [{'week': '2025-04-28', 'stage': '', 'n': 2}]
    """
    talks = conversations(loaded)
    stage: Any = talks.stage.fill_null("") if "stage" in talks.columns else ibis.literal("")
    talks = talks.filter(talks.date.notnull()).select("touch_id", week=talks.date.truncate("W"), stage=stage)
    heard = heard_objections(loaded, with_any=True).inner_join(talks, "touch_id")
    counts = to_frame(heard.group_by("code", "week", "stage").aggregate(n=heard.count()))
    totals = to_frame(talks.group_by("week", "stage").aggregate(n=talks.count()))
    return counts.sort_values(["code", "week", "stage"]), totals.sort_values(["week", "stage"])


def _merge_weeks(talks: pd.DataFrame, smallest: int) -> dict[Any, Any]:
    """Give each week the Monday of the period it is counted in: weeks under the floor wait for the next."""
    merged: dict[Any, Any] = {}
    waiting, n = [], 0
    for week, size in talks.groupby("week")["n"].sum().sort_index().items():
        waiting.append(week)
        n += int(size)
        if n >= smallest:
            merged |= dict.fromkeys(waiting, waiting[0])
            waiting, n = [], 0
    last = max(merged.values(), default=waiting[0] if waiting else None)
    return merged | dict.fromkeys(waiting, last)


def _follow(
    code: str, counts: pd.DataFrame, talks: pd.DataFrame, halves: tuple[Any, Any], n_codes: int, level: float
) -> Trend:
    """Compare a code's counts with what is expected, and run its chart over the weeks since."""
    before, now = halves
    own = counts[counts["code"] == code]
    seen = own.groupby("period")["n"].sum()
    expected = _expect(own, talks, before)
    n_before, n_now = (int(seen.reindex(half).fillna(0).sum()) for half in halves)
    due_before, due = (float(expected.reindex(half).sum()) for half in halves)
    level = 1 - (1 - level) / n_codes
    about: dict[str, Any] = {"code": code, "n_before": n_before, "n_now": n_now, "confidence_level": level}
    nothing: dict[str, Any] = {
        "ratio": None,
        "ci_low": None,
        "ci_high": None,
        "pvalue": None,
        "sums": (),
        "chart": None,
    }
    if n_before < FEWEST_EVENTS or due <= 0:
        return Trend(**about, n_expected=due, **nothing, alarm_on=None, since=None)
    compared = compare_events(n_now, due, n_before, due_before)
    low, high = ratio_interval(n_now, due, n_before, due_before, confidence_level=level)
    exposures = expected.reindex(now).to_numpy()
    chart = _design(exposures, n_codes)
    sums = run_cusum(chart, seen.reindex(now).fillna(0), exposures) if chart else ()
    place = first_alarm(chart, sums) if chart else None
    return Trend(
        **about,
        n_expected=due,
        ratio=compared.ratio,
        ci_low=low,
        ci_high=high,
        pvalue=compared.pvalue,
        chart=chart,
        sums=sums,
        alarm_on=None if place is None else _iso(now[place]),
        since=None if place is None else _iso(now[_began(sums, place)]),
    )


def _design(exposures: Array, n_codes: int) -> Cusum | None:
    """Design the chart of expected counts; none where a rate is too high for a chart of counts."""
    try:
        least = float(WEEKS_BETWEEN_FALSE_ALARMS * n_codes)
        return design_cusum(1.0, exposures.round(2).clip(0.01), factor=FACTOR, least_run_length=least)
    except ParameterError:
        return None


def _began(sums: tuple[float, ...], alarm: int) -> int:
    """Give the first week after the chart last stood at 0: the usual estimate of when the rise began."""
    return max((place + 1 for place in range(alarm) if sums[place] == 0), default=0)


def _expect(own: pd.DataFrame, talks: pd.DataFrame, before: Any) -> pd.Series[float]:
    """Expect, by period, what the first half's rates give in the period's mix of stages."""
    n = talks[talks["period"].isin(before)].groupby("stage")["n"].sum()
    n = n.reindex(talks["stage"].unique(), fill_value=0)
    k = own[own["period"].isin(before)].groupby("stage")["n"].sum().reindex(n.index, fill_value=0)
    overall = k.sum() / n.sum()
    rate = (k + PRIOR_TALKS * overall) / (n + PRIOR_TALKS)
    due = talks.assign(due=talks["n"] * talks["stage"].map(rate))
    expected: pd.Series[float] = due.groupby("period")["due"].sum().sort_index()
    return expected


def _share_of_other(counts: pd.DataFrame, half: Any, level: float) -> ProportionEstimate | None:
    """Estimate the share of conversations with an objection in which one has no code of its own."""
    own = counts[counts["period"].isin(half)].groupby("code")["n"].sum()
    if not own.get(ANY, 0):
        return None
    return estimate_proportion(int(own.get(OTHER, 0)), int(own[ANY]), confidence_level=level)


def _iso(day: Any) -> str:
    return str(day.date().isoformat())
