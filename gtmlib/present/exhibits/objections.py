"""Exhibits of objection patterns."""

from __future__ import annotations

from typing import Any

from gtmlib.analyses.objections import CodeRate, ObjectionRates
from gtmlib.analyses.reductions import OTHER
from gtmlib.present.exhibit import Exhibit, Kpi, Table, TableColumn
from gtmlib.present.figures import plot_heatmap, plot_intervals
from gtmlib.present.language import Language
from gtmlib.present.sentences import name_of


def present_objections(result: ObjectionRates, language: Language, accent: str) -> Exhibit:
    """Show how often each objection is met, over all conversations or by stage or segment."""
    say = language.say
    names = {code: str(name_of("code", code, language)) for code in result.codes}
    groups = {group: str(name_of("group", group, language)) for group in result.groups}
    leading = max(result.rows, key=lambda row: (row.code != OTHER, row.estimate.rate), default=None)
    notes = [say("objections.method", n=result.n_conversations)]
    if result.n_left_out:
        notes.append(say("objections.left_out", n=result.n_left_out))
    if result.n_without_group:
        notes.append(say(f"objections.without_{result.by}", n=result.n_without_group))
    if OTHER in result.codes or OTHER in result.groups:
        notes.append(say("objections.other.note", smallest=result.smallest_group))
    if leading is None:
        return Exhibit(
            id=f"objections-{result.by}", title=say("objections.none", n=result.n_conversations), notes=tuple(notes)
        )
    args = {"code": names[leading.code], "group": groups.get(leading.group, ""), "rate": leading.estimate.rate}
    title = say(f"objections.title.{result.by}", **args)
    share = result.n_with_objection / result.n_conversations
    interval = {"low": leading.estimate.ci_low, "high": leading.estimate.ci_high, "n": leading.estimate.n_trials}
    return Exhibit(
        id=f"objections-{result.by}",
        title=title,
        sentences=(say("objections.sentence", **args, **interval),),
        figure=_figure(result, names, groups, language, accent),
        alt=title + " " + _alt(result, names, groups, language),
        table=_table(result, names, groups, language),
        notes=tuple(notes),
        headline=say("objections.headline", code=names[leading.code], rate=leading.estimate.rate)
        if result.by == "code"
        else "",
        kpis=(
            Kpi(
                label=say("objections.kpi"),
                value=language.format(share, "percent"),
                detail=say("objections.kpi.detail", n=result.n_conversations),
            ),
        )
        if result.by == "code"
        else (),
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
    say = language.say
    group = () if result.by == "code" else (TableColumn(label=say(f"column.{result.by}")),)
    columns = (
        TableColumn(label=say("objections.column.code")),
        *group,
        TableColumn(label=say("objections.column.met"), kind="count"),
        TableColumn(label=say("column.conversations"), kind="count"),
        TableColumn(label=say("column.rate"), kind="percent"),
        TableColumn(label=say("column.low"), kind="percent"),
        TableColumn(label=say("column.high"), kind="percent"),
    )

    def cells(row: CodeRate) -> tuple[str | int | float, ...]:
        rate = row.estimate
        named = (names[row.code], *((groups[row.group],) if row.group else ()))
        return (*named, rate.n_successes, rate.n_trials, rate.rate, rate.ci_low, rate.ci_high)

    return Table(columns=columns, rows=tuple(cells(row) for row in result.rows))


def _alt(result: ObjectionRates, names: dict[str, str], groups: dict[str, str], language: Language) -> str:
    first = sorted(result.rows, key=lambda row: -row.estimate.rate)[:5]
    said = [
        " ".join(
            filter(None, (names[row.code], groups.get(row.group, ""), language.format(row.estimate.rate, "percent")))
        )
        for row in first
    ]
    return language.say("objections.alt", rates=said)
