"""Exhibits of the message planner: the plan with its curve, and what peeking does."""

from __future__ import annotations

from dataclasses import replace

from gtmlib.analyses.workshop.messages import LiftCurve, Peeking
from gtmlib.present.exhibit import Exhibit, Table, columns
from gtmlib.present.exhibits.variant_test import present_plan
from gtmlib.present.figures import plot_intervals
from gtmlib.present.language import Language
from gtmlib.present.plan_figures import plot_lift_curve
from gtmlib.stats.planning import MOST_WEEKS


def present_lift_curve(result: LiftCurve, language: Language, accent: str) -> Exhibit:
    """Say what the plan takes in the conversion chapter's words, and draw what other rises would.

    Parameters
    ----------
    result : LiftCurve
        A plan, and how long other rises would take.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, plan = language.say, result.plan.plan
    exhibit = present_plan(result.plan, language, accent)
    rise = plan.variant_rate - plan.control_rate
    others = [] if plan.n_total is None else [
        say(f"workshop.messages.{name}", difference=point.difference, weeks=max(1, round(point.weeks)))
        for name, point in (("doubled", result.doubled), ("halved", result.halved)) if point is not None
    ]  # fmt: skip
    seen = [(row.difference, row.weeks) for row in plan.detectable if row.difference is not None]
    figure = None
    if result.points:
        figure = plot_lift_curve(
            [(point.difference, point.weeks) for point in result.points],
            chosen=None if plan.weeks is None else (rise, plan.weeks),
            seen=seen,
            limit=MOST_WEEKS,
            limit_label=say("workshop.messages.year"),
            language=language,
            accent=accent,
            x_title=say("workshop.messages.axis.rise"),
            y_title=say("workshop.messages.axis.weeks"),
        )
    said = [say("workshop.messages.point", difference=gap, weeks=round(weeks)) for gap, weeks in seen]
    notes = [say("workshop.messages.arithmetic"), *exhibit.notes]
    if result.alike is not None:
        notes.insert(1, say("workshop.messages.alike", alike=result.alike))
    if not result.is_measured:
        notes.insert(0, say("workshop.messages.supposed"))
    return replace(
        exhibit,
        id="workshop-messages",
        sentences=(*exhibit.sentences[:1], *others, *exhibit.sentences[1:]),
        figure=figure,
        alt=say("workshop.messages.alt", points=said or [exhibit.title]) if figure is not None else "",
        notes=tuple(notes),
    )


def present_peeking(result: Peeking, language: Language, accent: str) -> Exhibit:
    """Say how often messages that are alike would be told apart by looking every week.

    Parameters
    ----------
    result : Peeking
        Of a plan's weeks.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, once = language.say, 1 - result.confidence_level
    rows = {"every_week": result.plain_rate, "once": once, "guarded": result.guarded_rate}
    names = [say(f"workshop.messages.peeking.{name}") for name in rows]
    rates = [language.format(rate, "percent") for rate in rows.values()]
    args = {"rate": result.plain_rate, "once": once, "guarded": result.guarded_rate, "n": result.n_looks}
    return Exhibit(
        id="workshop-peeking",
        title=say("workshop.messages.peeking.title", **args),
        sentences=(say("workshop.messages.peeking", **args),),
        figure=plot_intervals(
            names,
            list(rows.values()),
            [None] * len(rows),
            [None] * len(rows),
            language=language,
            marks="bars",
            accent=accent,
            highlight=[name == "every_week" for name in rows],
            axis_title=say("workshop.messages.axis.alarms"),
        ),
        alt=say("workshop.messages.peeking.alt", rates=[f"{a}: {b}" for a, b in zip(names, rates, strict=True)]),
        table=Table(
            columns=columns(say, "conversion.column.rule column.rate:percent"),
            rows=tuple(zip(names, rows.values(), strict=True)),
        ),
        notes=(say("workshop.messages.peeking.method", level=result.confidence_level),),
    )
