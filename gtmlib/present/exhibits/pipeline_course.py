"""Exhibits of what became of deals over time: outcomes, stages, cohorts, next steps and what a day brings."""

from __future__ import annotations

from typing import Any

from gtmlib.analyses.pipeline.cycles import CohortTrend
from gtmlib.analyses.pipeline.next_steps import NextSteps
from gtmlib.analyses.pipeline.outcomes import Outcomes, PipelineVelocity, StageFlow
from gtmlib.present.exhibit import Exhibit, Table, columns
from gtmlib.present.figures import plot_intervals
from gtmlib.present.language import Language
from gtmlib.present.pipeline_figures import plot_outcomes
from gtmlib.present.sentences import name_of

NEAR_ALL = 0.005  # of the deals: fewer still open are not spoken of


def present_outcomes(result: Outcomes, language: Language, accent: str) -> Exhibit:
    """Show the shares won, lost and open by days since the start.

    Parameters
    ----------
    result : Outcomes
        The three shares over time.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, last = language.say, result.points[-1]
    args: dict[str, Any] = {"n": int(last.time), "won": last.won, "lost": last.lost, "open": last.open}
    title = say("pipeline.outcomes.title", **args)
    sentences = [say("pipeline.outcomes.sentence", low=last.won_low, high=last.won_high, **args)]
    if result.median_days is not None:
        sentences.append(say("pipeline.outcomes.median", n=int(result.median_days)))
    notes = [say("pipeline.outcomes.note", n=result.n, open=result.n_open, level=result.confidence_level)]
    if result.closings_from is not None:
        notes.append(say("pipeline.outcomes.recorded", day=result.closings_from))
    heads = (
        "pipeline.column.days:count pipeline.column.won:percent column.low:percent column.high:percent "
        "pipeline.column.lost:percent column.low:percent column.high:percent pipeline.column.still_open:percent "
        "pipeline.column.at_risk:count"
    )
    names = [say(f"pipeline.outcomes.{name}") for name in ("won", "open", "lost")]
    return Exhibit(
        id="pipeline-outcomes",
        title=title,
        sentences=tuple(sentences),
        figure=plot_outcomes(
            [point.time for point in result.points],
            [[getattr(point, name) for point in result.points] for name in ("won", "open", "lost")],
            names,
            language=language,
            accent=accent,
            x_title=say("pipeline.outcomes.x"),
            y_title=say("pipeline.outcomes.y"),
        )
        if len(result.points) > 1
        else None,
        alt=f"{title}. {sentences[0]}",
        table=Table(
            columns=columns(say, heads),
            rows=tuple(
                (int(point.time), point.won, point.won_low, point.won_high, point.lost, point.lost_low, point.lost_high,
                 point.open, point.n_at_risk)
                for point in result.points
            ),
        ),
        notes=tuple(notes),
    )  # fmt: skip


def present_stages(result: StageFlow, language: Language, accent: str) -> Exhibit:
    """Show who goes on from each stage, and how long it takes.

    Parameters
    ----------
    result : StageFlow
        Stages in their order.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    if not result.steps:
        return Exhibit(id="pipeline-stages", title=say("pipeline.stages.few"))
    worst = min(result.steps, key=lambda step: step.point.won)
    args: dict[str, Any] = {"stage": worst.stage, "share": worst.point.won, "n": worst.n}
    title = say("pipeline.stages.title", **args)
    details = [
        say("pipeline.stages.n", n=step.n)
        if step.median_days is None
        else say("pipeline.stages.median", n=step.n, days=int(step.median_days))
        for step in result.steps
    ]
    heads = (
        "column.stage pipeline.column.entered:count pipeline.column.went_on:percent column.low:percent "
        "column.high:percent pipeline.column.lost:percent pipeline.column.still_here:count "
        "pipeline.column.median:number"
    )
    notes = [say("pipeline.stages.note", n=result.n_deals, level=result.confidence_level)]
    if result.n_left_out:
        notes.append(say("pipeline.stages.left_out", n=result.n_left_out))
    names = [str(name_of("stage", step.stage, language)) for step in result.steps]
    said = [
        f"{name} {language.format(step.point.won, 'percent')}" for name, step in zip(names, result.steps, strict=True)
    ]
    return Exhibit(
        id="pipeline-stages",
        title=title,
        sentences=(say("pipeline.stages.sentence", low=worst.point.won_low, high=worst.point.won_high, **args),),
        figure=plot_intervals(
            names,
            [step.point.won for step in result.steps],
            [step.point.won_low for step in result.steps],
            [step.point.won_high for step in result.steps],
            language=language,
            accent=accent,
            details=details,
            axis_title=say("pipeline.stages.axis"),
        ),
        alt=f"{title}. " + "; ".join(said) + ".",
        table=Table(
            columns=columns(say, heads),
            rows=tuple(
                (name, step.n, step.point.won, step.point.won_low, step.point.won_high, step.point.lost,
                 step.n_here, step.median_days)
                for name, step in zip(names, result.steps, strict=True)
            ),
        ),
        notes=tuple(notes),
    )  # fmt: skip


def present_cycles(result: CohortTrend, language: Language, accent: str) -> Exhibit:
    """Show whether cycles are getting longer, from cohorts that all had the same time.

    Parameters
    ----------
    result : CohortTrend
        Start cohorts and their trend.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, trend = language.say, result.days_trend
    each, n = name_of("each", result.each, language), len(result.cohorts)
    missing = []
    if result.closings_from is not None and result.n_unrecorded:
        missing.append(say("pipeline.cycles.unrecorded", n=result.n_unrecorded, day=result.closings_from))
    slopes = {"closing": None, "start": None} | {row.by: row.trend.slope for row in result.usual}
    warning = [say("pipeline.cycles.warning", **slopes)] if result.misleads else []
    if trend is None:
        return Exhibit(
            id="pipeline-cycles",
            title=say("pipeline.cycles.few", n=result.horizon_days),
            sentences=(*missing, say("pipeline.cycles.wait"), *warning),
            verdict="cannot_tell",
        )
    args: dict[str, Any] = {"slope": trend.slope, "low": trend.ci_low, "high": trend.ci_high, "each": each, "n": n}
    title = say(f"pipeline.cycles.title.{result.verdict}", **(args | {"slope": abs(trend.slope)}))  # "shorter, by ..."
    sentences = [say(f"pipeline.cycles.{result.verdict}", **args)]
    if result.won_trend is not None:
        kind = ("steady", "rising", "falling")[result.won_trend.direction]
        told = {"slope": result.won_trend.slope, "low": result.won_trend.ci_low, "high": result.won_trend.ci_high}
        sentences.append(say(f"pipeline.cycles.won.{kind}", n=result.horizon_days, each=each, **told))
    sentences += warning
    notes = [*missing, say("pipeline.cycles.note", n=result.horizon_days, level=trend.confidence_level)]
    if result.n_too_young:
        notes.append(say("pipeline.cycles.young", n=result.n_too_young))
    if result.n_small:
        notes.append(say("pipeline.cycles.small", n=result.n_small))
    names = [language.format(cohort.starts_on, "month") for cohort in result.cohorts]
    heads = (
        "pipeline.column.cohort pipeline.column.deals:count pipeline.column.mean_days:tenths column.low:tenths "
        "column.high:tenths pipeline.column.won:percent column.low:percent column.high:percent"
    )
    return Exhibit(
        id="pipeline-cycles",
        title=title,
        sentences=tuple(sentences),
        figure=plot_intervals(
            names,
            [cohort.days.mean for cohort in result.cohorts],
            [cohort.days.ci_low for cohort in result.cohorts],
            [cohort.days.ci_high for cohort in result.cohorts],
            language=language,
            kind="tenths",
            accent=accent,
            details=[say("pipeline.cycles.detail", n=row.won.n_trials, won=row.won.rate) for row in result.cohorts],
            axis_title=say("pipeline.cycles.axis", n=result.horizon_days),
        ),
        alt=" ".join((f"{title}.", *sentences[:2])),
        table=Table(
            columns=columns(say, heads),
            rows=tuple(
                (name, row.won.n_trials, row.days.mean, row.days.ci_low, row.days.ci_high, row.won.rate, row.won.ci_low,
                 row.won.ci_high)
                for name, row in zip(names, result.cohorts, strict=True)
            ),
        ),
        notes=tuple(notes),
        verdict=result.verdict,
        evidence=say("pipeline.cycles.evidence", n=trend.n),
    )  # fmt: skip


def present_next_steps(result: NextSteps, language: Language, accent: str) -> Exhibit:
    """Show how many open deals have a next step, and whether an early one goes with winning.

    Parameters
    ----------
    result : NextSteps
        Coverage and comparison.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, rate, pays = language.say, result.coverage, result.pays
    title = say("pipeline.steps.title", share=rate.rate, n=rate.n_trials)
    sentences = [
        say("pipeline.steps.sentence", low=rate.ci_low, high=rate.ci_high, lapsed=result.n_lapsed, n=result.n_none)
    ]
    about = {"n": result.landmark_days, "horizon": result.horizon_days}
    rows: list[tuple[str, int, float, float, float]] = []
    if pays is None:
        sentences.append(say("pipeline.steps.few"))
    else:
        told = {"difference": pays.difference, "low": pays.ci_low, "high": pays.ci_high}
        sentences.append(say(f"pipeline.steps.pays.{result.verdict}", **told, **about))
        rows = [
            (say(f"pipeline.steps.{name}"), arm.n_trials, arm.rate, arm.ci_low, arm.ci_high)
            for name, arm in (("with", pays.group), ("without", pays.control))
        ]
    sentences.append(say("pipeline.steps.monday"))
    rates = "pipeline.column.won:percent column.low:percent column.high:percent"
    heads = f"pipeline.column.arm pipeline.column.deals:count {rates}"
    return Exhibit(
        id="pipeline-next-steps",
        title=title,
        sentences=tuple(sentences),
        figure=plot_intervals(
            [row[0] for row in rows],
            [row[2] for row in rows],
            [row[3] for row in rows],
            [row[4] for row in rows],
            language=language,
            accent=accent,
            marks="bars",
            details=[say("pipeline.stages.n", n=row[1]) for row in rows],
            axis_title=say("pipeline.steps.axis", n=result.horizon_days),
        )
        if rows
        else None,
        alt=" ".join((f"{title}.", *sentences[:2])),
        table=Table(columns=columns(say, heads), rows=tuple(rows)) if rows else None,
        notes=(say("pipeline.steps.note", **about),) if rows else (),
        verdict=result.verdict,
        evidence=say("pipeline.steps.evidence", n=pays.group.n_trials + pays.control.n_trials) if pays else "",
    )


def present_velocity(result: PipelineVelocity, language: Language, accent: str) -> Exhibit:
    """Show what the pipeline brings a day, as it is counted and as the age of its deals allows.

    Parameters
    ----------
    result : PipelineVelocity
        Both, with their parts.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, found = language.say, result.expected
    args: dict[str, Any] = {"amount": found.value, "counted": result.counted.value, "n": result.n_won}
    title = say("pipeline.velocity.title", **args)
    rows = [(say(f"pipeline.watermelon.row.{name}"), getattr(result, name)) for name in ("counted", "expected")]
    heads = (
        "pipeline.column.view pipeline.column.open:count pipeline.column.rate:percent pipeline.column.mean:money "
        "pipeline.column.cycle:tenths pipeline.column.a_day:money column.low:money column.high:money"
    )
    sentence = say("pipeline.velocity.sentence", low=found.ci_low, high=found.ci_high, **args)
    return Exhibit(
        id="pipeline-velocity",
        title=title,
        sentences=(sentence,),
        figure=plot_intervals(
            [name for name, _ in rows],
            [row.value for _, row in rows],
            [row.ci_low for _, row in rows],
            [row.ci_high for _, row in rows],
            language=language,
            kind="money",
            accent=accent,
            marks="bars",
            highlight=[False, True],
            axis_title=say("pipeline.velocity.axis"),
        ),
        alt=f"{title}. {sentence}",
        table=Table(
            columns=columns(say, heads),
            rows=tuple(
                (name, int(row.n_deals), row.win_rate, row.mean_amount, row.cycle_days, row.value, row.ci_low,
                 row.ci_high)
                for name, row in rows
            ),
        ),
        notes=(say("pipeline.velocity.note", level=found.confidence_level),),
    )  # fmt: skip
