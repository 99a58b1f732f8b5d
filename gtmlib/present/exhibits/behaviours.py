"""Exhibits of what is done week by week: time in core segments, and the behaviours of the contract."""

from __future__ import annotations

from typing import Any

from gtmlib.analyses.execution.behaviours import BASELINE_WEEKS, BehaviourCourse
from gtmlib.analyses.execution.focus import Focus, FocusMonth
from gtmlib.present.execution_figures import Level, plot_share_course
from gtmlib.present.exhibit import Cell, Exhibit, Table, columns
from gtmlib.present.language import Language
from gtmlib.stats.proportions import ProportionEstimate

FEWEST_POINTS = 2  # of a line


def present_focus(result: Focus, language: Language, accent: str) -> Exhibit:
    """Show the share of touches and conversations in core segments by month.

    Parameters
    ----------
    result : Focus
        Time in core segments.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, touches, talks = language.say, result.touches, result.conversations
    args: dict[str, Any] = {"segments": list(result.segments), "rate": touches.rate, "talks": talks.rate}
    args |= {"low": touches.ci_low, "high": touches.ci_high, "n": touches.n_trials}
    sentences = [say("execution.focus", **args, t_low=talks.ci_low, t_high=talks.ci_high)]
    if result.customers is not None:
        sentences.append(say("execution.focus.customers", rate=result.customers.rate, n=result.customers.n_trials))
    if result.change is not None:
        change = {"difference": result.change.difference, "low": result.change.ci_low, "high": result.change.ci_high}
        sentences.append(say(f"execution.focus.change.{result.verdict}", **change))
    shown = [month for month in result.months if month.touches is not None]
    levels = []
    if result.customers is not None:
        label = say("execution.focus.level", rate=result.customers.rate)
        levels.append(Level(value=result.customers.rate, label=label))
    notes = [say("execution.focus.method")]
    if result.n_without_segment:
        notes.append(say("execution.focus.without", n=result.n_without_segment))
    return Exhibit(
        id="execution-focus",
        title=say("execution.focus.title", **args),
        sentences=tuple(sentences),
        figure=_focus_figure(shown, levels, language, accent) if len(shown) >= FEWEST_POINTS else None,
        alt=say("execution.focus.alt", **args, months=len(shown)),
        table=_focus_table(result, language),
        notes=tuple(notes),
        verdict=result.verdict if result.change is not None else None,
        evidence=say("execution.focus.evidence", n=touches.n_trials) if result.change is not None else "",
    )


def _focus_figure(months: list[FocusMonth], levels: list[Level], language: Language, accent: str) -> Any:
    shares = [month.touches for month in months if month.touches is not None]
    return plot_share_course(
        [language.format(month.month, "month") for month in months],
        [share.rate for share in shares],
        [share.ci_low for share in shares],
        [share.ci_high for share in shares],
        language=language,
        accent=accent,
        details=[_interval(share, language) for share in shares],
        beside=[month.conversations.rate if month.conversations is not None else None for month in months],
        levels=levels,
        axis_title=language.say("execution.axis.focus"),
    )


def _interval(share: ProportionEstimate, language: Language) -> str:
    return language.say("figure.interval", low=share.ci_low, high=share.ci_high, n=share.n_trials)


def _focus_table(result: Focus, language: Language) -> Table:
    rates = "column.low:percent column.high:percent"
    touches = f"execution.column.touches:count execution.column.touch_share:percent {rates}"
    talks = f"column.conversations:count execution.column.talk_share:percent {rates}"

    def cells(share: ProportionEstimate | None) -> tuple[Cell, ...]:
        return (None, None, None, None) if share is None else (share.n_trials, share.rate, share.ci_low, share.ci_high)

    return Table(
        columns=columns(language.say, f"conversion.column.period:month {touches} {talks}"),
        rows=tuple((month.month, *cells(month.touches), *cells(month.conversations)) for month in result.months),
    )


def present_behaviour(result: BehaviourCourse, language: Language, accent: str) -> Exhibit:
    """Show a behaviour's share over the weeks within its limits, and what changed when it began.

    Parameters
    ----------
    result : BehaviourCourse
        One of the contract's.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, change = language.say, result.change
    name = language.word(result.name)
    args: dict[str, Any] = {
        "behaviour": name,
        "start": result.starts_on,
        "evidence": say(f"execution.rule.{result.rule}"),
    }
    usual = "execution.behaviour.method" if result.n_before else "execution.behaviour.method.alone"
    notes = [say(usual, n=BASELINE_WEEKS)]
    if result.span_weeks > 1:
        notes.append(say("execution.behaviour.span", n=result.span_weeks))
    if result.n_left_out:
        notes.append(say("execution.behaviour.left_out", n=result.n_left_out))
    kind = "open" if change is None else result.verdict
    if change is not None:
        args |= {"before": change.before.rate, "after": change.after.rate, "difference": change.difference}
        args |= {"low": change.ci_low, "high": change.ci_high, "n": change.after.n_trials}
    sentences = [say(f"execution.behaviour.{kind}", **args), *_describe_target(result, language)]
    sentences.append(say("execution.behaviour.seen_by", who=say(f"execution.seen_by.{result.seen_by}")))
    return Exhibit(
        id=f"execution-behaviour-{result.id.replace('_', '-')}",
        title=say(f"execution.behaviour.title.{kind}", **args),
        sentences=tuple(sentences),
        figure=_course(result, language, accent),
        alt=say("execution.behaviour.alt", behaviour=name, points=len(result.spans), outside=_n_outside(result)),
        table=_course_table(result, language),
        notes=tuple(notes),
        verdict=result.verdict,
        evidence=say("execution.behaviour.evidence", **args) if change is not None else "",
    )


def _describe_target(result: BehaviourCourse, language: Language) -> list[str]:
    if result.target is None or result.change is None:
        return []
    after = result.change.after
    kind = "reached" if after.ci_low >= result.target else "missed" if after.ci_high < result.target else "unclear"
    args = {"target": result.target, "low": after.ci_low, "high": after.ci_high}
    return [language.say(f"execution.behaviour.target.{kind}", **args)]


def _n_outside(result: BehaviourCourse) -> int:
    return len(result.chart.out_of_control) if result.chart is not None else 0


def _course(result: BehaviourCourse, language: Language, accent: str) -> Any:
    chart, say = result.chart, language.say
    if chart is None or len(chart.samples) < FEWEST_POINTS:
        return None
    usual = "usual" if result.n_before else "mean"
    levels = [Level(value=chart.centre, label=say(f"execution.behaviour.{usual}", rate=chart.centre))]
    if result.target is not None:
        levels.append(Level(value=result.target, label=say("execution.behaviour.target", rate=result.target)))
    begins = None
    if 0 < result.n_before < len(result.spans):
        begins = (result.n_before, say("execution.behaviour.begins", start=result.starts_on))
    return plot_share_course(
        [language.format(start, "day") for start in result.spans],
        [sample.rate for sample in chart.samples],
        [sample.low for sample in chart.samples],
        [sample.high for sample in chart.samples],
        language=language,
        accent=accent,
        details=[
            say("execution.behaviour.point", low=sample.low, high=sample.high, n=sample.n_trials)
            for sample in chart.samples
        ],
        is_outside=[sample.is_outside for sample in chart.samples],
        levels=levels,
        begins=begins,
        axis_title=say("execution.axis.behaviour"),
    )


def _course_table(result: BehaviourCourse, language: Language) -> Table | None:
    if result.chart is None:
        return None
    limits = "execution.column.limit_low:percent execution.column.limit_high:percent"
    words = f"execution.column.week:date execution.column.cases:count column.rate:percent {limits}"
    return Table(
        columns=columns(language.say, words),
        rows=tuple(
            (start, sample.n_trials, sample.rate, sample.low, sample.high)
            for start, sample in zip(result.spans, result.chart.samples, strict=True)
        ),
    )
