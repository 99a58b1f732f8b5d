"""Exhibits of how a test of messages is run: by rep and segment, over time, fidelity, plan and false alarms."""

from __future__ import annotations

from typing import Any

from gtmlib.analyses.conversion.comparison import RepComparison, SegmentComparison
from gtmlib.analyses.conversion.conduct import FalseAlarms, Fidelity, Trace
from gtmlib.analyses.conversion.next_test import Plan
from gtmlib.analyses.reductions import OTHER
from gtmlib.present.exhibit import Exhibit, Table, columns
from gtmlib.present.exhibits.variant_words import describe_improvisers, name_reps
from gtmlib.present.figures import plot_heatmap, plot_intervals
from gtmlib.present.language import Language
from gtmlib.present.variant_figures import Slope, plot_course, plot_slopes
from gtmlib.stats.planning import MOST_WEEKS, VariantPlan
from gtmlib.stats.variant_results import RepMix

SEGMENTS_DIFFER = 0.05  # p-value of homogeneity below which segments are said to answer differently


def present_reps(result: RepComparison, language: Language, accent: str) -> Exhibit:
    """Show each rep's rates with both messages, and how the messages are mixed over reps.

    Parameters
    ----------
    result : RepComparison
        One pair, rep by rep.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    names = name_reps((row.rep for row in result.mix), language)
    n, k, n_0, k_0 = (
        sum(getattr(row, name) for row in result.mix)
        for name in ("n_contacts", "n_conversions", "n_control_contacts", "n_control_conversions")
    )
    overall = Slope(label="", rates=(_rate(k_0, n_0), _rate(k, n)), sizes=(n_0, n))
    slopes = [
        Slope(
            label=name,
            rates=(_rate(row.n_control_conversions, row.n_control_contacts), _rate(row.n_conversions, row.n_contacts)),
            sizes=(row.n_control_contacts, row.n_contacts),
        )
        for name, row in zip(names, result.mix, strict=True)
    ]
    args: dict[str, Any] = {"variant": result.variant, "control": result.control}
    args |= {"crude": result.crude_difference, "adjusted": result.difference}
    kind = "simpson" if result.simpson else "alike"
    notes = [say("conversion.reps.noise")]
    if any(row.rep == OTHER for row in result.mix):
        notes.append(say("conversion.reps.folded", smallest=result.smallest_group))
    return Exhibit(
        id="conversion-reps",
        title=say(f"conversion.reps.title.{kind}", **args),
        sentences=(say(f"conversion.reps.{kind}", **args), *_describe_mix(result, names, language)),
        figure=plot_slopes(
            slopes,
            overall,
            ends=(language.word(result.control), language.word(result.variant)),
            language=language,
            accent=accent,
            axis_title=say("conversion.axis"),
        ),
        alt=say("conversion.reps.alt", **args, from_rate=overall.rates[0], to_rate=overall.rates[1], n=len(slopes)),
        table=_mix_table(result, names, language),
        notes=tuple(notes),
    )


def _describe_mix(result: RepComparison, names: list[str], language: Language) -> tuple[str, ...]:
    """Where the mix misleads, say who sends which message: the rep whose share of the variant is furthest from even."""
    if result.simpson is None:
        return ()
    rows = list(zip(names, result.mix, strict=True))

    def share(row: RepMix) -> float:
        return row.n_contacts / (row.n_contacts + row.n_control_contacts)

    def rate(row: RepMix) -> float:
        return (row.n_conversions + row.n_control_conversions) / (row.n_contacts + row.n_control_contacts)

    (most, high), (least, low) = (pick(rows, key=lambda item: share(item[1])) for pick in (max, min))
    args: dict[str, Any] = {"variant": result.variant, "most": most, "least": least}
    args |= {"high": share(high), "low": share(low), "high_rate": rate(high), "low_rate": rate(low)}
    return (language.say("conversion.reps.mix", **args),)


def _mix_table(result: RepComparison, names: list[str], language: Language) -> Table:
    def say(key: str) -> str:
        return language.say(key, variant=result.variant, control=result.control)

    words = (
        "conversion.column.rep conversion.column.n_variant:count conversion.column.rate_variant:percent "
        "conversion.column.n_control:count conversion.column.rate_control:percent conversion.column.share:percent"
    )
    rows = tuple(
        (
            name,
            row.n_contacts,
            _rate(row.n_conversions, row.n_contacts),
            row.n_control_contacts,
            _rate(row.n_control_conversions, row.n_control_contacts),
            _rate(row.n_contacts, row.n_contacts + row.n_control_contacts),
        )
        for name, row in zip(names, result.mix, strict=True)
    )
    return Table(columns=columns(say, words), rows=rows)


def _rate(k: int, n: int) -> float | None:
    return k / n if n else None


def present_variant_segments(result: SegmentComparison, language: Language, accent: str) -> Exhibit:
    """Show the leading difference within each segment, and whether segments differ by more than chance.

    Parameters
    ----------
    result : SegmentComparison
        One pair within segments.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    rows = sorted(result.segments, key=lambda row: -row.difference)
    names = [language.word(row.segment) or say("conversion.segment.unknown") for row in rows]
    args: dict[str, Any] = {"variant": result.variant, "control": result.control, "pvalue": result.heterogeneity.pvalue}
    kind = "differ" if result.heterogeneity.pvalue < SEGMENTS_DIFFER else "alike"
    points = "conversion.column.difference:percent_points column.low:percent_points column.high:percent_points"
    words = f"column.segment conversion.column.contacts:count {points} conversion.column.pvalue_bh:pvalue"
    said = [
        f"{name} {language.format(row.difference, 'percent_points')}" for name, row in zip(names, rows, strict=True)
    ]
    return Exhibit(
        id="conversion-segments",
        title=say(f"conversion.segments.title.{kind}", **args),
        sentences=(say(f"conversion.segments.{kind}", **args),),
        figure=plot_intervals(
            names,
            [row.difference for row in rows],
            [row.ci_low for row in rows],
            [row.ci_high for row in rows],
            language=language,
            kind="percent_points",
            accent=accent,
            details=[say("figure.contacts", n=row.n_contacts) for row in rows],
            reference=0.0,
            axis_title=say("conversion.axis.difference", control=result.control),
        ),
        alt=say("conversion.segments.alt", **args, segments=said),
        table=Table(
            columns=columns(say, words),
            rows=tuple(
                (name, row.n_contacts, row.difference, row.ci_low, row.ci_high, row.bh_pvalue)
                for name, row in zip(names, rows, strict=True)
            ),
        ),
        notes=(say("conversion.segments.note"),),
    )


def present_trace(result: Trace, language: Language, accent: str) -> Exhibit:
    """Show how the interval went over the periods.

    Parameters
    ----------
    result : Trace
        With one look or more.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    labels = [language.format(look.period, "month") for look in result.looks]
    excludes = [look.ci_low > 0 or look.ci_high < 0 for look in result.looks]
    first = result.looks[excludes.index(True)] if any(excludes) else None
    args: dict[str, Any] = {"variant": result.variant, "control": result.control, "n": len(result.looks)}
    last = result.looks[-1]
    kind = ("decided" if all(excludes[excludes.index(True) :]) else "returned") if first else "open"
    args |= {"period": first.period if first else "", "contacts": first.n_contacts if first else 0}
    args |= {"difference": last.difference, "low": last.ci_low, "high": last.ci_high}
    points = "conversion.column.difference:percent_points column.low:percent_points column.high:percent_points"
    return Exhibit(
        id="conversion-trace",
        title=say(f"conversion.trace.title.{kind}", **args),
        sentences=(say("conversion.trace", **args),),
        figure=plot_course(
            labels,
            [look.difference for look in result.looks],
            [look.ci_low for look in result.looks],
            [look.ci_high for look in result.looks],
            language=language,
            accent=accent,
            details=[say("figure.contacts", n=look.n_contacts) for look in result.looks],
            axis_title=say("conversion.axis.difference", control=result.control),
        ),
        alt=say("conversion.trace.alt", **args),
        table=Table(
            columns=columns(say, f"conversion.column.period:month conversion.column.contacts:count {points}"),
            rows=tuple(
                (look.period, look.n_contacts, look.difference, look.ci_low, look.ci_high) for look in result.looks
            ),
        ),
    )


def present_fidelity(result: Fidelity, language: Language, accent: str) -> Exhibit:
    """Show who sends the assigned message, and what the difference is among those who get it.

    Parameters
    ----------
    result : Fidelity
        Assigned against delivered.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, overall = language.say, result.overall
    names = name_reps((row.rep for row in result.reps), language)
    args = {"rate": overall.rate, "low": overall.ci_low, "high": overall.ci_high, "n": overall.n_trials}
    sentences = [say("conversion.fidelity", **args, floor=result.floor)]
    sentences.append(describe_improvisers(result.below_floor, language) or say("conversion.improvise.none"))
    for row in result.effects:
        effect = row.effect
        kind = "complier" if effect.effect is not None else "unknown"
        sentences.append(
            say(
                f"conversion.effect.{kind}",
                variant=row.variant,
                control=result.control,
                itt=effect.intention_to_treat,
                itt_low=effect.itt_ci_low,
                itt_high=effect.itt_ci_high,
                effect=effect.effect,
                low=effect.ci_low,
                high=effect.ci_high,
                delivered=effect.delivered_rate,
                other=effect.control_delivered_rate,
            )
        )
    figure = None
    if len(names) > 1 and len(result.spans) > 1:
        figure = plot_heatmap(
            names,
            [language.format(start, "day") for start in result.spans],
            [row.by_span for row in result.reps],
            language=language,
            accent=accent,
        )
    table = None
    if names:
        words = "conversion.column.rep conversion.column.contacts:count conversion.column.as_assigned:count"
        rates = "column.rate:percent column.low:percent column.high:percent"
        cells = [row.estimate for row in result.reps]
        table = Table(
            columns=columns(say, f"{words} {rates}"),
            rows=tuple(
                (name, cell.n_trials, cell.n_successes, cell.rate, cell.ci_low, cell.ci_high)
                for name, cell in zip(names, cells, strict=True)
            ),
        )
    notes = [*((say("conversion.effect.note"),) if result.effects else ()), say("conversion.fidelity.method")]
    if figure is not None:
        notes.append(say("conversion.fidelity.spans", n=result.span_weeks, smallest=result.smallest_group))
    said = [
        f"{name} {language.format(row.estimate.rate, 'percent')}" for name, row in zip(names, result.reps, strict=True)
    ]
    return Exhibit(
        id="conversion-fidelity",
        title=say("conversion.fidelity.title", **args),
        sentences=tuple(sentences),
        figure=figure,
        alt=say("conversion.fidelity.alt", reps=said) if figure is not None else "",
        table=table,
        notes=tuple(notes),
    )


def present_plan(result: Plan, language: Language, accent: str) -> Exhibit:  # noqa: ARG001
    """Say what a decision takes: contacts, weeks, and what can be seen before.

    Parameters
    ----------
    result : Plan
        What a decision takes.
    language : Language
        Of the reader.
    accent : str
        Not used: the exhibit has no figure.
    """
    say, plan = language.say, result.plan
    difference = plan.variant_rate - plan.control_rate
    args: dict[str, Any] = {"difference": difference, "rate": plan.control_rate, "n": plan.n_per_variant}
    args |= {"total": plan.n_total, "power": plan.power, "so_far": result.n_so_far, "single": plan.n_single_look}
    args |= {"pace": result.contacts_per_week, "inflation": plan.sequential_inflation, "effect": plan.design_effect}
    kind, how = "contacts", "" if plan.is_even else ".uneven"
    if plan.n_per_variant is None:
        kind, how = "never", ""
    elif plan.weeks is not None:
        args["weeks"] = max(1, round(plan.weeks))
        kind = "weeks" if plan.is_testable else "not_testable"
    sentences = [say(f"conversion.plan.{kind}{how}", **args, most=round(MOST_WEEKS))]
    if plan.looks == "many" and plan.n_per_variant is not None:
        sentences.append(say(f"conversion.plan.price{how}", **args))
    if (plan.design_effect or 1.0) > 1:
        sentences.append(say("conversion.plan.clustered", **args))
    notes = [say("conversion.plan.method", power=plan.power, level=plan.confidence_level)]
    if result.is_declared is not None:
        declared = "declared" if result.is_declared else "undeclared"
        notes.append(say(f"conversion.plan.{declared}", difference=difference))
    if any(row.difference is None for row in plan.detectable):
        notes.append(say("conversion.plan.undetectable"))
    return Exhibit(
        id="conversion-plan",
        title=say(f"conversion.plan.title.{kind}{'' if kind == 'not_testable' else how}", **args),
        sentences=tuple(sentences),
        table=_detectable_table(plan, language),
        notes=tuple(notes),
    )


def _detectable_table(plan: VariantPlan, language: Language) -> Table | None:
    """List what can be seen by when."""
    if not plan.detectable:
        return None
    contacts = f"conversion.column.{'per_variant' if plan.is_even else 'per_fewest'}:count"
    words = f"conversion.column.weeks:count {contacts} conversion.column.detectable:percent_points"
    return Table(
        columns=columns(language.say, words),
        rows=tuple((round(row.weeks), row.n_per_variant, row.difference) for row in plan.detectable),
    )


def present_false_alarms(result: FalseAlarms, language: Language, accent: str) -> Exhibit:  # noqa: ARG001
    """Say how often the rule would name a winner among messages that are alike, beside a plain test.

    Parameters
    ----------
    result : FalseAlarms
        Simulated on the client's own structure.
    language : Language
        Of the reader.
    accent : str
        Not used: the exhibit has no figure.
    """
    say, simulated = language.say, result.simulation
    kind = "many" if simulated.n_looks > 1 else "one"
    args: dict[str, Any] = {"rate": simulated.winner.rate, "plain": simulated.plain.rate, "n": simulated.n_runs}
    args |= {"looks": simulated.n_looks, "claimed": 1 - result.confidence_level}
    rates = "column.rate:percent column.low:percent column.high:percent"
    named = (("winner", simulated.winner), ("decided", simulated.decided), ("plain", simulated.plain))
    return Exhibit(
        id="conversion-false-alarms",
        title=say("conversion.alarms.title", **args),
        sentences=(say(f"conversion.alarms.{kind}", **args),),
        table=Table(
            columns=columns(say, f"conversion.column.rule {rates}"),
            rows=tuple(
                (say(f"conversion.alarms.{name}"), rate.rate, rate.ci_low, rate.ci_high) for name, rate in named
            ),
        ),
        notes=(say("conversion.alarms.method", n=simulated.n_runs, seed=result.seed),),
    )
