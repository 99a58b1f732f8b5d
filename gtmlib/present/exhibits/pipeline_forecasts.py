"""Exhibits of forecasts: what came of them, how often closings are pushed, and what changed between two snapshots."""

from __future__ import annotations

from typing import Any

from gtmlib.analyses.pipeline.flow import SnapshotFlow
from gtmlib.analyses.pipeline.forecasts import Calibration, Slippage
from gtmlib.present.exhibit import Exhibit, Table, columns
from gtmlib.present.figures import plot_intervals
from gtmlib.present.language import Language
from gtmlib.present.pipeline_figures import plot_flow, plot_reliability


def present_calibration(result: Calibration, language: Language, accent: str) -> Exhibit:
    """Show what came of forecasts of each size, and the Brier score with its parts.

    Parameters
    ----------
    result : Calibration
        Forecasts old enough to be judged.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, parts, came = language.say, result.parts, result.came
    kind = ("right", "high", "low")[result.direction]
    args: dict[str, Any] = {"forecast": result.forecast, "rate": came.rate, "n": result.n_deals}
    title = say(f"pipeline.calibration.title.{kind}", **args)
    sentences = [say("pipeline.calibration.sentence", low=came.ci_low, high=came.ci_high, **args)]
    top = result.bins[-1]
    if len(result.bins) > 1:
        told = {"forecast": top.forecast, "rate": top.rate.rate, "low": top.rate.ci_low, "high": top.rate.ci_high}
        sentences.append(say("pipeline.calibration.top", n=top.n_deals, **told))
    if parts.skill is not None:
        sentences.append(say("pipeline.calibration.skill.none" if parts.skill <= 0 else "pipeline.calibration.skill",
                             skill=parts.skill))  # fmt: skip
    heads = (
        "pipeline.column.forecast:percent pipeline.column.came:percent column.low:percent column.high:percent "
        "pipeline.column.forecasts:count pipeline.column.deals:count"
    )
    brier = result.brier
    notes = [
        say("pipeline.calibration.brier", value=parts.brier, reliability=parts.reliability, resolution=parts.resolution,
            uncertainty=parts.uncertainty),
        say("pipeline.calibration.raw", value=brier.mean, low=brier.ci_low, high=brier.ci_high,
            level=brier.confidence_level),
        say("pipeline.calibration.note", n=result.n_forecasts, days=result.settled_days, first=result.first_on,
            last=result.last_on, level=came.confidence_level),
    ]  # fmt: skip
    if result.n_too_young:
        notes.append(say("pipeline.calibration.young", n=result.n_too_young))
    if result.n_left_out:
        notes.append(say("pipeline.forecasts.left_out", n=result.n_left_out))
    return Exhibit(
        id="pipeline-calibration",
        title=title,
        sentences=tuple(sentences),
        figure=plot_reliability(
            [each.forecast for each in result.bins],
            [each.rate.rate for each in result.bins],
            [each.rate.ci_low for each in result.bins],
            [each.rate.ci_high for each in result.bins],
            [each.n_deals for each in result.bins],
            language=language,
            accent=accent,
            details=[say("pipeline.stages.n", n=each.n_deals) for each in result.bins],
            x_title=say("pipeline.calibration.x"),
            y_title=say("pipeline.calibration.y"),
            line_label=say("pipeline.calibration.line"),
        ),
        alt=" ".join((f"{title}.", *sentences[:2])),
        table=Table(
            columns=columns(say, heads),
            rows=tuple(
                (each.forecast, each.rate.rate, each.rate.ci_low, each.rate.ci_high, each.n_forecasts, each.n_deals)
                for each in result.bins
            ),
        ),
        notes=tuple(notes),
    )


def present_slippage(result: Slippage, language: Language, accent: str) -> Exhibit:
    """Show how often a deal's expected close is pushed by its age.

    Parameters
    ----------
    result : Slippage
        Mean pushes by age.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    if not result.ages:
        return Exhibit(id="pipeline-slippage", title=say("pipeline.slippage.few"))
    last = result.ages[-1]
    args: dict[str, Any] = {"n": int(last.age), "pushes": last.value, "low": last.ci_low, "high": last.ci_high}
    title = say("pipeline.slippage.title", **args)
    sentence = say("pipeline.slippage.sentence", **args)
    notes = [say("pipeline.slippage.note", n=result.n_deals, pushes=result.n_pushes, level=result.confidence_level)]
    if result.n_from_default:
        notes.append(say(f"pipeline.slippage.default.{result.default_close}", n=result.n_from_default))
    if result.n_left_out:
        notes.append(say("pipeline.forecasts.left_out", n=result.n_left_out))
    names = [say("pipeline.slippage.age", n=int(point.age)) for point in result.ages]
    pushes = "pipeline.column.pushes:number column.low:number column.high:number"
    heads = f"pipeline.column.age {pushes} pipeline.column.watched:count"
    return Exhibit(
        id="pipeline-slippage",
        title=title,
        sentences=(sentence,),
        figure=plot_intervals(
            names,
            [point.value for point in result.ages],
            [point.ci_low for point in result.ages],
            [point.ci_high for point in result.ages],
            language=language,
            kind="number",
            accent=accent,
            details=[say("pipeline.stages.n", n=point.n_at_risk) for point in result.ages],
            axis_title=say("pipeline.slippage.axis"),
        ),
        alt=f"{title}. {sentence}",
        table=Table(
            columns=columns(say, heads),
            rows=tuple(
                (name, point.value, point.ci_low, point.ci_high, point.n_at_risk)
                for name, point in zip(names, result.ages, strict=True)
            ),
        ),
        notes=tuple(notes),
    )


def present_flow(result: SnapshotFlow, language: Language, accent: str) -> Exhibit:
    """Show what changed in the open pipeline between two snapshots.

    Parameters
    ----------
    result : SnapshotFlow
        From the first sum to the last.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    names = [say(f"pipeline.flow.step.{step.name}") for step in result.steps]
    opening, closing = result.steps[0], result.steps[-1]
    change = closing.amount - opening.amount
    kind = "grew" if change > 0 else "shrank" if change < 0 else "same"
    args: dict[str, Any] = {"amount": abs(change), "first": result.from_on, "last": result.to_on}
    title = say(f"pipeline.flow.title.{kind}", **args)
    ends = {"opening": opening.amount, "closing": closing.amount}
    sentences = [say("pipeline.flow.sentence", n=closing.n, **ends)]
    moved = {step.name: step for step in result.steps[1:-1]}
    if "won" in moved and "lost" in moved:
        told = {"won": -moved["won"].amount, "lost": -moved["lost"].amount}
        sentences.append(say("pipeline.flow.closed", **told))
    notes = [say("pipeline.flow.note")]
    if result.n_without_amount:
        notes.append(say("pipeline.flow.without_amount", n=result.n_without_amount))
    return Exhibit(
        id="pipeline-flow",
        title=title,
        sentences=tuple(sentences),
        figure=plot_flow(
            names,
            [step.amount for step in result.steps],
            [step.name for step in result.steps],
            language=language,
            accent=accent,
            axis_title=say("pipeline.flow.axis"),
        ),
        alt=" ".join((f"{title}.", *sentences)),
        table=Table(
            columns=columns(say, "pipeline.column.step column.amount:money_exact pipeline.column.deals:count"),
            rows=tuple((name, step.amount, step.n) for name, step in zip(names, result.steps, strict=True)),
            has_total_row=True,
        ),
        notes=tuple(notes),
    )
