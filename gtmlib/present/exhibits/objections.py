"""Exhibits of how often objections are met: of all conversations, and by stage, segment, message, seniority or time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gtmlib.analyses.objections.rates import CodeRate, ObjectionRates
from gtmlib.analyses.reductions import OTHER
from gtmlib.present.exhibit import Exhibit, Kpi, Table, columns
from gtmlib.present.exhibits.objection_words import describe_unlogged, describe_weak, name_codes, name_groups
from gtmlib.present.figures import plot_heatmap, plot_intervals
from gtmlib.present.language import Language

Names = dict[str, str]  # as in the data = in the reader's language


def present_objections(result: ObjectionRates, language: Language, accent: str) -> Exhibit:
    """Show how often each objection is met, over all conversations or by one grouping.

    Parameters
    ----------
    result : ObjectionRates
        By code alone, or by a grouping beside it.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    names = name_codes(result.codes, result.weak_codes, language)
    groups = name_groups(result.groups, result.by, language)
    if not result.rows:
        title = say("objections.none", n=result.n_conversations)
        return Exhibit(id=f"objections-{result.by}", title=title, notes=_notes(result, language))
    leading = _leading(result)
    rate, is_clear = leading.estimate, result.by == "code" or leading.stands_out
    args = {"code": names[leading.code], "group": groups.get(leading.group, ""), "rate": rate.rate}
    kind = f"title.{result.by}" if is_clear else f"alike.{result.by}"
    told = "sentence" if result.by == "code" else "sentence.in"
    sentence = say(f"objections.{told}", **args, low=rate.ci_low, high=rate.ci_high, n=rate.n_trials)
    exhibit = Exhibit(
        id=f"objections-{result.by}",
        title="" if result.by == "code" else say(f"objections.{kind}", **args),
        sentences=(sentence, *describe_unlogged(result.unlogged, language, is_first=result.by == "code")),
        figure=_figure(result, names, groups, language, accent),
        alt=_alt(result, names, groups, language),
        table=_table(result, names, groups, language),
        notes=_notes(result, language),
    )
    if result.by != "code":
        return exhibit
    any_code = result.with_any[0]
    detail = say("objections.kpi.detail", low=any_code.ci_low, high=any_code.ci_high, n=any_code.n_trials)
    return replace(
        exhibit,
        title=say("objections.title.any", share=any_code.rate, n=any_code.n_trials),
        headline=say("objections.headline", **args),
        kpis=(Kpi(label=say("objections.kpi"), value=language.format(any_code.rate, "percent"), detail=detail),),
    )


def _leading(result: ObjectionRates) -> CodeRate:
    """Pick what the title says: the most frequent code, or the group that stands out most as a code's highest."""

    def named(row: CodeRate) -> tuple[bool, bool]:
        return row.code != OTHER, row.group != OTHER

    if result.by == "code":
        return max(result.rows, key=lambda row: (*named(row), row.estimate.rate))
    highest = [max((row for row in result.rows if row.code == code), key=lambda row: row.estimate.rate)
               for code in result.codes]  # fmt: skip
    clear = [row for row in highest if row.stands_out and all(named(row))]
    if clear:
        return min(clear, key=lambda row: (row.pvalue or 0.0, -row.estimate.rate))
    rows = [row for row in result.rows if not row.stands_out] or list(result.rows)
    return max(rows, key=lambda row: (*named(row), row.estimate.rate))


def _notes(result: ObjectionRates, language: Language) -> tuple[str, ...]:
    say = language.say
    if result.by == "code":  # what holds for every grouping is said once
        notes = [say("objections.method", n=result.n_conversations), say("objections.proven")]
        counted = {"objections.left_out": result.n_left_out, "objections.no_objection": result.n_no_objection}
    else:
        notes = [say("objections.compared")]
        counted = {f"objections.without_{result.by}": result.n_without_group}
    notes += [say(key, n=n) for key, n in counted.items() if n]
    if OTHER in (*result.codes, *result.groups):
        notes.append(say("objections.other.note", smallest=result.smallest_group))
    return (*notes, *describe_weak(result.weak_codes, language))


def _figure(result: ObjectionRates, names: Names, groups: Names, language: Language, accent: str) -> Any:
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


def _table(result: ObjectionRates, names: Names, groups: Names, language: Language) -> Table:
    by = f"column.{result.by}" if result.by in ("stage", "segment") else f"objections.column.{result.by}"
    by = "" if result.by == "code" else by
    rates = "column.rate:percent column.low:percent column.high:percent"
    words = f"objections.column.code {by} objections.column.met:count column.conversations:count {rates}"
    if groups:
        words += " objections.column.shrunken:percent objections.column.pvalue:pvalue"
    words += " objections.column.nothing:percent"
    nothing = dict(zip(result.groups or ("",), (1 - share.rate for share in result.with_any), strict=True))

    def cells(row: CodeRate) -> tuple[str | int | float | None, ...]:
        rate = row.estimate
        named = (names[row.code], *((groups[row.group],) if row.group else ()))
        compared = (row.shrunken, row.pvalue) if groups else ()
        counts = (rate.n_successes, rate.n_trials, rate.rate, rate.ci_low, rate.ci_high)
        return (*named, *counts, *compared, nothing[row.group])

    named = columns(language.say, words)
    return Table(columns=named, rows=tuple(cells(row) for row in result.rows))


def _alt(result: ObjectionRates, names: Names, groups: Names, language: Language) -> str:
    first = sorted(result.rows, key=lambda row: -row.estimate.rate)[:5]
    rates = [language.format(row.estimate.rate, "percent") for row in first]
    named = [f"{names[row.code]} {groups.get(row.group, '')}".strip() for row in first]
    said = [f"{name} {rate}" for name, rate in zip(named, rates, strict=True)]
    return language.say("objections.alt", rates=said)
