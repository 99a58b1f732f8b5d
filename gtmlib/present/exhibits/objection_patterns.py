"""Exhibits of what is on the rise, where deals are lost, which objections come together and who resolves them."""

from __future__ import annotations

from typing import Any

from gtmlib.analyses.objections.emerging import Emerging, EmergingCourse, Trend
from gtmlib.analyses.objections.stages import ALL, NONE, StageLoss, WhereLost
from gtmlib.analyses.objections.together import Resolution, Together
from gtmlib.analyses.reductions import OTHER
from gtmlib.present.exhibit import Cell, Exhibit, Table, TableColumn, columns
from gtmlib.present.exhibits.objection_words import describe_unlogged, describe_weak, name_codes
from gtmlib.present.figures import plot_heatmap, plot_intervals
from gtmlib.present.language import Language
from gtmlib.present.objection_figures import RatioRow, plot_ratios, plot_watch
from gtmlib.present.sentences import name_of

CLEAR = 0.05  # a p-value below, all comparisons counted, is said to stand out


def present_emerging(result: Emerging, language: Language, accent: str) -> Exhibit:
    """Show each code against what the first half of the conversations leads to expect.

    Parameters
    ----------
    result : Emerging
        Code by code.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    if result.reason:
        weeks = say("objections.emerging.reason", n=len(result.weeks))
        title = say(f"objections.emerging.{result.reason}")
        return Exhibit(id="objections-emerging", title=title, sentences=(weeks,), verdict="cannot_tell")
    names = name_codes((row.code for row in result.rows), result.weak_codes, language)
    rising = [row for row in result.rows if row.has_alarm]
    more = [row for row in result.rows if row.is_more]
    if rising:
        title = say("objections.emerging.title.rising", code=names[rising[0].code], since=rising[0].since)
    elif more:
        title = say("objections.emerging.title.more", code=names[more[0].code], ratio=more[0].ratio)
    else:
        title = say("objections.emerging.title.quiet", n=len([row for row in result.rows if row.chart]))
    shown = [row for row in result.rows if row.ratio is not None]
    said = [f"{names[row.code]} {language.format(row.ratio, 'number')}" for row in shown[:5]]
    expected = [say("objections.emerging.detail", n=row.n_now, expected=round(row.n_expected, 1)) for row in shown]
    bars = [
        RatioRow(label=names[row.code], value=row.ratio, low=row.ci_low or None, high=row.ci_high, detail=detail)
        for row, detail in zip(shown, expected, strict=True)
    ]
    return Exhibit(
        id="objections-emerging",
        title=title,
        sentences=(*_emerging_sentences(result, names, language), *describe_unlogged(result.unlogged, language)),
        figure=plot_ratios(bars, language=language, accent=accent, axis_title=say("objections.emerging.axis")),
        alt=say("objections.emerging.alt", ratios=said),
        table=_emerging_table(result, names, language),
        notes=_emerging_notes(result, language),
    )


def _emerging_sentences(result: Emerging, names: dict[str, str], language: Language) -> tuple[str, ...]:
    say = language.say
    first, last = result.baseline
    sentences = [say("objections.emerging.compared", n=result.n_now, before=result.n_before, first=first, last=last)]
    for row in result.rows:
        if row.has_alarm:
            args: dict[str, Any] = {"code": names[row.code], "since": row.since, "alarm": row.alarm_on}
            sentences.append(say("objections.emerging.alarm", **args, n=row.n_now, expected=round(row.n_expected, 1)))
    if result.words:
        words = [row.word for row in result.words]
        sentences.append(say("objections.emerging.words", words=words, n=len(words)))
    if result.other_before and result.other_now and (result.other_now.n_successes or result.other_before.n_successes):
        args = {"now": result.other_now.rate, "before": result.other_before.rate, "n": result.other_now.n_trials}
        sentences.append(say("objections.emerging.other", **args))
    return tuple(sentences)


def _emerging_notes(result: Emerging, language: Language) -> tuple[str, ...]:
    say = language.say
    notes = [say("objections.emerging.method")]
    if result.run_length:
        watched = [row.chart.median_delay for row in result.rows if row.chart]
        args = {"per_week": result.per_week, "shortest": min(watched), "longest": max(watched)}
        notes.append(say("objections.emerging.run_length", **args, weeks=round(result.run_length)))
    notes.append(say("objections.cost.level", level=result.family_level))
    notes.append(say("objections.emerging.words.note"))
    return (*notes, *describe_weak(result.weak_codes, language))


def _emerging_table(result: Emerging, names: dict[str, str], language: Language) -> Table:
    words = (
        "objections.column.code objections.column.before:count objections.column.now:count "
        "objections.column.expected:number objections.column.ratio:number column.low:number column.high:number "
        "objections.column.pvalue:pvalue objections.column.interval:number objections.column.run_length:count "
        "objections.column.delay:count"
    )

    def cells(row: Trend) -> tuple[str | int | float | None, ...]:
        chart = row.chart
        designed = (chart.interval, round(chart.run_length), chart.median_delay) if chart else (None, None, None)
        counts = (row.n_before, row.n_now, row.n_expected)
        return (names[row.code], *counts, row.ratio, row.ci_low, row.ci_high, row.pvalue, *designed)

    return Table(columns=columns(language.say, words), rows=tuple(cells(row) for row in result.rows))


def present_course(result: EmergingCourse, language: Language, accent: str) -> Exhibit:
    """Show how near the leading codes came to an alarm, week by week.

    Parameters
    ----------
    result : EmergingCourse
        Up to three codes.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    names = name_codes(result.codes, result.weak_codes, language)
    labels = list(names.values())
    highest = max(result.shares[0])
    args = {"code": labels[0], "share": highest, "delay": result.median_delays[0]}
    kind = "alarm" if any(result.alarms) else "quiet"
    heads = (
        *columns(say, "objections.column.week:date"),
        *(TableColumn(label=x, kind="percent_whole") for x in labels),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(zip(result.weeks, *result.shares, strict=True))
    return Exhibit(
        id="objections-course",
        title=say(f"objections.course.title.{kind}", **args),
        sentences=(say("objections.course.sentence", **args, weeks=round(result.run_lengths[0], -1)),),
        figure=plot_watch(
            result.weeks,
            labels,
            result.shares,
            language=language,
            accent=accent,
            alarm_label=say("objections.course.line"),
            axis_title=say("objections.course.axis"),
        ),
        alt=say("objections.course.alt", **args, codes=labels, n=len(result.weeks)),
        table=Table(columns=heads, rows=rows),
        notes=(say("objections.course.method"), *describe_weak(result.weak_codes, language)),
    )


def present_where_lost(result: WhereLost, language: Language, accent: str) -> Exhibit:
    """Show after which conversations deals are lost, by stage and objection.

    Parameters
    ----------
    result : WhereLost
        Stage by code.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    names = {code: str(name_of("lost_after", code, language)) for code in (NONE, ALL)}
    names = name_codes([code for code in result.codes if code not in names], result.weak_codes, language) | names
    stages = {stage: str(name_of("stage", stage, language)) for stage in result.stages}
    cells = {(row.stage, row.code): row for row in result.rows}
    whole = [cells[stage, ALL] for stage in result.stages]
    notes = [say("objections.lost.method", n=result.n_conversations)]
    if result.n_waiting:
        notes.append(say("objections.lost.waiting", n=result.n_waiting))
    notes.append(say("objections.lost.floor", smallest=result.smallest_group))
    notes += describe_weak(result.weak_codes, language)
    known = [row for row in whole if row.hazard and row.stage != OTHER] or [row for row in whole if row.hazard]
    if not known or not result.n_lost:
        return Exhibit(id="objections-lost", title=say("objections.lost.none"), notes=tuple(notes))
    worst = max(known, key=lambda row: row.hazard.rate if row.hazard else 0.0)
    most = max(known, key=lambda row: row.loss_share or 0.0)
    assert worst.hazard is not None
    args = {"stage": stages[worst.stage], "rate": worst.hazard.rate, "low": worst.hazard.ci_low}
    args |= {"high": worst.hazard.ci_high, "n": worst.hazard.n_trials}
    clear = [row for row in result.rows if row.pvalue is not None and row.pvalue < CLEAR and row.hazard]
    sentences = [say("objections.lost.sentence", **args)]
    sentences.append(say("objections.lost.share", stage=stages[most.stage], share=most.loss_share, n=result.n_lost))
    if clear:
        said = [f"{names[row.code]} ({stages[row.stage]})" for row in clear]
        sentences.append(say("objections.lost.clear", codes=said, n=len(said)))
    else:
        sentences.append(say("objections.lost.alike"))
    shown = [[cells[stage, code] for stage in result.stages] for code in result.codes]
    return Exhibit(
        id="objections-lost",
        title=say("objections.lost.title", **args),
        sentences=(*sentences, *describe_unlogged(result.unlogged, language)),
        figure=plot_heatmap(
            [names[code] for code in result.codes],
            list(stages.values()),
            [[row.hazard.rate if row.hazard else None for row in line] for line in shown],
            language=language,
            accent=accent,
            hovers=[[_span(row, language) for row in line] for line in shown],
        ),
        alt=say("objections.lost.alt", **args, share=most.loss_share, most=stages[most.stage]),
        table=_lost_table(result, names, stages, language),
        notes=tuple(notes),
    )


def _span(row: StageLoss, language: Language) -> str:
    if row.hazard is None:
        return ""
    return language.say("figure.interval", low=row.hazard.ci_low, high=row.hazard.ci_high, n=row.hazard.n_trials)


def _lost_table(result: WhereLost, names: dict[str, str], stages: dict[str, str], language: Language) -> Table:
    words = (
        "objections.column.code objections.column.stage column.conversations:count objections.column.lost_next:count "
        "objections.column.hazard:percent column.low:percent column.high:percent objections.column.loss_share:percent "
        "objections.column.pvalue:pvalue"
    )

    def cells(row: StageLoss) -> tuple[str | int | float | None, ...]:
        named, rate = (names[row.code], stages[row.stage]), row.hazard
        if rate is None:
            return (*named, None, None, None, None, None, None, None)
        counts = (rate.n_trials, rate.n_successes, rate.rate, rate.ci_low, rate.ci_high)
        return (*named, *counts, row.loss_share, row.pvalue)

    return Table(columns=columns(language.say, words), rows=tuple(cells(row) for row in result.rows))


def present_together(result: Together, language: Language, accent: str) -> Exhibit:
    """Show which objections are met together more often than by chance.

    Parameters
    ----------
    result : Together
        Pairs of codes.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    method = say("objections.together.method", n=result.n_pairs)
    notes = (
        method,
        say("objections.cost.level", level=result.family_level),
        *describe_weak(result.weak_codes, language),
    )
    if not result.pairs:
        title = say("objections.together.none", n=result.n_conversations)
        return Exhibit(id="objections-together", title=title, notes=notes)
    codes = [code for pair in result.pairs for code in (pair.first, pair.second)]
    names = name_codes(dict.fromkeys(codes), result.weak_codes, language)
    top = result.pairs[0]
    args = {"first": names[top.first], "second": names[top.second], "ratio": top.lift.lift}
    args |= {"low": top.lift.ci_low, "high": top.lift.ci_high, "n": top.lift.n_both}
    args["expected"] = round(top.lift.n_expected, 1)
    kind = "alike" if not top.is_clear else "more" if top.lift.lift > 1 else "less"
    labels = [say("objections.together.pair", first=names[p.first], second=names[p.second]) for p in result.pairs]
    rows = [
        RatioRow(
            label=label, value=pair.lift.lift, low=pair.lift.ci_low, high=pair.lift.ci_high,
            detail=say("objections.together.detail", n=pair.lift.n_both),
        )
        for label, pair in zip(labels, result.pairs, strict=True)
    ]  # fmt: skip
    words = (
        "objections.column.first objections.column.second objections.column.both:count "
        "objections.column.expected:number objections.column.lift:number column.low:number column.high:number"
    )
    table = tuple(
        (names[pair.first], names[pair.second], pair.lift.n_both, pair.lift.n_expected, pair.lift.lift,
         pair.lift.ci_low, pair.lift.ci_high)
        for pair in result.pairs
    )  # fmt: skip
    return Exhibit(
        id="objections-together",
        title=say(f"objections.together.title.{kind}", **args),
        sentences=(say("objections.together.sentence", **args), *describe_unlogged(result.unlogged, language)),
        figure=plot_ratios(rows, language=language, accent=accent, axis_title=say("objections.together.axis")),
        alt=say("objections.together.alt", **args),
        table=Table(columns=columns(say, words), rows=table),
        notes=notes,
    )


def present_resolution(result: Resolution, language: Language, accent: str) -> Exhibit:
    """Show how often objections are resolved, by seniority.

    Parameters
    ----------
    result : Resolution
        Level by level.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    names = {row.level: str(name_of("group", row.level, language)) for row in result.rows}
    named = [row for row in result.rows if row.level != OTHER] or list(result.rows)
    args = {"most": names[named[0].level], "least": names[named[-1].level], "rate": named[0].resolved.rate}
    args |= {"low_rate": named[-1].resolved.rate}
    kind = "differ" if result.verdict == "confirmed" else "alike"
    sentences = []
    if result.difference is not None and result.ci_low is not None:
        span = {"difference": result.difference, "low": result.ci_low, "high": result.ci_high}
        sentences.append(say("objections.resolved.sentence", **args, **span))
    notes = [say("objections.resolved.method")]
    if result.n_unknown:
        notes.append(say("objections.resolved.unknown", n=result.n_unknown))
    words = (
        "objections.column.seniority objections.column.reps:count objections.column.resolved:count "
        "objections.column.objections:count column.rate:percent column.low:percent column.high:percent"
    )
    table = tuple(
        (names[row.level], row.n_reps, row.resolved.n_successes, row.resolved.n_trials, row.resolved.rate,
         row.resolved.ci_low, row.resolved.ci_high)
        for row in result.rows
    )  # fmt: skip
    said = [f"{names[row.level]} {language.format(row.resolved.rate, 'percent')}" for row in result.rows]
    return Exhibit(
        id="objections-resolved",
        title=say(f"objections.resolved.title.{kind}", **args),
        sentences=(*sentences, *describe_unlogged(result.unlogged, language)),
        figure=plot_intervals(
            list(names.values()),
            [row.resolved.rate for row in result.rows],
            [row.resolved.ci_low for row in result.rows],
            [row.resolved.ci_high for row in result.rows],
            language=language,
            marks="bars",
            accent=accent,
            details=[say("objections.resolved.detail", n=row.n_reps) for row in result.rows],
            axis_title=say("objections.resolved.axis"),
        ),
        alt=say("objections.alt", rates=said),
        table=Table(columns=columns(say, words), rows=table),
        notes=tuple(notes),
        verdict=result.verdict if result.ci_low is not None else "cannot_tell",
    )
