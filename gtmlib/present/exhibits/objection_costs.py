"""The exhibit of what objections go with: winning and losing, crude beside adjusted."""

from __future__ import annotations

from gtmlib.analyses.findings import Verdict
from gtmlib.analyses.objections.cost import CodeCost, ObjectionCosts
from gtmlib.present.exhibit import Cell, Exhibit, Table, columns
from gtmlib.present.exhibits.objection_words import describe_unlogged, describe_weak, name_codes
from gtmlib.present.language import Language
from gtmlib.present.objection_figures import RatioRow, plot_ratios

Names = dict[str, str]  # as in the data = in the reader's language


def present_objection_costs(result: ObjectionCosts, language: Language, accent: str) -> Exhibit:
    """Show the odds of winning after each objection, against deals of the same age without it; crude ones beside.

    Parameters
    ----------
    result : ObjectionCosts
        Code by code.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    names = name_codes((row.code for row in result.rows), result.weak_codes, language)
    costly = [row for row in result.rows if row.verdict == "confirmed"]
    helpful = [row for row in result.rows if row.verdict == "refuted"]
    told = [row for row in result.rows if row.winning]
    verdict: Verdict = "cannot_tell"
    if costly:
        verdict, title = "confirmed", say("objections.cost.title.costly", codes=_named(costly, names), n=len(costly))
    elif helpful:
        verdict, title = "refuted", say("objections.cost.title.helpful", codes=_named(helpful, names), n=len(helpful))
    else:
        title = say("objections.cost.title.unknown")
    bars = [
        RatioRow(
            label=names[row.code],
            value=row.winning.odds_ratio if row.winning else None,
            low=row.winning.ci_low if row.winning else None,
            high=row.winning.ci_high if row.winning else None,
            crude=row.crude.odds_ratio if row.crude else None,
            detail=say("objections.cost.detail", n=row.n_with),
        )
        for row in result.rows
    ]
    said = [f"{names[row.code]} {language.format(row.winning.odds_ratio, 'number')}" for row in told if row.winning]
    return Exhibit(
        id="objections-cost",
        title=title,
        sentences=(*_sentences(result, names, language), *describe_unlogged(result.unlogged, language)),
        figure=plot_ratios(bars, language=language, accent=accent, axis_title=say("objections.cost.axis"))
        if told
        else None,
        alt=say("objections.cost.alt", ratios=said, n=result.n_deals) if told else "",
        table=_table(result, names, language),
        notes=_notes(result, language),
        verdict=verdict,
        evidence=say("objections.cost.evidence", n=result.n_deals, won=result.n_won, lost=result.n_lost),
    )


def _named(rows: list[CodeCost], names: Names) -> list[str]:
    return [names[row.code] for row in rows]


def _sentences(result: ObjectionCosts, names: Names, language: Language) -> tuple[str, ...]:
    say = language.say
    sentences = [say("objections.cost.associational")]
    for row in result.rows:
        if row.verdict != "cannot_tell" and row.winning:
            odds = row.winning
            args = {"code": names[row.code], "ratio": odds.odds_ratio, "low": odds.ci_low, "high": odds.ci_high}
            sentences.append(say("objections.cost.sentence", **args))
        if row.is_reversed and row.winning and row.crude:
            args = {"code": names[row.code], "crude": row.crude.odds_ratio, "adjusted": row.winning.odds_ratio}
            sentences.append(say("objections.cost.reversed", **args))
    lacking = [row for row in result.rows if row.winning is None]
    if lacking:
        most = max(row.n_lacking for row in lacking)
        sentences.append(say("objections.cost.lacking", codes=_named(lacking, names), n=max(1, most)))
    if all(row.verdict == "cannot_tell" for row in result.rows):
        sentences.append(say("objections.cost.log"))
    return tuple(sentences)


def _notes(result: ObjectionCosts, language: Language) -> tuple[str, ...]:
    say = language.say
    notes = [say("objections.cost.method"), say("objections.cost.level", level=result.family_level)]
    n = result.n_clusters
    notes.append(say("objections.cost.clustered", n=n) if n else say("objections.cost.unclustered"))
    if result.n_left_out:
        notes.append(say("objections.cost.left_out", n=result.n_left_out))
    return (*notes, *describe_weak(result.weak_codes, language))


def _table(result: ObjectionCosts, names: Names, language: Language) -> Table:
    words = (
        "objections.column.code objections.column.deals_with:count objections.column.won_with:count "
        "objections.column.crude:number column.low:number column.high:number objections.column.stratified:number "
        "objections.column.winning:number column.low:number column.high:number "
        "objections.column.losing:number column.low:number column.high:number"
    )

    def cells(row: CodeCost) -> tuple[Cell, ...]:
        found: list[Cell] = [names[row.code], row.n_with, row.n_won_with]
        found += [row.crude.odds_ratio, row.crude.ci_low, row.crude.ci_high] if row.crude else [None] * 3
        found.append(row.stratified.odds_ratio if row.stratified else None)
        for odds in (row.winning, row.losing):
            found += [odds.odds_ratio, odds.ci_low, odds.ci_high] if odds else [None] * 3
        return tuple(found)

    return Table(columns=columns(language.say, words), rows=tuple(cells(row) for row in result.rows))
