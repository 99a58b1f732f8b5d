"""Exhibits of objection patterns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gtmlib.analyses.objections import CodeRate, ObjectionRates
from gtmlib.analyses.reductions import OTHER
from gtmlib.present.exhibit import Exhibit, Kpi, Table, columns
from gtmlib.present.figures import plot_heatmap, plot_intervals
from gtmlib.present.language import Language
from gtmlib.present.sentences import name_of


def present_objections(result: ObjectionRates, language: Language, accent: str) -> Exhibit:
    """Show how often each objection is met, over all conversations or by stage or segment."""
    say = language.say
    names = {code: str(name_of("code", code, language)) for code in result.codes}
    groups = {group: str(name_of("group", group, language)) for group in result.groups}
    notes = [say("objections.method", n=result.n_conversations)]
    if result.n_left_out:
        notes.append(say("objections.left_out", n=result.n_left_out))
    if result.n_without_group:
        notes.append(say(f"objections.without_{result.by}", n=result.n_without_group))
    if OTHER in (*result.codes, *result.groups):
        notes.append(say("objections.other.note", smallest=result.smallest_group))
    if not result.rows:
        title = say("objections.none", n=result.n_conversations)
        return Exhibit(id=f"objections-{result.by}", title=title, notes=tuple(notes))
    leading = max(result.rows, key=lambda row: (row.code != OTHER, row.group != OTHER, row.estimate.rate))
    rate, any_code = leading.estimate, result.with_any
    args = {"code": names[leading.code], "group": groups.get(leading.group, ""), "rate": rate.rate}
    exhibit = Exhibit(
        id=f"objections-{result.by}",
        title="" if result.by == "code" else say(f"objections.title.{result.by}", **args),
        sentences=(say("objections.sentence", **args, low=rate.ci_low, high=rate.ci_high, n=rate.n_trials),),
        figure=_figure(result, names, groups, language, accent),
        alt=_alt(result, names, groups, language),
        table=_table(result, names, groups, language),
        notes=tuple(notes),
    )
    if result.by != "code":
        return exhibit
    detail = say("objections.kpi.detail", low=any_code.ci_low, high=any_code.ci_high, n=any_code.n_trials)
    return replace(
        exhibit,
        title=say("objections.title.any", share=any_code.rate, n=any_code.n_trials),
        headline=say("objections.headline", **args),
        kpis=(Kpi(label=say("objections.kpi"), value=language.format(any_code.rate, "percent"), detail=detail),),
    )


def _figure(
    result: ObjectionRates, names: dict[str, str], groups: dict[str, str], language: Language, accent: str
) -> Any:
    if result.by != "code":
        cells = {(row.code, row.group): row.estimate for row in result.rows}
        found = [[cells[code, group] for group in result.groups] for code in result.codes]
        return plot_heatmap(
            list(names.values()),
            list(groups.values()),
            [[cell.rate for cell in row] for row in found],
            language=language,
            accent=accent,
            hovers=[
                [language.say("figure.interval", low=cell.ci_low, high=cell.ci_high, n=cell.n_trials) for cell in row]
                for row in found
            ],
        )
    return plot_intervals(
        [names[row.code] for row in result.rows],
        [row.estimate.rate for row in result.rows],
        [row.estimate.ci_low for row in result.rows],
        [row.estimate.ci_high for row in result.rows],
        language=language,
        marks="bars",
        accent=accent,
        axis_title=language.say("objections.axis"),
    )


def _table(result: ObjectionRates, names: dict[str, str], groups: dict[str, str], language: Language) -> Table:
    by = "" if result.by == "code" else f"column.{result.by}"
    rates = "column.rate:percent column.low:percent column.high:percent"
    words = f"objections.column.code {by} objections.column.met:count column.conversations:count {rates}"

    def cells(row: CodeRate) -> tuple[str | int | float, ...]:
        rate = row.estimate
        named = (names[row.code], *((groups[row.group],) if row.group else ()))
        return (*named, rate.n_successes, rate.n_trials, rate.rate, rate.ci_low, rate.ci_high)

    named = columns(language.say, words)
    return Table(columns=named, rows=tuple(cells(row) for row in result.rows))


def _alt(result: ObjectionRates, names: dict[str, str], groups: dict[str, str], language: Language) -> str:
    first = sorted(result.rows, key=lambda row: -row.estimate.rate)[:5]
    said = [
        " ".join(
            filter(None, (names[row.code], groups.get(row.group, ""), language.format(row.estimate.rate, "percent")))
        )
        for row in first
    ]
    return language.say("objections.alt", rates=said)
