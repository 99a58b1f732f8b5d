"""Exhibits of customers over time: who comes back, what they are worth, and who the core customers are."""

from __future__ import annotations

from typing import Any

from gtmlib.analyses.contribution import EARNED
from gtmlib.analyses.ideal import CoreCustomers
from gtmlib.analyses.lifetime import LifetimeValue
from gtmlib.analyses.reductions import OTHER
from gtmlib.analyses.retention import Retention, Survival
from gtmlib.present.exhibit import Exhibit, Table, TableColumn, columns
from gtmlib.present.figures import plot_intervals
from gtmlib.present.language import Language
from gtmlib.present.profit_figures import plot_cells, with_room
from gtmlib.present.sentences import name_of

MOST_LEVELS = 12  # of features in one chart; the table has all


def present_retention(result: Retention, language: Language, accent: str) -> Exhibit:
    """Show the share of each cohort that still buys.

    Parameters
    ----------
    result : Retention
        Cohorts by first purchase.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, triangle = language.say, result.triangle
    if triangle is None or len(triangle.together) < 2:
        return Exhibit(id="profitability-retention", title=say("profitability.retention.short"))
    ages = [say("profitability.retention.age", n=point.age * result.months_each) for point in triangle.together]
    values = [[None if n is None else n / cohort.n_customers for n in cohort.n_active] for cohort in triangle.cohorts]
    periods = [language.format(cohort.name, "period") for cohort in triangle.cohorts]
    sizes = [cohort.n_customers for cohort in triangle.cohorts]
    names = [f"{name} ({language.format(size, 'count')})" for name, size in zip(periods, sizes, strict=True)]
    far = next((point for point in triangle.together if point.age * result.months_each >= 12), triangle.together[-1])
    args: dict[str, Any] = {"n": far.age * result.months_each, "share": far.active_share, "of": far.n_customers}
    title = say("profitability.retention.title", **args)
    sentence = say("profitability.retention.sentence", low=far.ci_low, high=far.ci_high, **args)
    notes = [say("profitability.retention.note", n=result.months_each)]
    if result.n_left_out:
        notes.append(say("profitability.retention.left_out", n=result.n_left_out))
    heads = [
        TableColumn(label=say("profitability.retention.cohort")),
        TableColumn(label=say("column.customers"), kind="count"),
        *(TableColumn(label=age, kind="percent") for age in ages),
    ]
    return Exhibit(
        id="profitability-retention",
        title=title,
        sentences=(sentence,),
        figure=plot_cells(
            names, ages, values, language=language, accent=accent, x_title=say("profitability.retention.axis")
        ),
        alt=f"{title}. {sentence}",
        table=Table(
            columns=tuple(heads),
            rows=tuple((name, size, *row) for name, size, row in zip(periods, sizes, values, strict=True)),
        ),
        notes=tuple(notes),
    )


def present_survival(result: Survival, language: Language, accent: str) -> Exhibit:
    """Show how many of each segment's customers still buy after a year, or as long as the data allow.

    Parameters
    ----------
    result : Survival
        Shares by segment and age.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    seen = sorted({row.months for row in result.staying if row.share is not None})
    if not seen or result.gone_after_days is None:
        return Exhibit(id="profitability-survival", title=say("profitability.survival.few"))
    months = max([age for age in seen if age <= 12] or seen[:1])
    rows = [row for row in result.staying if row.months == months and row.share is not None]
    rows = sorted(rows, key=lambda row: -(row.share or 0.0))
    names = [str(name_of("segment", row.segment, language)) for row in rows]
    best, worst = rows[0], rows[-1]
    apart = best.ci_low is not None and worst.ci_high is not None and best.ci_low > worst.ci_high
    args = {"n": months, "best": names[0], "high": best.share, "worst": names[-1], "low": worst.share}
    kind = "one" if len(rows) == 1 else "apart" if apart else "alike"
    title = say(f"profitability.survival.title.{kind}", **args)
    by_age = {(row.segment, row.months): row.share for row in result.staying}
    sizes = {row.segment: row.n for row in (*rows, *result.staying)}  # also those that were not seen for so long
    heads = [TableColumn(label=say("column.segment")), TableColumn(label=say("column.customers"), kind="count")]
    heads += [TableColumn(label=say("profitability.retention.age", n=age), kind="percent") for age in seen]
    return Exhibit(
        id="profitability-survival",
        title=title,
        figure=plot_intervals(
            names,
            [row.share for row in rows],
            [row.ci_low for row in rows],
            [row.ci_high for row in rows],
            language=language,
            accent=accent,
            details=[say("figure.customers", n=row.n) for row in rows],
            axis_title=say("profitability.survival.axis", n=months),
        ),
        alt=f"{title}.",
        table=Table(
            columns=tuple(heads),
            rows=tuple(
                (str(name_of("segment", segment, language)), n, *(by_age.get((segment, age)) for age in seen))
                for segment, n in sizes.items()
            ),
        ),
        notes=(say("profitability.survival.note", n=result.gone_after_days, level=result.confidence_level),),
    )


def present_lifetime(result: LifetimeValue, language: Language, accent: str) -> Exhibit:
    """Show what a customer is worth over the horizon, by segment.

    Parameters
    ----------
    result : LifetimeValue
        Of all, and by segment.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, whole = language.say, result.whole
    if whole is None:
        return Exhibit(id="profitability-lifetime", title=say("profitability.lifetime.none"))
    args: dict[str, Any] = {"value": whole.value, "n": result.n_years}
    args |= {"low": whole.ci_low, "high": whole.ci_high, "level": result.confidence_level}
    of = "contract" if result.model == "contracts" else "customer" if result.measure in EARNED else "before_cogs"
    args["measure_as"] = name_of("measure_as", result.measure, language)
    sentences = []
    if whole.ci_low is not None:
        sentences.append(say("profitability.lifetime.interval", **args))
    losing = [row.segment for row in result.segments if (row.ci_high or 0.0) < 0 and row.segment != OTHER]
    if losing:
        sentences.append(say("profitability.lifetime.losing", segments=losing, n=result.n_years))
    if result.reason is not None:
        n_few = result.n_repeaters if result.reason == "few_repeaters" else result.n_customers
        sentences.append(say(f"profitability.lifetime.{result.reason}", n=n_few))
    notes = [say(f"profitability.lifetime.model.{result.model}", n=result.n_repeaters, customers=result.n_customers)]
    notes.append(say("profitability.lifetime.assumed", n=result.n_years, rate=result.discount_rate))
    notes.append(say("profitability.lifetime.kept", measure_as=name_of("measure_as", result.measure, language)))
    if result.model == "multiple" and result.retention is not None:
        rate = result.retention
        notes.append(
            say("profitability.lifetime.retention", rate=rate.rate, low=rate.ci_low, high=rate.ci_high, n=rate.n_trials)
        )
    rows = list(result.segments)
    names = [str(name_of("segment", row.segment, language)) for row in rows]
    figure = plot_intervals(
        names,
        [row.value for row in rows],
        [row.ci_low for row in rows],
        [row.ci_high for row in rows],
        language=language,
        kind="money",
        accent=accent,
        details=[say("figure.customers", n=row.n) for row in rows],
        reference=0.0,
        axis_title=say("profitability.lifetime.axis", n=result.n_years),
    ) if rows else None  # fmt: skip
    title = say(f"profitability.lifetime.title.{of}", **args)
    named = (
        "column.segment column.customers:count profitability.lifetime.value:money column.low:money column.high:money"
    )
    said = [f"{name} {language.format(row.value, 'money')}" for name, row in zip(names, rows, strict=True)]
    table_rows = tuple((name, row.n, row.value, row.ci_low, row.ci_high) for name, row in zip(names, rows, strict=True))
    return Exhibit(
        id="profitability-lifetime",
        title=title,
        sentences=tuple(sentences),
        figure=with_room(figure) if figure is not None else None,
        alt=f"{title}. " + "; ".join(said) + "." if rows else "",
        table=Table(columns=columns(say, named), rows=table_rows) if rows else None,
        notes=tuple(notes),
    )


def present_core_customers(result: CoreCustomers, language: Language, accent: str) -> Exhibit:
    """Show which features of customers go with contribution.

    Parameters
    ----------
    result : CoreCustomers
        Levels of features, with their lifts.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    named = {
        (row.feature, row.level): f"{name_of(row.feature, row.level, language)} "
        f"({say(f'profitability.core.feature.{row.feature}')})"
        for row in result.levels
    }
    clear = [row for row in result.levels if row.lift.ci_low > 0 or row.lift.ci_high < 0]
    up = [row for row in clear if row.lift.shrunken > 0 and row.level != OTHER]
    down = [row for row in clear if row.lift.shrunken < 0 and row.level != OTHER]
    title, sentences = say("profitability.core.none"), []
    if up:
        best = up[0]
        title = say("profitability.core.title", level=named[best.feature, best.level], lift=best.lift.shrunken)
    if down:
        worst = down[-1]
        args = {"level": named[worst.feature, worst.level], "lift": -worst.lift.shrunken}
        sentences.append(say("profitability.core.worst", **args))
        title = title if up else say("profitability.core.title.down", **args)
    if len(result.levels) > MOST_LEVELS:
        rows = [*result.levels[: MOST_LEVELS // 2], *result.levels[-MOST_LEVELS // 2 :]]
        sentences.append(say("profitability.core.ends", n=MOST_LEVELS // 2))
    else:
        rows = list(result.levels)
    names = [named[row.feature, row.level] for row in rows]
    figure = plot_intervals(
        names,
        [row.lift.shrunken for row in rows],
        [row.lift.ci_low for row in rows],
        [row.lift.ci_high for row in rows],
        language=language,
        kind="money",
        accent=accent,
        details=[say("figure.customers", n=int(row.lift.n)) for row in rows],
        highlight=[row in clear for row in rows],
        reference=0.0,
        axis_title=say("profitability.core.axis"),
    )
    heads = (
        "profitability.core.level column.customers:count profitability.column.mean:money profitability.core.raw:money "
        "profitability.core.lift:money column.low:money column.high:money"
    )
    cells = tuple(
        (named[row.feature, row.level], int(row.lift.n), row.mean, row.lift.raw, row.lift.shrunken, row.lift.ci_low,
         row.lift.ci_high)
        for row in result.levels
    )  # fmt: skip
    return Exhibit(
        id="profitability-core",
        title=title,
        sentences=tuple(sentences),
        figure=with_room(figure),
        alt=" ".join((f"{title}.", *sentences)),
        table=Table(columns=columns(say, heads), rows=cells),
        notes=(
            say(
                "profitability.core.note",
                level=result.confidence_level,
                mean=result.mean,
                measure_as=name_of("measure_as", result.measure, language),
            ),
        ),
    )
