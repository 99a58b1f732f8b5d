"""Exhibits of people: reps without a league table, activity against rate, skill against discipline, seniority."""

from __future__ import annotations

from typing import Any

from gtmlib.analyses.execution.activity import ActivityChange, ActivitySlopes
from gtmlib.analyses.execution.discipline import SIDES, SkillCell, SkillDiscipline
from gtmlib.analyses.execution.reps import WIDE, RepRates
from gtmlib.analyses.execution.seniority import Seniority
from gtmlib.analyses.reductions import OTHER
from gtmlib.present.execution_figures import FunnelCurve, FunnelPoint, plot_funnel
from gtmlib.present.exhibit import Exhibit, Table, columns
from gtmlib.present.exhibits.variant_words import name_reps
from gtmlib.present.figures import plot_heatmap, plot_intervals, plot_waterfall
from gtmlib.present.language import Language

VISIBLE = 0.001  # a difference of rates that is seen with one decimal
PER_CONTACTS = 10  # slopes are said per ten more contacts


def present_rep_rates(result: RepRates, language: Language, accent: str) -> Exhibit:
    """Show reps' win rates in a funnel, and whether they differ by more than chance; nobody is ranked.

    Parameters
    ----------
    result : RepRates
        In the order of labels.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, kind = language.say, "differ" if result.do_differ else "alike"
    names = name_reps((row.rep for row in result.rows), language)
    args = _rep_args(result)
    shrunken = [row.shrunken.shrunken for row in result.rows if row.shrunken is not None]
    sentences = [say(f"execution.reps.{kind}", **args)]
    if shrunken:
        kind_left = "same" if max(shrunken) - min(shrunken) < VISIBLE else "range"
        sentences.append(say(f"execution.reps.shrunken.{kind_left}", low=min(shrunken), high=max(shrunken)))
    outside = [name for name, row in zip(names, result.rows, strict=True) if row.is_outside]
    if result.do_differ:
        sentences.append(
            say("execution.reps.outside", n=len(outside), reps=outside) if outside else say("execution.reps.inside")
        )
    sentences.append(say(f"execution.reps.next.{kind}"))
    notes = [say("execution.reps.method", level=result.confidence_level, wide=WIDE)]
    if shrunken:
        notes.append(say("execution.reps.method.shrunken"))
    if result.n_without_rep:
        notes.append(say("execution.reps.without", n=result.n_without_rep))
    if any(row.rep == OTHER for row in result.rows):
        notes.append(say("execution.reps.folded", smallest=result.smallest_group))
    overall = result.overall
    title = say(f"execution.reps.title.{kind}", **args)
    return Exhibit(
        id="execution-reps",
        title=title,
        sentences=tuple(sentences),
        figure=_funnel(result, names, language, accent),
        alt=say("execution.reps.alt", **args, rate=overall.rate),
        table=_rep_table(result, names, language),
        notes=tuple(notes),
        verdict="confirmed" if result.do_differ else "cannot_tell",
        evidence=say("execution.reps.evidence", n=overall.n_trials, pvalue=result.homogeneity.pvalue),
        headline=title,
    )


def _rep_args(result: RepRates) -> dict[str, Any]:
    rates = [row.estimate.rate for row in result.rows]
    args: dict[str, Any] = {"n": len(rates), "low": min(rates), "high": max(rates)}
    return args | {"pvalue": result.homogeneity.pvalue, "deals": result.overall.n_trials}


def _funnel(result: RepRates, names: list[str], language: Language, accent: str) -> Any:
    if not result.inner:
        return None
    say = language.say
    points = [
        FunnelPoint(
            label=name, n=row.estimate.n_trials, rate=row.estimate.rate, is_outside=row.is_outside and result.do_differ
        )
        for name, row in zip(names, result.rows, strict=True)
    ]
    curves = [
        FunnelCurve(
            label=say("execution.reps.limit", level=limits[0].confidence_level),
            sizes=[limit.n_trials for limit in limits],
            low=[limit.low for limit in limits],
            high=[limit.high for limit in limits],
        )
        for limits in (result.inner, result.outer)
    ]
    titles = {"x_title": say("execution.reps.axis.deals"), "y_title": say("execution.reps.axis.rate")}
    return plot_funnel(points, curves, result.overall.rate, language=language, accent=accent, **titles)


def _rep_table(result: RepRates, names: list[str], language: Language) -> Table:
    rates = "column.rate:percent column.low:percent column.high:percent"
    shrunken = (
        "execution.column.shrunken:percent execution.column.shrunken_low:percent execution.column.shrunken_high:percent"
    )
    is_shrunken = any(row.shrunken is not None for row in result.rows)
    counts = "conversion.column.rep execution.column.closed:count execution.column.won:count"
    words = f"{counts} {rates} {shrunken if is_shrunken else ''}"
    rows = []
    for name, row in zip(names, result.rows, strict=True):
        rate, beside = row.estimate, row.shrunken
        cells = (name, rate.n_trials, rate.n_successes, rate.rate, rate.ci_low, rate.ci_high)
        rows.append(cells if beside is None else (*cells, beside.shrunken, beside.ci_low, beside.ci_high))
    return Table(columns=columns(language.say, words), rows=tuple(rows))


def present_activity_change(result: ActivityChange, language: Language, accent: str) -> Exhibit:
    """Show what changed between two periods: how much of it goes with activity, and how much with the rate.

    Parameters
    ----------
    result : ActivityChange
        Two periods of the same length.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, change = language.say, result.change
    periods = [say("execution.period", first=first, last=last) for first, last in (result.before, result.after)]
    args: dict[str, Any] = {"before": periods[0], "after": periods[1], "n": abs(change.total), "total": change.total}
    args |= {"activity": change.activity_effect, "rate": change.rate_effect}
    rate_kind = "known" if change.rate_ci_low > 0 or change.rate_ci_high < 0 else "chance"
    leading = "activity" if abs(change.activity_effect) >= abs(change.rate_effect) else f"rate_{rate_kind}"
    kind = f"more.{leading}" if change.total > 0 else f"fewer.{leading}" if change.total < 0 else "same"
    sentences = [say("execution.activity.rates", before_n=change.before.n_trials, after_n=change.after.n_trials,
                     before_rate=change.before.rate, after_rate=change.after.rate, before=periods[0], after=periods[1]),
                 say("execution.activity.parts", **args)]  # fmt: skip
    sentences.append(say(f"execution.activity.rate.{rate_kind}", low=change.rate_ci_low, high=change.rate_ci_high))
    steps = (("before", change.before.n_successes, True), ("activity", change.activity_effect, False),
             ("rate", change.rate_effect, False), ("after", change.after.n_successes, True))  # fmt: skip
    labels = [say(f"execution.activity.step.{name}", **args) for name, _, _ in steps]
    ends = [
        (None, None),
        (change.activity_ci_low, change.activity_ci_high),
        (change.rate_ci_low, change.rate_ci_high),
        (None, None),
    ]
    words = "execution.column.part execution.column.results:number column.low:number column.high:number"
    notes = [say("execution.activity.method", n=result.n_months), say("execution.association")]
    if result.n_immature:
        notes.append(say("execution.immature", n=result.n_immature))
    return Exhibit(
        id="execution-activity",
        title=say(f"execution.activity.title.{kind}", **args),
        sentences=tuple(sentences),
        figure=plot_waterfall(
            labels,
            [value for _, value, _ in steps],
            [is_total for _, _, is_total in steps],
            language=language,
            kind="number",
            accent=accent,
            axis_title=say("execution.axis.results"),
        ),
        alt=say("execution.activity.alt", **args, first=change.before.n_successes, last=change.after.n_successes),
        table=Table(
            columns=columns(say, words),
            rows=tuple((label, value, *end) for label, (_, value, _), end in zip(labels, steps, ends, strict=True)),
        ),
        notes=tuple(notes),
    )


def present_activity_slopes(result: ActivitySlopes, language: Language, accent: str) -> Exhibit:
    """Show what goes with ten more contacts: in a rep's busier months, and with busier reps.

    Parameters
    ----------
    result : ActivitySlopes
        Within and between reps.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, pair = language.say, (result.slopes.within, result.slopes.between)
    kinds = ["more" if slope.ci_low > 0 else "less" if slope.ci_high < 0 else "unclear" for slope in pair]
    numbers = [tuple(PER_CONTACTS * x for x in (slope.slope, slope.ci_low, slope.ci_high)) for slope in pair]
    labels = [say(f"execution.slopes.{name}") for name in ("within", "between")]
    sentences = [
        say(f"execution.slopes.{name}.{kind}", n=PER_CONTACTS, slope=value, low=low, high=high)
        for name, kind, (value, low, high) in zip(("within", "between"), kinds, numbers, strict=True)
    ]
    words = "execution.column.comparison execution.column.per_ten:number column.low:number column.high:number"
    notes = [
        say("execution.slopes.method", n=result.slopes.n_units, rows=result.slopes.n_rows),
        say("execution.association"),
    ]
    if result.n_left_out:
        notes.append(say("execution.slopes.left_out", n=result.n_left_out))
    return Exhibit(
        id="execution-slopes",
        title=say(f"execution.slopes.title.{kinds[0]}", n=PER_CONTACTS, slope=numbers[0][0]),
        sentences=tuple(sentences),
        figure=plot_intervals(
            labels,
            [value for value, _, _ in numbers],
            [low for _, low, _ in numbers],
            [high for _, _, high in numbers],
            language=language,
            kind="number",
            accent=accent,
            reference=0.0,
            axis_title=say("execution.axis.per_ten"),
        ),
        alt=say("execution.slopes.alt", within=numbers[0][0], between=numbers[1][0]),
        table=Table(
            columns=columns(say, words),
            rows=tuple((label, *values) for label, values in zip(labels, numbers, strict=True)),
        ),
        notes=tuple(notes),
    )


def present_skill_discipline(result: SkillDiscipline, language: Language, accent: str) -> Exhibit:
    """Show reps as counts by discipline and skill, and what to follow up and what to train.

    Parameters
    ----------
    result : SkillDiscipline
        A rep has a place only where both intervals are clear.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    follow, train = result.count(discipline="below"), result.count(skill="below")
    placed = sum(cell.n_reps for cell in result.cells if "unclear" not in (cell.discipline, cell.skill))
    args: dict[str, Any] = {
        "rate": result.followed.rate,
        "low": result.followed.ci_low,
        "high": result.followed.ci_high,
    }
    args |= {"converted": result.converted.rate, "floor": result.floor, "n": result.n_reps}
    sentences = [
        say("execution.discipline.rates", **args, c_low=result.converted.ci_low, c_high=result.converted.ci_high)
    ]
    for name, n in (("follow", follow), ("train", train)):
        sentences.append(
            say(f"execution.discipline.{name}" if n else f"execution.discipline.{name}.none", n=n, floor=result.floor)
        )
    if placed < result.n_reps:
        sentences.append(say("execution.discipline.unplaced", n=result.n_reps - placed, reps=result.n_reps))
    kind = "follow" if follow > train else "train" if train > follow else "both" if follow else "none"
    rows, shown = (
        [say(f"execution.discipline.{side}") for side in SIDES],
        [say(f"execution.skill.{side}") for side in SIDES],
    )
    cells = {(cell.discipline, cell.skill): cell for cell in result.cells}
    notes = [say("execution.discipline.method", level=result.rep_level), say("execution.discipline.as_treated")]
    if result.n_left_out:
        notes.append(say("execution.discipline.left_out", n=result.n_left_out))
    return Exhibit(
        id="execution-discipline",
        title=say(
            f"execution.discipline.title.{kind}", follow=follow, train=train, reps=result.n_reps, n=max(follow, train)
        ),
        sentences=tuple(sentences),
        figure=plot_heatmap(
            rows,
            shown,
            [[cells[discipline, skill].n_reps for skill in SIDES] for discipline in SIDES],
            language=language,
            kind="count",
            accent=accent,
        ),
        alt=say("execution.discipline.alt", n=result.n_reps, follow=follow, train=train),
        table=_cell_table(result, language),
        notes=tuple(notes),
    )


def _cell_table(result: SkillDiscipline, language: Language) -> Table:
    say = language.say
    followed = "execution.column.followed:percent column.low:percent column.high:percent"
    converted = "execution.column.converted:percent column.low:percent column.high:percent"

    def numbers(cell: SkillCell) -> tuple[float | None, ...]:
        found: list[float | None] = []
        for rate in (cell.followed, cell.converted):
            found += [None, None, None] if rate is None else [rate.rate, rate.ci_low, rate.ci_high]
        return tuple(found)

    return Table(
        columns=columns(
            say,
            f"execution.column.discipline execution.column.skill execution.column.reps:count {followed} {converted}",
        ),
        rows=tuple(
            (
                say(f"execution.discipline.{cell.discipline}"),
                say(f"execution.skill.{cell.skill}"),
                cell.n_reps,
                *numbers(cell),
            )
            for cell in result.cells
        ),
    )


def present_seniority(result: Seniority, language: Language, accent: str) -> Exhibit:
    """Show senior reps' rates on first contacts beside the others', and whether they differ.

    Parameters
    ----------
    result : Seniority
        The rep is the unit.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, compared = language.say, result.comparison
    arms = {name: arm for name, arm in (("senior", result.senior), ("others", result.others)) if arm is not None}
    sizes = {name: arms[name].n if name in arms else 0 for name in ("senior", "others")}
    kind = "few" if compared is None else result.verdict
    args: dict[str, Any] = {"n": sizes["senior"], "others": sizes["others"], "fewest": result.fewest}
    if compared is not None:
        args |= {
            "difference": compared.difference,
            "low": compared.ci_low,
            "high": compared.ci_high,
            "pvalue": compared.pvalue,
        }
        args |= {"rate": compared.mean, "other_rate": compared.control_mean}
    labels = [say(f"execution.seniority.{name}") for name in arms]
    notes = [
        say(
            "execution.seniority.method"
            if compared is None or compared.is_exact
            else "execution.seniority.method.drawn"
        )
    ]
    notes.append(say("execution.association"))
    if result.n_left_out:
        notes.append(say("execution.seniority.left_out", n=result.n_left_out))
    rates = "execution.column.mean_rate:percent column.low:percent column.high:percent"
    words = f"execution.column.arm execution.column.reps:count {rates}"
    return Exhibit(
        id="execution-seniority",
        title=say(f"execution.seniority.title.{kind}", **args),
        sentences=(say(f"execution.seniority.{kind}", **args),),
        figure=plot_intervals(
            labels,
            [arm.mean for arm in arms.values()],
            [arm.ci_low for arm in arms.values()],
            [arm.ci_high for arm in arms.values()],
            language=language,
            accent=accent,
            details=[say("execution.reps.n", n=arm.n) for arm in arms.values()],
            axis_title=say("execution.axis.rate"),
        )
        if arms
        else None,
        alt=say(
            "execution.seniority.alt",
            rates=[
                f"{label} {language.format(arm.mean, 'percent')}"
                for label, arm in zip(labels, arms.values(), strict=True)
            ],
        )
        if arms
        else "",
        table=Table(
            columns=columns(say, words),
            rows=tuple(
                (label, arm.n, arm.mean, arm.ci_low, arm.ci_high)
                for label, arm in zip(labels, arms.values(), strict=True)
            ),
        )
        if arms
        else None,
        notes=tuple(notes),
        verdict=result.verdict,
        evidence=say("execution.seniority.evidence", n=sizes["senior"] + sizes["others"], contacts=result.n_contacts),
    )
